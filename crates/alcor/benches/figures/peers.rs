//! Side by side with OVN, the same scenario on both, point by point, in one go; and with Neutron's API.
//!
//! The scenario is a kit's that is no part of this project: a folder with a `run.sh` that emulates
//! hosts, measures OVN on them, and puts any other control plane through the same by a protocol of
//! JSON lines. [`plane`] speaks it for Alcor; [`outcome`] reads what the kit found.

mod api;
mod hosts;
mod outcome;
mod plane;

use crate::Scale;
use crate::report::Report;
use anyhow::{Context, ensure};
use outcome::Point;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

pub(crate) use plane::speak;

/// With so many ports on one network an agent and a switch are killed, too.
const RESTARTED: [u32; 2] = [1_000, 10_000];

/// Under this name the kit writes down what it measured of us.
const OURS: &str = "alcor";

/// The folders of the kits that measure the peers.
#[derive(Clone, Copy)]
pub(crate) struct Kits<'a> {
    /// OVN on emulated hosts.
    pub(crate) hosts: Option<&'a Path>,
    /// Neutron's API.
    pub(crate) api: Option<&'a Path>,
}

/// Runs the kits that are there.
pub(crate) async fn run(scale: Scale, kits: Kits<'_>, report: &mut Report) -> anyhow::Result<()> {
    ensure!(
        kits.hosts.is_some() || kits.api.is_some(),
        "peers needs --kit DIR, the folder of OVN's kit, or --api-kit DIR, that of Neutron's, or both"
    );
    if let Some(kit) = kits.hosts {
        beside_ovn(scale, kit, report).await?;
    }
    match kits.api {
        Some(kit) => api::run(scale, kit, report).await,
        None => Ok(()),
    }
}

/// Runs the kit in this folder, and reports its points in pairs.
async fn beside_ovn(scale: Scale, kit: &Path, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let (suite, results) = (
        scratch.path().join("suite"),
        scratch.path().join("results.jsonl"),
    );
    std::fs::write(&suite, points(scale))?;
    let plane = std::env::current_exe()?;
    let status = Command::new(kit.join("run.sh"))
        .args(["full".as_ref(), results.as_os_str()])
        .env("SUITE", &suite)
        .env("BOTH", "1")
        .env("PLANE", format!("{} --bench --plane", plane.display()))
        .env("PLANE_NAME", OURS)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("{} has no run.sh that runs", kit.display()))?;
    ensure!(status.success(), "the kit ended with {status}");
    let text = std::fs::read_to_string(&results).context("the kit measured nothing")?;
    for point in Point::pairs(&text, OURS)? {
        point.report(report);
    }
    Ok(())
}

/// The kit's words for each point, one network first, then several that a router joins.
fn points(scale: Scale) -> String {
    let sizes: &[u32] = scale.pick(&[10, 100, 1_000, 5_000, 10_000], &[10, 100]);
    let hosts = scale.hosts;
    let shapes = [1, 5].into_iter().flat_map(|networks| {
        let with = move |ports: &u32| (networks, *ports);
        sizes.iter().map(with)
    });
    let line = |(networks, ports): (u32, u32)| {
        let restarted = RESTARTED.contains(&ports) && networks == 1;
        let restart = if restarted {
            " --restart crash,vswitchd"
        } else {
            ""
        };
        format!("--hosts {hosts} --ports {ports} --networks {networks} --reps 5{restart}\n")
    };
    shapes.map(line).collect()
}
