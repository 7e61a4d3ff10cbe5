//! Ways out of the region: floating IPs, translation at a gateway, and forwarded ports, seen by a
//! machine outside.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(clippy::print_stdout, reason = "lost pings are counted, not judged")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Role;
use serde_json::json;
use stage::outside::*;
use stage::*;
use std::net::IpAddr;

/// A second address of the host of `two`, then the first one at another VM there, which moves to
/// another host.
async fn beside_and_away(
    region: &Scenario,
    red: &Segment,
    outside: &Segment,
    (id, ip): (&str, IpAddr),
) -> anyhow::Result<()> {
    let lab = region.lab();
    let (other, other_ip) = floating(region, outside, None).await?;
    // Two of one host reach each other, too; and one that moves on that host leaves no
    // connection behind.
    let more = passing_guest(region, "more", 2, red, "10.1.0.13").await?;
    let _more = Who::serve(lab, "more", &["tcp:80"])?;
    associate(region, &other, Some(&more)).await?;
    is_seen_as(lab, "two", (other_ip, 80), ip).await?;
    is_seen_as(lab, "more", (ip, 80), other_ip).await?;
    associate(region, &other, None).await?;
    let mut ping = steady_ping(lab, WORLD, ip).await?;
    let heard = region.echo_requests("more").await?;
    associate(region, id, Some(&more)).await?;
    until("the VM beside has the address", async || {
        anyhow::Ok(region.echo_requests("more").await? > heard + 50)
    })
    .await?;
    ping.answered(50, LONG).await?;
    let report = ping.stop().await?;
    println!(
        "moved on one host: {} of {} lost",
        report.sent - report.received,
        report.sent
    );
    // The VM moves to another host, and its address with it.
    let mut ping = steady_ping(lab, WORLD, ip).await?;
    ping.answered(20, LONG).await?;
    change(region, &more, json!({ "binding:host_id": lab.host_id(3) })).await?;
    region.plug("there", 3, &more).await?;
    configure(region, "there", &more).await?;
    run(lab, "there", "ip route replace default via 10.1.0.1").await?;
    until("the VM is on another host", async || {
        anyhow::Ok(region.echo_requests("there").await? > 50)
    })
    .await?;
    let report = ping.stop().await?;
    println!(
        "migrated: {} of {} lost",
        report.sent - report.received,
        report.sent
    );
    is_seen_as(lab, "there", (world(), 80), ip).await?;
    Ok(())
}

#[tokio::test]
async fn a_floating_ip_is_its_port_outside_and_follows_it() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let red = region.segment("red", "10.1.0.0/24").await?;
        let router = router(region, &[&red]).await?;
        let outside = external(region, false).await?;
        lead_out(region, &router, &outside, true).await?;
        let one = passing_guest(region, "one", 1, &red, "10.1.0.11").await?;
        let two = passing_guest(region, "two", 2, &red, "10.1.0.12").await?;
        let (id, ip) = floating(region, &outside, Some(&one)).await?;
        let (other, other_ip) = floating(region, &outside, None).await?;
        let (_one, _two, _world) = (
            Who::serve(lab, "one", &["tcp:80"])?,
            Who::serve(lab, "two", &["tcp:80"])?,
            Who::serve(lab, WORLD, &["tcp:80"])?,
        );
        // Both ways, each side sees the other's true address.
        is_seen_as(lab, WORLD, (ip, 80), world()).await?;
        is_seen_as(lab, "one", (world(), 80), ip).await?;
        reach(lab, "one", world(), 20).await?;
        // Of two hosts, and of one router, they reach each other as the world does.
        associate(region, &other, Some(&two)).await?;
        is_seen_as(lab, WORLD, (other_ip, 80), world()).await?;
        is_seen_as(lab, "one", (other_ip, 80), ip).await?;
        is_seen_as(lab, "two", (ip, 80), other_ip).await?;
        associate(region, &other, None).await?;
        // The address moves to the other port, and the world follows at once.
        let mut ping = steady_ping(lab, WORLD, ip).await?;
        let heard = region.echo_requests("two").await?;
        associate(region, &id, Some(&two)).await?;
        until("the other VM has the address", async || {
            anyhow::Ok(region.echo_requests("two").await? > heard + 50)
        })
        .await?;
        ping.answered(50, LONG).await?;
        let report = ping.stop().await?;
        println!(
            "moved to another host: {} of {} lost",
            report.sent - report.received,
            report.sent
        );
        is_seen_as(lab, "two", (world(), 80), ip).await?;
        beside_and_away(region, &red, &outside, (&id, ip)).await?;
        associate(region, &id, None).await?;
        until("nobody has the address", async || {
            anyhow::Ok(misses(lab, WORLD, ip).await? && misses(lab, WORLD, other_ip).await?)
        })
        .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tenants_with_the_same_addresses_leave_by_their_routers() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let outside = external(region, false).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let _echo = Talk::serve(lab, WORLD, &["udp:53"])?;
        let mut tenants = Vec::new();
        for tenant in ["red", "green"] {
            let net = region.segment(tenant, "10.1.0.0/24").await?;
            let router = router(region, &[&net]).await?;
            let ip = lead_out(region, &router, &outside, true).await?;
            let mut guests = Vec::new();
            for host in 1..=3 {
                let vm = format!("{tenant}-{host}");
                passing_guest(region, &vm, host, &net, &format!("10.1.0.1{host}")).await?;
                guests.push(vm);
            }
            tenants.push((router, ip, guests));
        }
        for (router, ip, guests) in &tenants {
            println!("{router} leads out on host {}", seat(region, router).await?);
            for vm in guests {
                is_seen_as(lab, vm, (world(), 80), *ip).await?;
                reach(lab, vm, world(), 10).await?;
                assert!(answers(lab, vm, world(), "udp:53", 9).await?);
            }
            reach(lab, WORLD, *ip, 10).await?;
        }
        // All at once, so that the same addresses and ports meet.
        let mut held = Vec::new();
        for (_, _, guests) in &tenants {
            for vm in guests {
                held.push(steady_ping(lab, vm, world()).await?);
            }
        }
        for mut ping in held {
            ping.answered(50, LONG).await?;
            let report = ping.stop().await?;
            assert!(report.complete(), "{report:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_host_leads_out_when_the_gateways_host_dies() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let outside = external(region, false).await?;
        let net = region.segment("red", "10.1.0.0/24").await?;
        let router = router(region, &[&net]).await?;
        let ip = lead_out(region, &router, &outside, true).await?;
        let first = seat(region, &router).await?;
        let home = first % 3 + 1;
        let third = home % 3 + 1;
        passing_guest(region, "vm", home, &net, "10.1.0.11").await?;
        passing_guest(region, "else", third, &net, "10.1.0.12").await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        is_seen_as(lab, "vm", (world(), 80), ip).await?;
        // The host dies whole, when the region has been up for longer than agents may need to come
        // back to it.
        let mut ping = steady_ping(lab, "vm", world()).await?;
        ping.answered(600, LONG).await?;
        lab.kill(Role::Agent(first)).await?;
        lab.kill(Role::Vswitchd(first)).await?;
        until("the gateway is on another host", async || {
            anyhow::Ok(seat(region, &router).await? != first)
        })
        .await?;
        is_seen_as(lab, "vm", (world(), 80), ip).await?;
        let report = ping.stop().await?;
        println!(
            "host dead: {} of {} lost",
            report.sent - report.received,
            report.sent
        );
        // The agent alone dies: the gateway moves, for nobody could tell that switch of a change.
        let second = seat(region, &router).await?;
        let vm = if second == home { "else" } else { "vm" };
        reach(lab, vm, world(), 20).await?;
        let mut ping = steady_ping(lab, vm, world()).await?;
        ping.answered(20, LONG).await?;
        lab.kill(Role::Agent(second)).await?;
        until("the gateway is on another host", async || {
            anyhow::Ok(seat(region, &router).await? != second)
        })
        .await?;
        is_seen_as(lab, vm, (world(), 80), ip).await?;
        reach(lab, vm, world(), 50).await?;
        let report = ping.stop().await?;
        println!(
            "agent dead: {} of {} lost",
            report.sent - report.received,
            report.sent
        );
        Ok(())
    })
    .await
}

async fn forward(
    region: &Scenario,
    floating: &str,
    port: &PortInfo,
    what: serde_json::Value,
) -> anyhow::Result<()> {
    let mut body = json!({ "internal_port_id": port.id.to_string(),
        "internal_ip_address": port.ip.to_string() });
    body.as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    let path = format!("/v2.0/floatingips/{floating}/port_forwardings");
    region
        .rest()
        .post(&path, &json!({ "port_forwarding": body }))
        .await?;
    Ok(())
}

#[tokio::test]
async fn ports_of_an_address_lead_to_ports_of_vms() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let outside = external(region, false).await?;
        let net = region.segment("red", "10.1.0.0/24").await?;
        let router = router(region, &[&net]).await?;
        lead_out(region, &router, &outside, true).await?;
        let one = passing_guest(region, "one", 1, &net, "10.1.0.11").await?;
        let two = passing_guest(region, "two", 2, &net, "10.1.0.12").await?;
        let (id, ip) = floating(region, &outside, None).await?;
        let _one = Who::serve(lab, "one", &["tcp:80", "tcp:7001", "tcp:7002"])?;
        let _echo = Talk::serve(lab, "one", &["udp:53"])?;
        let _two = Who::serve(lab, "two", &["tcp:80", "tcp:9001"])?;
        let forwards = [
            (
                &one,
                json!({ "protocol": "tcp", "external_port": 8080, "internal_port": 80 }),
            ),
            (
                &one,
                json!({ "protocol": "udp", "external_port": 5353, "internal_port": 53 }),
            ),
            (
                &two,
                json!({ "protocol": "tcp", "external_port": 8081, "internal_port": 80 }),
            ),
            (
                &one,
                json!({ "protocol": "tcp", "external_port_range": "6001:6004",
                           "internal_port_range": "7001:7004" }),
            ),
            (
                &two,
                json!({ "protocol": "tcp", "external_port_range": "9000:9003",
                           "internal_port_range": "9000:9003" }),
            ),
        ];
        for (port, what) in forwards {
            forward(region, &id, port, what).await?;
        }
        for port in [8080, 8081, 6001, 6002, 9001] {
            is_seen_as(lab, WORLD, (ip, port), world()).await?;
        }
        assert!(answers(lab, WORLD, ip, "udp:5353", 9).await?);
        assert_eq!(
            seen_as(lab, WORLD, ip, 80).await?,
            None,
            "nobody forwards this"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_outlives_the_agent_and_groups_hold_outside() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let net = region.segment("red", "10.1.0.0/24").await?;
        let outside = external(region, true).await?;
        let world: IpAddr = TAGGED_IP.parse().unwrap();
        let router = router(region, &[&net]).await?;
        let central = lead_out(region, &router, &outside, true).await?;
        let one = passing_guest(region, "one", 1, &net, "10.1.0.11").await?;
        passing_guest(region, "two", 2, &net, "10.1.0.12").await?;
        let (id, ip) = floating(region, &outside, Some(&one)).await?;
        let _who = Who::serve(lab, "one", &["tcp:81"])?;
        let _world = Who::serve(lab, WORLD, &["tcp:81"])?;
        is_seen_as(lab, WORLD, (ip, 81), world).await?;
        is_seen_as(lab, "one", (world, 81), ip).await?;
        is_seen_as(lab, "two", (world, 81), central).await?;
        let _server = Talk::serve(lab, "one", &["tcp:80"])?;
        let _there = Talk::serve(lab, WORLD, &["tcp:80"])?;
        let mut inward = Talk::hold(lab, WORLD, ip, 80)?;
        let mut outward = Talk::hold(lab, "two", world, 80)?;
        let seat = seat(region, &router).await?;
        for host in [1, seat] {
            lab.restart(Role::Agent(host)).await?;
        }
        for _ in 0..50 {
            assert!(inward.goes_on()? && outward.goes_on()?);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        region.wait_for_agents(3).await?;
        assert!(inward.goes_on()? && outward.goes_on()?);
        // A group that lets nobody in ends what came from outside.
        let nobody = group(region, json!({ "name": "nobody" })).await?;
        change(
            region,
            &one,
            json!({ "port_security_enabled": true,
            "security_groups": [nobody] }),
        )
        .await?;
        until("the group holds", async || {
            anyhow::Ok(seen_as(lab, WORLD, ip, 81).await?.is_none())
        })
        .await?;
        // Nothing is left behind.
        let path = format!("/v2.0/floatingips/{id}");
        region.rest().delete(&path).await?;
        let body = json!({ "router": { "external_gateway_info": null } });
        region
            .rest()
            .put(&format!("/v2.0/routers/{router}"), &body)
            .await?;
        for host in 1..=3 {
            until("no number is kept", async || {
                let ids = ["get", "Bridge", "br-int", "external_ids"];
                anyhow::Ok(!lab.vsctl(host, ids).await?.contains("nat"))
            })
            .await?;
            let found = flows(lab, host).await?;
            let left = found.all.keys().filter(|text| text.contains("nat("));
            assert_eq!(left.collect::<Vec<_>>(), Vec::<&String>::new());
        }
        Ok(())
    })
    .await
}
