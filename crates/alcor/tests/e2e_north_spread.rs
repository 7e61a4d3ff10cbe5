//! Translation on every host: each leads its own VMs out by an address of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(clippy::print_stdout, reason = "lost pings are counted, not judged")]

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use alcor_lab::Role;
use serde_json::json;
use stage::outlets::*;
use stage::outside::*;
use stage::*;
use std::net::IpAddr;

#[tokio::test]
async fn every_host_leads_its_vms_out_by_its_own_address() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let outside = external(region, false).await?;
        let net = region.segment("red", "10.1.0.0/24").await?;
        let router = router(region, &[&net]).await?;
        let central = lead_out(region, &router, &outside, true).await?;
        let seat = seat(region, &router).await?;
        // Two hosts beside the one with the gateway.
        let (home, other) = (seat % 3 + 1, (seat + 1) % 3 + 1);
        let one = passing_guest(region, "one", home, &net, "10.1.0.11").await?;
        passing_guest(region, "two", other, &net, "10.1.0.12").await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        is_seen_as(lab, "one", (world(), 80), central).await?;
        // Switched on while packets flow.
        let ping = steady_ping(lab, "two", world()).await?;
        spread(region, &router, true).await?;
        let mut hosts = [home, other];
        hosts.sort_unstable();
        let addresses = outlets_on(region, &router, &hosts).await?;
        let of = |host: u16| addresses[usize::from(hosts[0] != host)];
        is_seen_as(lab, "one", (world(), 80), of(home)).await?;
        is_seen_as(lab, "two", (world(), 80), of(other)).await?;
        let report = ping.stop().await?;
        println!(
            "switched on: {} of {} lost",
            report.sent - report.received,
            report.sent
        );
        reach(lab, WORLD, of(home), 10).await?;
        reach(lab, WORLD, central, 10).await?;
        // An address of a VM's own comes before its host's.
        let (id, ip) = floating(region, &outside, Some(&one)).await?;
        is_seen_as(lab, "one", (world(), 80), ip).await?;
        is_seen_as(lab, "two", (world(), 80), of(other)).await?;
        associate(region, &id, None).await?;
        is_seen_as(lab, "one", (world(), 80), of(home)).await?;
        // Whoever comes to the gateway's host has an address there.
        let three = passing_guest(region, "three", seat, &net, "10.1.0.13").await?;
        let all = outlets_on(region, &router, &[1, 2, 3]).await?;
        is_seen_as(lab, "three", (world(), 80), all[usize::from(seat) - 1]).await?;
        region
            .rest()
            .delete(&format!("/v2.0/ports/{}", three.id))
            .await?;
        assert_eq!(outlets_on(region, &router, &hosts).await?, addresses);
        the_gateways_host_is_not_missed(region, &router, seat).await?;
        a_vm_takes_the_address_of_its_new_host(region, (&router, &one), other, of(other)).await
    })
    .await
}

/// It dies whole; pings from two hosts go on.
async fn the_gateways_host_is_not_missed(
    region: &Scenario,
    router: &str,
    host: u16,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let mut pings = Vec::new();
    for vm in ["one", "two"] {
        let mut ping = steady_ping(lab, vm, world()).await?;
        ping.answered(50, LONG).await?;
        pings.push(ping);
    }
    lab.kill(Role::Agent(host)).await?;
    lab.kill(Role::Vswitchd(host)).await?;
    until("the gateway is on another host", async || {
        anyhow::Ok(seat(region, router).await? != host)
    })
    .await?;
    for mut ping in pings {
        ping.answered(100, LONG).await?;
        let report = ping.stop().await?;
        println!(
            "host dead: {} of {} lost",
            report.sent - report.received,
            report.sent
        );
        assert!(report.complete(), "{report:?}");
    }
    Ok(())
}

async fn a_vm_takes_the_address_of_its_new_host(
    region: &Scenario,
    (router, port): (&str, &PortInfo),
    to: u16,
    address: IpAddr,
) -> anyhow::Result<()> {
    let lab = region.lab();
    change(region, port, json!({ "binding:host_id": lab.host_id(to) })).await?;
    region.plug("moved", to, port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    configure(region, "moved", port).await?;
    run(lab, "moved", "ip route replace default via 10.1.0.1").await?;
    is_seen_as(lab, "moved", (world(), 80), address).await?;
    assert_eq!(outlets_on(region, router, &[to]).await?, [address]);
    // Switched off again; nothing is left.
    spread(region, router, false).await?;
    assert_eq!(outlets_on(region, router, &[]).await?, Vec::<IpAddr>::new());
    let shown = region
        .rest()
        .get(&format!("/v2.0/routers/{router}"))
        .await?;
    let info = &shown["router"]["external_gateway_info"]["external_fixed_ips"][0];
    let central = info["ip_address"].as_str().unwrap().parse()?;
    is_seen_as(lab, "moved", (world(), 80), central).await?;
    let text = address.to_string();
    until("no flow speaks of the address", async || {
        let found = flows(lab, to).await?;
        anyhow::Ok(!found.all.keys().any(|flow| flow.contains(&text)))
    })
    .await
}

#[tokio::test]
async fn tenants_with_the_same_addresses_leave_by_addresses_of_their_own() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let outside = external(region, false).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let mut tenants = Vec::new();
        for tenant in ["red", "green"] {
            let net = region.segment(tenant, "10.1.0.0/24").await?;
            let router = router(region, &[&net]).await?;
            lead_out(region, &router, &outside, true).await?;
            spread(region, &router, true).await?;
            for host in 1..=2 {
                let vm = format!("{tenant}-{host}");
                passing_guest(region, &vm, host, &net, &format!("10.1.0.1{host}")).await?;
            }
            let addresses = outlets_on(region, &router, &[1, 2]).await?;
            tenants.push((tenant, router, addresses));
        }
        for (tenant, _, addresses) in &tenants {
            for (host, address) in (1..=2).zip(addresses) {
                let vm = format!("{tenant}-{host}");
                is_seen_as(lab, &vm, (world(), 80), *address).await?;
                reach(lab, &vm, world(), 10).await?;
            }
        }
        // A way out that goes takes its outlets with it.
        for (_, router, _) in &tenants {
            let body = json!({ "router": { "external_gateway_info": null } });
            region
                .rest()
                .put(&format!("/v2.0/routers/{router}"), &body)
                .await?;
            outlets_on(region, router, &[]).await?;
        }
        for host in 1..=3 {
            until("no number is kept", async || {
                let ids = ["get", "Bridge", "br-int", "external_ids"];
                anyhow::Ok(!lab.vsctl(host, ids).await?.contains("nat"))
            })
            .await?;
        }
        Ok(())
    })
    .await
}
