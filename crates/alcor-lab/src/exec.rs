//! Commands inside a host or a VM, as an operator would type them there.

use crate::command::{Tool, search_path};
use crate::layout::MARK;
use crate::name::{FABRIC, host_number};
use crate::{Lab, LabError, VmName};
use serde::Serialize;
use std::fmt;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

/// A place in a lab where a command can run. As text: `fabric`, `h1`, or a VM's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The underlay between the hosts.
    Fabric,
    /// A host, from 1.
    Host(u16),
    /// A VM.
    Vm(VmName),
}

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The exit status; nothing if a signal ended it.
    pub status: Option<i32>,
    /// Standard output, with replacement characters where it is not UTF-8.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

impl Output {
    /// Whether the status is 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }
}

impl FromStr for Target {
    type Err = LabError;

    fn from_str(name: &str) -> Result<Self, LabError> {
        match (name, host_number(name)) {
            (FABRIC, _) => Ok(Self::Fabric),
            (_, Some(host)) => Ok(Self::Host(host)),
            (_, None) => name.parse().map(Self::Vm),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fabric => f.write_str(FABRIC),
            Self::Host(host) => write!(f, "h{host}"),
            Self::Vm(vm) => write!(f, "{vm}"),
        }
    }
}

impl Lab {
    /// Runs a command in a host or VM (`h1`, `fabric`, or a VM's name) to its end. A status
    /// other than success is no error. Past the deadline it is killed, which is one.
    pub async fn exec<S: Into<String>>(
        &self,
        target: &str,
        command: impl IntoIterator<Item = S>,
        deadline: Duration,
    ) -> Result<Output, LabError> {
        let enter = ["netns".into(), "exec".into(), self.namespace(target)?];
        let args = enter.into_iter().chain(command.into_iter().map(Into::into));
        let tool = Tool::new("ip", args).env(MARK, &self.layout.dir);
        let output = tool.deadline(deadline).output().await?;
        Ok(Output {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// A command in a host or VM that the caller starts, with the terminal as its own: for
    /// `alcor lab exec`.
    pub fn command<S: Into<String>>(
        &self,
        target: &str,
        argv: impl IntoIterator<Item = S>,
    ) -> Result<Command, LabError> {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace(target)?])
            .args(argv.into_iter().map(Into::into))
            .env("PATH", search_path())
            .env(MARK, &self.layout.dir);
        Ok(command)
    }

    /// The network namespace of a host, a VM or the fabric.
    pub fn namespace(&self, target: &str) -> Result<String, LabError> {
        let state = self.layout.read()?;
        match target.parse()? {
            Target::Fabric => Ok(self.layout.fabric_namespace()),
            Target::Host(host) => {
                state.check_host(host)?;
                Ok(self.layout.host_namespace(host))
            }
            Target::Vm(vm) => {
                state.vm(&vm)?;
                Ok(self.layout.vm_namespace(&vm))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_reads_back() {
        for text in ["fabric", "h1", "h200", "web-1"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert!("no such".parse::<Target>().is_err());
    }
}
