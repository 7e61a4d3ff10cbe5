//! The ways in which work on a lab fails.

use crate::{Role, VmName};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a lab could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The effective user is not root.
    #[error("a lab makes network namespaces, which only root may do: run this as root")]
    NotRoot,
    /// A program that the lab drives is not installed.
    #[error("'{tool}' is not installed: apt-get install {package}")]
    MissingTool {
        /// The program's name.
        tool: &'static str,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// A name has characters or a length that namespaces and interfaces cannot carry.
    #[error("'{name}' is not a name for a {what}: {rule}")]
    BadName {
        /// The refused text.
        name: String,
        /// What should have been named.
        what: &'static str,
        /// What a good name looks like.
        rule: &'static str,
    },
    /// A setting is out of its range.
    #[error("{0}")]
    BadSetting(String),
    /// A unix socket in the folder would have a path of more than 107 bytes.
    #[error("'{path}' is too long for a unix socket (107 bytes): choose a shorter folder")]
    PathTooLong {
        /// The longest socket path that the lab would need.
        path: PathBuf,
    },
    /// A lab of this name exists, running or left behind.
    #[error("lab '{name}' exists already in {dir}: take it down first, or choose another name")]
    Exists {
        /// The lab's name.
        name: String,
        /// Its folder.
        dir: PathBuf,
    },
    /// There is no lab of this name.
    #[error("there is no lab '{name}' in {base}")]
    NoLab {
        /// The lab's name.
        name: String,
        /// The folder that was searched.
        base: PathBuf,
    },
    /// The lab has no host of this number.
    #[error("this lab has no host {0}: hosts are numbered from 1")]
    NoHost(u16),
    /// The lab has no VM of this name.
    #[error("this lab has no VM '{0}'")]
    NoVm(VmName),
    /// The VM's name is taken in this lab.
    #[error("this lab has a VM '{0}' already")]
    VmExists(VmName),
    /// A program ended with a status other than success.
    #[error("`{command}` failed ({status}): {stderr}")]
    Command {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: String,
        /// What it wrote to standard error, or standard output if that was empty.
        stderr: String,
    },
    /// Something did not happen in time.
    #[error("{what}: not done within {} ms", after.as_millis())]
    Timeout {
        /// What was waited for.
        what: String,
        /// The allowance.
        after: Duration,
    },
    /// A program could not be started at all.
    #[error("cannot start `{command}`: {source}")]
    Spawn {
        /// The program and its arguments.
        command: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A file or folder of the lab could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A socket of ours inside a namespace failed.
    #[error("{what}: {source}")]
    Socket {
        /// What it was for.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The state file is damaged or of another version.
    #[error("{path} is not the state of a lab ({source}): take the lab down and up again")]
    State {
        /// The state file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The process is not running.
    #[error("{0} is not running")]
    NotRunning(Role),
    /// The process runs already.
    #[error("{0} is running already")]
    Running(Role),
    /// Nobody has started this process yet, so there is no command to start again.
    #[error("{0} has never been started in this lab")]
    NeverStarted(Role),
    /// The process ended by itself before it was ready.
    #[error("{role} ended before it was ready; the end of its log:\n{log}")]
    Exited {
        /// The process.
        role: Role,
        /// The last lines of its log.
        log: String,
    },
    /// The DHCP client of a VM ended, or the VM has none, or it got no lease in time.
    #[error("DHCP of VM '{vm}': {reason}")]
    Dhcp {
        /// The VM.
        vm: VmName,
        /// What went wrong, with the end of the client's log where there is one.
        reason: String,
    },
}

impl LabError {
    /// An error of a file or folder.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
