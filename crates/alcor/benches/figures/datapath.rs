//! What packets find: the first of a flow and those after it, new connections with security groups
//! and without, and what a port costs in flows and in the agent's memory.

mod connects;
mod first;
mod place;
mod ports;

use crate::Scale;
use crate::region::PROGRAM;
use crate::report::{Report, Row};
use alcor::scenario::Scenario;
use alcor_lab::{LabName, Settings};
use std::path::Path;

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let hosts = scale.hosts.max(2);
    report.add(Row::once("emulated hosts", f64::from(hosts), "hosts"));
    let region = region(hosts).await?;
    first::measure(scale, &region, report).await?;
    connects::measure(scale, &region, report).await?;
    region.down().await?;
    // What a port costs is measured where there are no others.
    for count in scale.pick(&[1, 100, 1_000][..], &[1, 20]) {
        let region = self::region(2).await?;
        ports::measure(*count, &region, report).await?;
        region.down().await?;
    }
    Ok(())
}

async fn region(hosts: u16) -> anyhow::Result<Scenario> {
    let settings = Settings {
        name: LabName::unique(),
        ..Settings::hosts(hosts)
    };
    let region = Scenario::up(settings, Path::new(PROGRAM)).await?;
    region.lab().announce_hosts().await?;
    Ok(region)
}
