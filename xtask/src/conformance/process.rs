//! A program that ends with us, whatever ends us: it leads a process group of its own, and the
//! whole group is ended when its owner lets go of it. So neither Ctrl-C nor a failure leaves a
//! server behind, and nothing that somebody else started is ever touched.

use crate::run;
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a program may take to end in order.
const GRACE: Duration = Duration::from_secs(10);

/// How often to look whether a program has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Where a program's output is, also when all is over.
pub(super) fn log(name: &str) -> anyhow::Result<PathBuf> {
    let folder = run::target().join("conformance/logs");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{name}.log")))
}

/// A running program; dropping it ends it and its children.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program; what it prints goes to [`log`].
    pub(super) fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let log = log(name)?;
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, log })
    }

    /// Fails when the program has ended, although it is a server.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}): see {}", self.name, self.log.display()),
        }
    }

    /// Waits for a program that ends by itself.
    pub(super) async fn ended(mut self) -> anyhow::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits for a program that must succeed.
    pub(super) async fn succeeded(self) -> anyhow::Result<()> {
        let (name, log) = (self.name, self.log.clone());
        let status = self.ended().await?;
        if status.success() {
            return Ok(());
        }
        bail!("{name} failed ({status}): see {}", log.display())
    }
}

impl Drop for Process {
    #[expect(
        clippy::disallowed_methods,
        reason = "all else has ended when this runs: there is no other task to hold up"
    )]
    fn drop(&mut self) {
        let Ok(id) = i32::try_from(self.child.id()) else {
            return;
        };
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // A group that has just ended by itself is no failure: nothing is left to end.
        let _ = killpg(Pid::from_raw(id), Signal::SIGTERM);
        for _ in 0..GRACE.as_millis() / LOOK.as_millis() {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
