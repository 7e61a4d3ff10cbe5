//! IPv6 outward: without translation, whoever is outside knows the way back by the router's address.

#![expect(clippy::print_stdout, reason = "lost pings are counted, not judged")]

mod stage;

use alcor::scenario::Scenario;
use alcor_lab::Role;
use stage::outside::*;
use stage::*;
use std::net::IpAddr;

/// The machine outside is told the way to the tenant's block.
async fn way_back(region: &Scenario, by: IpAddr) -> anyhow::Result<()> {
    let lab = region.lab();
    // It doubts its neighbours soon, so that a test sees how they answer to that.
    for setting in [
        "base_reachable_time_ms=1000",
        "delay_first_probe_time=1",
        "gc_stale_time=2",
    ] {
        run(
            lab,
            WORLD,
            &format!("sysctl -qw net.ipv6.neigh.wire.{setting}"),
        )
        .await?;
    }
    let route = format!("ip -6 route replace 2001:db8:1::/64 via {by}");
    run(lab, WORLD, &route).await?;
    Ok(())
}

#[tokio::test]
async fn global_addresses_are_routed_in_and_out_as_they_are() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let world: IpAddr = WORLD_IP6.parse().unwrap();
        let outside = external(region, false).await?;
        external6(region, &outside).await?;
        let net = six::segment(region, "red", "2001:db8:1::/64", None).await?;
        let router = router(region, &[&net]).await?;
        let own = lead_out_by(region, &router, &outside, serde_json::json!({})).await?;
        let own = own.into_iter().find(IpAddr::is_ipv6).unwrap();
        way_back(region, own).await?;
        let mut guests = Vec::new();
        for host in 1..=3 {
            let (vm, ip) = (format!("vm{host}"), format!("2001:db8:1::1{host}"));
            let port = settle_behind(region, &vm, host, &net, (&ip, unchecked(&ip))).await?;
            guests.push((vm, port.ip));
        }
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        for (vm, ip) in &guests {
            let _vm = Who::serve(lab, vm, &["tcp:80"])?;
            is_seen_as(lab, vm, (world, 80), *ip).await?;
            is_seen_as(lab, WORLD, (*ip, 80), world).await?;
            reach(lab, vm, world, 10).await?;
        }
        reach(lab, WORLD, own, 10).await?;
        // Longer than the world believes what it knows.
        for (_, ip) in &guests {
            reach(lab, WORLD, *ip, 400).await?;
        }
        another_host_is_found(region, &router, &guests).await
    })
    .await
}

/// The gateway's agent dies, its switch does not: only the new host answers for the address.
async fn another_host_is_found(
    region: &Scenario,
    router: &str,
    guests: &[(String, IpAddr)],
) -> anyhow::Result<()> {
    let lab = region.lab();
    let former = seat(region, router).await?;
    let (_, ip) = &guests[usize::from(former % 3)];
    let mut ping = steady_ping(lab, WORLD, *ip).await?;
    ping.answered(600, LONG).await?;
    lab.kill(Role::Agent(former)).await?;
    until("the gateway is on another host", async || {
        anyhow::Ok(seat(region, router).await? != former)
    })
    .await?;
    run(lab, WORLD, "ip -6 neighbour flush dev wire").await?;
    until("the world has found it", async || {
        anyhow::Ok(quick_ping(lab, WORLD, *ip, 3).await?.received == 3)
    })
    .await?;
    let report = ping.stop().await?;
    println!(
        "agent dead: {} of {} lost",
        report.sent - report.received,
        report.sent
    );
    for _ in 0..5 {
        run(lab, WORLD, "ip -6 neighbour flush dev wire").await?;
        reach(lab, WORLD, *ip, 20).await?;
    }
    Ok(())
}
