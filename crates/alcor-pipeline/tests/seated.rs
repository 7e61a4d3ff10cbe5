//! VMs on the wire of a network whose router leads out on another host: how their packets get there,
//! and how answers come back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

use alcor_goalstate::{Carrier, InterfaceGoal, VpcGoal};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Input, Neighbor, seat_mac};
use alcor_types::{HostRoute, MacAddr};
use std::net::{IpAddr, Ipv4Addr};
use support::bridge::{Bridge, ofport, plug, tunnel};
use support::frame::Frame;
use support::goals::*;
use support::north::*;
use support::switch::Outcome;

/// The way to the wire.
const WIRE: PortNo = PortNo(21);
/// The tag of the VMs' network there, and of the external one.
const INSIDE: u128 = 0x1005;
const OUTSIDE: u128 = 0x1007;
/// Where other hosts' tunnels end.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
/// Out there.
const SOMEBODY: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);
/// The router's port, its number and its address.
const ROUTER: u8 = 61;
/// A VM on the wire.
const VM: u8 = 2;

fn wired() -> VpcGoal {
    let mut net = vpc(1);
    net.carrier = Carrier::Vlan {
        physical_network: PHYSICAL.to_owned(),
        tag: 5,
    };
    net
}

/// The router's port, which leads out untranslated where tunnels end so.
fn leading(host_ip: IpAddr) -> InterfaceGoal {
    let mut way = gateway(1, 9, false);
    (way.snat, way.host_ip) = (false, Some(host_ip));
    let mut port = interface(ROUTER, 1, 1, 1);
    port.gateways = vec![way];
    port
}

/// What every host knows, of which one has the VM.
fn bridge(seat: IpAddr, more: impl IntoIterator<Item = Input>) -> Bridge {
    let known = [
        Input::Wire {
            physical_network: PHYSICAL.to_owned(),
            ofport: Some(WIRE),
        },
        Input::Hop {
            network: vpc_id(9),
            address: outside(254),
            neighbor: Some(Neighbor::At(mac(200))),
        },
        tunnel(),
        put(wired()),
        put(subnet(1, 1)),
        put(leading(seat)),
    ];
    Bridge::new(known.into_iter().chain(more))
}

/// The VM's host, where the router leads out elsewhere.
fn home() -> Bridge {
    bridge(THERE, [put(port(VM, 1)), plug(VM)])
}

/// The host that leads out.
fn seat() -> Bridge {
    bridge(SEAT, [put(neighbor(VM, 1, 1))])
}

fn packet(macs: (MacAddr, MacAddr), from: Ipv4Addr, to: Ipv4Addr) -> Frame {
    let mut frame = Frame::ping(macs.0, macs.1);
    frame.set(Field::NwTtl, 64);
    frame.set(Field::Ipv4Src, from.to_bits().into());
    frame.set(Field::Ipv4Dst, to.to_bits().into());
    frame
}

/// By the wire, with this tag.
fn arrives(bridge: &Bridge, tag: u128, frame: &Frame) -> Outcome {
    let mut frame = frame.clone();
    frame.set(Field::VlanVid, tag);
    bridge.switch.receive(WIRE, &frame)
}

/// The one frame that left by the wire: its tag, its Ethernet addresses and its time to live.
fn left(outcome: &Outcome) -> (u128, MacAddr, MacAddr, u128) {
    let [(port, frame)] = &outcome.sent[..] else {
        panic!("one frame, not {outcome:?}");
    };
    assert_eq!((*port, &outcome.punted[..]), (WIRE, &[][..]));
    let mac = |field| MacAddr(frame.get(field).to_be_bytes()[10..].try_into().unwrap());
    (
        frame.get(Field::VlanVid),
        mac(Field::EthSrc),
        mac(Field::EthDst),
        frame.get(Field::NwTtl),
    )
}

/// What the VM sends to the world, to this address on the wire.
fn outward(to: MacAddr) -> Frame {
    packet((mac(VM), to), ip(VM), SOMEBODY)
}

#[test]
fn a_packet_goes_by_the_wire_as_the_vm_sent_it() {
    let mut home = home();
    let sent = || outward(mac(ROUTER));
    let to = seat_mac(THERE, port_id(ROUTER));
    assert_eq!(
        left(&home.sent_by(VM, &sent())),
        (INSIDE, mac(VM), to, 64),
        "the VM's own address stays where switches know it"
    );
    // Where the gateway moves, there is another address.
    home.take([put(leading(ELSEWHERE))]);
    let moved = seat_mac(ELSEWHERE, port_id(ROUTER));
    assert_ne!(to, moved);
    let outcome = home.sent_by(VM, &sent());
    assert_eq!(left(&outcome), (INSIDE, mac(VM), moved, 64));
    assert!(home.pipeline.seats().is_empty(), "it is elsewhere");
    // And here it is nobody's.
    assert_eq!(arrives(&home, INSIDE, &outward(to)), Outcome::default());
}

#[test]
fn the_host_that_leads_out_takes_it_and_nobody_else_does() {
    let seat = seat();
    let to = seat_mac(SEAT, port_id(ROUTER));
    let outcome = arrives(&seat, INSIDE, &outward(to));
    assert_eq!(left(&outcome), (OUTSIDE, mac(81), mac(200), 63));
    let others = [
        mac(ROUTER),
        seat_mac(THERE, port_id(ROUTER)),
        seat_mac(SEAT, port_id(ROUTER + 1)),
    ];
    for other in others {
        assert_eq!(
            arrives(&seat, INSIDE, &outward(other)),
            Outcome::default(),
            "{other} is none of the router's here"
        );
    }
    let told: Vec<_> = { seat.pipeline.seats() }
        .into_iter()
        .map(|(mac, _)| mac)
        .collect();
    assert_eq!(told, [to], "switches on the wire are told of it");
    // Of another network it is nobody's.
    assert_eq!(arrives(&seat, OUTSIDE, &outward(to)), Outcome::default());
}

#[test]
fn an_answer_comes_from_where_packets_go() {
    let (home, seat) = (home(), seat());
    let answer = packet((mac(200), mac(81)), SOMEBODY, ip(VM));
    let outcome = arrives(&seat, OUTSIDE, &answer);
    let own = seat_mac(SEAT, port_id(ROUTER));
    assert_eq!(left(&outcome), (INSIDE, own, mac(VM), 63));
    let inside = outcome.sent[0].1.on_the_wire();
    let outcome = home.switch.receive(WIRE, &inside);
    let [(to, frame)] = &outcome.sent[..] else {
        panic!("the VM gets it: {outcome:?}");
    };
    assert_eq!(*to, ofport(VM));
    let from = frame.get(Field::EthSrc);
    assert_eq!(from, u128::from(mac(ROUTER).to_u64()), "from its gateway");
}

#[test]
fn what_one_router_hands_to_another_comes_from_the_host() {
    // Port 4 in network 3 is behind router 2, which has the world behind router 1.
    let block = |number: u8| Ipv4Addr::new(10, 0, 3, number);
    let mut behind = subnet(3, 3);
    behind.cidr = "10.0.3.0/24".parse().unwrap();
    let at = |number: u8| {
        let mut fixed = port(number, 3).fixed_ips;
        fixed[0].ip_address = block(number).into();
        fixed
    };
    let mut guest = port(4, 3);
    guest.fixed_ips = at(4);
    let route = HostRoute {
        destination: "198.51.100.0/24".parse().unwrap(),
        nexthop: ip(ROUTER).into(),
    };
    let ports = [(62, 1), (63, 3)].map(|(number, network)| {
        let mut own = interface(number, network, network, 2);
        own.routes = vec![route];
        if network == 3 {
            own.fixed_ips[0].ip_address = block(number).into();
        }
        put(own)
    });
    let more = [put(vpc(3)), put(behind), put(guest), plug(4)];
    let home = bridge(THERE, more.into_iter().chain(ports));
    let sent = packet((mac(4), mac(63)), block(4), SOMEBODY);
    let own = MacAddr([0xae, 0x1c, 0, 0, 0, 0]);
    let to = seat_mac(THERE, port_id(ROUTER));
    assert_eq!(left(&home.sent_by(4, &sent)), (INSIDE, own, to, 63));
}
