//! The whole way from intent to frames: the compiler, a pipeline and a bridge on every host,
//! and tunnels between them, against the oracle that says from the intent alone who may reach
//! whom.

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::Intent;
use alcor_goalstate::{Goal, GoalKey};
use alcor_pipeline::Punt;
use alcor_types::{MacAddr, Port, PortId};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use support::facts::{
    HOSTS, NETWORKS, PORTS, address_of, name, network, node, port, sender, subnet,
};
use support::frame::Frame;
use support::goals::{ip, port_id};
use support::world::{Step, World};

fn any_fact() -> impl Strategy<Value = Fact> {
    let host = || prop::option::weighted(0.9, 0..HOSTS);
    let mostly = || prop::bool::weighted(0.8);
    prop_oneof![
        8 => (0..PORTS, host(), mostly()).prop_map(|(id, host, up)| port(id, host, up)),
        2 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        1 => (0..NETWORKS, mostly()).prop_map(|(id, up)| network(id, up)),
        1 => (0..NETWORKS, mostly()).prop_map(|(id, dhcp)| subnet(id, dhcp)),
        1 => (0..HOSTS).prop_map(node),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(name(id), None)),
    ]
}

/// Networks, subnets, hosts and ports, and what happens to them afterwards, with the hosts
/// that look at the news after each step.
fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let networks = (0..NETWORKS).flat_map(|id| [network(id, true), subnet(id, true)]);
    let start: Vec<Fact> = networks.chain((0..HOSTS).map(node)).collect();
    let ports = prop::collection::vec(0..HOSTS, usize::from(PORTS)).prop_map(|hosts| {
        let ports = hosts.into_iter().zip(0..);
        ports
            .map(|(host, id)| port(id, Some(host), true))
            .collect::<Vec<_>>()
    });
    let rest = prop::collection::vec(
        (prop::collection::vec(any_fact(), 1..4), any::<u8>()),
        0..15,
    );
    (ports, rest).prop_map(move |(ports, rest)| {
        let first = [(start.clone(), 0), (ports, 0xff)];
        first.into_iter().chain(rest).collect()
    })
}

fn reachable(intent: &Intent, from: &Port) -> BTreeSet<PortId> {
    let ports = intent.ports().map(|port| port.id);
    ports.filter(|to| intent.reaches(from.id, *to)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn unicast_arrives_exactly_where_the_oracle_says(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in intent.ports() {
            for to in 0..PORTS / NETWORKS {
                let (target, _) = address_of(to * NETWORKS);
                let frame = Frame::ping(sender(from).0, target);
                let allowed = |id: &PortId| {
                    intent.ports().any(|port| port.id == *id && port.mac_address == target)
                };
                let expected: Vec<_> = reachable(&intent, from).into_iter()
                    .filter(allowed)
                    .map(|id| (id, frame.clone()))
                    .collect();
                prop_assert_eq!(world.send(from, &frame), (expected, vec![]));
            }
        }
    }

    #[test]
    fn broadcast_reaches_every_member_once(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in intent.ports() {
            for group in [MacAddr::BROADCAST, MacAddr([0x33, 0x33, 0xff, 0, 0, 1])] {
                let frame = Frame::ping(sender(from).0, group);
                let (mut received, punted) = world.send(from, &frame);
                received.sort_by_key(|(id, _)| *id);
                let expected: Vec<_> = reachable(&intent, from).into_iter()
                    .map(|id| (id, frame.clone()))
                    .collect();
                prop_assert_eq!((received, punted), (expected, vec![]));
            }
        }
    }

    #[test]
    fn arp_is_answered_with_the_right_mac_or_asked_around(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in intent.ports() {
            let own = sender(from);
            for target in (10..=10 + PORTS / NETWORKS).map(ip).filter(|ip| *ip != own.1) {
                let request = Frame::arp_request(own.0, own.1, target);
                let (mut received, _) = world.send(from, &request);
                received.sort_by_key(|(id, _)| *id);
                let expected: Vec<_> = match intent.answers(from.id, IpAddr::V4(target)) {
                    Some(to) => {
                        vec![(from.id, Frame::arp_reply((to.mac_address, target), own))]
                    }
                    None => reachable(&intent, from).into_iter()
                        .map(|id| (id, request.clone()))
                        .collect(),
                };
                prop_assert_eq!(received, expected);
            }
        }
    }

    #[test]
    fn dhcp_is_the_agents_where_there_is_a_lease(history in any_history()) {
        let (world, intent, region) = World::play(&history);
        for from in intent.ports() {
            let discover = Frame::dhcp(sender(from).0, MacAddr::BROADCAST, Ipv4Addr::BROADCAST);
            let (received, punted) = world.send(from, &discover);
            let view = from.host.as_ref().and_then(|host| region.snapshot(from.network_id, host));
            let goals = view.map_or_else(Vec::new, |view| view.goals);
            let leased = goals.iter().any(|goal| goal.key() == GoalKey::Dhcp(
                from.id,
                from.fixed_ips[0].subnet_id,
            ));
            let up = from.admin_state_up
                && goals.iter().any(|goal| matches!(goal, Goal::Vpc(vpc) if vpc.admin_state_up));
            let expected = if leased && up { vec![Punt::Dhcp4 { port: from.id }] } else { vec![] };
            prop_assert_eq!(punted, expected);
            prop_assert!(!leased || received.is_empty());
        }
    }
}
