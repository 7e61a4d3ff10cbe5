//! Networks on a physical network: VMs of several hosts and a machine outside on one wire, tagged and
//! not, with DHCP, apart from each other, and routed to networks in tunnels.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use stage::outside::*;
use stage::*;
use std::net::IpAddr;

async fn guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    ip: &str,
) -> anyhow::Result<PortInfo> {
    settle(region, vm, host, on, unchecked(ip)).await
}

#[tokio::test]
async fn vms_and_machines_share_a_wire_and_two_wires_stay_apart() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let flat = external(region, false).await?;
        let tagged = external(region, true).await?;
        let one = guest(region, "one", 1, &flat, "203.0.113.11").await?;
        let two = guest(region, "two", 2, &flat, "203.0.113.12").await?;
        let beside = guest(region, "beside", 1, &flat, "203.0.113.13").await?;
        let far = guest(region, "far", 3, &tagged, "198.51.100.11").await?;
        let near = guest(region, "near", 1, &tagged, "198.51.100.12").await?;
        let world: IpAddr = WORLD_IP.parse()?;
        let tagged_world: IpAddr = TAGGED_IP.parse()?;
        for (from, to) in [
            ("one", two.ip),
            ("two", one.ip),
            ("one", beside.ip),
            ("one", world),
            ("two", world),
            (WORLD, one.ip),
            (WORLD, two.ip),
            ("far", near.ip),
            ("near", tagged_world),
            (WORLD, far.ip),
        ] {
            lab.first_answer(from, to, LONG).await?;
            reach(lab, from, to, 5).await?;
        }
        // The same addresses on the other wire are not there.
        run(lab, "near", "ip address add 203.0.113.77/24 dev eth0").await?;
        assert!(misses(lab, "near", two.ip).await?);
        broadcast_is_heard_once(region).await
    })
    .await
}

/// By the VM of another host and by the one beside, and by the machine outside.
async fn broadcast_is_heard_once(region: &Scenario) -> anyhow::Result<()> {
    let lab = region.lab();
    let before = region.echo_requests("two").await?;
    let line = "ping -b -q -I eth0 -i 0.01 -W 1 -c 50 203.0.113.255";
    // Nobody answers a broadcast, so that ping reports failure.
    lab.exec("one", line.split(' '), LONG).await?;
    until("the VM on the other host has heard it", async || {
        anyhow::Ok(region.echo_requests("two").await? >= before + 50)
    })
    .await?;
    assert_eq!(region.echo_requests("two").await?, before + 50);
    Ok(())
}

#[tokio::test]
async fn a_router_leads_from_tunnels_to_the_wire() -> anyhow::Result<()> {
    with_outside(2, async |region| {
        let lab = region.lab();
        let inside = region.segment("inside", "10.1.0.0/24").await?;
        let wired = wired(region).await?;
        router(region, &[&inside, &wired]).await?;
        let a = guest(region, "a", 1, &inside, "10.1.0.11").await?;
        let b = guest(region, "b", 2, &wired, "192.0.2.12").await?;
        let c = guest(region, "c", 1, &wired, "192.0.2.13").await?;
        for (vm, gateway) in [("a", "10.1.0.1"), ("b", "192.0.2.1"), ("c", "192.0.2.1")] {
            run(lab, vm, &format!("ip route replace default via {gateway}")).await?;
        }
        for (from, to) in [
            ("a", b.ip),
            ("b", a.ip),
            ("a", c.ip),
            ("c", a.ip),
            ("c", b.ip),
        ] {
            lab.first_answer(from, to, LONG).await?;
            reach(lab, from, to, 5).await?;
        }
        tcp_passes(lab, "a", ("b", b.ip)).await
    })
    .await
}
