//! `alcor trace` out of the region and in, and over the wires of physical networks: what it says is
//! what becomes of real packets, and a flow that somebody took away is named.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_pipeline::table;
use serde_json::{Value, json};
use stage::outlets::*;
use stage::outside::*;
use stage::trace::{agreed, ask, says};
use stage::*;
use std::net::IpAddr;

async fn guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    ip: &str,
) -> anyhow::Result<PortInfo> {
    let mut more = unchecked(ip);
    more["name"] = json!(vm);
    settle_behind(region, vm, host, on, (ip, more)).await
}

/// `one` on host 1 has a floating IP, `two` on host 2 and `three` on host 3 leave by the router's
/// address, on whichever host the gateway is.
struct World {
    floating: IpAddr,
    central: IpAddr,
}

async fn world(region: &Scenario) -> anyhow::Result<World> {
    let outside = external(region, false).await?;
    let net = region.segment("red", "10.1.0.0/24").await?;
    let router = router(region, &[&net]).await?;
    let central = lead_out(region, &router, &outside, true).await?;
    let one = guest(region, "one", 1, &net, "10.1.0.11").await?;
    guest(region, "two", 2, &net, "10.1.0.12").await?;
    guest(region, "three", 3, &net, "10.1.0.13").await?;
    let (_, floating) = floating(region, &outside, Some(&one)).await?;
    Ok(World { floating, central })
}

#[tokio::test]
async fn it_follows_packets_out_of_the_region_and_in() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let World { floating, central } = world(region).await?;
        let outside: IpAddr = WORLD_IP.parse()?;
        let (_one, _world) = (
            Who::serve(lab, "one", &["tcp:80"])?,
            Who::serve(lab, WORLD, &["tcp:80"])?,
        );
        let [f, c] = [floating, central].map(|address| address.to_string());
        let tcp = ["--protocol", "tcp", "--port", "80"];
        // By the router's address, where the gateway is.
        for (vm, ip) in [("two", "10.1.0.12"), ("three", "10.1.0.13")] {
            is_seen_as(lab, vm, (outside, 80), central).await?;
            let (_, found) = agreed(region, &[&[vm, WORLD_IP][..], &tcp].concat(), 0).await?;
            let becomes = format!("its source {ip} becomes {c}, the address of router r");
            assert!(says(&found, &becomes), "{found}");
            let left = format!("onto the wire of network outside, from {c}");
            assert_eq!(found["end"], json!(left), "{found}");
        }
        // By the floating IP, from the VM's own host; also to the world behind.
        is_seen_as(lab, "one", (outside, 80), floating).await?;
        for to in [WORLD_IP, "192.0.2.77"] {
            let (_, found) = agreed(region, &["one", to], 0).await?;
            assert!(
                says(&found, &format!("becomes {f}, floating IP")),
                "{found}"
            );
            assert_eq!(found["switches"].as_array().unwrap().len(), 1, "{found}");
        }
        // Nobody has asked for this machine yet.
        let (_, found) = agreed(region, &["one", "203.0.113.99"], 0).await?;
        assert!(
            found["end"].to_string().contains("looks for the next hop"),
            "{found}"
        );
        // In by the floating IP: from outside, and from inside by another host's wire.
        is_seen_as(lab, WORLD, (floating, 80), outside).await?;
        let (_, found) = agreed(region, &[&[WORLD_IP, &f][..], &tcp].concat(), 0).await?;
        assert!(
            says(&found, &format!("destination {f} becomes 10.1.0.11")),
            "{found}"
        );
        assert_eq!(found["end"], json!("delivered to port one"), "{found}");
        is_seen_as(lab, "two", (floating, 80), central).await?;
        let (_, found) = agreed(region, &["two", &f], 0).await?;
        assert_eq!(found["end"], json!("delivered to port one"), "{found}");
        forwarded(region, outside).await?;
        // A router's own address answers pings, from outside and from inside.
        reach(lab, WORLD, central, 5).await?;
        let (_, found) = agreed(region, &[WORLD_IP, &c], 0).await?;
        assert!(says(&found, "own address outside"), "{found}");
        for vm in ["one", "two", "three"] {
            reach(lab, vm, central, 5).await?;
        }
        agreed(region, &[&[WORLD_IP, &c][..], &tcp].concat(), 1).await?;
        Ok(())
    })
    .await
}

/// Ports of another address outside, which lead to `two`.
async fn forwarded(region: &Scenario, world: IpAddr) -> anyhow::Result<()> {
    let lab = region.lab();
    let shown = region.rest().get("/v2.0/networks?name=outside").await?;
    let body = json!({ "floatingip": { "floating_network_id": shown["networks"][0]["id"] } });
    let made = region.rest().post("/v2.0/floatingips", &body).await?;
    let made = &made["floatingip"];
    let (id, address) = (&made["id"], &made["floating_ip_address"]);
    let (id, address) = (id.as_str().unwrap(), address.as_str().unwrap());
    let shown = region.rest().get("/v2.0/ports?name=two").await?;
    let body = json!({ "port_forwarding": {
        "internal_port_id": shown["ports"][0]["id"], "internal_ip_address": "10.1.0.12",
        "protocol": "tcp", "external_port_range": "6001:6004",
        "internal_port_range": "7001:7004" } });
    let path = format!("/v2.0/floatingips/{id}/port_forwardings");
    region.rest().post(&path, &body).await?;
    let _two = Who::serve(lab, "two", &["tcp:7002"])?;
    is_seen_as(lab, WORLD, (address.parse()?, 6002), world).await?;
    let tcp = |port| [WORLD_IP, address, "--protocol", "tcp", "--port", port];
    let (_, found) = agreed(region, &tcp("6002"), 0).await?;
    assert_eq!(found["end"], json!("delivered to port two"), "{found}");
    let (_, found) = agreed(region, &tcp("6005"), 1).await?;
    assert!(says(&found, "leads nowhere inside"), "{found}");
    Ok(())
}

#[tokio::test]
async fn it_follows_packets_out_by_each_hosts_own_address() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let World { floating, central } = world(region).await?;
        let shown = region.rest().get("/v2.0/routers?name=r").await?;
        let router = shown["routers"][0]["id"].as_str().unwrap().to_owned();
        spread(region, &router, true).await?;
        let outlets = outlets_on(region, &router, &[1, 2, 3]).await?;
        let outside: IpAddr = WORLD_IP.parse()?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let tcp = ["--protocol", "tcp", "--port", "80"];
        for (vm, host) in [("two", 2), ("three", 3)] {
            let own = outlets[host - 1];
            is_seen_as(lab, vm, (outside, 80), own).await?;
            let (_, found) = agreed(region, &[&[vm, WORLD_IP][..], &tcp].concat(), 0).await?;
            let becomes = format!("becomes {own}, this host's own address of router r");
            assert!(says(&found, &becomes), "{found}");
            let left = format!("onto the wire of network outside, from {own}");
            assert_eq!(found["end"], json!(left), "{found}");
            assert_eq!(found["switches"].as_array().unwrap().len(), 1, "{found}");
        }
        // An address of the VM's own comes first.
        let (_, found) = agreed(region, &["one", WORLD_IP], 0).await?;
        assert!(
            says(&found, &format!("becomes {floating}, floating IP")),
            "{found}"
        );
        // They answer pings and nothing else, from outside and from inside, like the gateway.
        for address in outlets.iter().chain([&central]) {
            let to = address.to_string();
            reach(lab, WORLD, *address, 5).await?;
            let (_, found) = agreed(region, &[WORLD_IP, &to], 0).await?;
            assert!(says(&found, "own address outside"), "{found}");
            agreed(region, &[&[WORLD_IP, &to][..], &tcp].concat(), 1).await?;
            // The agent has to find it first, like any next hop outside.
            lab.first_answer("two", *address, LONG).await?;
            agreed(region, &["two", &to], 0).await?;
        }
        Ok(())
    })
    .await
}

/// Takes flows away that are like this, and answers what is said of a packet then.
async fn without(
    region: &Scenario,
    (host, flows): (u16, &str),
    words: &[&str],
) -> anyhow::Result<Value> {
    let lab = region.lab();
    agreed(region, words, 0).await?;
    lab.ofctl(host, ["del-flows", "br-int", flows], "").await?;
    let (code, found) = ask(region, words, &[1, 2, 3]).await?;
    let difference = &found["difference"];
    let lacks = difference["what"].to_string().contains("lacks the flow");
    assert!(code == 3 && lacks, "{found}");
    assert_eq!(difference["host"], lab.host_id(host), "{found}");
    Ok(found)
}

#[tokio::test]
async fn a_translation_that_somebody_took_away_is_named() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let World { floating, .. } = world(region).await?;
        let address = floating.to_string();
        let inward = format!("table={},ip,nw_dst={address}", table::ARRIVE);
        let found = without(region, (1, &inward), &[WORLD_IP, &address]).await?;
        assert_eq!(found["difference"]["table"], table::ARRIVE, "{found}");
        let outward = format!("table={},ip,nw_src=10.1.0.11", table::EXIT);
        let found = without(region, (1, &outward), &["one", WORLD_IP]).await?;
        assert_eq!(found["difference"]["table"], table::EXIT, "{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_follows_packets_over_wires() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let inside = region.segment("inside", "10.1.0.0/24").await?;
        let wired = wired(region).await?;
        router(region, &[&inside, &wired]).await?;
        guest(region, "a", 1, &inside, "10.1.0.11").await?;
        let b = guest(region, "b", 2, &wired, "192.0.2.12").await?;
        guest(region, "c", 3, &wired, "192.0.2.13").await?;
        for from in ["a", "c"] {
            lab.first_answer(from, b.ip, LONG).await?;
            let (_, found) = agreed(region, &[from, "b"], 0).await?;
            assert!(says(&found, "network vlan: VLAN 77 of physnet2"), "{found}");
            assert_eq!(found["end"], json!("delivered to port b"), "{found}");
            assert_eq!(found["switches"].as_array().unwrap().len(), 2, "{found}");
        }
        // A machine that nobody told us of is on the wire.
        let (_, found) = agreed(region, &["c", "192.0.2.99"], 0).await?;
        let left = "onto the wire of network vlan, from 192.0.2.13";
        assert_eq!(found["end"], json!(left), "{found}");
        let to_b = format!("table={},dl_dst={}", table::LOCAL, b.mac);
        let found = without(region, (2, &to_b), &["c", "b"]).await?;
        assert_eq!(found["difference"]["table"], table::LOCAL, "{found}");
        Ok(())
    })
    .await
}
