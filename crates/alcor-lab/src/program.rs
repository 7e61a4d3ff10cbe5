//! Programs that outlive the invocation that starts them: the region and the agents.

use crate::command::{mark, search_path};
use crate::layout::Layout;
use crate::process::ProcessId;
use crate::{LabError, Role};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The last lines of a log that an error shows.
const LOG_LINES: usize = 20;

/// A program with its arguments, as it is started and started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    pub(crate) args: Vec<String>,
}

impl Program {
    /// Adds `flag value` unless the arguments give that flag already.
    pub(crate) fn default_flag(mut self, flag: &str, value: impl Into<String>) -> Self {
        let with_value = format!("{flag}=");
        let given = |arg: &String| arg == flag || arg.starts_with(&with_value);
        if !self.args.iter().any(given) {
            self.args.extend([flag.to_owned(), value.into()]);
        }
        self
    }

    /// Starts it in its own process group (an interrupt at the terminal is not meant for
    /// it), writing to its log.
    pub(crate) fn start(&self, layout: &Layout, role: Role) -> Result<ProcessId, LabError> {
        let log = layout.log_file(role);
        let mut command = Command::new(&self.binary);
        command.args(&self.args);
        let child = start(command, layout, &log)?;
        identify(&child).ok_or_else(|| LabError::Exited {
            role,
            log: log_tail(&log),
        })
    }
}

/// Starts a command that is to live on, with both outputs appended to a log.
pub(crate) fn start(mut command: Command, layout: &Layout, log: &Path) -> Result<Child, LabError> {
    let open = || File::options().create(true).append(true).open(log);
    let (out, err) = open()
        .and_then(|out| Ok((out, open()?)))
        .map_err(LabError::io(log))?;
    mark(&mut command, &layout.dir);
    command
        .env("PATH", search_path())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .kill_on_drop(false);
    command.spawn().map_err(|source| LabError::Spawn {
        command: format!("{:?}", command.as_std()),
        source,
    })
}

/// The identity of a child that has just been started; nothing if it has ended already.
pub(crate) fn identify(child: &Child) -> Option<ProcessId> {
    ProcessId::of(i32::try_from(child.id()?).ok()?)
}

/// The end of a log, empty if there is none.
pub(crate) fn log_tail(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_is_given_in_either_form_is_left_alone() {
        for given in [vec!["--auth", "token"], vec!["--auth=token"]] {
            let args: Vec<String> = given.iter().map(ToString::to_string).collect();
            let program = Program {
                binary: PathBuf::from("x"),
                args: args.clone(),
            };
            assert_eq!(program.default_flag("--auth", "none").args, args);
        }
        let bare = Program {
            binary: PathBuf::from("x"),
            args: vec!["--auth-file=f".to_owned()],
        };
        let args = bare.default_flag("--auth", "none").args;
        assert_eq!(args, ["--auth-file=f", "--auth", "none"]);
    }
}
