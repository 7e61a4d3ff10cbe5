//! Address scopes: nothing is translated inside of one, and nothing is routed from one to another.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use anyhow::Context;
use serde_json::{Value, json};
use stage::outside::*;
use stage::trace::{agreed, says};
use stage::*;
use std::net::IpAddr;

async fn made(region: &Scenario, kind: &str, wish: Value) -> anyhow::Result<String> {
    let path = format!("/v2.0/{}s", kind.replace('_', "-"));
    let made = region.rest().post(&path, &json!({ kind: wish })).await?;
    Ok(made[kind]["id"].as_str().context("no id")?.to_owned())
}

async fn scope(region: &Scenario, name: &str) -> anyhow::Result<String> {
    made(
        region,
        "address_scope",
        json!({ "name": name, "ip_version": 4 }),
    )
    .await
}

async fn pool(region: &Scenario, prefixes: &[&str], scope: &str) -> anyhow::Result<String> {
    let wish = json!({ "name": "pool", "prefixes": prefixes, "address_scope_id": scope,
        "default_prefixlen": 24, "min_prefixlen": 24 });
    made(region, "subnetpool", wish).await
}

/// A network with a subnet of a pool.
async fn drawn(
    region: &Scenario,
    network: Value,
    (pool, cidr, gateway): (&str, &str, &str),
) -> anyhow::Result<Segment> {
    let subnet = json!({ "ip_version": 4, "subnetpool_id": pool, "cidr": cidr,
        "gateway_ip": gateway, "enable_dhcp": false });
    region.segment_of(network, subnet).await
}

/// `alcor trace` says the same of both scopes, and the switches do it.
async fn traced(
    region: &Scenario,
    (reds, blue): (&[(PortInfo, String)], IpAddr),
    central: IpAddr,
) -> anyhow::Result<()> {
    let left = |from: IpAddr| json!(format!("onto the wire of network outside, from {from}"));
    for (port, _) in reds {
        let red = port.id.to_string();
        let (_, found) = agreed(region, &[&red, WORLD_IP], 0).await?;
        assert_eq!(found["end"], left(port.ip), "{found}");
        let inward = [
            WORLD_IP,
            &port.ip.to_string(),
            "--via",
            &central.to_string(),
        ];
        let (_, found) = agreed(region, &inward, 0).await?;
        assert!(
            found["end"].to_string().contains("delivered to port"),
            "{found}"
        );
        let (_, found) = agreed(region, &[&red, &blue.to_string()], 1).await?;
        assert!(says(&found, "from one address scope to another"), "{found}");
    }
    let shown = region
        .rest()
        .get(&format!("/v2.0/ports?fixed_ips=ip_address={blue}"))
        .await?;
    let id = shown["ports"][0]["id"].as_str().context("no id")?;
    let (_, found) = agreed(region, &[id, WORLD_IP], 0).await?;
    assert_eq!(found["end"], left(central), "{found}");
    let inward = [WORLD_IP, &blue.to_string(), "--via", &central.to_string()];
    let (_, found) = agreed(region, &inward, 1).await?;
    assert!(says(&found, "leads nowhere inside"), "{found}");
    Ok(())
}

#[tokio::test]
async fn addresses_stay_as_they_are_inside_a_scope_and_end_at_its_edge() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let [one, other] = [scope(region, "one").await?, scope(region, "other").await?];
        let wide = pool(region, &["203.0.113.0/24", "10.1.0.0/24"], &one).await?;
        let apart = pool(region, &["10.2.0.0/24"], &other).await?;
        let flat = json!({ "name": "outside", "router:external": true,
            "provider:network_type": "flat", "provider:physical_network": PHYSICAL });
        let outside = drawn(region, flat, (&wide, "203.0.113.0/24", WORLD_IP)).await?;
        let net = |name| json!({ "name": name });
        let red = drawn(region, net("red"), (&wide, "10.1.0.0/24", "10.1.0.1")).await?;
        let blue = drawn(region, net("blue"), (&apart, "10.2.0.0/24", "10.2.0.1")).await?;
        let router = router(region, &[&red, &blue]).await?;
        let central = lead_out(region, &router, &outside, true).await?;
        // Whoever is outside is the router there, and knows the way in.
        run(lab, WORLD, "sysctl -qw net.ipv4.ip_forward=1").await?;
        for block in ["10.1.0.0/24", "10.2.0.0/24"] {
            run(
                lab,
                WORLD,
                &format!("ip route replace {block} via {central}"),
            )
            .await?;
        }
        let mut reds = Vec::new();
        for host in 1..=3 {
            let (vm, ip) = (format!("red{host}"), format!("10.1.0.1{host}"));
            reds.push((passing_guest(region, &vm, host, &red, &ip).await?, vm));
        }
        let inner = passing_guest(region, "blue", 1, &blue, "10.2.0.11").await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let _blue = Who::serve(lab, "blue", &["tcp:80"])?;
        // In the scope of the outside: as it is, both ways, whichever host leads out.
        for (port, vm) in &reds {
            let _vm = Who::serve(lab, vm, &["tcp:80"])?;
            is_seen_as(lab, vm, (world(), 80), port.ip).await?;
            is_seen_as(lab, WORLD, (port.ip, 80), world()).await?;
        }
        // In another one: translated, and not to be had.
        is_seen_as(lab, "blue", (world(), 80), central).await?;
        assert!(misses(lab, WORLD, inner.ip).await?);
        traced(region, (&reds, inner.ip), central).await?;
        for (port, vm) in &reds {
            assert!(misses(lab, vm, inner.ip).await?, "{vm}");
            assert!(misses(lab, "blue", port.ip).await?, "{vm}");
        }
        // A floating IP stands for its port in any scope.
        let (id, ip) = floating(region, &outside, Some(&inner)).await?;
        is_seen_as(lab, "red1", (ip, 80), reds[0].0.ip).await?;
        // It answers by that address, whatever the scopes.
        let ends = [inner.id.to_string(), reds[0].0.ip.to_string()];
        let (_, found) = agreed(region, &ends.each_ref().map(String::as_str), 0).await?;
        assert_eq!(
            found["end"],
            json!(format!("onto the wire of network outside, from {ip}")),
            "{found}"
        );
        is_seen_as(lab, "blue", (world(), 80), ip).await?;
        associate(region, &id, None).await?;
        // The pool moves into the scope, and its subnet with it.
        let path = format!("/v2.0/subnetpools/{apart}");
        let to = json!({ "subnetpool": { "address_scope_id": one } });
        region.rest().put(&path, &to).await?;
        is_seen_as(lab, "blue", (world(), 80), inner.ip).await?;
        is_seen_as(lab, "red2", (inner.ip, 80), reds[1].0.ip).await?;
        reach(lab, WORLD, inner.ip, 10).await
    })
    .await
}
