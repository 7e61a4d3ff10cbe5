//! How large a packet may be: VMs are told by DHCP within their network, and by routers on the way
//! to smaller ones.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, Lab, Settings};
use anyhow::Context;
use serde_json::json;
use stage::outside::*;
use stage::*;
use std::net::IpAddr;
use std::time::Instant;

const SMALL: u16 = 1300;

/// The addresses of one family.
#[derive(Clone, Copy)]
struct Family {
    /// Those of the networks of VMs, and of one between two routers.
    nets: [&'static str; 3],
    version: u8,
}

const FOUR: Family = Family {
    nets: ["10.1.0.", "10.2.0.", "10.3.0."],
    version: 4,
};

const SIX: Family = Family {
    nets: ["fd00:1::", "fd00:2::", "fd00:3::"],
    version: 6,
};

impl Family {
    fn block(&self, net: usize) -> String {
        let (zero, length) = match self.version {
            4 => ("0", 24),
            _ => ("", 64),
        };
        format!("{}{zero}/{length}", self.nets[net])
    }

    fn ip(&self, net: usize, number: u8) -> String {
        format!("{}{number}", self.nets[net])
    }

    async fn network(&self, region: &Scenario, net: usize, mtu: u16) -> anyhow::Result<Segment> {
        let network = json!({ "name": format!("net{net}"), "mtu": mtu });
        let subnet = json!({ "ip_version": self.version, "cidr": self.block(net) });
        region.segment_of(network, subnet).await
    }
}

/// A VM behind a router, with an interface of this MTU, whatever its network has.
async fn guest(
    region: &Scenario,
    (vm, host): (&str, u16),
    on: &Segment,
    ip: &str,
    mtu: u16,
) -> anyhow::Result<PortInfo> {
    let port = passing_guest(region, vm, host, on, ip).await?;
    run(region.lab(), vm, &format!("ip link set eth0 mtu {mtu}")).await?;
    Ok(port)
}

/// One ping that must not be fragmented, of so many bytes in all: what is said of it.
async fn sized_ping(
    lab: &Lab,
    from: &str,
    to: IpAddr,
    size: u16,
) -> anyhow::Result<(bool, String)> {
    let headers = if to.is_ipv4() { 28 } else { 48 };
    let line = format!("ping -c 1 -W 2 -M do -s {} {to}", size - headers);
    let output = lab.exec(from, line.split(' '), LONG).await?;
    let text = format!("{}{}", output.stdout, output.stderr);
    Ok((output.success(), text))
}

/// Whether the VM has learnt that only so large packets pass.
async fn knows(lab: &Lab, vm: &str, to: IpAddr, mtu: u16) -> anyhow::Result<bool> {
    let route = run(lab, vm, &format!("ip route get {to}")).await?;
    Ok(route.contains(&format!("mtu {mtu}")))
}

/// A packet of this size is not passed on: the router says from its own address how large it may be.
async fn is_told(
    lab: &Lab,
    (from, router): (&str, &str),
    to: IpAddr,
    (size, mtu): (u16, u16),
) -> anyhow::Result<()> {
    let (passed, text) = sized_ping(lab, from, to, size).await?;
    assert!(!passed, "{text}");
    let words = [format!("From {router} "), format!("{mtu}")];
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
    assert!(knows(lab, from, to, mtu).await?, "{from} to {to}");
    let (passed, text) = sized_ping(lab, from, to, mtu).await?;
    assert!(passed, "{text}");
    Ok(())
}

#[tokio::test]
async fn a_router_tells_what_the_smaller_network_carries() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        for (family, vms) in [(FOUR, ["a", "b", "c"]), (SIX, ["a6", "b6", "c6"])] {
            let large = family.network(region, 0, 1450).await?;
            let small = family.network(region, 1, SMALL).await?;
            router(region, &[&large, &small]).await?;
            let at = |net, number| family.ip(net, number);
            let [a, b, c] = vms;
            let first = guest(region, (a, 1), &large, &at(0, 11), 1450).await?;
            let far = guest(region, (b, 3), &small, &at(1, 12), SMALL).await?;
            let near = guest(region, (c, 1), &small, &at(1, 13), SMALL).await?;
            for to in [far.ip, near.ip] {
                lab.first_answer(a, to, LONG).await?;
                is_told(lab, (a, &at(0, 1)), to, (1450, SMALL)).await?;
            }
            tcp_passes(lab, a, (b, far.ip)).await?;
            tcp_passes(lab, b, (a, first.ip)).await?;
            if far.ip.is_ipv4() {
                floods_are_answered_in_measure(region, a, far.ip).await?;
            }
            // The network grows, and packets with it.
            let path = format!("/v2.0/networks/{}", small.network);
            let grown = json!({ "network": { "mtu": 1450 } });
            region.rest().put(&path, &grown).await?;
            run(lab, b, "ip link set eth0 mtu 1450").await?;
            // What the VM is told before its host has heard of it, it would believe for minutes.
            let forget = format!("ip -{} route flush cache", family.version);
            until("large packets pass", async || {
                run(lab, a, &forget).await?;
                Ok::<_, anyhow::Error>(sized_ping(lab, a, far.ip, 1450).await?.0)
            })
            .await?;
        }
        Ok(())
    })
    .await
}

/// How often the VM was told that a packet did not get there, too large ones among them.
async fn unreachable(lab: &Lab, vm: &str) -> anyhow::Result<u64> {
    let shown = run(lab, vm, "nstat -asz IcmpInDestUnreachs").await?;
    let number = shown
        .lines()
        .last()
        .and_then(|line| line.split_whitespace().nth(1));
    Ok(number.context("no counter")?.parse()?)
}

/// Sends what does not fit, without listening (IP_MTU_DISCOVER is 10, IP_PMTUDISC_PROBE 3).
const DEAF: &str = "import socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.IPPROTO_IP, 10, 3)
for _ in range(5000):
    out.sendto(bytes(1402), (sys.argv[1], 9))
";

/// A VM that does not listen is told only so often.
async fn floods_are_answered_in_measure(
    region: &Scenario,
    vm: &str,
    to: IpAddr,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let before = unreachable(lab, vm).await?;
    let began = Instant::now();
    let to = to.to_string();
    let sent = lab.exec(vm, ["python3", "-c", DEAF, &to], LONG).await?;
    assert!(sent.success(), "{sent:?}");
    until("it is told", async || {
        anyhow::Ok(unreachable(lab, vm).await? >= before + 50)
    })
    .await?;
    let told = unreachable(lab, vm).await? - before;
    let allowed = 100 + 100 * (began.elapsed().as_secs() + 1);
    assert!(told <= allowed, "{told} of {allowed}");
    Ok(())
}

/// A router over its own network and one with others between, at this address there, and its way to a third.
async fn chained(
    region: &Scenario,
    own: &Segment,
    (between, ip): (&Segment, &str),
    (to, hop): (&str, &str),
) -> anyhow::Result<()> {
    let router = router(region, &[own]).await?;
    let port = json!({ "port": { "network_id": between.network.to_string(),
        "fixed_ips": [{ "ip_address": ip }] } });
    let port = region.rest().post("/v2.0/ports", &port).await?;
    let port = port["port"]["id"].as_str().context("no id")?;
    let path = format!("/v2.0/routers/{router}");
    let add = format!("{path}/add_router_interface");
    region.rest().put(&add, &json!({ "port_id": port })).await?;
    let way = json!({ "destination": to, "nexthop": hop });
    let body = json!({ "router": { "routes": [way] } });
    region.rest().put(&path, &body).await?;
    Ok(())
}

/// Both ends think that 1450 bytes pass, and a network between two routers has less.
#[tokio::test]
async fn tcp_finds_the_narrow_network_on_its_path() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        for (family, [a, c]) in [(FOUR, ["a", "c"]), (SIX, ["a6", "c6"])] {
            let at = |net, number| family.ip(net, number);
            let here = family.network(region, 0, 1450).await?;
            let there = family.network(region, 1, 1450).await?;
            let between = family.network(region, 2, SMALL).await?;
            let (one, two) = (at(2, 1), at(2, 2));
            chained(region, &here, (&between, &one), (&family.block(1), &two)).await?;
            chained(region, &there, (&between, &two), (&family.block(0), &one)).await?;
            let first = guest(region, (a, 1), &here, &at(0, 11), 1450).await?;
            let last = guest(region, (c, 3), &there, &at(1, 11), 1450).await?;
            lab.first_answer(a, last.ip, LONG).await?;
            assert!(!knows(lab, c, first.ip, SMALL).await?);
            // The server sends, and so is who must learn.
            tcp_passes(lab, a, (c, last.ip)).await?;
            assert!(knows(lab, c, first.ip, SMALL).await?);
            tcp_passes(lab, c, (a, first.ip)).await?;
            is_told(lab, (a, &at(0, 1)), last.ip, (1450, SMALL)).await?;
        }
        Ok(())
    })
    .await
}

/// What DHCP tells fits exactly into the tunnels, of either kind; more the VM does not even send.
#[tokio::test]
async fn the_mtu_that_dhcp_tells_fits_the_underlay() -> anyhow::Result<()> {
    let settings = Settings {
        mtu: 1500,
        ..Settings::hosts(3)
    };
    let scenario = Scenario::told(settings, binary(), &[]).await?;
    for host in 1..=3 {
        scenario.start_agent(host).await?;
    }
    scenario.wait_for_agents(3).await?;
    scenario.underlay_learnt().await?;
    play(scenario, async |region| {
        let lab = region.lab();
        for (kind, number, cidr) in [("vxlan", 7, "10.1.0.0/24"), ("geneve", 7, "10.2.0.0/24")] {
            let network = json!({ "name": kind, "provider:network_type": kind,
                "provider:segmentation_id": number });
            let subnet = json!({ "ip_version": 4, "cidr": cidr });
            let net = region.segment_of(network, subnet).await?;
            let names = [format!("{kind}1"), format!("{kind}2")];
            let (_, lease) = region.boot(&names[0], 1, &net, Client::Udhcpc).await?;
            let (peer, _) = region.boot(&names[1], 2, &net, Client::Udhcpc).await?;
            assert_eq!(lease.mtu, Some(1450));
            lab.first_answer(&names[0], peer.ip, LONG).await?;
            let (passed, text) = sized_ping(lab, &names[0], peer.ip, 1450).await?;
            assert!(passed, "{text}");
            let (passed, text) = sized_ping(lab, &names[0], peer.ip, 1451).await?;
            assert!(!passed && text.contains("essage too long"), "{text}");
            tcp_passes(lab, &names[0], (&names[1], peer.ip)).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn senders_inside_and_outside_are_told() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let inside = FOUR.network(region, 0, SMALL).await?;
        let large = FOUR.network(region, 1, 1450).await?;
        let outside = external(region, false).await?;
        let over = router(region, &[&inside, &large]).await?;
        let shared = lead_out(region, &over, &outside, true).await?;
        // Their interfaces are larger than their networks: so that peers outside send too much.
        let own = guest(region, ("own", 1), &inside, &FOUR.ip(0, 11), 1450).await?;
        guest(region, ("shared", 2), &inside, &FOUR.ip(0, 12), 1450).await?;
        guest(region, ("wide", 3), &large, &FOUR.ip(1, 11), 1450).await?;
        let world: IpAddr = WORLD_IP.parse()?;
        let (_, public) = floating(region, &outside, Some(&own)).await?;
        lab.first_answer(WORLD, public, LONG).await?;
        for vm in ["shared", "wide"] {
            lab.first_answer(vm, world, LONG).await?;
        }
        let address = public.to_string();
        is_told(lab, (WORLD, &address), public, (1500, SMALL)).await?;
        // What the machine outside sends in answer to VMs; the second is known by the router's address.
        tcp_passes(lab, "own", (WORLD, world)).await?;
        tcp_passes(lab, "shared", (WORLD, world)).await?;
        assert!(knows(lab, WORLD, shared, SMALL).await?);
        // Now the way out is the narrow one.
        let path = format!("/v2.0/networks/{}", outside.network);
        let smaller = json!({ "network": { "mtu": 1400 } });
        region.rest().put(&path, &smaller).await?;
        until("the way out is narrower", async || {
            let _ = sized_ping(lab, "wide", world, 1450).await?;
            knows(lab, "wide", world, 1400).await
        })
        .await?;
        let (passed, text) = sized_ping(lab, "wide", world, 1400).await?;
        assert!(passed, "{text}");
        Ok(())
    })
    .await
}
