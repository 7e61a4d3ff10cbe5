//! Rules that name groups in large networks: who is asked for, when, and how often; and what a host holds.

#![expect(clippy::unwrap_used, reason = "the blocks of the tests are blocks")]

mod support;

use alcor_compiler::oracle::Packet;
use alcor_compiler::{Compiler, Demand, Fact};
use alcor_goalstate::Sought;
use alcor_openflow::PortNo;
use alcor_pipeline::{Input, Pipeline};
use alcor_types::{Direction, Port, Remote, Revision, TrafficMatch};
use std::collections::BTreeSet;
use std::sync::Arc;
use support::facts::{HOSTS, address_of, name, network, node, subnet};
use support::frame::Frame;
use support::goals::{group_id, host_ip, port_id, vpc_id};
use support::groups::{everything, group, rule};
use support::world::World;

/// A port of network 0, whose ports have even numbers, on a host and in a group.
fn vm(number: u8, host: u8, of: u8) -> Fact {
    let Fact::Port(id, Some(port)) = support::facts::port(number, Some(host), true) else {
        unreachable!("a port was put");
    };
    let port = Port {
        port_security_enabled: true,
        security_groups: vec![group_id(of)],
        ..(*port).clone()
    };
    Fact::Port(id, Some(Arc::new(port)))
}

fn lets_in(of: u8, number: u8, remote: Remote) -> Fact {
    let traffic = TrafficMatch {
        remote,
        ..everything(Direction::Ingress)
    };
    rule(of, number, traffic)
}

/// A network, hosts, and groups of which anybody may send: 0 lets itself in, 1 nobody, 2 a stranger.
fn start() -> Vec<Fact> {
    let groups =
        (0..3).flat_map(|id| [group(id, true), rule(id, 9, everything(Direction::Egress))]);
    let network = [network(0, true), subnet(0, true)];
    let rules = [
        lets_in(0, 0, Remote::Group(group_id(0))),
        lets_in(2, 0, Remote::Prefix("10.0.0.99/32".parse().unwrap())),
    ];
    let all = network.into_iter().chain((0..HOSTS).map(node));
    all.chain(groups).chain(rules).collect()
}

fn frame(from: u8, to: u8) -> Frame {
    let ((mac, from), (target, to)) = (address_of(from), address_of(to));
    let packet = Packet {
        mac,
        from: from.into(),
        to: to.into(),
        protocol: 6,
        port: 80,
        code: 0,
    };
    Frame::first(&packet, target)
}

#[test]
fn who_sends_is_asked_for_once_and_known_from_then_on() {
    let ports = [vm(0, 0, 0), vm(2, 1, 0), vm(4, 2, 1)];
    let facts = start().into_iter().chain(ports).collect();
    let (mut world, intent, region) = World::play_large(&[(facts, 0xff)]);
    let port = |number| {
        intent
            .ports()
            .find(|port| port.id == port_id(number))
            .unwrap()
    };
    let (_, member) = address_of(0);
    let sought = (1, (vpc_id(0), Sought::Address(member.into())));
    let cold = frame(0, 2);
    assert_eq!(world.send_asking(&region, port(0), &cold), [port_id(2)]);
    assert_eq!(world.asked(port(0), &cold), [], "both are known now");
    // Whoever is no member is asked for as well, and then known as none.
    assert_eq!(world.send_asking(&region, port(4), &frame(4, 2)), []);
    assert_eq!(world.asked(port(4), &frame(4, 2)), []);
    // A neighbour that is given back takes its membership along, and gets it again.
    world.forget(1, port_id(0));
    assert_eq!(world.asked(port(0), &cold), [sought]);
    assert_eq!(world.send_asking(&region, port(0), &cold), [port_id(2)]);
}

#[test]
fn rules_that_name_no_group_ask_nobody() {
    let ports = [vm(0, 0, 0), vm(2, 1, 2), vm(4, 2, 1)];
    let facts = start().into_iter().chain(ports).collect();
    let (mut world, intent, region) = World::play_large(&[(facts, 0xff)]);
    let from = intent.ports().find(|port| port.id == port_id(0)).unwrap();
    for to in [2, 4] {
        assert_eq!(world.send_asking(&region, from, &frame(0, to)), []);
        assert_eq!(world.asked(from, &frame(0, to)), []);
        let receiver = usize::from(to / 2);
        assert_eq!(world.neighbors(receiver), 0, "it had to ask for nobody");
    }
}

/// The flows of host 0 with two ports in a group that names itself, and so many elsewhere.
fn flows_beside(others: u8) -> usize {
    let mut region = Compiler::new(8).on_demand_above(0);
    let own = [vm(0, 0, 0), vm(2, 0, 0)];
    let others = (2..others + 2).map(|number| vm(2 * number, 1, 0));
    let facts: Vec<_> = start().into_iter().chain(own).chain(others).collect();
    region.apply(Revision(1), &facts);
    let mut demand = Demand::default();
    demand.set(vpc_id(0), BTreeSet::new());
    let mut pipeline = Pipeline::at(host_ip(0));
    pipeline.apply(&Input::Complete);
    for scope in region.host_scopes(&name(0)) {
        let view = region.snapshot_with(scope, &name(0), &demand).unwrap();
        for goal in view.goals {
            pipeline.apply(&Input::Put(goal));
        }
    }
    for number in [0, 2] {
        let (port, ofport) = (port_id(number), PortNo(100 + u32::from(number)));
        pipeline.apply(&Input::Plugged { port, ofport });
    }
    pipeline.desired().count()
}

#[test]
fn what_a_host_holds_does_not_grow_with_the_group() {
    assert_eq!(flows_beside(1), flows_beside(100));
}
