//! Network ACLs from the intent to packets, against the oracle: whatever happens to ACLs, rules,
//! subnets and ports, a packet crosses the edges of subnets exactly where the intent lets it, inside
//! of a network and through a router, on whichever hosts the VMs are.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::{Arrival, Intent, Packet};
use alcor_types::{
    AclAction, AclProtocol, FixedIp, FlowDirection, MacAddr, Port, Router, SubnetId,
};
use proptest::prelude::*;
use std::net::IpAddr;
use std::sync::Arc;
use support::acls::{Says, acl, rule, rule_id};
use support::facts::{self, HOSTS, NETWORKS, PORTS, name, node};
use support::frame::Frame;
use support::goals::{acl_id, mac, port_id, router_id, subnet_id, vpc_id};
use support::world::{Step, World};

/// In every network: two subnets of IPv4, one of IPv6.
const SUBNETS: u8 = 3;
const ACLS: u8 = 4;
const RULES: u8 = 6;

fn subnet_of(network: u8, kind: u8) -> SubnetId {
    subnet_id(network * SUBNETS + kind)
}

/// `10.NETWORK.KIND.NUMBER`, or `fd00:NETWORK::NUMBER`.
fn address(network: u8, kind: u8, number: u8) -> IpAddr {
    match kind {
        2 => IpAddr::from([0xfd00, network.into(), 0, 0, 0, 0, 0, number.into()]),
        _ => IpAddr::from([10, network, kind, number]),
    }
}

fn subnet(network: u8, kind: u8) -> Fact {
    let Fact::Subnet(_, Some(subnet)) = facts::subnet(network, false) else {
        unreachable!();
    };
    let mut subnet = Arc::unwrap_or_clone(subnet);
    subnet.id = subnet_of(network, kind);
    let length = if kind == 2 { 64 } else { 24 };
    subnet.cidr = ipnet::IpNet::new(address(network, kind, 0), length).unwrap();
    subnet.gateway_ip = Some(address(network, kind, 1));
    Fact::Subnet(subnet.id, Some(Arc::new(subnet)))
}

fn fixed(network: u8, kinds: &[u8], number: u8) -> Vec<FixedIp> {
    let kinds = kinds.iter();
    let fixed = kinds.map(|kind| FixedIp {
        subnet_id: subnet_of(network, *kind),
        ip_address: address(network, *kind, number),
    });
    fixed.collect()
}

fn put(port: Port) -> Fact {
    Fact::Port(port.id, Some(Arc::new(port)))
}

fn vm(number: u8, host: u8, kinds: &[u8]) -> Fact {
    let network = number % NETWORKS;
    put(Port {
        fixed_ips: fixed(network, kinds, 10 + number),
        host: Some(name(host)),
        // ACLs are the matter here, and what VMs may send that nobody checks.
        port_security_enabled: false,
        ..Port::new(port_id(number), vpc_id(network), mac(10 + number))
    })
}

fn gateway_mac(network: u8) -> MacAddr {
    mac(200 + network)
}

/// The router's port in a network serves all of its subnets.
fn interface(network: u8) -> Fact {
    let id = port_id(100 + network);
    put(Port {
        fixed_ips: fixed(network, &[0, 1, 2], 1),
        device_id: router_id(0).to_string(),
        device_owner: "network:router_interface_distributed".to_owned(),
        ..Port::new(id, vpc_id(network), gateway_mac(network))
    })
}

fn router() -> Fact {
    let id = router_id(0);
    let made = Router {
        project_id: "p".into(),
        ..Router::new(id)
    };
    Fact::Router(id, Some(Arc::new(made)))
}

fn any_vm() -> impl Strategy<Value = Fact> {
    let kinds = prop::sample::select(vec![
        &[0_u8][..],
        &[1],
        &[0, 2],
        &[2, 1],
        &[1, 0, 2],
        &[2],
        &[],
    ]);
    (0..PORTS, 0..HOSTS, kinds).prop_map(|(id, host, kinds)| vm(id, host, kinds))
}

/// ACL `n` is of network `n % NETWORKS`. The first of each may be the default and name the first
/// subnet; the second may name the others.
fn any_acl() -> impl Strategy<Value = Fact> {
    (0..ACLS, any::<[bool; 3]>()).prop_map(|(id, [default, one, other])| {
        let (network, first) = (id % NETWORKS, id < NETWORKS);
        let kinds = if first {
            [(0, one); 2]
        } else {
            [(1, one), (2, other)]
        };
        let named = kinds.into_iter().filter(|(_, named)| *named);
        let named: Vec<_> = named.map(|(kind, _)| network * SUBNETS + kind).collect();
        acl(id, network, first && default, &named)
    })
}

fn any_rule() -> impl Strategy<Value = Fact> {
    let directions = vec![FlowDirection::Ingress, FlowDirection::Egress];
    let prefixes = vec![
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.0.1.0/24",
        "10.1.0.0/16",
        "10.0.0.12/32",
        "::/0",
        "fd00:1::/64",
        "fe80::/10",
    ];
    let protocols = vec![
        AclProtocol::All,
        AclProtocol::Tcp(None),
        AclProtocol::Tcp(Some((80, 80))),
        AclProtocol::Tcp(Some((0, u16::MAX))),
        AclProtocol::Udp(Some((50, 6000))),
        AclProtocol::Icmp(None),
        AclProtocol::Icmp(Some((8, 0))),
        AclProtocol::Icmpv6(Some((128, 0))),
    ];
    // Mostly to allow: it is the rarer thing.
    let allow = prop::bool::weighted(0.7);
    let says = (
        prop::sample::select(directions),
        prop::sample::select(prefixes),
        prop::sample::select(protocols),
        allow,
    );
    (0..ACLS, 0..RULES, 0..10_u16, says).prop_map(
        |(of, id, number, (direction, prefix, protocol, allow))| {
            let action = if allow {
                AclAction::Allow
            } else {
                AclAction::Deny
            };
            let says: Says = (direction, prefix, protocol, action);
            rule(of, id, 10 * u16::from(id) + number, says)
        },
    )
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        4 => any_vm(),
        1 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        4 => any_acl(),
        2 => (0..ACLS).prop_map(|id| Fact::NetworkAcl(acl_id(id), None)),
        8 => any_rule(),
        2 => (0..ACLS, 0..RULES).prop_map(|(of, id)| Fact::NetworkAclRule(rule_id(of, id), None)),
        1 => (0..NETWORKS, 0..SUBNETS).prop_map(|(network, kind)| subnet(network, kind)),
        1 => (0..NETWORKS, 0..SUBNETS)
            .prop_map(|(network, kind)| Fact::Subnet(subnet_of(network, kind), None)),
        1 => (0..NETWORKS, prop::bool::weighted(0.8)).prop_map(|(id, up)| facts::network(id, up)),
    ]
}

/// Networks on one router, hosts and VMs, some ACLs; then whatever happens.
fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let networks = (0..NETWORKS).flat_map(|id| {
        let subnets = (0..SUBNETS).map(move |kind| subnet(id, kind));
        subnets.chain([facts::network(id, true), interface(id)])
    });
    let start: Vec<Fact> = networks
        .chain((0..HOSTS).map(node))
        .chain([router()])
        .collect();
    let vms = prop::collection::vec(any_vm(), 12);
    let guards = (
        prop::collection::vec(any_acl(), 0..4),
        prop::collection::vec(any_rule(), 0..16),
    );
    let steps = (prop::collection::vec(any_fact(), 1..4), any::<u8>());
    (vms, guards, prop::collection::vec(steps, 0..16)).prop_map(
        move |(vms, (acls, rules), steps)| {
            let guards: Vec<_> = acls.into_iter().chain(rules).collect();
            let first = [(start.clone(), 0), (vms, 0xff), (guards, 0x55)];
            first.into_iter().chain(steps).collect()
        },
    )
}

/// What a VM may try: by which protocol, to which port or of which kind.
fn attempts(six: bool) -> [(u8, u16); 4] {
    let echo = if six { (58, 128) } else { (1, 8) };
    [(6, 80), (6, 81), (17, 5999), echo]
}

fn packets(from: &Port, to: IpAddr) -> Vec<Packet> {
    let own = from.fixed_ips.iter().map(|fixed| fixed.ip_address);
    let strange = ["192.0.2.7", "fe80::7"].map(|address| address.parse().unwrap());
    let sources = own
        .chain(strange)
        .filter(|from| from.is_ipv4() == to.is_ipv4());
    let packets = sources.flat_map(|source| {
        attempts(to.is_ipv6()).map(|(protocol, port)| Packet {
            mac: from.mac_address,
            from: source,
            to,
            protocol,
            port,
            code: 0,
        })
    });
    packets.collect()
}

fn vms(intent: &Intent) -> Vec<&Port> {
    let ports = intent.ports();
    ports.filter(|port| !port.is_router_interface()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_packet_crosses_the_edges_that_the_intent_opens(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in vms(&intent) {
            for to in vms(&intent).into_iter().filter(|to| to.id != from.id) {
                for target in &to.fixed_ips {
                    for packet in packets(from, target.ip_address) {
                        let frame = Frame::first(&packet, to.mac_address);
                        let (received, _) = world.send(from, &frame);
                        let received: Vec<_> = received.into_iter().map(|(id, _)| id).collect();
                        let expected: Vec<_> =
                            intent.admits(from.id, to.id, &packet).then_some(to.id).into_iter().collect();
                        prop_assert_eq!(received, expected, "{:?} of {}", packet, from.id);
                    }
                }
            }
        }
    }

    #[test]
    fn a_routed_packet_crosses_both_edges(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        for from in vms(&intent).into_iter().filter(|from| !from.fixed_ips.is_empty()) {
            let network = (0..NETWORKS).find(|id| vpc_id(*id) == from.network_id).unwrap();
            let source = from.fixed_ips[0].ip_address;
            for target in vms(&intent).iter().flat_map(|to| &to.fixed_ips) {
                let arrival = intent.routed(from.id, port_id(100 + network), target.ip_address);
                let honest = packets(from, target.ip_address).into_iter();
                for packet in honest.filter(|packet| packet.from == source) {
                    let mut frame = Frame::first(&packet, gateway_mac(network));
                    frame.set(alcor_openflow::Field::NwTtl, 9);
                    let (received, _) = world.send(from, &frame);
                    let received: Vec<_> = received.into_iter().map(|(id, _)| id).collect();
                    let expected: Vec<_> = match arrival {
                        Arrival::Port(to) if intent.crosses(from.id, to, &packet) => vec![to],
                        _ => Vec::new(),
                    };
                    prop_assert_eq!(received, expected, "{:?} of {}", packet, from.id);
                }
            }
        }
    }
}
