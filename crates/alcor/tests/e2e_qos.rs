//! QoS policies in packets: bounds and marks of ports and networks, changed under running streams.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;
use stage::qos::{Policy, bound, meters, network_bound};
use stage::stream::{Arrivals, Counter, Shape, Stream};
use stage::{LONG, on_hosts, settle, tcp_passes, until};

/// 40 Mbit/s, marked as able to hear of congestion.
const FLOOD: Shape = Shape {
    bytes: 1372,
    packets: 3650,
    class: 1,
};

/// What nothing holds back: more than five times the bound below.
fn free(seen: &Arrivals) -> bool {
    seen.kilobits > 25_000.0
}

/// What a bound of 5 Mbit/s lets through.
fn five(seen: &Arrivals) -> bool {
    (1_500.0..7_500.0).contains(&seen.kilobits)
}

/// `a` and `b` on two hosts.
async fn pair(region: &Scenario, net: &Segment) -> anyhow::Result<(PortInfo, PortInfo)> {
    let a = settle(region, "a", 1, net, json!({})).await?;
    let b = settle(region, "b", 2, net, json!({})).await?;
    region.lab().first_answer("a", b.ip, LONG).await?;
    Ok((a, b))
}

#[tokio::test]
async fn a_ports_bounds_follow_its_policy_under_a_running_stream() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let (a, b) = pair(region, &net).await?;
        let mut counter = Counter::start(lab, "b", b.ip)?;
        let _stream = Stream::start(lab, "a", b.ip, FLOOD)?;
        counter.sees("no bound", free).await?;

        let policy = Policy::new(region, "policy").await?;
        bound(region, &a, Some(&policy)).await?;
        let rule = policy.kbps(region, "egress", 5000).await?;
        counter.sees("5 Mbit/s out of a", five).await?;
        rule.change(region, json!({ "max_kbps": 15_000 })).await?;
        let fifteen = |seen: &Arrivals| (9_000.0..22_500.0).contains(&seen.kilobits);
        counter.sees("raised to 15 Mbit/s", fifteen).await?;
        rule.change(region, json!({ "max_kbps": 2000 })).await?;
        let two = |seen: &Arrivals| (600.0..3_000.0).contains(&seen.kilobits);
        counter.sees("lowered to 2 Mbit/s", two).await?;
        rule.delete(region).await?;
        counter.sees("free again", free).await?;

        let packets = json!({ "direction": "egress", "max_kpps": 1 });
        let rule = policy.rule(region, "packet_rate_limit", packets).await?;
        let thousand = |seen: &Arrivals| (300.0..1_500.0).contains(&seen.packets);
        counter
            .sees("a thousand packets out of a", thousand)
            .await?;
        rule.delete(region).await?;

        bound(region, &a, None).await?;
        bound(region, &b, Some(&policy)).await?;
        let packets = json!({ "direction": "ingress", "max_kpps": 1 });
        let rule = policy.rule(region, "packet_rate_limit", packets).await?;
        counter.sees("a thousand packets into b", thousand).await?;
        rule.delete(region).await?;
        policy.kbps(region, "ingress", 5000).await?;
        counter.sees("5 Mbit/s into b", five).await?;
        bound(region, &b, None).await?;
        counter.sees("free without a policy", free).await?;
        no_meters(region, 2).await
    })
    .await
}

async fn no_meters(region: &Scenario, host: u16) -> anyhow::Result<()> {
    until("no meter is left", async || {
        anyhow::Ok(meters(region.lab(), host).await?.is_empty())
    })
    .await
}

#[tokio::test]
async fn a_networks_policy_holds_for_its_ports_that_have_none() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let (a, b) = pair(region, &net).await?;
        let mut counter = Counter::start(lab, "b", b.ip)?;
        let stream = Stream::start(lab, "a", b.ip, FLOOD)?;
        counter.sees("no bound", free).await?;

        let policy = Policy::new(region, "policy").await?;
        policy.kbps(region, "ingress", 5000).await?;
        network_bound(region, &net, Some(&policy)).await?;
        counter.sees("5 Mbit/s into b", five).await?;
        let none = Policy::new(region, "none").await?;
        bound(region, &b, Some(&none)).await?;
        counter
            .sees("the port's own policy has no rule", free)
            .await?;
        bound(region, &b, None).await?;
        counter.sees("the network's again", five).await?;

        // New ports, too; connections pass, however bounded both their ends are.
        policy.kbps(region, "egress", 20_000).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        assert_eq!(meters(lab, 3).await?.len(), 2);
        drop(stream);
        tcp_passes(lab, "a", ("c", c.ip)).await?;
        for port in [&a, &b, &c] {
            region
                .rest()
                .delete(&format!("/v2.0/ports/{}", port.id))
                .await?;
        }
        for host in 1..=3 {
            no_meters(region, host).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn marks_arrive_on_other_hosts_and_leave_the_rest_of_the_byte() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let slow = Shape {
            bytes: 100,
            packets: 200,
            ..FLOOD
        };
        let four = region.segment("four", "10.0.0.0/24").await?;
        let six = stage::six::segment(region, "six", "fd00::/64", None).await?;
        let policy = Policy::new(region, "policy").await?;
        let mark = json!({ "dscp_mark": 46 });
        let rule = policy.rule(region, "dscp_marking", mark).await?;
        for (net, from, to) in [(&four, "a4", "b4"), (&six, "a6", "b6")] {
            let a = settle(region, from, 1, net, json!({})).await?;
            let b = settle(region, to, 2, net, json!({})).await?;
            lab.first_answer(from, b.ip, LONG).await?;
            let mut counter = Counter::start(lab, to, b.ip)?;
            let _stream = Stream::start(lab, from, b.ip, slow)?;
            counter.sees("no mark", |seen| seen.class == 1).await?;
            bound(region, &a, Some(&policy)).await?;
            counter
                .sees("the mark", |seen| seen.class == 46 << 2 | 1)
                .await?;
            rule.change(region, json!({ "dscp_mark": 10 })).await?;
            counter
                .sees("another mark", |seen| seen.class == 10 << 2 | 1)
                .await?;
            bound(region, &a, None).await?;
            counter
                .sees("the VM's own again", |seen| seen.class == 1)
                .await?;
            rule.change(region, json!({ "dscp_mark": 46 })).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bounded_receiver_takes_nothing_from_the_others() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        // Nothing that the connection tracker would copy.
        let open = || json!({ "port_security_enabled": false, "security_groups": [] });
        settle(region, "a", 1, &net, open()).await?;
        let mut receivers = Vec::new();
        for vm in ["b", "c", "d"] {
            let port = settle(region, vm, 1, &net, open()).await?;
            receivers.push((port.id, vm, port));
        }
        receivers.sort_by_key(|(id, ..)| *id);
        let [(_, bounded, port), rest @ ..] = &receivers[..] else {
            anyhow::bail!("no receivers");
        };
        let policy = Policy::new(region, "policy").await?;
        policy.kbps(region, "ingress", 8).await?;
        bound(region, port, Some(&policy)).await?;
        let shape = Shape {
            bytes: 500,
            packets: 200,
            class: 0,
        };
        let mut held = Counter::start(lab, bounded, port.ip)?;
        let _stream = Stream::start(lab, "a", "10.0.0.255".parse()?, shape)?;
        held.sees("held back", |seen| {
            seen.packets > 0.0 && seen.packets < 20.0
        })
        .await?;
        for (_, vm, port) in rest {
            let mut counter = Counter::start(lab, vm, port.ip)?;
            counter
                .sees("all of it", |seen| seen.packets > 120.0)
                .await?;
        }
        Ok(())
    })
    .await
}
