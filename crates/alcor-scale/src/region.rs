//! The region under test: a real `alcor server` that we start, or one that runs somewhere.

use alcor_rest::Rest;
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// What a start or an end may take: a store with a million ports has to be read.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(5);

/// A region that runs. Killed when dropped, if it is ours.
#[derive(Debug)]
pub(crate) struct Region {
    api: String,
    agents: String,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    program: PathBuf,
    dir: PathBuf,
    on_demand_above: u32,
    child: Child,
}

impl Region {
    /// One that runs already.
    pub(crate) fn at(api: String, agents: String) -> Self {
        Self {
            api,
            agents,
            own: None,
        }
    }

    /// Starts one by the `alcor` program, with its store and its log in `dir`.
    pub(crate) async fn start(
        program: &Path,
        dir: &Path,
        on_demand_above: u32,
    ) -> anyhow::Result<Self> {
        let any = "127.0.0.1:0";
        let child = spawn(program, dir, [any, any], on_demand_above)?;
        let mut own = Own {
            program: program.to_owned(),
            dir: dir.to_owned(),
            on_demand_above,
            child,
        };
        let (api, agents) = own.serving(Instant::now(), 1).await?;
        Ok(Self {
            api: format!("http://{api}"),
            agents: format!("http://{agents}"),
            own: Some(own),
        })
    }

    /// A client of its API.
    pub(crate) fn rest(&self) -> Rest {
        Rest::new(&self.api)
    }

    /// Where agents connect.
    pub(crate) fn agents(&self) -> &str {
        &self.agents
    }

    /// Its process, where it is ours.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.own.as_ref()?.child.id()
    }

    /// Where its store lies, if it is ours.
    pub(crate) fn store(&self) -> Option<PathBuf> {
        Some(self.own.as_ref()?.dir.join("store"))
    }

    /// Kills it and starts it again on the same store and addresses; returns how long it takes
    /// until it serves.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<Duration> {
        let own = self
            .own
            .as_mut()
            .context("this region is not ours to restart")?;
        own.child.kill().await?;
        let starts = own.starts()?;
        let began = Instant::now();
        let at = [&self.api, &self.agents].map(|url| url.trim_start_matches("http://"));
        own.child = spawn(&own.program, &own.dir, at, own.on_demand_above)?;
        own.serving(began, starts + 1).await?;
        Ok(began.elapsed())
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Some(mut own) = self.own else {
            return Ok(());
        };
        if let Some(pid) = own.child.id() {
            kill(Pid::from_raw(pid.try_into()?), Signal::SIGTERM)?;
        }
        let ended = tokio::time::timeout(PATIENCE, own.child.wait());
        ended.await.context("the region does not end")??;
        Ok(())
    }
}

fn spawn(
    program: &Path,
    dir: &Path,
    [api, agents]: [&str; 2],
    on_demand_above: u32,
) -> anyhow::Result<Child> {
    std::fs::create_dir_all(dir)?;
    let log = File::options()
        .create(true)
        .append(true)
        .open(dir.join("region.log"))?;
    let mut command = Command::new(program);
    let inherited = std::env::vars().map(|(name, _)| name);
    for name in inherited.filter(|name| name.starts_with("ALCOR_")) {
        command.env_remove(name);
    }
    // A line for each of a hundred thousand sessions would be a measurement of the disk.
    let level = "info,alcor_delivery=error,fjall=warn,lsm_tree=warn";
    command
        .args(["--log", level, "--log-json"])
        .args(["server", "--auth", "none", "--quota=all=-1"])
        .args(["--listen", api, "--agent-listen", agents])
        .args(["--on-demand-above", &on_demand_above.to_string()])
        .arg("--data-dir")
        .arg(dir.join("store"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

impl Own {
    fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.dir.join("region.log"))?)
    }

    /// How often it has said that it serves.
    fn starts(&self) -> anyhow::Result<usize> {
        Ok(serving_lines(&self.log()?).count())
    }

    /// Waits until it has said so often that it serves, and where.
    async fn serving(&mut self, began: Instant, times: usize) -> anyhow::Result<(String, String)> {
        loop {
            let log = self.log()?;
            if let Some(fields) = serving_lines(&log).nth(times - 1) {
                let address = |name: &str| fields[name].as_str().map(str::to_owned);
                let both = address("api").zip(address("agents"));
                return both.context("no addresses in the region's log");
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the region ended ({status}): {log}");
            }
            if began.elapsed() > PATIENCE {
                bail!("the region does not serve after {PATIENCE:?}: {log}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn serving_lines(log: &str) -> impl Iterator<Item = Value> {
    log.lines().filter_map(|line| {
        let mut line: Value = serde_json::from_str(line).ok()?;
        let fields = line["fields"].take();
        (fields["message"] == "region serves").then_some(fields)
    })
}
