//! One host's bridge: what its VMs and its tunnel may do, goal by goal.

mod support;

use alcor_goalstate::{Carrier, GoalKey};
use alcor_openflow::{Field, FlowMod, Message, PortNo};
use alcor_pipeline::{Contents, FlowChanges, Input, Owner, Pipeline, Punt, cookie};
use alcor_responder::{FALLBACK_SERVER_ID, server_mac};
use alcor_types::{MacAddr, Revision};
use bytes::BytesMut;
use std::net::{Ipv4Addr, Ipv6Addr};
use support::bridge::{Bridge, ofport, plug, tunnel};
use support::frame::Frame;
use support::goals::*;
use support::switch::{Outcome, Switch};

fn local(number: u8, vpc: u8) -> [Input; 2] {
    [put(port(number, vpc)), plug(number)]
}

/// Network 1 with a subnet and leases: ports 2 and 3 here, 4 on host 1, 5 and 6 on host 2.
fn inputs() -> Vec<Input> {
    let mut inputs = vec![tunnel(), put(vpc(1)), put(subnet(1, 1))];
    inputs.extend(local(2, 1));
    inputs.extend(local(3, 1));
    inputs.extend([put(lease(2, 1)), put(lease(3, 1))]);
    inputs.extend([
        put(neighbor(4, 1, 1)),
        put(neighbor(5, 1, 2)),
        put(neighbor(6, 1, 2)),
    ]);
    inputs
}

/// Where to, with which VNI and tunnel end.
fn tunnelled(outcome: &Outcome) -> Vec<(u128, u128)> {
    let tunnels = outcome.sent.iter().filter(|(port, _)| *port == TUNNEL);
    tunnels
        .map(|(_, frame)| (frame.get(Field::TunnelId), frame.get(Field::TunIpv4Dst)))
        .collect()
}

fn tunnel_end(host: u8) -> u128 {
    Ipv4Addr::new(192, 168, 100, host).to_bits().into()
}

/// The ports here that got the frame.
fn delivered(outcome: &Outcome) -> Vec<PortNo> {
    let ports = outcome.sent.iter().map(|(port, _)| *port);
    ports.filter(|port| *port != TUNNEL).collect()
}

#[test]
fn unicast_goes_to_the_port_or_its_host_and_else_nowhere() {
    let bridge = Bridge::new(inputs());
    let to = |number| bridge.sent_by(2, &Frame::ping(mac(2), mac(number)));
    assert_eq!(delivered(&to(3)), [ofport(3)]);
    assert_eq!(tunnelled(&to(3)), []);
    assert_eq!(tunnelled(&to(4)), [(101, tunnel_end(1))]);
    assert_eq!(delivered(&to(4)), []);
    assert_eq!(to(9), Outcome::default());
    assert_eq!(to(2), Outcome::default(), "a VM that speaks to itself");
}

#[test]
fn broadcast_goes_to_every_member_here_and_once_to_every_host() {
    let bridge = Bridge::new(inputs());
    for group in [MacAddr::BROADCAST, MacAddr([0x33, 0x33, 0, 0, 0, 1])] {
        let outcome = bridge.sent_by(2, &Frame::ping(mac(2), group));
        assert_eq!(delivered(&outcome), [ofport(3)]);
        let hosts = [(101, tunnel_end(1)), (101, tunnel_end(2))];
        assert_eq!(tunnelled(&outcome), hosts);
    }
}

#[test]
fn frames_from_a_tunnel_stay_here() {
    let bridge = Bridge::new(inputs());
    let to = |target| bridge.arrives(101, &Frame::ping(mac(4), target));
    assert_eq!(delivered(&to(mac(3))), [ofport(3)]);
    assert_eq!(delivered(&to(MacAddr::BROADCAST)), [ofport(2), ofport(3)]);
    assert_eq!(tunnelled(&to(MacAddr::BROADCAST)), []);
    assert_eq!(to(mac(5)), Outcome::default(), "never into a tunnel again");
    let stranger = bridge.arrives(7, &Frame::ping(mac(4), mac(3)));
    assert_eq!(stranger, Outcome::default(), "a VNI that is not here");
    let arp = Frame::arp_request(mac(4), ip(4), ip(5));
    assert_eq!(
        delivered(&bridge.arrives(101, &arp)),
        [ofport(2), ofport(3)]
    );
}

#[test]
fn arp_is_answered_for_known_addresses() {
    let bridge = Bridge::new(inputs());
    let ask = |target| bridge.sent_by(2, &Frame::arp_request(mac(2), ip(2), target));
    for number in [3, 4, 5] {
        let outcome = ask(ip(number));
        let [(port, reply)] = &outcome.sent[..] else {
            panic!("{outcome:?}");
        };
        let expected = Frame::arp_reply((mac(number), ip(number)), (mac(2), ip(2)));
        assert_eq!((*port, reply.on_the_wire()), (ofport(2), expected));
    }
    let unknown = ask(ip(99));
    assert_eq!(delivered(&unknown), [ofport(3)], "like any broadcast");
    assert_eq!(tunnelled(&unknown).len(), 2);
}

#[test]
fn neighbour_solicitations_are_answered_like_arp() {
    let six = |number: u16| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number);
    let with_six = |mut fixed: Vec<alcor_types::FixedIp>, number| {
        fixed[0].ip_address = six(number).into();
        fixed
    };
    let mut bridge = Bridge::new(inputs());
    let mut near = port(2, 1);
    near.fixed_ips = with_six(near.fixed_ips, 2);
    let mut far = neighbor(4, 1, 1);
    far.fixed_ips = with_six(far.fixed_ips, 4);
    bridge.take([put(near), put(far)]);
    let ask = |sender, target| {
        let frame = Frame::solicitation(mac(2), sender, target);
        bridge.sent_by(2, &frame)
    };
    let outcome = ask(six(2), six(4));
    let [(to, answer)] = &outcome.sent[..] else {
        panic!("{outcome:?}");
    };
    assert_eq!(*to, ofport(2));
    let number = |mac: MacAddr| u128::from(mac.to_u64());
    let expected = [
        (Field::EthSrc, number(mac(4))),
        (Field::EthDst, number(mac(2))),
        (Field::Ipv6Src, six(4).to_bits()),
        (Field::Ipv6Dst, six(2).to_bits()),
        (Field::Icmpv6Type, 136),
        (Field::NdTarget, six(4).to_bits()),
        (Field::NdTll, number(mac(4))),
        (Field::NdOptionsType, 2),
    ];
    for (field, value) in expected {
        assert_eq!(answer.get(field), value, "{field:?}");
    }
    // Unknown, a search for duplicates, its own address: all of these are for the others.
    for (sender, target) in [
        (six(2), six(9)),
        (Ipv6Addr::UNSPECIFIED, six(4)),
        (six(2), six(2)),
    ] {
        assert_eq!(tunnelled(&ask(sender, target)).len(), 2, "{target}");
    }
}

#[test]
fn nobody_is_told_that_its_own_address_is_taken() {
    let bridge = Bridge::new(inputs());
    for sender in [Ipv4Addr::UNSPECIFIED, ip(2)] {
        let probe = Frame::arp_request(mac(2), sender, ip(2));
        let outcome = bridge.sent_by(2, &probe);
        assert_eq!(delivered(&outcome), [ofport(3)]);
        assert_eq!(tunnelled(&outcome).len(), 2);
    }
    let stolen = Frame::arp_request(mac(3), Ipv4Addr::UNSPECIFIED, ip(2));
    assert_eq!(
        delivered(&bridge.sent_by(3, &stolen)),
        [ofport(3)],
        "but a thief is"
    );
}

#[test]
fn dhcp_clients_speak_to_the_agent() {
    let mut bridge = Bridge::new(inputs());
    let told = |bridge: &Bridge, to, server| {
        let outcome = bridge.sent_by(2, &Frame::dhcp(mac(2), to, server));
        assert_eq!(outcome.sent, [], "nobody else hears it");
        outcome.punted
    };
    let punt = Punt::Dhcp4 { port: port_id(2) };
    let everybody = Ipv4Addr::BROADCAST;
    assert_eq!(told(&bridge, MacAddr::BROADCAST, everybody), [punt]);
    assert_eq!(told(&bridge, server_mac(vpc_id(1)), ip(1)), [punt]);
    // The client finds the server to renew with.
    let ask = Frame::arp_request(mac(2), ip(2), ip(1));
    let outcome = bridge.sent_by(2, &ask);
    let reply = Frame::arp_reply((server_mac(vpc_id(1)), ip(1)), (mac(2), ip(2)));
    assert_eq!(outcome.sent[0].1.on_the_wire(), reply);
    // Without a router it has an address of its own.
    let mut alone = subnet(1, 1);
    alone.gateway_ip = None;
    bridge.take([put(alone)]);
    assert_eq!(
        told(&bridge, server_mac(vpc_id(1)), FALLBACK_SERVER_ID),
        [punt]
    );
    let gateway = bridge.sent_by(2, &ask);
    assert_eq!(gateway.sent.len(), 3, "no router, no answer: a broadcast");
}

#[test]
fn a_dhcp_client_without_a_lease_is_like_any_other() {
    let mut bridge = Bridge::new(inputs());
    bridge.take([Input::Delete(GoalKey::Dhcp(port_id(2), subnet_id(1)))]);
    let discover = Frame::dhcp(mac(2), MacAddr::BROADCAST, Ipv4Addr::BROADCAST);
    let outcome = bridge.sent_by(2, &discover);
    assert_eq!(outcome.punted, []);
    assert_eq!(delivered(&outcome), [ofport(3)]);
}

#[test]
fn what_is_switched_off_sends_and_gets_nothing() {
    let mut bridge = Bridge::new(inputs());
    let mut down = port(2, 1);
    down.admin_state_up = false;
    bridge.take([put(down)]);
    let nothing = Outcome::default();
    assert_eq!(bridge.sent_by(2, &Frame::ping(mac(2), mac(3))), nothing);
    assert_eq!(bridge.sent_by(3, &Frame::ping(mac(3), mac(2))), nothing);
    let mut dark = vpc(1);
    dark.admin_state_up = false;
    bridge.take([put(dark)]);
    assert_eq!(bridge.sent_by(3, &Frame::ping(mac(3), mac(4))), nothing);
    assert_eq!(bridge.arrives(101, &Frame::ping(mac(4), mac(3))), nothing);
    bridge.take([put(vpc(1)), put(port(2, 1))]);
    assert_eq!(bridge.switch.flows(), Bridge::new(inputs()).switch.flows());
}

#[test]
fn a_port_without_a_plug_gets_nothing_and_its_peers_still_find_it() {
    let mut bridge = Bridge::new(inputs());
    bridge.take([Input::Unplugged { port: port_id(3) }]);
    let ping = bridge.sent_by(2, &Frame::ping(mac(2), mac(3)));
    assert_eq!(ping, Outcome::default());
    let ask = Frame::arp_request(mac(2), ip(2), ip(3));
    assert_eq!(delivered(&bridge.sent_by(2, &ask)), [ofport(2)]);
    bridge.take([plug(3)]);
    assert_eq!(bridge.switch.flows(), Bridge::new(inputs()).switch.flows());
}

#[test]
fn a_port_number_is_one_ports() {
    let mut bridge = Bridge::new(inputs());
    let taken = Input::Plugged {
        port: port_id(3),
        ofport: ofport(2),
    };
    bridge.take([taken]);
    let from_two = bridge.arrives(101, &Frame::ping(mac(4), mac(2)));
    assert_eq!(from_two, Outcome::default(), "port 2 has lost its number");
    let from_three = bridge.arrives(101, &Frame::ping(mac(4), mac(3)));
    assert_eq!(delivered(&from_three), [ofport(2)]);
}

#[test]
fn everything_there_and_gone_again_leaves_the_base() {
    let base = Bridge::new([]).switch.flows();
    let mut bridge = Bridge::new(inputs());
    assert!(bridge.switch.flows().len() > base.len() + 20);
    let keys: Vec<_> = inputs()
        .into_iter()
        .filter_map(|input| match input {
            Input::Put(goal) => Some(Input::Delete(goal.key())),
            Input::Plugged { port, .. } => Some(Input::Unplugged { port }),
            Input::Tunnel { kind, .. } => Some(Input::Tunnel { kind, ofport: None }),
            _ => None,
        })
        .collect();
    bridge.take(keys);
    assert_eq!(bridge.switch.flows(), base);
}

#[test]
fn a_port_that_is_here_and_elsewhere_is_here() {
    let mut bridge = Bridge::new(inputs());
    // It moves away: for a moment both goals are there.
    bridge.take([put(neighbor(3, 1, 2))]);
    let ping = Frame::ping(mac(2), mac(3));
    assert_eq!(delivered(&bridge.sent_by(2, &ping)), [ofport(3)]);
    bridge.take([Input::Delete(GoalKey::Port(port_id(3)))]);
    assert_eq!(tunnelled(&bridge.sent_by(2, &ping)), [(101, tunnel_end(2))]);
    let ask = Frame::arp_request(mac(2), ip(2), ip(3));
    assert_eq!(delivered(&bridge.sent_by(2, &ask)), [ofport(2)]);
    // And back.
    bridge.take([put(port(3, 1))]);
    assert_eq!(delivered(&bridge.sent_by(2, &ping)), [ofport(3)]);
}

#[test]
fn a_vni_is_the_newest_networks() {
    let mut bridge = Bridge::new(inputs());
    let mut heir = vpc(2);
    heir.carrier = Carrier::Vxlan(vni(1));
    heir.revision = Revision(9);
    bridge.take(local(7, 2).into_iter().chain([put(heir)]));
    let ping = Frame::ping(mac(4), mac(7));
    assert_eq!(delivered(&bridge.arrives(101, &ping)), [ofport(7)]);
    let old = bridge.sent_by(2, &Frame::ping(mac(2), mac(7)));
    assert_eq!(
        old,
        Outcome::default(),
        "the old network is cut off, not joined"
    );
    bridge.take([Input::Delete(GoalKey::Vpc(vpc_id(2)))]);
    let back = bridge.arrives(101, &Frame::ping(mac(4), mac(3)));
    assert_eq!(delivered(&back), [ofport(3)]);
}

#[test]
fn goals_wait_for_those_they_need() {
    let mut backwards = inputs();
    backwards.reverse();
    let mut bridge = Bridge::new([]);
    for input in backwards {
        bridge.take([input]);
    }
    assert_eq!(bridge.switch.flows(), Bridge::new(inputs()).switch.flows());
}

#[test]
fn a_neighbour_costs_its_own_two_flows() {
    let mut bridge = Bridge::new(inputs());
    bridge.pipeline.apply(&put(neighbor(7, 1, 2)));
    let changes = bridge.pipeline.take_changes();
    assert_eq!((changes.add.len(), changes.delete.len()), (2, 0));
    bridge.switch.apply(changes);
    bridge.pipeline.apply(&put(neighbor(7, 1, 2)));
    assert!(
        bridge.pipeline.take_changes().is_empty(),
        "it was there already"
    );
    bridge.pipeline.apply(&put(neighbor(8, 1, 3)));
    let new_host = bridge.pipeline.take_changes();
    assert_eq!(
        new_host.add.len(),
        3,
        "and the list of hosts, when its host is new"
    );
}

/// A port on a host of its own; two in three hosts have tunnel ends of IPv6.
fn far(host: u16) -> Input {
    let [high, low] = host.to_be_bytes();
    let mut far = neighbor(0, 1, 0);
    far.port = alcor_types::PortId(uuid::Uuid::from_u128(0x9_0000 + u128::from(host)));
    far.mac = MacAddr([2, 0, 0, 0, high, low]);
    far.fixed_ips.clear();
    far.host_ip = match host % 3 {
        0 => Ipv4Addr::new(172, 16, high, low).into(),
        _ => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, host).into(),
    };
    put(far)
}

#[test]
fn a_long_list_of_hosts_is_served_in_parts() {
    let bridge = Bridge::new(inputs().into_iter().chain((0..4500).map(far)));
    let outcome = bridge.sent_by(2, &Frame::ping(mac(2), MacAddr::BROADCAST));
    assert_eq!(delivered(&outcome), [ofport(3)]);
    let tunnels = outcome.sent.iter().filter(|(port, _)| *port == TUNNEL);
    let mut ends: Vec<_> = tunnels
        .map(|(_, frame)| match frame.get(Field::TunIpv4Dst) {
            // Open vSwitch looks at the IPv6 end only where there is none of IPv4.
            0 => frame.get(Field::TunIpv6Dst),
            end => end,
        })
        .collect();
    assert_eq!(ends.len(), 4502);
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), 4502, "every host once");
    for flow in bridge.switch.flows() {
        let message = Message::FlowMod(FlowMod::add(flow));
        assert_eq!(message.encode(1, &mut BytesMut::new()), Ok(()));
    }
}

#[test]
fn a_bridge_that_lost_or_kept_flows_is_repaired() {
    let mut bridge = Bridge::new(inputs());
    let wanted = bridge.switch.flows();
    assert_eq!(
        bridge.pipeline.diff(bridge.switch.contents()),
        FlowChanges::default()
    );
    // Emptied, as when ovs-vswitchd restarts.
    bridge.switch = Switch::default();
    let changes = bridge.pipeline.diff(Contents::default());
    bridge.switch.apply(changes);
    assert_eq!(bridge.switch.flows(), wanted);
    // A new agent finds the flows of the old one, some of them stale.
    let mut heir = Pipeline::new();
    let fewer = inputs().len() - 1;
    inputs()
        .iter()
        .take(fewer)
        .for_each(|input| heir.apply(input));
    let changes = heir.diff(bridge.switch.contents());
    assert_eq!((changes.add.len(), changes.delete.len()), (0, 2));
    assert!(heir.take_changes().is_empty(), "nothing is left to take");
    bridge.switch.apply(changes);
    let desired = heir.desired().count();
    assert_eq!(bridge.switch.flows().len(), desired);
}

#[test]
fn cookies_name_their_owners() {
    let bridge = Bridge::new(inputs());
    let owned = |owner| {
        let cookie = cookie::of_owner(owner);
        let flows = bridge.switch.flows();
        flows
            .iter()
            .filter(|flow| flow.cookie & cookie::OWNER_MASK == cookie)
            .count()
    };
    assert_eq!(owned(Owner::Base), 144);
    assert_eq!(owned(Owner::Vpc(vpc_id(1))), 1);
    assert_eq!(owned(Owner::Port(port_id(2))), 4);
    assert_eq!(owned(Owner::Mac(vpc_id(1), mac(4))), 1);
    assert_eq!(owned(Owner::Address(vpc_id(1), ip(4).into())), 1);
    assert_eq!(owned(Owner::Flood(vpc_id(1))), 2);
}
