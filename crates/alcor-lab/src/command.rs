//! Short-lived tools (`ip`, `ethtool`, `ovs-vsctl`), each run with a deadline and with an
//! error that shows the command and what it wrote. A lab tool may spawn; the product may not.

use crate::LabError;
use crate::layout::MARK;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What any tool may take; they take milliseconds on an idle machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Every program that a lab needs, with its Debian package.
const NEEDED: [(&str, &str); 11] = [
    ("ip", "iproute2"),
    ("ethtool", "ethtool"),
    ("busybox", "busybox"),
    ("ping", "iputils-ping"),
    ("ovs-vswitchd", "openvswitch-switch"),
    ("ovsdb-server", "openvswitch-switch"),
    ("ovsdb-tool", "openvswitch-switch"),
    ("ovs-vsctl", "openvswitch-switch"),
    ("ovs-ofctl", "openvswitch-switch"),
    ("ovs-appctl", "openvswitch-switch"),
    ("sh", "dash"),
];

/// A command to be run to its end.
#[derive(Debug)]
pub(crate) struct Tool {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    input: String,
    deadline: Duration,
}

impl Tool {
    pub(crate) fn new<I, S>(program: &str, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            program: program.to_owned(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            input: String::new(),
            deadline: DEADLINE,
        }
    }

    /// `ip` with many commands at once, in a namespace or (`None`) in the caller's.
    pub(crate) fn ip_batch(namespace: Option<&str>, lines: &[String]) -> Self {
        let place = namespace.map(|name| ["-n", name]);
        let args = place.iter().flatten().copied().chain(["-batch", "-"]);
        Self::new("ip", args).input(&(lines.join("\n") + "\n"))
    }

    /// A shell script inside a namespace.
    pub(crate) fn script_in(namespace: &str, script: &str) -> Self {
        Self::new("ip", ["netns", "exec", namespace, "sh", "-ec", script])
    }

    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        self.env
            .push((name.to_owned(), value.to_string_lossy().into_owned()));
        self
    }

    /// What the program reads from its standard input.
    pub(crate) fn input(mut self, input: &str) -> Self {
        input.clone_into(&mut self.input);
        self
    }

    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs to the end; a status other than success is an error.
    pub(crate) async fn run(self) -> Result<String, LabError> {
        let text = self.text();
        let output = self.output().await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failure(&text, &output))
    }

    /// Runs to the end, whatever the status. Past the deadline the program is killed.
    pub(crate) async fn output(self) -> Result<Output, LabError> {
        let text = self.text();
        let child = self.spawn()?;
        let fed = feed(child, self.input);
        match timeout(self.deadline, fed).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(source)) => Err(LabError::Spawn {
                command: text,
                source,
            }),
            Err(_) => Err(LabError::Timeout {
                what: format!("`{text}`"),
                after: self.deadline,
            }),
        }
    }

    fn spawn(&self) -> Result<Child, LabError> {
        Command::new(&self.program)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("PATH", search_path())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| LabError::Spawn {
                command: self.text(),
                source,
            })
    }

    fn text(&self) -> String {
        format!("{} {}", self.program, self.args.join(" "))
    }
}

/// Writes and reads at the same time, so that neither pipe can fill and block the other.
async fn feed(mut child: Child, input: String) -> std::io::Result<Output> {
    let stdin = child.stdin.take();
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A program that ends early closes the pipe; its status tells the story.
            let _closed = stdin.write_all(input.as_bytes()).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    output
}

fn failure(command: &str, output: &Output) -> LabError {
    let wrote = if output.stderr.is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    LabError::Command {
        command: command.to_owned(),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(wrote).trim().to_owned(),
    }
}

/// `PATH` with the administrator's folders, which plain `su` and some containers leave out.
pub(crate) fn search_path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
    path
}

/// Where a program lies on the search path.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    env::split_paths(&search_path())
        .map(|dir| dir.join(tool))
        .find(|path| path.is_file())
}

/// Root, and every tool in its place.
pub(crate) fn check_machine() -> Result<(), LabError> {
    check_root()?;
    match NEEDED.iter().find(|(tool, _)| find(tool).is_none()) {
        Some((tool, package)) => Err(LabError::MissingTool { tool, package }),
        None => Ok(()),
    }
}

/// Root, without which nothing here works.
pub(crate) fn check_root() -> Result<(), LabError> {
    if nix::unistd::Uid::effective().is_root() {
        Ok(())
    } else {
        Err(LabError::NotRoot)
    }
}

/// The mark that lets a sweep recognise a process of the lab whatever became of its record.
pub(crate) fn mark(command: &mut Command, dir: &Path) {
    command.env(MARK, dir);
}
