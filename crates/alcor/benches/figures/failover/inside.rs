//! Between two VMs: moves of one, and restarts of everything that carries them.

use super::{EVERY, gap};
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use crate::stage::{LONG, caught_up, migrate, on_hosts, settle};
use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Role;
use serde_json::json;

pub(super) async fn measure(rounds: u16, report: &mut Report) -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let server = json!({ "device_id": "server", "device_owner": "compute:nova" });
        let b = settle(region, "b", 2, &net, server).await?;
        region.lab().first_answer("a", b.ip, LONG).await?;
        moves(region, &b, rounds, report).await?;
        let host = if rounds.is_multiple_of(2) { 2 } else { 3 };
        restarts(region, (&net, &b, host), rounds, report).await
    })
    .await
}

async fn moves(
    region: &Scenario,
    b: &PortInfo,
    rounds: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut gaps = Samples::default();
    for round in 0..rounds {
        let (from, to) = if round % 2 == 0 { (2, 3) } else { (3, 2) };
        let moved = migrate(region, ("b", b), from, to);
        gaps.push(gap(region.lab(), ("a", b.ip), moved).await?);
    }
    report.add(
        Row::of("a VM migrates by its second binding", &gaps, "ms")
            .goal(Goal::Below(100.0))
            .peer("65 ms (Andromeda)"),
    );
    Ok(())
}

async fn restarts(
    region: &Scenario,
    (net, b, host): (&Segment, &PortInfo, u16),
    rounds: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (agent, switch) = (Role::Agent(host), Role::Vswitchd(host));
    let whole = [Role::Region, Role::Agent(1), agent];
    // No ping is lost where the gap is shorter than the time between two.
    let kinds: [(&str, &[Role], Option<f64>); 4] = [
        ("the VM's agent is killed", &[agent], Some(EVERY)),
        ("the region is killed", &[Role::Region], Some(EVERY)),
        ("region and both agents are killed", &whole, Some(EVERY)),
        ("the VM's switch is killed", &[switch], None),
    ];
    for (what, roles, goal) in kinds {
        let mut gaps = Samples::default();
        for _ in 0..rounds {
            let killed = killed(region, net, roles);
            gaps.push(gap(region.lab(), ("a", b.ip), killed).await?);
        }
        let mut row = Row::of(what, &gaps, "ms");
        if let Some(goal) = goal {
            row = row.goal(Goal::Below(goal));
        }
        report.add(row);
    }
    Ok(())
}

async fn killed(region: &Scenario, net: &Segment, roles: &[Role]) -> anyhow::Result<()> {
    let lab = region.lab();
    for role in roles {
        lab.kill(*role).await?;
    }
    for role in roles {
        lab.start(*role).await?;
    }
    region.wait_for_agents(3).await?;
    for host in 1..=3 {
        caught_up(region, host, net).await?;
    }
    Ok(())
}
