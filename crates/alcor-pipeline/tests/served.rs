//! What the host answers at addresses of a network: by whichever way a VM sends, and nobody else's.

mod support;

use alcor_openflow::Field;
use alcor_pipeline::{Input, Punt};
use alcor_responder::{FALLBACK_SERVER_ID, METADATA4, METADATA6, link_local, server_mac};
use alcor_types::MacAddr;
use std::net::{IpAddr, Ipv4Addr};
use support::bridge::{Bridge, ofport, plug};
use support::frame::Frame;
use support::goals::*;

const TCP: u128 = 6;
const UDP: u128 = 17;

/// Two networks with the same subnet, each with a VM here: 2 and 3.
fn inputs() -> Vec<Input> {
    vec![
        put(vpc(1)),
        put(vpc(2)),
        put(subnet(1, 1)),
        put(subnet(2, 2)),
        put(port(2, 1)),
        put(port(3, 2)),
        plug(2),
        plug(3),
    ]
}

/// What becomes of a VM's packet to a port of an address.
fn asked(bridge: &Bridge, vm: u8, to: (MacAddr, IpAddr), protocol: u128, port: u128) -> Vec<Punt> {
    let (mac_to, address) = to;
    let mut frame = Frame::ping(mac(vm), mac_to);
    let ports = if protocol == TCP {
        Field::TcpDst
    } else {
        Field::UdpDst
    };
    let (kind, source, target, number) = match address {
        IpAddr::V4(it) => {
            let own = u128::from(ip(vm).to_bits());
            (
                0x800,
                (Field::Ipv4Src, own),
                Field::Ipv4Dst,
                u128::from(it.to_bits()),
            )
        }
        IpAddr::V6(it) => {
            let own = link_local(mac(vm)).to_bits();
            (0x86dd, (Field::Ipv6Src, own), Field::Ipv6Dst, it.to_bits())
        }
    };
    frame.set(Field::EthType, kind);
    frame.set(Field::IpProto, protocol);
    frame.set(source.0, source.1);
    frame.set(target, number);
    frame.set(Field::NwTtl, 64);
    frame.set(ports, port);
    let outcome = bridge.sent_by(vm, &frame);
    let served = outcome
        .punted
        .iter()
        .any(|punt| matches!(punt, Punt::Names { .. } | Punt::Talk { .. }));
    assert!(!served || outcome.sent.is_empty(), "nobody else hears it");
    outcome.punted
}

#[test]
fn each_network_asks_for_itself() {
    let bridge = Bridge::new(inputs());
    for (vm, network) in [(2, vpc_id(1)), (3, vpc_id(2))] {
        let server = server_mac(network);
        let talk = [Punt::Talk { network }];
        let names = [Punt::Names { network }];
        for address in [METADATA4.into(), METADATA6.into()] {
            assert_eq!(asked(&bridge, vm, (server, address), TCP, 80), talk);
            assert_eq!(asked(&bridge, vm, (server, address), TCP, 443), []);
            assert_eq!(asked(&bridge, vm, (server, address), UDP, 53), []);
        }
        for address in [ip(1).into(), link_local(server).into()] {
            assert_eq!(asked(&bridge, vm, (server, address), UDP, 53), names);
            assert_eq!(asked(&bridge, vm, (server, address), TCP, 53), talk);
            assert_eq!(asked(&bridge, vm, (server, address), TCP, 80), []);
        }
    }
}

/// A VM sends by the gateway what is no neighbour of its.
#[test]
fn a_router_does_not_come_between() {
    let mut bridge = Bridge::new(inputs());
    bridge.take([put(interface(9, 1, 1, 1))]);
    let network = vpc_id(1);
    let router = interface(9, 1, 1, 1);
    let gateway = router.fixed_ips[0].ip_address;
    let talk = asked(&bridge, 2, (router.mac, METADATA4.into()), TCP, 80);
    assert_eq!(talk, [Punt::Talk { network }]);
    let mut own = subnet(1, 1);
    own.gateway_ip = Some(gateway);
    bridge.take([put(own)]);
    let names = asked(&bridge, 2, (router.mac, gateway), UDP, 53);
    assert_eq!(names, [Punt::Names { network }]);
    let rest = asked(&bridge, 2, (router.mac, gateway), UDP, 54);
    assert!(matches!(rest[..], [Punt::Unreachable { .. }]), "{rest:?}");
}

#[test]
fn without_a_gateway_the_server_has_an_address_of_its_own() {
    let mut bridge = Bridge::new(inputs());
    let mut alone = subnet(1, 1);
    alone.gateway_ip = None;
    bridge.take([put(alone.clone())]);
    let (network, server) = (vpc_id(1), server_mac(vpc_id(1)));
    let names =
        |bridge: &Bridge, address: Ipv4Addr| asked(bridge, 2, (server, address.into()), UDP, 53);
    assert_eq!(
        names(&bridge, FALLBACK_SERVER_ID),
        [Punt::Names { network }]
    );
    assert_eq!(names(&bridge, ip(1)), []);
    alone.dhcp = false;
    bridge.take([put(alone)]);
    assert_eq!(names(&bridge, FALLBACK_SERVER_ID), []);
}

/// Whoever has the address answers there.
#[test]
fn a_port_that_has_the_address_is_not_robbed_of_it() {
    let mut bridge = Bridge::new(inputs());
    let mut owner = port(4, 1);
    owner.fixed_ips[0].ip_address = METADATA4.into();
    bridge.take([put(owner), plug(4)]);
    assert_eq!(asked(&bridge, 2, (mac(4), METADATA4.into()), TCP, 80), []);
    let network = vpc_id(2);
    let server = server_mac(network);
    let other = asked(&bridge, 3, (server, METADATA4.into()), TCP, 80);
    assert_eq!(other, [Punt::Talk { network }], "in its own network alone");
}

#[test]
fn vms_find_the_addresses_as_neighbours() {
    let bridge = Bridge::new(inputs());
    let server = server_mac(vpc_id(1));
    let ask = Frame::arp_request(mac(2), ip(2), METADATA4);
    let outcome = bridge.sent_by(2, &ask);
    let reply = Frame::arp_reply((server, METADATA4), (mac(2), ip(2)));
    assert_eq!(outcome.sent.len(), 1);
    assert_eq!(outcome.sent[0].0, ofport(2));
    assert_eq!(outcome.sent[0].1.on_the_wire(), reply);
    for target in [METADATA6, link_local(server)] {
        let ask = Frame::solicitation(mac(2), link_local(mac(2)), target);
        let outcome = bridge.sent_by(2, &ask);
        assert_eq!(outcome.sent.len(), 1, "{target}");
        let told = outcome.sent[0].1.get(Field::NdTll);
        assert_eq!(told, u128::from(server.to_u64()));
    }
}

/// Nobody may speak in the host's name, nor tell others that its address is his.
#[test]
fn the_hosts_addresses_are_its_own() {
    let mut bridge = Bridge::new(inputs());
    let peer = [
        put(port(4, 1)),
        plug(4),
        put(secured(2, 1, &[])),
        Input::Complete,
    ];
    bridge.take(peer);
    for own in [METADATA6, link_local(server_mac(vpc_id(1)))] {
        let mut lie = Frame::solicitation(mac(2), own, link_local(mac(4)));
        assert_eq!(bridge.sent_by(2, &lie).sent, [], "{own}");
        lie.set(Field::Icmpv6Type, 136);
        lie.set(Field::Ipv6Src, link_local(mac(2)).to_bits());
        lie.set(Field::NdTarget, own.to_bits());
        lie.set(Field::NdTll, mac(2).to_u64().into());
        assert_eq!(bridge.sent_by(2, &lie).sent, [], "{own}");
        lie.set(Field::NdTarget, link_local(mac(2)).to_bits());
        assert_ne!(bridge.sent_by(2, &lie).sent, [], "its own it may");
    }
}

/// Groups are asked later; who speaks from where is asked before.
#[test]
fn no_group_is_asked_but_a_false_source_is_dropped() {
    let mut bridge = Bridge::new(inputs());
    bridge.take([put(secured(2, 1, &[])), Input::Complete]);
    let (network, server) = (vpc_id(1), server_mac(vpc_id(1)));
    let to = (server, METADATA4.into());
    assert_eq!(asked(&bridge, 2, to, TCP, 80), [Punt::Talk { network }]);
    let mut other = secured(2, 1, &[]);
    other.fixed_ips[0].ip_address = ip(77).into();
    bridge.take([put(other)]);
    assert_eq!(asked(&bridge, 2, to, TCP, 80), []);
}
