//! Between VMs and the world outside: floating IPs that move, gateways whose host dies.

use super::gap;
use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::stage::outside::{
    WORLD, associate, external, floating, lead_out, seat, with_outside, world,
};
use crate::stage::{LONG, passing_guest, router, until};
use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Role;

/// What of a host dies, by the host's number.
type Kind = fn(u16) -> Role;

pub(super) async fn measure(rounds: u16, report: &mut Report) -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let net = region.segment("red", "10.1.0.0/24").await?;
        let router = router(region, &[&net]).await?;
        let outside = external(region, false).await?;
        lead_out(region, &router, &outside, true).await?;
        let one = passing_guest(region, "one", 1, &net, "10.1.0.11").await?;
        let two = passing_guest(region, "two", 2, &net, "10.1.0.12").await?;
        floating_ip(region, &outside, [&one, &two], rounds, report).await?;
        let agent_alone: &[Kind] = &[Role::Agent];
        let whole: &[Kind] = &[Role::Agent, Role::Vswitchd];
        gateway(region, &router, ("its agent", agent_alone), rounds, report).await?;
        gateway(region, &router, ("its host", whole), rounds, report).await
    })
    .await
}

async fn floating_ip(
    region: &Scenario,
    outside: &Segment,
    ports: [&PortInfo; 2],
    rounds: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (id, ip) = floating(region, outside, Some(ports[0])).await?;
    region.lab().first_answer(WORLD, ip, LONG).await?;
    let mut gaps = Samples::default();
    for round in 1..=rounds {
        let to = ports[usize::from(round % 2)];
        let name = if round % 2 == 0 { "one" } else { "two" };
        let moved = async {
            let heard = region.echo_requests(name).await?;
            associate(region, &id, Some(to)).await?;
            until("the other VM has the address", async || {
                anyhow::Ok(region.echo_requests(name).await? > heard + 50)
            })
            .await
        };
        gaps.push(gap(region.lab(), (WORLD, ip), moved).await?);
    }
    report.add(Row::of("a floating IP moves to another host", &gaps, "ms"));
    associate(region, &id, None).await
}

/// The VM of a host that does not die pings the world.
async fn gateway(
    region: &Scenario,
    router: &str,
    (what, roles): (&str, &[Kind]),
    rounds: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let world = world();
    let lab = region.lab();
    let mut gaps = Samples::default();
    for _ in 0..rounds {
        let first = seat(region, router).await?;
        let vm = if first == 1 { "two" } else { "one" };
        lab.first_answer(vm, world, LONG).await?;
        let died = async {
            for role in roles {
                lab.kill(role(first)).await?;
            }
            until("the gateway is on another host", async || {
                anyhow::Ok(seat(region, router).await? != first)
            })
            .await
        };
        gaps.push(gap(lab, (vm, world), died).await?);
        for role in roles.iter().rev() {
            lab.start(role(first)).await?;
        }
        region.wait_for_agents(3).await?;
    }
    report.add(Row::of(
        format!("a router's gateway loses {what}"),
        &gaps,
        "ms",
    ));
    Ok(())
}
