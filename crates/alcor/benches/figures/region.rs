//! The real `alcor server` as a process of its own, on a store on the disk.

use crate::wire::{Wire, get};
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program under test, built with the same optimisation as this one.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_alcor");

/// What a start or an end may take.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(2);

/// A region that runs. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Region {
    child: Child,
    address: SocketAddr,
    agents: SocketAddr,
    dir: PathBuf,
}

impl Region {
    /// Starts a region on the store in `dir` and waits until it is ready. Returns the time
    /// that took, from before the process was made.
    pub(crate) async fn start(dir: &Path) -> anyhow::Result<(Self, Duration)> {
        std::fs::create_dir_all(dir)?;
        let [rest, agents] = free_ports()?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(dir.join("region.log"))?;
        let began = Instant::now();
        let child = Command::new(PROGRAM)
            .args([
                "server",
                "--auth",
                "none",
                "--log",
                "warn",
                "--quota=all=-1",
            ])
            .args(["--listen", &rest.to_string()])
            .args(["--agent-listen", &agents.to_string()])
            .arg("--data-dir")
            .arg(dir.join("store"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {PROGRAM}"))?;
        let mut region = Self {
            child,
            address: rest,
            agents,
            dir: dir.to_owned(),
        };
        region.await_ready(began).await?;
        Ok((region, began.elapsed()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where agents connect to.
    pub(crate) fn agents(&self) -> SocketAddr {
        self.agents
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or_default()
    }

    /// Where its store lies.
    pub(crate) fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Wire> {
        Wire::connect(self.address).await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(self.pid()), Signal::SIGTERM)?;
        self.await_end().await
    }

    /// Kills it as a power failure would, but for the disk's own cache.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.await_end().await
    }

    async fn await_ready(&mut self, began: Instant) -> anyhow::Result<()> {
        loop {
            if let Ok(mut wire) = Wire::connect(self.address).await
                && wire.call(&get("/readyz"), 200).await.is_ok()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.dir.join("region.log"))?;
                bail!("the region ended ({status}): {log}");
            }
            if began.elapsed() > PATIENCE {
                bail!("the region is not ready after {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn await_end(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                bail!("the region does not end");
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Two ports of the loopback that were free a moment ago.
pub(crate) fn free_ports() -> anyhow::Result<[SocketAddr; 2]> {
    let bind = || TcpListener::bind(("127.0.0.1", 0));
    let (one, other) = (bind()?, bind()?);
    Ok([one.local_addr()?, other.local_addr()?])
}
