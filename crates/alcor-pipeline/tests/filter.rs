//! One host's bridge and the security groups of its ports: what a connection may do over its
//! life, from which addresses a port may speak, and how many flows it takes.

mod support;

use alcor_compiler::oracle::Packet;
use alcor_goalstate::{GoalKey, GroupRule, PortGoal, RuleRemote};
use alcor_openflow::{Field, FlowMod, Message};
use alcor_pipeline::{Input, Owner, Pipeline, cookie};
use alcor_types::{AllowedAddressPair, Direction, EtherType, MacAddr};
use bytes::BytesMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use support::bridge::{Bridge, ofport, tunnel};
use support::frame::Frame;
use support::goals::*;

impl Bridge {
    /// Network 1 with its tunnel; all is known that the region wants.
    fn guarded(inputs: impl IntoIterator<Item = Input>) -> Self {
        let mut bridge = Self::new([tunnel(), put(vpc(1)), Input::Complete]);
        bridge.take(inputs);
        bridge
    }

    /// Whether the frame leaves the bridge.
    fn passes(&self, number: u8, frame: &Frame) -> bool {
        !self.sent_by(number, frame).sent.is_empty()
    }

    /// Whether TCP from one port's address to the other's passes; the ports are those of the
    /// connection's first packet.
    fn tcp(&self, from: u8, to: u8, ports: [u16; 2]) -> bool {
        self.passes(from, &tcp(from, to, ports))
    }
}

fn tcp(from: u8, to: u8, [source, destination]: [u16; 2]) -> Frame {
    let packet = Packet {
        mac: mac(from),
        from: IpAddr::V4(ip(from)),
        to: IpAddr::V4(ip(to)),
        protocol: 6,
        port: destination,
        code: 0,
    };
    let mut frame = Frame::first(&packet, mac(to));
    frame.set(Field::TcpSrc, source.into());
    frame
}

fn local(port: PortGoal, number: u8) -> [Input; 2] {
    let plugged = Input::Plugged {
        port: port.id,
        ofport: ofport(number),
    };
    [put(port), plugged]
}

fn out(group: u8, number: u8) -> GroupRule {
    GroupRule {
        direction: Direction::Egress,
        protocol: None,
        port_min: None,
        port_max: None,
        ..rule(group, number)
    }
}

/// Ports 2 and 3 here. 2 may send everything, and 3 lets in TCP to port 80.
fn pair() -> Vec<Input> {
    let mut inputs = vec![
        put(group(1, vec![out(1, 1)])),
        put(group(2, vec![rule(2, 1)])),
    ];
    inputs.extend(local(secured(2, 1, &[1]), 2));
    inputs.extend(local(secured(3, 1, &[2]), 3));
    inputs
}

#[test]
fn answers_pass_and_only_answers() {
    let bridge = Bridge::guarded(pair());
    assert!(!bridge.tcp(3, 2, [80, 999]), "nobody has asked");
    assert!(!bridge.tcp(2, 3, [999, 81]));
    assert!(bridge.tcp(2, 3, [999, 80]));
    assert!(bridge.tcp(3, 2, [80, 999]));
    assert!(!bridge.tcp(3, 2, [80, 998]), "another connection");
}

#[test]
fn a_connection_that_no_rule_allows_any_more_ends_both_ways() {
    let mut bridge = Bridge::guarded(pair());
    assert!(bridge.tcp(2, 3, [999, 80]) && bridge.tcp(3, 2, [80, 999]));
    bridge.take([put(group(2, vec![]))]);
    assert!(
        bridge.tcp(3, 2, [80, 999]),
        "nobody has asked the rules yet"
    );
    assert!(!bridge.tcp(2, 3, [999, 80]));
    assert!(!bridge.tcp(3, 2, [80, 999]), "the answers end with it");
    bridge.take([put(group(2, vec![rule(2, 2)]))]);
    assert!(!bridge.tcp(3, 2, [80, 999]), "the answers wait");
    assert!(bridge.tcp(2, 3, [999, 80]), "until a rule is asked again");
    assert!(bridge.tcp(3, 2, [80, 999]));
}

#[test]
fn a_connection_lives_on_by_any_rule() {
    let mut bridge = Bridge::guarded(pair());
    assert!(bridge.tcp(2, 3, [999, 80]));
    let from_two = RuleRemote::Prefix("10.0.0.2/32".parse().unwrap());
    let other = GroupRule {
        remote: from_two,
        ..rule(2, 2)
    };
    bridge.take([put(group(2, vec![other]))]);
    assert!(bridge.tcp(2, 3, [999, 80]) && bridge.tcp(3, 2, [80, 999]));
}

#[test]
fn a_port_says_to_everybody_what_it_may_say_again() {
    let mut bridge = Bridge::guarded(pair());
    bridge.take(local(port(4, 1), 4));
    let mut everybody = tcp(2, 3, [999, 80]);
    everybody.set(Field::EthDst, MacAddr::BROADCAST.to_u64().into());
    for _ in 0..3 {
        let outcome = bridge.switch.receive(ofport(2), &everybody);
        let heard: Vec<_> = outcome.sent.iter().map(|(port, _)| *port).collect();
        assert_eq!(heard, [ofport(3), ofport(4)], "its own rules are not asked");
    }
}

#[test]
fn a_port_without_groups_exchanges_nothing_but_the_link_needs() {
    let mut bridge = Bridge::guarded(pair());
    bridge.take(local(secured(4, 1, &[]), 4));
    assert!(!bridge.tcp(4, 3, [999, 80]));
    assert!(!bridge.tcp(2, 4, [999, 80]));
    let ask = Frame::arp_request(mac(4), ip(4), ip(3));
    assert!(bridge.passes(4, &ask));
}

#[test]
fn no_flow_of_a_group_is_made_before_all_is_known() {
    let mut pipeline = Pipeline::new();
    for input in pair().iter().chain([&put(vpc(1))]) {
        pipeline.apply(input);
    }
    let kinds = |pipeline: &Pipeline| {
        let flows = pipeline.desired();
        flows.filter(|flow| flow.cookie >> 60 > 11).count()
    };
    assert_eq!(kinds(&pipeline), 0);
    pipeline.apply(&Input::Complete);
    assert_eq!(kinds(&pipeline), 4, "two kinds of packets, two rules");
}

/// Frames of IPv6 as they are, with a port's Ethernet address.
fn six(from: u8, source: Ipv6Addr, fields: &[(Field, u128)]) -> Frame {
    let mut frame = Frame::default();
    frame.set(Field::EthSrc, mac(from).to_u64().into());
    frame.set(Field::EthDst, 0x3333_0000_0001);
    frame.set(Field::EthType, 0x86dd);
    frame.set(Field::Ipv6Src, source.to_bits());
    for (field, value) in fields {
        frame.set(*field, *value);
    }
    frame
}

#[test]
fn neighbour_discovery_speaks_of_own_addresses_alone() {
    let mut inputs = pair();
    let mut with_six = secured(2, 1, &[1]);
    let own: Ipv6Addr = "fd00::2".parse().unwrap();
    with_six.fixed_ips[0].ip_address = own.into();
    inputs.push(put(with_six));
    let bridge = Bridge::guarded(inputs);
    let message = |source: &str, kind, target: &str, field, mac: MacAddr| {
        let target: Ipv6Addr = target.parse().unwrap();
        let fields = [
            (Field::IpProto, 58),
            (Field::Icmpv6Type, kind),
            (Field::NdTarget, target.to_bits()),
            (field, mac.to_u64().into()),
        ];
        bridge.passes(2, &six(2, source.parse().unwrap(), &fields))
    };
    let (sll, tll) = (Field::NdSll, Field::NdTll);
    let nobody = MacAddr([0; 6]);
    assert!(message("fd00::2", 135, "fd00::9", sll, mac(2)), "asks");
    assert!(
        message("::", 135, "fd00::2", sll, nobody),
        "looks for twins"
    );
    assert!(message("fe80::7", 136, "fe80::7", tll, mac(2)), "answers");
    assert!(message("fd00::2", 136, "fd00::2", tll, mac(2)));
    assert!(!message("fd00::9", 135, "fd00::3", sll, mac(2)));
    assert!(!message("fd00::2", 135, "fd00::3", sll, mac(3)));
    assert!(!message("::", 135, "fd00::3", sll, nobody));
    assert!(!message("fd00::2", 136, "fd00::3", tll, mac(2)));
    assert!(!message("fd00::2", 136, "fd00::2", tll, mac(3)));
    assert!(!message("fe80::7", 134, "::", tll, nobody), "is no router");
}

#[test]
fn rules_of_ipv6_speak_of_ipv6() {
    let prefix = RuleRemote::Prefix("fd00::/64".parse().unwrap());
    let web = GroupRule {
        ethertype: EtherType::Ipv6,
        remote: prefix,
        ..rule(2, 1)
    };
    let echo = GroupRule {
        protocol: Some(58),
        port_min: Some(128),
        port_max: None,
        ..web.clone()
    };
    let mut bridge = Bridge::guarded(local(port(4, 1), 4));
    let rules = vec![
        web,
        GroupRule {
            id: rule(2, 2).id,
            ..echo
        },
    ];
    bridge.take([put(group(2, rules))]);
    bridge.take(local(secured(3, 1, &[2]), 3));
    let enters = |source: &str, fields: &[(Field, u128)]| {
        let mut frame = six(4, source.parse().unwrap(), fields);
        frame.set(Field::EthDst, mac(3).to_u64().into());
        bridge.switch.connections.forget();
        bridge.passes(4, &frame)
    };
    let tcp = |port| [(Field::IpProto, 6), (Field::TcpDst, port)];
    let icmp = |kind| [(Field::IpProto, 58), (Field::Icmpv6Type, kind)];
    assert!(enters("fd00::9", &tcp(80)));
    assert!(!enters("fd00::9", &tcp(81)));
    assert!(!enters("fd01::9", &tcp(80)));
    assert!(enters("fd00::9", &icmp(128)));
    assert!(!enters("fd00::9", &icmp(129)));
    assert!(enters("fe80::9", &icmp(136)), "neighbours are always heard");
    assert!(!bridge.tcp(4, 3, [999, 80]), "IPv4 is another family");
}

#[test]
fn servers_of_addresses_are_the_regions_own() {
    let mut bridge = Bridge::guarded(pair());
    // Who is not checked hears all that may be said.
    bridge.take(local(port(4, 1), 4));
    let mut offer = Frame::dhcp(mac(2), MacAddr::BROADCAST, Ipv4Addr::BROADCAST);
    offer.set(Field::Ipv4Src, ip(2).to_bits().into());
    assert!(bridge.passes(2, &offer), "a client");
    offer.set(Field::UdpSrc, 67);
    offer.set(Field::UdpDst, 68);
    assert!(!bridge.passes(2, &offer));
    let dhcpv6 = [
        (Field::IpProto, 17),
        (Field::UdpSrc, 547),
        (Field::UdpDst, 546),
    ];
    let own = "fe80::2".parse().unwrap();
    assert!(!bridge.passes(2, &six(2, own, &dhcpv6)));
}

#[test]
fn allowed_pairs_widen_what_a_port_may_say() {
    let mut bridge = Bridge::guarded(pair());
    let lie = |bridge: &Bridge, from: u8| {
        let ask = Frame::arp_request(mac(from), ip(from), ip(3));
        bridge.passes(2, &ask)
    };
    assert!(lie(&bridge, 2));
    assert!(!lie(&bridge, 9));
    let mut wide = secured(2, 1, &[1]);
    wide.allowed_address_pairs = vec![AllowedAddressPair {
        ip_address: "10.0.0.8/30".parse().unwrap(),
        mac_address: Some(mac(9)),
    }];
    bridge.take([put(wide)]);
    assert!(lie(&bridge, 2) && lie(&bridge, 9));
    assert!(!lie(&bridge, 10), "another Ethernet address");
}

/// The blocks of a thousand members.
fn members(count: u16) -> impl Iterator<Item = Input> {
    (0..count).map(|number| {
        let [high, low] = number.to_be_bytes();
        let mut one = member(7, 0, &[]);
        one.port = alcor_types::PortId(uuid::Uuid::from_u128(0x9_0000 + u128::from(number)));
        one.addresses = vec![IpAddr::from([10, 1, high, low]).into()];
        put(one)
    })
}

#[test]
fn flows_grow_with_rules_plus_members_and_not_with_their_product() {
    let rules = (0..100).map(|number| GroupRule {
        port_min: Some(1000 + u16::from(number)),
        port_max: Some(1000 + u16::from(number)),
        remote: RuleRemote::Group(group_id(7)),
        ..rule(2, number)
    });
    let mut bridge = Bridge::guarded(local(secured(3, 1, &[2]), 3));
    let before = bridge.switch.flows().len();
    let rules: Vec<_> = rules.collect();
    bridge.take([put(group(2, rules.clone())), put(group(7, vec![]))]);
    bridge.take(members(1000));
    let added = bridge.switch.flows().len() - before;
    // The port, 1,000 blocks, 100 kinds of packets, 100 rules.
    assert_eq!(added, 1 + 1000 + 100 + 100);

    // One member is one flow, whatever the number of rules; one rule is two flows and a word in
    // those of the members.
    bridge.pipeline.apply(&put(member(7, 9, &["10.2.0.9/32"])));
    let changes = bridge.pipeline.take_changes();
    assert_eq!((changes.add.len(), changes.delete.len()), (1, 0));
    bridge.switch.apply(changes);
    let one_less = rules[1..].to_vec();
    bridge.pipeline.apply(&put(group(2, one_less)));
    let changes = bridge.pipeline.take_changes();
    assert_eq!((changes.add.len(), changes.delete.len()), (1 + 1001, 2));
    for flow in bridge.switch.flows() {
        let message = Message::FlowMod(FlowMod::add(flow));
        assert_eq!(message.encode(1, &mut BytesMut::new()), Ok(()));
    }
}

#[test]
fn everything_of_groups_gone_again_leaves_the_base() {
    let base = Bridge::guarded([]).switch.flows();
    let mut bridge = Bridge::guarded(pair());
    bridge.take([put(member(1, 2, &["10.0.0.2/32"]))]);
    let gone = [
        GoalKey::Port(port_id(2)),
        GoalKey::Group(group_id(1)),
        GoalKey::Member(group_id(1), port_id(2)),
        GoalKey::Group(group_id(2)),
        GoalKey::Port(port_id(3)),
    ];
    bridge.take(gone.map(Input::Delete));
    let unplugged = [2, 3].map(|number| Input::Unplugged {
        port: port_id(number),
    });
    bridge.take(unplugged);
    assert_eq!(bridge.switch.flows(), base);
    let owner = cookie::of_owner(Owner::Guard(port_id(2)));
    assert_eq!(owner >> 60, 11);
}
