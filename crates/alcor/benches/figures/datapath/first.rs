//! The first ping to a neighbour that was never spoken to, against the pings after it: the kernel of
//! the VM asks for the MAC address, and the switch looks through all tables once.

use super::place::{PATIENCE, router, vms};
use crate::Scale;
use crate::report::{Report, Row};
use crate::samples::Samples;
use alcor::scenario::Scenario;
use alcor_lab::PingRequest;
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;

/// Pings to each neighbour; all but the first find everything warm.
const PINGS: u32 = 11;

pub(super) async fn measure(
    scale: Scale,
    region: &Scenario,
    report: &mut Report,
) -> anyhow::Result<()> {
    let count = scale.pick(21, 2);
    let near = region.segment("near", "10.20.0.0/24").await?;
    let far = region.segment("far", "10.21.0.0/24").await?;
    router(region, &[&near, &far]).await?;
    vms(region, ("asker", 1), 1, &near, json!({})).await?;
    // The first ping of all, and the first to each host, find nothing of their own kind.
    let local = vms(region, ("l", count + 1), 1, &near, json!({})).await?;
    let remote = vms(region, ("r", count + 1), 2, &near, json!({})).await?;
    let routed = vms(region, ("f", count + 1), 2, &far, json!({})).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (kind, targets) in [("local", local), ("remote", remote), ("routed", routed)] {
        let (mut first, mut warm) = (Samples::default(), Samples::default());
        for (at, (_, port)) in targets.iter().enumerate() {
            let (one, rest) = ping(region, port.ip).await?;
            if at > 0 {
                first.add(one);
                warm.extend(&rest);
            }
        }
        let note = format!(
            "{:.1} times the median of those after it",
            first.median() / warm.median()
        );
        let what = format!("first ping to a {kind} neighbour");
        report.add(Row::of(what, &first, "ms").note(note));
        let what = format!("ping to a {kind} neighbour, warm");
        report.add(Row::of(what, &warm, "ms"));
    }
    Ok(())
}

/// The time of the first ping, and those of the others.
async fn ping(region: &Scenario, to: IpAddr) -> anyhow::Result<(Duration, Samples)> {
    let request = PingRequest {
        count: Some(PINGS),
        interval: Duration::from_millis(20),
        deadline: PATIENCE,
        ..PingRequest::to(to)
    };
    let pinged = region.lab().ping("asker0", request).await?;
    let first = pinged.rtts.get(&1).copied();
    let first =
        first.ok_or_else(|| anyhow::anyhow!("the first ping to {to} was lost: {pinged:?}"))?;
    let mut warm = Samples::default();
    pinged.rtts.range(2..).for_each(|(_, time)| warm.add(*time));
    Ok((first, warm))
}
