//! Random regions: networks of both families that routers join, VMs with groups and pairs, route
//! tables, and what happens to all of these.

use super::support::facts::{self, HOSTS, PORTS, name, node};
use super::support::goals::{
    address_group_id, group_id, mac, port_id, router_id, subnet_id, vpc_id,
};
use super::support::groups::{address_group, everything, group, rule, rule_id};
use super::support::world::Step;
use super::ways::{EXTERNALS, MACHINE, outside};
use super::{edges, pools, ways};
use alcor_compiler::Fact;
use alcor_types::{
    AllowedAddressPair, Direction, EtherType, ExternalGateway, FixedIp, HostRoute, MacAddr,
    NetworkType, Port, PortId, Remote, RouteTable, RouteTableId, RouteTableKind, RouteTarget,
    Router, Standard, TableRoute, TrafficMatch, Transport,
};
use ipnet::IpNet;
use proptest::prelude::*;
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) const NETWORKS: u8 = 3;
pub(crate) const ROUTERS: u8 = 2;
/// The one of the networks that a physical one carries.
pub(crate) const WIRED: u8 = 2;
/// By this tag.
pub(crate) const WIRED_TAG: u16 = 9;
const GROUPS: u8 = 3;

/// `10.0.NETWORK.NUMBER`, or its like of IPv6.
pub(crate) fn address(six: bool, network: u8, number: u8) -> IpAddr {
    if six {
        let [network, number] = [network, number].map(u16::from);
        return IpAddr::from([0xfd00, 0, 0, network, 0, 0, 0, number]);
    }
    IpAddr::from([10, 0, network, number])
}

/// Two networks in tunnels, and one on the wire that all hosts share.
fn network(number: u8, up: bool) -> Fact {
    let Fact::Network(id, Some(network)) = facts::network(number, up) else {
        unreachable!("a network is a network");
    };
    let mut network = Arc::unwrap_or_clone(network);
    if number == WIRED {
        network.segments = vec![Transport {
            network_type: NetworkType::Vlan,
            physical_network: Some(ways::PHYSICAL.to_owned()),
            segmentation_id: Some(WIRED_TAG.into()),
        }];
    }
    Fact::Network(id, Some(Arc::new(network)))
}

fn fixed(network: u8, number: u8) -> Vec<FixedIp> {
    let of = |six: bool| FixedIp {
        subnet_id: subnet_id(network + if six { 100 } else { 0 }),
        ip_address: address(six, network, number),
    };
    [false, true].map(of).to_vec()
}

/// The network's subnet of a family. Its gateway is the first router's port, if any; on the wire, the
/// second one's.
fn subnet(network: u8, six: bool) -> Fact {
    let Fact::Subnet(_, Some(subnet)) = facts::subnet(network, false) else {
        unreachable!("a subnet is a subnet");
    };
    let mut subnet = Arc::unwrap_or_clone(subnet);
    subnet.id = fixed(network, 0)[usize::from(six)].subnet_id;
    let length = if six { 64 } else { 24 };
    let block = IpNet::new(address(six, network, 0), length).unwrap();
    subnet.cidr = block;
    let router = u8::from(network == WIRED);
    subnet.gateway_ip = Some(address(six, network, 1 + router));
    subnet.subnetpool_id = Some(pools::pool_id(network, six));
    Fact::Subnet(subnet.id, Some(Arc::new(subnet)))
}

pub(crate) fn put(port: Port) -> Fact {
    Fact::Port(port.id, Some(Arc::new(port)))
}

/// VM `n` is in network `n % NETWORKS`.
fn any_vm() -> impl Strategy<Value = Fact> {
    let groups = prop::collection::btree_set(0..GROUPS, 0..3);
    let pair = prop::option::weighted(0.2, (0..BLOCKS.len(), prop::option::of(90..92_u8)));
    let mostly = || prop::bool::weighted(0.9);
    let what = (groups, pair, prop::bool::weighted(0.8), mostly());
    (0..PORTS, 0..HOSTS, what).prop_map(|(number, host, (groups, pair, checked, up))| {
        vm(number, host, |port| {
            port.admin_state_up = up;
            port.port_security_enabled = checked;
            if !checked {
                return;
            }
            port.security_groups = groups.into_iter().map(group_id).collect();
            let pair = pair.map(|(block, of)| AllowedAddressPair {
                ip_address: BLOCKS[block].parse().unwrap(),
                mac_address: of.map(mac),
            });
            port.allowed_address_pairs.extend(pair);
        })
    })
}

fn vm(number: u8, host: u8, more: impl FnOnce(&mut Port)) -> Fact {
    let network = number % NETWORKS;
    let mut port = Port {
        fixed_ips: fixed(network, 10 + number),
        host: Some(name(host)),
        security_groups: vec![group_id(number / NETWORKS % GROUPS)],
        ..Port::new(port_id(number), vpc_id(network), mac(10 + number))
    };
    more(&mut port);
    put(port)
}

/// The port of a router in a network. The first router has the gateway's address.
fn interface_id(network: u8, router: u8) -> PortId {
    port_id(100 + network * ROUTERS + router)
}

fn interface(network: u8, router: u8, up: bool) -> Fact {
    let mac: MacAddr = mac(200 + network * ROUTERS + router);
    put(Port {
        admin_state_up: up,
        fixed_ips: fixed(network, 1 + router),
        device_id: router_id(router).to_string(),
        device_owner: "network:router_interface_distributed".to_owned(),
        ..Port::new(interface_id(network, router), vpc_id(network), mac)
    })
}

fn router(number: u8, up: bool, routes: Vec<HostRoute>, gateways: Vec<ExternalGateway>) -> Fact {
    let made = Router {
        project_id: "p".into(),
        admin_state_up: up,
        routes,
        gateways,
        ..Router::new(router_id(number))
    };
    Fact::Router(made.id, Some(Arc::new(made)))
}

/// By the other router, by a VM, or by a machine outside.
fn any_hop(six: bool) -> impl Strategy<Value = IpAddr> {
    let inside = move |(network, number)| address(six, network, number);
    prop_oneof![
        2 => Just(inside((1, 2))),
        1 => Just(inside((1, 1))),
        1 => (0..PORTS).prop_map(move |n| inside((n % NETWORKS, 10 + n))),
        1 => (0..EXTERNALS).prop_map(move |on| outside(six, on, MACHINE)),
    ]
}

fn destinations(six: bool) -> Vec<&'static str> {
    if six {
        return vec!["fd00:0:0:2::/64", "fd00::/64", "2001:db8::/32", "::/0"];
    }
    vec![
        "10.0.0.0/24",
        "10.0.2.0/23",
        "10.0.2.0/25",
        "192.0.2.0/24",
        "0.0.0.0/0",
    ]
}

fn any_route() -> impl Strategy<Value = HostRoute> {
    any::<bool>().prop_flat_map(|six| {
        let route = (prop::sample::select(destinations(six)), any_hop(six));
        route.prop_map(|(block, nexthop)| HostRoute {
            destination: block.parse().unwrap(),
            nexthop,
        })
    })
}

fn any_routes() -> impl Strategy<Value = Vec<HostRoute>> {
    prop::collection::vec(any_route(), 0..3)
}

/// A network's table, which its router follows, or one of its subnet of IPv4.
fn any_table() -> impl Strategy<Value = Fact> {
    let entry = (any_route(), prop::bool::weighted(0.2), 0..3_u32);
    let routes = prop::collection::vec(entry, 0..4);
    (0..NETWORKS, any::<bool>(), 0..ROUTERS, routes).prop_map(|(network, whole, router, routes)| {
        let number = u128::from(network) * 2 + u128::from(whole);
        let route = |(route, local, priority): (HostRoute, bool, u32)| TableRoute {
            id: uuid::Uuid::nil(),
            name: String::new(),
            description: String::new(),
            destination: route.destination,
            target: if local {
                RouteTarget::Local
            } else {
                RouteTarget::NextHop(route.nexthop)
            },
            priority,
        };
        let table = RouteTable {
            id: RouteTableId(uuid::Uuid::from_u128(number)),
            project_id: "p".into(),
            standard: Standard::default(),
            network_id: vpc_id(network),
            subnet_id: (!whole).then(|| subnet_id(network)),
            router_id: whole.then(|| router_id(router)),
            kind: RouteTableKind::Vpc,
            routes: routes.into_iter().map(route).collect(),
        };
        Fact::RouteTable(table.id, Some(Arc::new(table)))
    })
}

/// Senders of each family, some of them, everybody, half of the world, nobody.
const BLOCKS: [&str; 7] = [
    "10.0.0.10/32",
    "10.0.0.0/23",
    "0.0.0.0/0",
    "128.0.0.0/1",
    "fd00:0:0:1::/64",
    "fd00::a/128",
    "::/0",
];

fn any_traffic() -> impl Strategy<Value = TrafficMatch> {
    let direction = prop::sample::select(vec![Direction::Egress, Direction::Ingress]);
    let block = |six: bool| {
        let like = move |block: &&&str| block.contains(':') == six;
        let blocks: Vec<_> = BLOCKS.iter().filter(like).collect();
        prop::sample::select(blocks)
    };
    let kinds = vec![
        (None, None, None),
        (Some("tcp"), None, None),
        (Some("6"), Some(80), Some(80)),
        (Some("udp"), Some(50), Some(6000)),
        (Some("icmp"), Some(8), None),
        (Some("ipv6-icmp"), Some(128), Some(0)),
        (Some("sctp"), Some(9), Some(9)),
    ];
    let kind = prop::sample::select(kinds);
    (direction, any::<bool>(), kind).prop_flat_map(move |(direction, six, kind)| {
        let remote = prop_oneof![
            2 => Just(Remote::Any),
            2 => block(six).prop_map(|block| Remote::Prefix(block.parse().unwrap())),
            3 => (0..GROUPS).prop_map(|id| Remote::Group(group_id(id))),
            1 => (0..2_u8).prop_map(|id| Remote::AddressGroup(address_group_id(id))),
        ];
        remote.prop_map(move |remote| TrafficMatch {
            ethertype: if six {
                EtherType::Ipv6
            } else {
                EtherType::Ipv4
            },
            protocol: kind.0.map(str::to_owned),
            port_range_min: kind.1,
            port_range_max: kind.2,
            remote,
            ..everything(direction)
        })
    })
}

/// Routers' ports that come and go: floating IPs need the others.
const PASSING: [(u8, u8); 4] = [(0, 1), (1, 0), (1, 1), (2, 0)];

fn any_router(up: impl Strategy<Value = bool>) -> impl Strategy<Value = Fact> {
    (0..ROUTERS, up, any_routes()).prop_flat_map(|(id, up, routes)| {
        ways::any_gateways(id).prop_map(move |gateways| router(id, up, routes.clone(), gateways))
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let mostly = || prop::bool::weighted(0.8);
    let blocks = prop::collection::btree_set(prop::sample::select(&BLOCKS[..]), 0..3);
    let blocks = blocks.prop_map(|blocks| blocks.into_iter().collect::<Vec<_>>());
    prop_oneof![
        6 => any_vm(),
        1 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        6 => (0..GROUPS, 0..4_u8, any_traffic()).prop_map(|(of, id, what)| rule(of, id, what)),
        1 => (0..GROUPS, 0..4_u8).prop_map(|(of, id)| Fact::SecurityGroupRule(rule_id(of, id), None)),
        1 => (0..GROUPS, mostly()).prop_map(|(id, keeps)| group(id, keeps)),
        1 => (0..2_u8, blocks).prop_map(|(id, blocks)| address_group(id, &blocks)),
        3 => (0..NETWORKS, 0..ROUTERS, mostly()).prop_map(|(id, of, up)| interface(id, of, up)),
        1 => prop::sample::select(&PASSING[..])
            .prop_map(|(id, of)| Fact::Port(interface_id(id, of), None)),
        2 => any_router(mostly()),
        3 => any_table(),
        1 => (0..NETWORKS, mostly()).prop_map(|(id, up)| network(id, up)),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(name(id), None)),
        1 => (0..HOSTS).prop_map(node),
        8 => edges::any_fact(),
        4 => ways::any_fact(),
        2 => pools::any_fact(),
    ]
}

/// Networks that routers join, groups that let everything out and their own members in; VMs; and
/// then whatever happens, with the hosts that look at the news after each step.
pub(crate) fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let networks =
        (0..NETWORKS).flat_map(|id| [network(id, true), subnet(id, false), subnet(id, true)]);
    let joints = [(0, 0), (1, 0), (1, 1), (2, 1)].map(|(id, of)| interface(id, of, true));
    let groups = (0..GROUPS).flat_map(|id| {
        let six = |direction| TrafficMatch {
            ethertype: EtherType::Ipv6,
            ..everything(direction)
        };
        // The first group lets everybody in, or hardly anything would arrive.
        let own = match id {
            0 => Remote::Any,
            _ => Remote::Group(group_id(id)),
        };
        let inside = |traffic: TrafficMatch| TrafficMatch {
            remote: own,
            ..traffic
        };
        [
            group(id, true),
            rule(id, 6, everything(Direction::Egress)),
            rule(id, 7, six(Direction::Egress)),
            rule(id, 8, inside(everything(Direction::Ingress))),
            rule(id, 9, inside(six(Direction::Ingress))),
        ]
    });
    let start: Vec<Fact> = networks
        .chain((0..HOSTS).map(node))
        .chain(joints)
        .chain(groups)
        .chain(edges::last_words())
        .collect();
    let hosts = prop::collection::vec(0..HOSTS, usize::from(PORTS));
    let routers = (0..ROUTERS).map(|id| (Just(id), any_routes(), ways::any_gateways(id)));
    let routers: Vec<_> = routers.collect();
    let outside = (ways::any_start(), pools::any_start(), edges::any_start());
    let first = (hosts, routers, outside).prop_map(move |(hosts, routers, outside)| {
        let vms = hosts
            .into_iter()
            .zip(0..)
            .map(|(host, id)| vm(id, host, |_| ()));
        let joined = routers
            .into_iter()
            .map(|(id, routes, gateways)| router(id, true, routes, gateways));
        let (outside, pools, acls) = outside;
        let more = outside.into_iter().chain(pools).chain(acls);
        let start = start.iter().cloned().chain(more).collect();
        vec![(start, 0), (vms.chain(joined).collect(), 0xff)]
    });
    let step = (prop::collection::vec(any_fact(), 1..6), any::<u8>());
    let rest = prop::collection::vec(step, 0..8);
    (first, rest).prop_map(|(first, rest)| first.into_iter().chain(rest).collect())
}
