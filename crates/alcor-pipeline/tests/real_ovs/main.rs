//! The proof on real Open vSwitch: whatever the region, `ofproto/trace` of the compiled flows says of
//! every packet what the oracle says straight from the intent.
//!
//! `ALCOR_PROOF_REGIONS=1000` for a long run; by default as many regions as take some seconds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(
    clippy::print_stdout,
    reason = "the test tells how much it has compared"
)]

mod region;
#[path = "../support/mod.rs"]
mod support;
mod switches;

use alcor_compiler::oracle::{Arrival, Intent, Packet, Step};
use alcor_types::{HostName, MacAddr, Port, PortId};
use alcor_unixctl::Probe;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use region::{NETWORKS, ROUTERS, address, any_history};
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::time::Instant;
use support::facts::{HOSTS, PORTS, name};
use support::goals::{mac, port_id};
use support::world::World;
use switches::{End, Switches};

/// Regions of a short run.
const REGIONS: u32 = 16;
/// Less than the depth of resubmits at which Open vSwitch gives up, so that a loop of routes ends
/// here.
const TTL: u8 = 12;

/// What VMs try: by which protocol, to which port, or of which kind.
const ATTEMPTS: [(u8, u16); 5] = [(6, 80), (6, 81), (17, 5999), (132, 9), (1, 8)];

#[test]
fn open_vswitch_does_with_every_packet_what_the_intent_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.unwrap();
    let switches = RefCell::new(runtime.block_on(Switches::start(HOSTS, PORTS)));
    let (packets, arrived, began) = (Cell::new(0), Cell::new(0), Instant::now());
    let cases = std::env::var("ALCOR_PROOF_REGIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(REGIONS),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let proven = TestRunner::new(config).run(&any_history(), |history| {
        let (world, intent, _) = World::play(&history);
        let mut switches = switches.borrow_mut();
        runtime.block_on(async {
            for (host, number) in world.hosts.iter().zip(0..) {
                switches.program(number, host.flows()).await;
            }
            for (from, packet) in questions(&intent) {
                packets.set(packets.get() + 1);
                arrived.set(arrived.get() + compare(&mut switches, &intent, from, &packet).await?);
            }
            Ok(())
        })
    });
    proven.unwrap_or_else(|failure| panic!("{failure}"));
    let (packets, asked) = (packets.get(), switches.borrow().asked);
    println!(
        "{packets} packets, {} of which arrive, in {asked} traces: {:.0} packets/s",
        arrived.get(),
        f64::from(packets) / began.elapsed().as_secs_f64()
    );
    assert!(arrived.get() * 50 > packets, "hardly anything arrives");
}

/// Whatever VMs may send: to each other, to routers and to nobody, and some lies.
fn questions(intent: &Intent) -> Vec<(&Port, Packet)> {
    let vms = intent.ports().filter(|port| !port.is_router_interface());
    let placed = vms.filter(|port| port.host.is_some());
    placed
        .flat_map(|from| packets(from).into_iter().map(move |packet| (from, packet)))
        .collect()
}

fn packets(from: &Port) -> Vec<Packet> {
    let mut all = Vec::new();
    for six in [false, true] {
        let own = from.fixed_ips[usize::from(six)].ip_address;
        let vms = (0..PORTS).map(|n| (n % NETWORKS, 10 + n));
        let others = [(0, 1), (1, 1 + ROUTERS - 1), (2, 99), (9, 9)];
        for (network, number) in vms.chain(others) {
            let to = address(six, network, number);
            let honest = ATTEMPTS
                .iter()
                .map(|(protocol, port)| match (protocol, six) {
                    (1, true) => (58, 128),
                    _ => (*protocol, *port),
                });
            let packet = |mac: MacAddr, from: IpAddr, (protocol, port)| Packet {
                mac,
                from,
                to,
                protocol,
                port,
                code: 0,
            };
            all.extend(honest.map(|kind| packet(from.mac_address, own, kind)));
            all.push(packet(from.mac_address, address(six, 0, 11), (6, 80)));
            all.push(packet(mac(90), own, (6, 80)));
        }
    }
    all
}

/// Fails where they differ; 1 when the packet arrives.
async fn compare(
    switches: &mut Switches,
    intent: &Intent,
    from: &Port,
    packet: &Packet,
) -> Result<u32, TestCaseError> {
    let steps = intent.explain(from.id, packet, TTL);
    let expected = expected(intent, from, packet, &steps);
    let Some(host) = from.host.as_ref().and_then(host_number) else {
        return Ok(0);
    };
    let answered = matches!(steps.last(), Some(Step::Own { .. }));
    // A connection that is known is asked of the rules again, but for its answers.
    let first = if packet.port.is_multiple_of(2) {
        "trk,new"
    } else {
        "trk,est"
    };
    let rest = if answered { "trk,est,rpl" } else { first };
    let probe = probe(intent, from, packet);
    let (end, told) = switches.send(host, probe, [first, rest]).await;
    let same = expected.contains(&end);
    prop_assert!(
        same,
        "{packet:?}\n{steps:#?}\nexpected {expected:?}, is {end:?}\n{told}"
    );
    Ok(u32::from(matches!(
        steps.last(),
        Some(Step::Delivered { .. })
    )))
}

/// Where it may end.
fn expected(intent: &Intent, from: &Port, packet: &Packet, steps: &[Step]) -> Vec<End> {
    match steps.last().unwrap() {
        Step::Delivered { port } => vec![place(intent, *port)],
        Step::Own { port, .. } => own(intent, from, packet, (steps, *port)),
        Step::Expired { .. } => vec![End::Agent],
        _ => vec![End::Dropped],
    }
}

/// A router answers a ping, and its agent says of anything else that nobody listens.
fn own(intent: &Intent, from: &Port, packet: &Packet, (steps, _): (&[Step], PortId)) -> Vec<End> {
    if !matches!((packet.protocol, packet.port), (1, 8) | (58, 128)) {
        return vec![End::Agent];
    }
    let entry = steps.iter().rev().find_map(|step| match step {
        Step::Entered { port, .. } => Some(*port),
        _ => None,
    });
    match intent.answered(entry.unwrap(), packet.to, packet.from) {
        // Groups that keep no connections judge the answer by itself, and so do those of others.
        Arrival::Port(port) if port == from.id && keeps(intent, from) => vec![place(intent, port)],
        Arrival::Port(port) => vec![place(intent, port), End::Dropped],
        Arrival::Router { .. } => vec![End::Agent],
        Arrival::Nowhere => vec![End::Dropped, End::Agent],
    }
}

/// Whether the port's groups keep connections.
fn keeps(intent: &Intent, port: &Port) -> bool {
    let groups = port.security_groups.iter();
    let known = groups.filter_map(|id| intent.group(*id));
    known.into_iter().all(|group| group.stateful)
}

fn place(intent: &Intent, port: PortId) -> End {
    let host = intent.port(port).and_then(|port| port.host.as_ref());
    let number = (0..PORTS).find(|number| port_id(*number) == port).unwrap();
    End::Port(host.and_then(host_number).unwrap(), 100 + u32::from(number))
}

fn host_number(host: &HostName) -> Option<u8> {
    (0..HOSTS).find(|number| name(*number) == *host)
}

/// The packet to the next hop, or to nobody where nobody would answer for that.
fn probe(intent: &Intent, from: &Port, packet: &Packet) -> Probe {
    let number = (0..PORTS).find(|number| port_id(*number) == from.id);
    let next = intent.next_mac(from.id, packet).unwrap_or(mac(250));
    Probe {
        in_port: 100 + u32::from(number.unwrap()),
        vlan: None,
        tunnel: None,
        macs: (packet.mac.to_string(), next.to_string()),
        addresses: (packet.from, packet.to),
        protocol: packet.protocol,
        source_port: 49_152,
        port: packet.port,
        code: packet.code,
        ttl: TTL,
    }
}
