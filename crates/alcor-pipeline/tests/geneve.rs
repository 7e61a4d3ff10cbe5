//! Tunnels of two kinds: each network's frames come and go by its own, also where numbers are equal.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_goalstate::{Carrier, TunnelKind};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::Input;
use alcor_types::MacAddr;
use support::bridge::{Bridge, ofport, plug, tunnel_of};
use support::frame::Frame;
use support::goals::*;
use support::switch::Outcome;

/// Networks 1 and 2 with one number: ports 2 and 3 here, and 4 and 5 with like addresses elsewhere.
fn inputs() -> Vec<Input> {
    let mut other = vpc(2);
    other.carrier = Carrier::Geneve(vni(1));
    let (near, mut far) = (neighbor(4, 1, 1), neighbor(5, 2, 2));
    (far.mac, far.fixed_ips) = (near.mac, near.fixed_ips.clone());
    let mut inputs = TunnelKind::ALL.map(tunnel_of).to_vec();
    inputs.extend([put(vpc(1)), put(other)]);
    inputs.extend([put(port(2, 1)), plug(2), put(port(3, 2)), plug(3)]);
    inputs.extend([put(near), put(far)]);
    inputs
}

/// By which port, with which number, to which end.
fn left(outcome: &Outcome) -> Vec<(PortNo, u128, u128)> {
    let frames = outcome.sent.iter();
    let ways = frames.map(|(port, frame)| {
        let end = frame.get(Field::TunIpv4Dst);
        (*port, frame.get(Field::TunnelId), end)
    });
    ways.collect()
}

fn end(host: u8) -> u128 {
    let std::net::IpAddr::V4(end) = host_ip(host) else {
        panic!("of IPv4");
    };
    end.to_bits().into()
}

#[test]
fn frames_leave_by_the_tunnels_of_their_network() {
    let bridge = Bridge::new(inputs());
    for to in [mac(4), MacAddr::BROADCAST] {
        let one = bridge.sent_by(2, &Frame::ping(mac(2), to));
        assert_eq!(left(&one), [(TUNNEL, 101, end(1))]);
        let other = bridge.sent_by(3, &Frame::ping(mac(3), to));
        assert_eq!(left(&other), [(GENEVE, 101, end(2))]);
    }
}

#[test]
fn frames_enter_the_network_of_their_tunnels() {
    let bridge = Bridge::new(inputs());
    for (kind, number) in [(TunnelKind::Vxlan, 2), (TunnelKind::Geneve, 3)] {
        for to in [mac(number), MacAddr::BROADCAST] {
            let outcome = bridge.arrives_by(kind, 101, &Frame::ping(mac(4), to));
            let ports: Vec<_> = outcome.sent.iter().map(|(port, _)| *port).collect();
            assert_eq!(ports, [ofport(number)]);
        }
        let foreign = Frame::ping(mac(4), mac(5 - number));
        assert_eq!(bridge.arrives_by(kind, 101, &foreign), Outcome::default());
    }
}

#[test]
fn a_network_without_its_tunnels_has_no_way_out() {
    let mut bridge = Bridge::new(inputs());
    let gone = Input::Tunnel {
        kind: TunnelKind::Geneve,
        ofport: None,
    };
    bridge.take([gone]);
    let to = |from| bridge.sent_by(from, &Frame::ping(mac(from), mac(4)));
    assert_eq!(to(3), Outcome::default());
    assert_eq!(left(&to(2)), [(TUNNEL, 101, end(1))]);
}

#[test]
fn copies_travel_by_the_tunnels_of_tap_services() {
    let mut bridge = Bridge::new(inputs());
    let mut watched = port(3, 2);
    watched.taps = taps(2, 3);
    bridge.take([put(watched)]);
    let outcome = bridge.sent_by(3, &Frame::ping(mac(3), mac(4)));
    let copy = (TUNNEL, u128::from(vni(70).get()), end(3));
    assert!(left(&outcome).contains(&copy), "{outcome:?}");
    assert!(left(&outcome).contains(&(GENEVE, 101, end(2))));
}
