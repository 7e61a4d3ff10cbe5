//! From a change of intent to packets that follow it: a rule of a security group with many members,
//! and a router that joins two large networks.
//!
//! The many are ports without interfaces, bound to the hosts in turn: their flows are on all hosts.
//! The two that count are VMs, with a ping running before the change is made.

mod crowd;
mod group;
mod router;

use crate::Scale;
use crate::region::PROGRAM;
use crate::report::{Report, Row};
use alcor::scenario::Scenario;
use alcor_lab::{LabName, Settings};
use std::path::Path;

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let hosts = scale.hosts.max(2);
    report.add(Row::once("emulated hosts", f64::from(hosts), "hosts"));
    let settings = Settings {
        name: LabName::unique(),
        ..Settings::hosts(hosts)
    };
    let region = Scenario::up(settings, Path::new(PROGRAM)).await?;
    region.lab().announce_hosts().await?;
    group::measure(scale, &region, hosts, report).await?;
    router::measure(scale, &region, hosts, report).await?;
    region.down().await
}
