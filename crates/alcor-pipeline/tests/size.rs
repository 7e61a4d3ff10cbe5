//! Packets too large for where a router sends them: who hears of it, what passes, and what it costs.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_goalstate::Carrier;
use alcor_openflow::{Action, Field, PortNo};
use alcor_pipeline::{Input, Punt, table};
use alcor_types::{FixedIp, MacAddr};
use std::net::{IpAddr, Ipv4Addr};
use support::bridge::{Bridge, ofport, plug, tunnel};
use support::frame::Frame;
use support::goals::*;
use support::north::*;
use support::switch::Outcome;

/// Behind router 1: port 2 in network 1, port 3 in network 2 with smaller packets.
const WIRE: PortNo = PortNo(21);

fn address(network: u8, number: u8) -> IpAddr {
    IpAddr::from([10, 0, network, number])
}

fn fixed(network: u8, number: u8) -> Vec<FixedIp> {
    vec![FixedIp {
        subnet_id: subnet_id(network),
        ip_address: address(network, number),
    }]
}

fn gateway_mac(network: u8) -> MacAddr {
    mac(60 + network)
}

/// A network of this MTU with a port on this host, and the router's port in it.
fn place(network: u8, mtu: u16) -> Vec<Input> {
    let number = network + 1;
    let mut net = vpc(network);
    net.mtu = mtu;
    let mut block = subnet(network, network);
    block.cidr = format!("10.0.{network}.0/24").parse().unwrap();
    block.gateway_ip = Some(address(network, 1));
    let mut guest = port(number, network);
    guest.fixed_ips = fixed(network, number);
    let mut router = interface(60 + network, network, network, 1);
    router.fixed_ips = fixed(network, 1);
    vec![put(net), put(block), put(guest), plug(number), put(router)]
}

fn bridge(first: u16, second: u16) -> Bridge {
    let places = place(1, first).into_iter().chain(place(2, second));
    Bridge::new(places.chain([tunnel()]))
}

/// What port `from` sends to an address by its gateway.
fn routed(from: u8, to: IpAddr) -> Frame {
    let IpAddr::V4(to) = to else { panic!("{to}") };
    let IpAddr::V4(own) = address(from - 1, from) else {
        panic!("{from}");
    };
    packet((mac(from), own), (gateway_mac(from - 1), to))
}

fn packet(from: (MacAddr, Ipv4Addr), to: (MacAddr, Ipv4Addr)) -> Frame {
    let mut frame = Frame::ping(from.0, to.0);
    frame.set(Field::NwTtl, 64);
    frame.set(Field::Ipv4Src, from.1.to_bits().into());
    frame.set(Field::Ipv4Dst, to.1.to_bits().into());
    frame
}

fn passes(outcome: &Outcome, port: u8) -> bool {
    let ports = outcome.sent.iter().map(|(port, _)| *port);
    outcome.punted.is_empty() && ports.eq([ofport(port)])
}

fn measures(bridge: &Bridge) -> usize {
    let flows = bridge.switch.flows();
    let measures = |action: &Action| matches!(action, Action::CheckPktLarger { .. });
    let all = flows.iter().flat_map(|flow| &flow.instructions.apply);
    all.filter(|action| measures(action)).count()
}

#[test]
fn a_sender_is_told_what_the_smaller_network_carries() {
    let bridge = bridge(1450, 1300);
    let there = |size| bridge.sent_by(2, &routed(2, address(2, 3)).sized(size));
    assert!(passes(&there(1300), 3));
    let outcome = there(1301);
    assert_eq!(outcome.sent, []);
    let told = Punt::TooLarge {
        mac: gateway_mac(1),
        address: address(1, 1),
        mtu: 1300,
    };
    assert_eq!(outcome.punted, [told]);
    // The other way everything fits.
    let back = bridge.sent_by(3, &routed(3, address(1, 2)).sized(1450));
    assert!(passes(&back, 2));
}

#[test]
fn equal_networks_are_not_measured() {
    let mut bridge = bridge(1450, 1450);
    assert_eq!(measures(&bridge), 0);
    let to = routed(2, address(2, 3)).sized(1450);
    assert!(passes(&bridge.sent_by(2, &to), 3));
    // Until one of them is smaller; and then no longer.
    let mut smaller = vpc(2);
    smaller.mtu = 1400;
    bridge.take([put(smaller.clone())]);
    assert_eq!(measures(&bridge), 1);
    assert_eq!(bridge.sent_by(2, &to).punted.len(), 1);
    smaller.mtu = 1450;
    bridge.take([put(smaller)]);
    assert_eq!(measures(&bridge), 0);
    assert!(bridge.switch.flows().iter().all(|flow| {
        let measured = [table::SIZE, table::MEASURED].contains(&flow.key.table);
        !measured || flow.cookie >> 60 == 1
    }));
}

/// The router leads out here, by a network of this MTU, without translation.
fn with_outside(mtu: u16) -> Bridge {
    let mut bridge = bridge(1450, 1300);
    bridge.take([1, 2].map(|network| {
        let mut port = interface(60 + network, network, network, 1);
        port.fixed_ips = fixed(network, 1);
        let mut way = gateway(1, 9, true);
        (way.mtu, way.snat) = (mtu, false);
        way.carrier = Carrier::Flat {
            physical_network: PHYSICAL.to_owned(),
        };
        port.gateways = vec![way];
        put(port)
    }));
    bridge.take([Input::Wire {
        physical_network: PHYSICAL.to_owned(),
        ofport: Some(WIRE),
    }]);
    bridge
}

fn leaves(bridge: &Bridge, size: u16) -> Vec<Punt> {
    let frame = routed(2, outside(200)).sized(size);
    bridge.sent_by(2, &frame).punted
}

#[test]
fn what_leaves_and_enters_the_region_is_measured() {
    let unknown = Punt::NextHop { network: vpc_id(9) };
    let narrow = with_outside(1400);
    let told = Punt::TooLarge {
        mac: gateway_mac(1),
        address: address(1, 1),
        mtu: 1400,
    };
    assert_eq!(leaves(&narrow, 1401), [told]);
    assert_eq!(leaves(&narrow, 1400), [unknown]);
    let wide = with_outside(1500);
    assert_eq!(leaves(&wide, 1450), [unknown]);
    let from = (mac(200), Ipv4Addr::new(203, 0, 113, 200));
    let enters = |network, number, size| {
        let IpAddr::V4(to) = address(network, number) else {
            panic!("of IPv4");
        };
        let frame = packet(from, (mac(81), to)).sized(size);
        wide.switch.receive(WIRE, &frame)
    };
    assert!(passes(&enters(1, 2, 1450), 2));
    assert!(passes(&enters(2, 3, 1300), 3));
    for (network, number, mtu) in [(1, 2, 1450), (2, 3, 1300)] {
        let told = Punt::TooLargeFromOutside {
            network: vpc_id(9),
            address: outside(1),
            mtu,
            zone: 0,
        };
        let outcome = enters(network, number, mtu + 1);
        assert_eq!((outcome.sent, outcome.punted), (vec![], vec![told]));
    }
}
