//! What a port can do, a trunk's sub-port can do: on a wire, outside, in IPv6, bounded, and on another
//! host.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use anyhow::Context;
use serde_json::{Value, json};
use stage::outside::{TAG, TAGGED, WORLD, WORLD_IP, external, floating, lead_out, with_outside};
use stage::qos::{Policy, bound, meters};
use stage::stream::{Arrivals, Counter, Shape, Stream};
use stage::trunks::{Trunk, Vlan, unbound};
use stage::{
    LONG, at, change, flows, flows_are, look, on_hosts, port, reach, router, run, settle,
    unchecked, until,
};
use std::net::IpAddr;

/// A VM on host 1 with its own port in a network, and sub-ports with these tags.
struct Vm {
    own: PortInfo,
    trunk: Trunk,
    _vlans: Vec<Vlan>,
}

impl Vm {
    async fn boot(
        region: &Scenario,
        base: &Segment,
        ports: &[(&PortInfo, u16)],
    ) -> anyhow::Result<Self> {
        let own = unbound(region, base, at("10.1.0.11")).await?;
        let trunk = Trunk::make(region, &own, ports).await?;
        let host = region.lab().host_id(1);
        change(region, &own, json!({ "binding:host_id": host })).await?;
        region.plug("vm", 1, &own).await?;
        stage::configure(region, "vm", &own).await?;
        let mut vlans = Vec::new();
        for (port, tag) in ports {
            region.wait_for_status(port.id, "ACTIVE").await?;
            vlans.push(Vlan::make(region, "vm", port, *tag).await?);
        }
        Ok(Self {
            own,
            trunk,
            _vlans: vlans,
        })
    }
}

async fn give(region: &Scenario, tag: u16, port: &PortInfo) -> anyhow::Result<()> {
    let line = format!("ip address add {}/24 dev vlan{tag}", port.ip);
    run(region.lab(), "vm", &line).await?;
    Ok(())
}

#[tokio::test]
async fn on_a_wire_and_outside() -> anyhow::Result<()> {
    with_outside(2, async |region| {
        let lab = region.lab();
        let base = region.segment("base", "10.1.0.0/24").await?;
        let red = region.segment("red", "10.2.0.0/24").await?;
        let network = json!({ "name": "vlan", "provider:network_type": "vlan", "mtu": 1450,
            "provider:segmentation_id": TAG, "provider:physical_network": TAGGED });
        let subnet = json!({ "ip_version": 4, "cidr": "192.0.2.0/24" });
        let wired = region.segment_of(network, subnet).await?;
        let inside = unbound(region, &red, at("10.2.0.11")).await?;
        let wire = unbound(region, &wired, unchecked("192.0.2.11")).await?;
        let _vm = Vm::boot(region, &base, &[(&inside, 10), (&wire, 20)]).await?;
        give(region, 10, &inside).await?;
        give(region, 20, &wire).await?;
        let there = settle(region, "there", 2, &wired, unchecked("192.0.2.12")).await?;
        lab.first_answer("vm", there.ip, LONG).await?;
        reach(lab, "there", wire.ip, 5).await?;
        a_second_tag_ends(region, &wire).await?;
        let (clean, found) = look(region, "diff").await?;
        assert!(clean, "{found}");

        let leading = router(region, &[&red]).await?;
        let outside = external(region, false).await?;
        lead_out(region, &leading, &outside, true).await?;
        run(
            lab,
            "vm",
            "ip route replace default via 10.2.0.1 dev vlan10",
        )
        .await?;
        let world: IpAddr = WORLD_IP.parse()?;
        lab.first_answer("vm", world, LONG).await?;
        let (_, ip) = floating(region, &outside, Some(&inside)).await?;
        let rule = json!({ "protocol": "icmp" });
        let group = port(region, &inside).await?["security_groups"][0].clone();
        let group = group.as_str().context("no group")?;
        stage::Rule::make(region, group, rule).await?;
        lab.first_answer(WORLD, ip, LONG).await?;
        reach(lab, WORLD, ip, 5).await?;
        reach(lab, "vm", world, 5).await
    })
    .await
}

/// Whether the switch drops a packet that the VM sends to somebody on the wire, with these tags.
async fn drops(region: &Scenario, port: &PortInfo, tags: &[u16]) -> anyhow::Result<bool> {
    let macs = format!("020000000099{}", port.mac.to_string().replace(':', ""));
    let tags: Vec<_> = tags.iter().map(|tag| format!("8100{tag:04x}")).collect();
    let tags = tags.concat();
    // A ping from 192.0.2.11 to 192.0.2.99.
    let ping = "08004500001c0000000040010000c000020bc00002630800f7ff00000000";
    let packet = format!("{macs}{tags}{ping}");
    let words = ["ofproto/trace", "br-int", "in_port=tapvm", &packet];
    let said = region.lab().appctl(1, words).await?;
    Ok(said.contains("Datapath actions: drop"))
}

/// A tag below the sub-port's own would choose a VLAN of the wire, however deep the switch looks.
async fn a_second_tag_ends(region: &Scenario, wire: &PortInfo) -> anyhow::Result<()> {
    for depth in [1, 2] {
        let setting = format!("other_config:vlan-limit={depth}");
        region
            .lab()
            .vsctl(1, ["set", "Open_vSwitch", ".", &setting])
            .await?;
        assert!(!drops(region, wire, &[20]).await?, "looks {depth} deep");
        assert!(drops(region, wire, &[20, 7]).await?, "looks {depth} deep");
    }
    Ok(())
}

#[tokio::test]
async fn in_both_families_bounded_and_after_a_move() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let base = region.segment("base", "10.1.0.0/24").await?;
        let red = region.segment("red", "10.2.0.0/24").await?;
        let six = stage::six::segment(region, "six", "fd00:6::/64", Some("slaac")).await?;
        router(region, &[&six]).await?;
        let peer = settle(region, "peer", 2, &red, at("10.2.0.12")).await?;
        let before = flows(lab, 1).await?;
        let inside = unbound(region, &red, at("10.2.0.11")).await?;
        let self_made = unbound(region, &six, json!({})).await?;
        let vm = Vm::boot(region, &base, &[(&inside, 10), (&self_made, 20)]).await?;
        give(region, 10, &inside).await?;
        lab.first_answer("vm", peer.ip, LONG).await?;
        until("it has its address and a router", async || {
            let line = "ip -6 address show dev vlan20 scope global -tentative";
            let has = run(lab, "vm", line)
                .await?
                .contains(&format!("{}/", self_made.ip));
            let routes = run(lab, "vm", "ip -6 route show default proto ra").await?;
            anyhow::Ok(has && routes.contains("vlan20"))
        })
        .await?;
        let beside = stage::six::guest(region, "beside", 2, &six).await?;
        stage::six::configured(region, "beside", &beside).await?;
        lab.first_answer("vm", beside.ip, LONG).await?;
        reach(lab, "beside", self_made.ip, 3).await?;

        it_is_bounded(region, &inside, &peer).await?;
        it_moves(region, &vm, (&inside, &peer)).await?;
        flows_are(lab, 1, &before).await?;
        Ok(())
    })
    .await
}

/// What the sub-port sends, by a meter of its own number.
async fn it_is_bounded(
    region: &Scenario,
    inside: &PortInfo,
    peer: &PortInfo,
) -> anyhow::Result<()> {
    const FLOOD: Shape = Shape {
        bytes: 1372,
        packets: 1800,
        class: 1,
    };
    let lab = region.lab();
    let policy = Policy::new(region, "policy").await?;
    policy.kbps(region, "egress", 5000).await?;
    let mut counter = Counter::start(lab, "peer", peer.ip)?;
    let stream = Stream::start(lab, "vm", peer.ip, FLOOD)?;
    let free = |seen: &Arrivals| seen.kilobits > 10_000.0;
    counter.sees("no bound", free).await?;
    bound(region, inside, Some(&policy)).await?;
    let five = |seen: &Arrivals| (1_500.0..7_500.0).contains(&seen.kilobits);
    counter.sees("5 Mbit/s out of the sub-port", five).await?;
    assert_eq!(meters(lab, 1).await?.len(), 1);
    bound(region, inside, None).await?;
    counter.sees("free again", free).await?;
    drop(stream);
    assert_eq!(meters(lab, 1).await?, [""; 0]);
    Ok(())
}

/// The VM moves, and all that its interface carries moves with it.
async fn it_moves(
    region: &Scenario,
    vm: &Vm,
    (inside, peer): (&PortInfo, &PortInfo),
) -> anyhow::Result<()> {
    let lab = region.lab();
    let host = lab.host_id(2);
    lab.move_vm("vm", 2).await?;
    change(region, &vm.own, json!({ "binding:host_id": host })).await?;
    stage::port_shows(region, inside, |shown| {
        shown["binding:host_id"] == host && shown["status"] == "ACTIVE"
    })
    .await?;
    lab.first_answer("vm", peer.ip, LONG).await?;
    reach(lab, "peer", inside.ip, 5).await?;
    let path = format!("/v2.0/trunks/{}", vm.trunk.0);
    let active = |shown: &Value| shown["trunk"]["status"] == "ACTIVE";
    region.wait(&path, LONG, active).await?;
    Ok(())
}
