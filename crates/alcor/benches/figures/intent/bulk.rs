//! Many ports at once: from the first POST until every host's switch forwards to them all.

use super::field::Field;
use crate::meter::{Meter, resident_bytes};
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use std::time::Duration;

/// After this long no host may have changed its flows any more.
const SETTLED: Duration = Duration::from_secs(1);

pub(super) async fn measure(field: &Field, size: usize, report: &mut Report) -> anyhow::Result<()> {
    // One port a host, plugged, and created after all others: a host that has verified it has
    // verified what came before.
    let mut markers = Vec::new();
    for host in 1..=field.hosts {
        markers.extend(field.vms(1, host).await?);
    }
    let pids = field.pids()?;
    let meters = pids.clone().map(Meter::start);
    let mut wire = field.connect().await?;
    field.grow(size).await?;
    let stored = meters[0].read().wall;
    for marker in &markers {
        field.create(&mut wire, marker).await?;
    }
    for marker in &markers {
        field.await_active(marker).await?;
    }
    let usage = meters.each_ref().map(Meter::read);
    let flows = settled(field).await?;

    let [region, agents, switches] = usage.map(|usage| usage.watched);
    let per_port = (region + agents + switches) * 1e3 / size as f64;
    let wall = usage[0].wall;
    let others = (usage[0].others - (agents + switches) / wall).max(0.0);
    report.add(
        Row::once(
            format!("{size} ports created, all hosts programmed"),
            wall,
            "s",
        )
        .peer("148 to 206 s (20 hosts)")
        .goal(Goal::Below(5.0))
        .note(format!(
            "stored after {stored:.2} s; others {others:.2} cores"
        )),
    );
    report.add(
        Row::once("the same, CPU a port in all", per_port, "ms")
            .peer("35 ms (20 hosts)")
            .goal(Goal::Below(1.0))
            .note(format!(
                "region {region:.2} s, all agents {agents:.2} s, all switches {switches:.2} s"
            )),
    );
    let flows: Samples = flows.iter().map(|count| *count as f64).collect();
    report.add(
        Row::of("the same, flows a host", &flows, "flows")
            .peer("99,403")
            .goal(Goal::Below(25_000.0)),
    );
    let resident = |pids: &[i32]| {
        let all: Samples = pids.iter().map(|pid| resident_bytes(*pid) / 1e6).collect();
        all.spread().1
    };
    report.add(
        Row::once(
            "the same, memory of the largest agent",
            resident(&pids[1]),
            "MB",
        )
        .peer("400 MB")
        .goal(Goal::Below(30.0))
        .note(format!(
            "region {:.0} MB, largest switch {:.0} MB",
            resident(&pids[0]),
            resident(&pids[2])
        )),
    );
    Ok(())
}

/// The flows of every host; an error if some were still coming.
async fn settled(field: &Field) -> anyhow::Result<Vec<u64>> {
    let first = field.flows().await?;
    tokio::time::sleep(SETTLED).await;
    let then = field.flows().await?;
    anyhow::ensure!(
        first == then,
        "flows came after all was verified: {first:?}, {then:?}"
    );
    Ok(then)
}
