//! Limits of addresses outside: of floating IPs, of routers' own, and of those whose ports are forwarded.

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use serde_json::json;
use stage::outside::*;
use stage::qos::{Policy, meters, network_bound};
use stage::stream::{Arrivals, Counter, Shape, Stream};
use stage::*;
use std::net::IpAddr;
use std::time::Instant;

/// 24 Mbit/s.
const FLOOD: Shape = Shape {
    bytes: 1200,
    packets: 2500,
    class: 0,
};

fn free(seen: &Arrivals) -> bool {
    seen.kilobits > 15_000.0
}

/// What a bound of 5 Mbit/s lets through.
fn five(seen: &Arrivals) -> bool {
    (1_500.0..7_500.0).contains(&seen.kilobits)
}

/// What a thousand packets a second are.
fn thousand(seen: &Arrivals) -> bool {
    (300.0..1_500.0).contains(&seen.packets)
}

/// Gives a floating IP this policy, or none.
async fn bound(region: &Scenario, floating: &str, by: Option<&Policy>) -> anyhow::Result<()> {
    let to = json!({ "floatingip": { "qos_policy_id": by.map(|policy| &policy.id) } });
    let path = format!("/v2.0/floatingips/{floating}");
    region.rest().put(&path, &to).await?;
    Ok(())
}

async fn no_meters(region: &Scenario) -> anyhow::Result<()> {
    for host in 1..=3 {
        until("no meter is left", async || {
            anyhow::Ok(meters(region.lab(), host).await?.is_empty())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_floating_ips_bounds_hold_both_ways_and_go_with_it() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let net = region.segment("red", "10.1.0.0/24").await?;
        let outside = external(region, false).await?;
        let router = router(region, &[&net]).await?;
        lead_out(region, &router, &outside, true).await?;
        let mut guests = Vec::new();
        for host in 1..=2 {
            let (vm, ip) = (format!("vm{host}"), format!("10.1.0.1{host}"));
            guests.push(settle_behind(region, &vm, host, &net, (&ip, unchecked(&ip))).await?);
        }
        let [one, two] = &guests[..] else {
            unreachable!("two were made");
        };
        let (id, ip) = floating(region, &outside, Some(one)).await?;
        let mut seen = Counter::start(lab, WORLD, world())?;
        let out = Stream::start(lab, "vm1", world(), FLOOD)?;
        seen.sees("no bound", free).await?;
        let policy = Policy::new(region, "policy").await?;
        bound(region, &id, Some(&policy)).await?;
        let rule = policy.kbps(region, "egress", 5000).await?;
        seen.sees("5 Mbit/s outward", five).await?;
        rule.delete(region).await?;
        let packets = json!({ "direction": "egress", "max_kpps": 1 });
        let rule = policy.rule(region, "packet_rate_limit", packets).await?;
        seen.sees("a thousand packets outward", thousand).await?;
        rule.delete(region).await?;
        seen.sees("free again", free).await?;
        marked(&policy, region, &mut seen).await?;
        drop(out);
        inward(region, (&id, ip), &policy, (one, two)).await?;
        bound(region, &id, None).await?;
        no_meters(region).await?;
        // What the address has none of is its network's.
        network_bound(region, &outside, Some(&policy)).await?;
        until("the network's policy holds", async || {
            anyhow::Ok(!meters(lab, 2).await?.is_empty())
        })
        .await?;
        region
            .rest()
            .delete(&format!("/v2.0/floatingips/{id}"))
            .await?;
        network_bound(region, &outside, None).await?;
        no_meters(region).await
    })
    .await
}

/// What leaves by an address bears the mark of its policy.
async fn marked(policy: &Policy, region: &Scenario, seen: &mut Counter) -> anyhow::Result<()> {
    let none = seen.sees("no mark", |seen| seen.class == 0);
    none.await?;
    let mark = json!({ "dscp_mark": 46 });
    let rule = policy.rule(region, "dscp_marking", mark).await?;
    seen.sees("the mark", |seen| seen.class == 46 << 2).await?;
    // Beside a bound.
    let bound = policy.kbps(region, "egress", 5000).await?;
    seen.sees("both", |seen| five(seen) && seen.class == 46 << 2)
        .await?;
    bound.delete(region).await?;
    rule.delete(region).await?;
    seen.sees("no mark again", |seen| seen.class == 0).await
}

/// Into the address, and after it when it stands for another VM.
async fn inward(
    region: &Scenario,
    (id, ip): (&str, IpAddr),
    policy: &Policy,
    (one, two): (&PortInfo, &PortInfo),
) -> anyhow::Result<()> {
    let lab = region.lab();
    let _into = Stream::start(lab, WORLD, ip, FLOOD)?;
    let mut first = Counter::start(lab, "vm1", one.ip)?;
    first.sees("no bound inward", free).await?;
    policy.kbps(region, "ingress", 5000).await?;
    first.sees("5 Mbit/s inward", five).await?;
    let mut second = Counter::start(lab, "vm2", two.ip)?;
    associate(region, id, Some(two)).await?;
    second.sees("5 Mbit/s at its new place", five).await?;
    let packets = json!({ "direction": "ingress", "max_kpps": 1 });
    let bits = policy.rule(region, "packet_rate_limit", packets).await?;
    second
        .sees("less of both", |seen| {
            thousand(seen) && seen.kilobits < 7_500.0
        })
        .await?;
    bits.delete(region).await
}

#[tokio::test]
async fn a_gateways_bounds_hold_for_whom_it_translates() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let net = region.segment("red", "10.1.0.0/24").await?;
        let outside = external(region, false).await?;
        let router = router(region, &[&net]).await?;
        let policy = Policy::new(region, "policy").await?;
        let by = |policy: Option<&Policy>| json!({ "qos_policy_id": policy.map(|it| &it.id) });
        lead_out_by(region, &router, &outside, by(Some(&policy))).await?;
        let seat = seat(region, &router).await?;
        // On another host than the gateway.
        let ip = "10.1.0.11";
        let vm = passing_guest(region, "vm", seat % 3 + 1, &net, ip).await?;
        let mut seen = Counter::start(lab, WORLD, world())?;
        let out = Stream::start(lab, "vm", world(), FLOOD)?;
        seen.sees("no bound", free).await?;
        let rule = policy.kbps(region, "egress", 5000).await?;
        seen.sees("5 Mbit/s outward", five).await?;
        rule.delete(region).await?;
        seen.sees("free again", free).await?;
        marked(&policy, region, &mut seen).await?;
        drop(out);
        policy.kbps(region, "ingress", 5000).await?;
        until("the bound is there", async || {
            anyhow::Ok(!meters(lab, seat).await?.is_empty())
        })
        .await?;
        let kilobits = download(region, "vm").await?;
        assert!(kilobits < 7_500.0, "{kilobits} kbit/s inward");
        lead_out_by(region, &router, &outside, by(None)).await?;
        no_meters(region).await?;
        a_forwarded_address(region, (&vm, "vm"), &policy, &outside).await
    })
    .await
}

/// Kilobits a second of what a VM gets from the machine outside.
async fn download(region: &Scenario, vm: &str) -> anyhow::Result<f64> {
    const BYTES: u32 = 3_000_000;
    let lab = region.lab();
    let size = BYTES.to_string();
    let send = ["head", "-c", &size, "/dev/zero"];
    let serve = ["busybox", "nc", "-l", "-p", "5000", "-e"]
        .iter()
        .chain(&send);
    let mut server = lab.command(WORLD, serve.copied())?.spawn()?;
    until("the server listens", async || {
        anyhow::Ok(run(lab, WORLD, "ss -ltnH").await?.contains(":5000"))
    })
    .await?;
    let began = Instant::now();
    let line = [
        "sh",
        "-c",
        &format!("busybox nc -w 20 {WORLD_IP} 5000 | wc -c"),
    ];
    let got = lab.exec(vm, line, LONG).await?;
    server.wait()?;
    assert_eq!(got.stdout.trim(), size);
    Ok(f64::from(BYTES) * 8.0 / 1000.0 / began.elapsed().as_secs_f64())
}

async fn a_forwarded_address(
    region: &Scenario,
    (port, vm): (&PortInfo, &str),
    policy: &Policy,
    outside: &alcor::scenario::Segment,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let (id, ip) = floating(region, outside, None).await?;
    let forward = json!({ "port_forwarding": { "internal_port_id": port.id.to_string(),
        "internal_ip_address": port.ip.to_string(), "protocol": "udp",
        "external_port": 5005, "internal_port": 5005 } });
    let path = format!("/v2.0/floatingips/{id}/port_forwardings");
    region.rest().post(&path, &forward).await?;
    let mut seen = Counter::start(lab, vm, port.ip)?;
    let _into = Stream::start(lab, WORLD, ip, FLOOD)?;
    seen.sees("no bound", free).await?;
    bound(region, &id, Some(policy)).await?;
    seen.sees("5 Mbit/s by the forwarded port", five).await
}
