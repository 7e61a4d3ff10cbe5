//! Neutron's API and ours under the same load, one after the other.
//!
//! The load generator and the peer's start are a kit's, as the scenario beside OVN is: a folder with
//! `neutron_peer/start.sh` and `stop.sh`, and `neutron_load/run.sh`, which writes what it found as JSON.

use crate::Scale;
use crate::region::Region;
use crate::report::{Report, Row};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Where the kit has the peer listen.
const PEER: &str = "http://127.0.0.1:19696";
/// Whose objects they are: there is no authentication on either side.
const PROJECT: &str = "11111111111111111111111111111111";
/// Requests of a phase, and seconds after which the peer's has to end.
const THEIRS: (u32, u32) = (60, 15);
const OURS: (u32, u32) = (2_000, 15);

#[derive(Deserialize)]
struct Found {
    phases: Vec<Phase>,
}

/// One kind of request, by so many clients.
#[derive(Deserialize)]
struct Phase {
    #[serde(rename = "phase")]
    name: String,
    concurrency: u32,
    errors: u64,
    ops_per_s: f64,
    #[serde(rename = "p50_ms")]
    median: f64,
}

/// Loads both, and reports every phase that both have.
pub(super) async fn run(scale: Scale, kit: &Path, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let kit = Kit {
        folder: kit,
        scratch: scratch.path(),
    };
    let theirs = kit.load_peer(scale.pick(THEIRS, (20, 5))).await;
    kit.stop_peer().await?;
    let theirs = theirs?;
    let (region, _) = Region::start(&scratch.path().join("region")).await?;
    let url = format!("http://{}", region.address());
    let ours = kit.load(&url, scale.pick(OURS, (200, 5))).await?;
    region.stop().await?;
    let theirs: HashMap<_, _> = theirs
        .phases
        .iter()
        .map(|phase| ((&*phase.name, phase.concurrency), phase))
        .collect();
    for ours in &ours.phases {
        if let Some(theirs) = theirs.get(&(&*ours.name, ours.concurrency)) {
            compare(theirs, ours, report);
        }
    }
    Ok(())
}

fn compare(theirs: &Phase, ours: &Phase, report: &mut Report) {
    let what = format!("API: {}, {} clients", ours.name, ours.concurrency);
    let times = ours.ops_per_s / theirs.ops_per_s;
    let peer = format!("{:.1} ({times:.0} times less)", theirs.ops_per_s);
    let note = format!(
        "p50 {:.2} ms, peer {:.0}; failed {} and {}",
        ours.median, theirs.median, ours.errors, theirs.errors
    );
    report.add(Row::once(what, ours.ops_per_s, "/s").peer(peer).note(note));
}

/// The kit, and a folder for what it finds.
struct Kit<'a> {
    folder: &'a Path,
    scratch: &'a Path,
}

impl Kit<'_> {
    async fn load_peer(&self, size: (u32, u32)) -> anyhow::Result<Found> {
        let mut start = self.script("neutron_peer/start.sh");
        start.env("AUTH", "noauth").env("FRESH", "1");
        run_to_end(start).await?;
        self.load(PEER, size).await
    }

    /// Ends the peer and its databases, also where they started only in part.
    async fn stop_peer(&self) -> anyhow::Result<()> {
        run_to_end(self.script("neutron_peer/stop.sh")).await?;
        let mut databases = self.script("keystone/stop.sh");
        databases.arg("--all");
        run_to_end(databases).await
    }

    async fn load(&self, url: &str, (n, seconds): (u32, u32)) -> anyhow::Result<Found> {
        let port = url.rsplit(':').next().unwrap_or_default();
        let found = self.scratch.join(format!("found-{port}.json"));
        let mut load = self.script("neutron_load/run.sh");
        load.args([url, "--project-id", PROJECT, "--lists", "1000"])
            .args(["--n", &n.to_string()])
            .args(["--phase-limit", &seconds.to_string()])
            .arg("--json")
            .arg(&found);
        // It ends with a failure where a single request failed: the rows say how many did.
        let ended = run_to_end(load).await;
        if !found.exists() {
            ended?;
        }
        let text = std::fs::read_to_string(&found).context("the kit measured nothing")?;
        serde_json::from_str(&text).context("in what the kit measured")
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

async fn run_to_end(mut command: Command) -> anyhow::Result<()> {
    let shown = command.as_std().get_program().to_owned();
    let shown = shown.display();
    let status = command
        .status()
        .await
        .with_context(|| format!("cannot run {shown}"))?;
    ensure!(status.success(), "{shown} ended with {status}");
    Ok(())
}
