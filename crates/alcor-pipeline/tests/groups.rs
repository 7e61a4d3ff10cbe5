//! The whole way from security groups of the intent to packets, against the oracle: whatever
//! happens to ports, groups and rules, the first packet of a connection arrives exactly where the
//! intent lets it.

#![expect(clippy::unwrap_used, reason = "the blocks of the tests are blocks")]

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::{Intent, Packet};
use alcor_types::{AllowedAddressPair, Direction, NetworkId, Port, Remote, TrafficMatch};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use support::facts::{HOSTS, NETWORKS, PORTS, address_of, name, network, node, sender, subnet};
use support::frame::Frame;
use support::goals::{address_group_id, group_id, ip, mac, port_id};
use support::groups::{address_group, everything, group, rule, rule_id};
use support::world::{Step, World};

const GROUPS: u8 = 3;

fn any_port() -> impl Strategy<Value = Fact> {
    let groups = prop::collection::btree_set(0..GROUPS, 0..3);
    let pair = prop::option::weighted(0.2, (0..5_u8, prop::option::of(90..92_u8)));
    let checked = prop::bool::weighted(0.9);
    (0..PORTS, 0..HOSTS, groups, pair, checked).prop_map(|(id, at, groups, pair, checked)| {
        let Fact::Port(id, Some(port)) = support::facts::port(id, Some(at), true) else {
            return support::facts::port(id, Some(at), true);
        };
        let mut port: Port = (*port).clone();
        port.port_security_enabled = checked;
        if checked {
            port.security_groups = groups.into_iter().map(group_id).collect();
            port.allowed_address_pairs
                .extend(pair.map(|(block, of)| AllowedAddressPair {
                    ip_address: BLOCKS[usize::from(block)].parse().unwrap(),
                    mac_address: of.map(mac),
                }));
        }
        Fact::Port(id, Some(Arc::new(port)))
    })
}

/// A sender, a few of them, everybody, half of the world, nobody.
const BLOCKS: [&str; 5] = [
    "10.0.0.11/32",
    "10.0.0.10/31",
    "0.0.0.0/0",
    "0.0.0.0/1",
    "192.0.2.0/24",
];

fn any_traffic() -> impl Strategy<Value = TrafficMatch> {
    let direction = prop::sample::select(vec![Direction::Egress, Direction::Ingress]);
    let remote = prop_oneof![
        2 => Just(Remote::Any),
        1 => (0..5_usize).prop_map(|block| Remote::Prefix(BLOCKS[block].parse().unwrap())),
        3 => (0..GROUPS).prop_map(|id| Remote::Group(group_id(id))),
        1 => (0..2_u8).prop_map(|id| Remote::AddressGroup(address_group_id(id))),
    ];
    let kind = prop::sample::select(vec![
        (None, None, None),
        (Some("tcp"), None, None),
        (Some("6"), Some(80), Some(80)),
        (Some("udp"), Some(50), Some(6000)),
        (Some("icmp"), Some(8), None),
        (Some("icmp"), Some(8), Some(1)),
        (Some("dccp"), Some(80), Some(80)),
    ]);
    (direction, remote, kind).prop_map(|(direction, remote, (protocol, low, high))| TrafficMatch {
        protocol: protocol.map(str::to_owned),
        port_range_min: low,
        port_range_max: high,
        remote,
        ..everything(direction)
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let blocks = prop::collection::btree_set(prop::sample::select(&BLOCKS[..]), 0..3);
    let blocks = blocks.prop_map(|blocks| blocks.into_iter().collect::<Vec<_>>());
    prop_oneof![
        6 => any_port(),
        1 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        8 => (0..GROUPS, 0..4_u8, any_traffic()).prop_map(|(of, id, what)| rule(of, id, what)),
        2 => (0..GROUPS, 0..4_u8).prop_map(|(of, id)| Fact::SecurityGroupRule(rule_id(of, id), None)),
        2 => (0..GROUPS, prop::bool::weighted(0.8)).prop_map(|(id, keeps)| group(id, keeps)),
        1 => (0..GROUPS).prop_map(|id| Fact::SecurityGroup(group_id(id), None)),
        2 => (0..2_u8, blocks).prop_map(|(id, blocks)| address_group(id, &blocks)),
        1 => (0..2_u8).prop_map(|id| Fact::AddressGroup(address_group_id(id), None)),
        1 => (0..HOSTS).prop_map(node),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(name(id), None)),
    ]
}

/// Networks, hosts, and groups that let everything out; then whatever happens, with the hosts
/// that look at the news after each step.
fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let networks = (0..NETWORKS).flat_map(|id| [network(id, true), subnet(id, true)]);
    let groups = (0..GROUPS).flat_map(|id| {
        let out = rule(id, 9, everything(Direction::Egress));
        [group(id, true), out]
    });
    let start: Vec<Fact> = networks.chain((0..HOSTS).map(node)).chain(groups).collect();
    let ports = prop::collection::vec(any_port(), 12);
    let steps = (prop::collection::vec(any_fact(), 1..4), any::<u8>());
    (ports, prop::collection::vec(steps, 0..20)).prop_map(move |(ports, steps)| {
        let first = [(start.clone(), 0), (ports, 0xff)];
        first.into_iter().chain(steps).collect()
    })
}

/// What a VM may try on an address: by which protocol, from which port or of which kind.
const ATTEMPTS: [(u8, u16); 4] = [(6, 80), (6, 81), (17, 5999), (1, 8)];

fn packets(from: &Port, to: Ipv4Addr) -> Vec<Packet> {
    let (own_mac, own) = sender(from);
    let honest = ATTEMPTS.map(|(protocol, port)| (own_mac, own, protocol, port));
    let lies = [(own_mac, ip(99), 6, 80), (mac(90), own, 6, 80)];
    let all = honest.into_iter().chain(lies);
    let packet = |(mac, from, protocol, port)| Packet {
        mac,
        from: IpAddr::V4(from),
        to: IpAddr::V4(to),
        protocol,
        port,
        code: 0,
    };
    all.map(packet).collect()
}

/// The intent as far as one network is concerned: who is a member there, whoever else has its addresses.
fn of_network(history: &[Step], network: NetworkId) -> Intent {
    let mut intent = Intent::default();
    let facts = history.iter().flat_map(|(facts, _)| facts);
    let elsewhere = |fact: &&Fact| match fact {
        Fact::Port(_, Some(port)) => port.network_id != network,
        _ => false,
    };
    let own = facts.filter(|fact| !elsewhere(fact));
    own.for_each(|fact| intent.learn(fact));
    intent
}

/// The same history with hosts that stay: what a port has that is nowhere is nobody's in a large network.
fn living(mut history: Vec<Step>) -> Vec<Step> {
    for (facts, _) in &mut history {
        facts.retain(|fact| !matches!(fact, Fact::Node(_, None)));
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_first_packet_arrives_where_the_intent_lets_it(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in intent.ports() {
            for number in 0..PORTS / NETWORKS {
                let (target_mac, target) = address_of(number * NETWORKS);
                for packet in packets(from, target) {
                    let frame = Frame::first(&packet, target_mac);
                    let to = |port: &&Port| {
                        port.mac_address == target_mac && intent.admits(from.id, port.id, &packet)
                    };
                    let expected: Vec<_> = intent.ports().filter(to).map(|port| port.id).collect();
                    let (received, _) = world.send(from, &frame);
                    let received: Vec<_> = received.into_iter().map(|(id, _)| id).collect();
                    prop_assert_eq!(received, expected, "{:?} of {}", packet, from.id);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Members of large networks are asked for when a packet comes. Networks that no router joins know
    /// nothing of each other's; where both are on one host, an address of one may count in the other, as it
    /// does in small networks.
    #[test]
    fn in_large_networks_too(history in any_history()) {
        let history = living(history);
        let (mut world, intent, region) = World::play_large(&history);
        for from in intent.ports() {
            let own = of_network(&history, from.network_id);
            for number in 0..PORTS / NETWORKS {
                let (target_mac, target) = address_of(number * NETWORKS);
                for packet in packets(from, target) {
                    let frame = Frame::first(&packet, target_mac);
                    let admitted = |intent: &Intent| {
                        let to = |port: &&Port| {
                            port.mac_address == target_mac && intent.admits(from.id, port.id, &packet)
                        };
                        intent.ports().filter(to).map(|port| port.id).collect::<Vec<_>>()
                    };
                    let received = world.send_asking(&region, from, &frame);
                    let (least, most) = (admitted(&own), admitted(&intent));
                    prop_assert!(received == least || received == most, "{:?} of {}: {:?}", packet, from.id, received);
                }
            }
        }
    }
}
