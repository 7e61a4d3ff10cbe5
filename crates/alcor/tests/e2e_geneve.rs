//! Networks in Geneve tunnels, next to networks in VXLAN tunnels and joined to them.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, Role, Settings};
use serde_json::json;
use stage::outside::{WORLD, external, floating, lead_out, with_outside, world};
use stage::{
    LONG, assert_untouched, at, binary, caught_up, flows, flows_are, look, misses, passing_guest,
    play, reach, received, router, settle, settle_behind, steady_ping, tcp_passes, until,
};
use std::net::IpAddr;

/// The number of a network of either kind.
const NUMBER: u32 = 77;

/// A region that gives Geneve networks their numbers.
async fn with_geneve(
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let region = ["--tunnel-range=geneve:40:49".to_owned()];
    let scenario = Scenario::told(Settings::hosts(3), binary(), &region).await?;
    for host in 1..=3 {
        scenario.start_agent(host).await?;
    }
    scenario.wait_for_agents(3).await?;
    scenario.underlay_learnt().await?;
    play(scenario, test).await
}

/// A network of this kind, with this number or the next one.
async fn network(
    region: &Scenario,
    kind: &str,
    number: Option<u32>,
    cidr: &str,
) -> anyhow::Result<Segment> {
    let mut network = json!({ "name": kind, "provider:network_type": kind });
    if let Some(number) = number {
        network["provider:segmentation_id"] = json!(number);
    }
    let subnet = json!({ "ip_version": 4, "cidr": cidr });
    region.segment_of(network, subnet).await
}

async fn delete(region: &Scenario, kind: &str, id: impl ToString) -> anyhow::Result<()> {
    let path = format!("/v2.0/{kind}/{}", id.to_string());
    region.rest().delete(&path).await
}

#[tokio::test]
async fn a_geneve_network_does_all_that_a_network_does() -> anyhow::Result<()> {
    with_geneve(async |region| {
        let lab = region.lab();
        let mut fresh = Vec::new();
        for host in 1..=3 {
            fresh.push(flows(lab, host).await?);
        }
        let net = network(region, "geneve", None, "10.0.0.0/24").await?;
        let shown = format!("/v2.0/networks/{}", net.network);
        let shown = region.rest().get(&shown).await?;
        assert_eq!(shown["network"]["provider:segmentation_id"], 40, "{shown}");
        assert_eq!(shown["network"]["mtu"], 1450, "{shown}");
        let (a, lease) = region.boot("a", 1, &net, Client::Udhcpc).await?;
        assert_eq!((IpAddr::from(lease.ip), lease.mtu), (a.ip, Some(1450)));
        let (b, _) = region.boot("b", 2, &net, Client::Udhcpc).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        let near = settle(region, "near", 1, &net, json!({})).await?;
        for (from, to) in [("a", &b), ("b", &c), ("c", &a), ("a", &near), ("near", &c)] {
            lab.first_answer(from, to.ip, LONG).await?;
            reach(lab, from, to.ip, 5).await?;
        }
        // The switch tells its counters now and then.
        until("frames have come by the Geneve port", async || {
            anyhow::Ok(received(lab, 2, "alcor-geneve").await? > 10)
        })
        .await?;
        assert_eq!(received(lab, 2, "alcor-vxlan").await?, 0);
        tcp_passes(lab, "b", ("a", a.ip)).await?;
        broadcast_is_heard_once(region, &["b", "c", "near"]).await?;
        agents_return_and_lose_nothing(region, &net, b.ip).await?;
        let (clean, found) = look(region, "diff").await?;
        assert!(clean, "{found}");
        for port in [&a, &b, &c, &near] {
            delete(region, "ports", port.id).await?;
        }
        delete(region, "networks", net.network).await?;
        for (host, fresh) in (1..).zip(&fresh) {
            flows_are(lab, host, fresh).await?;
        }
        Ok(())
    })
    .await
}

/// One broadcast ping of `a` comes to each of these once.
async fn broadcast_is_heard_once(region: &Scenario, vms: &[&str]) -> anyhow::Result<()> {
    let lab = region.lab();
    let mut before = Vec::new();
    for vm in vms {
        // Linux does not answer these, but counts them.
        before.push(region.echo_requests(vm).await?);
    }
    let line = "ping -b -q -I eth0 -i 0.01 -W 1 -c 20 10.0.0.255";
    lab.exec("a", line.split(' '), LONG).await?;
    for (vm, before) in vms.iter().zip(before) {
        until("all broadcasts are heard", async || {
            anyhow::Ok(region.echo_requests(vm).await? >= before + 20)
        })
        .await?;
        assert_eq!(region.echo_requests(vm).await?, before + 20, "{vm}");
    }
    Ok(())
}

async fn agents_return_and_lose_nothing(
    region: &Scenario,
    net: &Segment,
    to: IpAddr,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let before = [flows(lab, 1).await?, flows(lab, 2).await?];
    let ping = steady_ping(lab, "a", to).await?;
    for host in [1, 2] {
        lab.kill(Role::Agent(host)).await?;
        lab.start(Role::Agent(host)).await?;
        caught_up(region, host, net).await?;
    }
    let report = ping.stop().await?;
    assert!(report.complete(), "{report:?}");
    for (host, before) in (1..).zip(&before) {
        assert_untouched(before, &flows(lab, host).await?);
    }
    Ok(())
}

/// Two networks of one number and with the same addresses: whoever answers is of the own network.
#[tokio::test]
async fn equal_numbers_of_both_kinds_are_two_networks() -> anyhow::Result<()> {
    with_geneve(async |region| {
        let lab = region.lab();
        let vxlan = network(region, "vxlan", Some(NUMBER), "10.0.0.0/24").await?;
        let geneve = network(region, "geneve", Some(NUMBER), "10.0.0.0/24").await?;
        for (number, (net, mark)) in [(&vxlan, "x"), (&geneve, "g")].into_iter().enumerate() {
            let name = |vm: &str| format!("{mark}{vm}");
            settle(region, &name("one"), 1, net, at("10.0.0.11")).await?;
            settle(region, &name("two"), 2, net, at("10.0.0.12")).await?;
            // An address that only one of them has.
            let own = format!("10.0.0.{}", 21 + number);
            settle(region, &name("own"), 3, net, at(&own)).await?;
        }
        let two: IpAddr = "10.0.0.12".parse()?;
        for (from, to, other) in [("xone", "xtwo", "gtwo"), ("gone", "gtwo", "xtwo")] {
            lab.first_answer(from, two, LONG).await?;
            let before = region.echo_requests(to).await?;
            let apart = region.echo_requests(other).await?;
            reach(lab, from, two, 20).await?;
            assert!(region.echo_requests(to).await? >= before + 20);
            assert_eq!(region.echo_requests(other).await?, apart, "{from} is heard");
        }
        for (from, own, other) in [("xone", 21, 22), ("gone", 22, 21)] {
            let at = |number: u8| IpAddr::from([10, 0, 0, number]);
            lab.first_answer(from, at(own), LONG).await?;
            assert!(
                misses(lab, from, at(other)).await?,
                "{from} reaches {other}"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_router_joins_tunnels_of_both_kinds() -> anyhow::Result<()> {
    with_geneve(async |region| {
        let lab = region.lab();
        let vxlan = network(region, "vxlan", Some(NUMBER), "10.1.0.0/24").await?;
        let geneve = network(region, "geneve", Some(NUMBER), "10.2.0.0/24").await?;
        router(region, &[&vxlan, &geneve]).await?;
        let mut guests: Vec<(&str, PortInfo)> = Vec::new();
        for (vm, host, net, ip) in [
            ("x1", 1, &vxlan, "10.1.0.11"),
            ("x2", 2, &vxlan, "10.1.0.12"),
            ("g2", 2, &geneve, "10.2.0.12"),
            ("g3", 3, &geneve, "10.2.0.13"),
        ] {
            let port = settle_behind(region, vm, host, net, (ip, at(ip))).await?;
            guests.push((vm, port));
        }
        for (from, _) in &guests {
            for (_, port) in guests.iter().filter(|(to, _)| to != from) {
                lab.first_answer(from, port.ip, LONG).await?;
                reach(lab, from, port.ip, 3).await?;
            }
        }
        tcp_passes(lab, "x1", ("g3", guests[3].1.ip)).await?;
        tcp_passes(lab, "g3", ("x1", guests[0].1.ip)).await
    })
    .await
}

/// From hosts that are not the gateway's, by the gateway, and by addresses of their own.
#[tokio::test]
async fn a_geneve_network_leads_out() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let inside = network(region, "geneve", Some(NUMBER), "10.1.0.0/24").await?;
        let outside = external(region, false).await?;
        let over = router(region, &[&inside]).await?;
        lead_out(region, &over, &outside, true).await?;
        let world = world();
        for (vm, host, ip) in [
            ("one", 1, "10.1.0.11"),
            ("two", 2, "10.1.0.12"),
            ("three", 3, "10.1.0.13"),
        ] {
            let port = passing_guest(region, vm, host, &inside, ip).await?;
            lab.first_answer(vm, world, LONG).await?;
            reach(lab, vm, world, 5).await?;
            if host == 2 {
                let (_, public) = floating(region, &outside, Some(&port)).await?;
                lab.first_answer(WORLD, public, LONG).await?;
                reach(lab, WORLD, public, 5).await?;
            }
        }
        Ok(())
    })
    .await
}
