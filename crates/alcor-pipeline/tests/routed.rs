//! Routers from intent to packets: on whichever hosts the VMs are, a packet arrives exactly where
//! the oracle says, through as many routers as it takes, and looks to the VM as if the gateway had
//! sent it.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::{Arrival, Intent};
use alcor_openflow::Field;
use alcor_pipeline::Punt;
use alcor_types::{
    FixedIp, HostRoute, IpVersion, MacAddr, Port, PortId, RouteTable, RouteTableId, RouteTableKind,
    RouteTarget, Router, RouterId, Standard, SubnetPool, SubnetPoolId, TableRoute,
};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use support::facts::{self, HOSTS, PORTS, name, node};
use support::frame::Frame;
use support::goals::{mac, port_id, router_id, subnet_id, vpc_id};
use support::world::{Step, World};

const NETWORKS: u8 = 3;
const ROUTERS: u8 = 2;
/// Less than the depth of resubmits at which Open vSwitch gives up, so that a loop of routes ends here.
const TTL: u128 = 12;

/// `10.0.NETWORK.NUMBER`.
fn address(network: u8, number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, network, number)
}

fn fixed(network: u8, number: u8) -> Vec<FixedIp> {
    vec![FixedIp {
        subnet_id: subnet_id(network),
        ip_address: IpAddr::V4(address(network, number)),
    }]
}

/// `10.0.NETWORK.0/24`, its gateway at `.1`.
fn subnet(network: u8) -> Fact {
    let Fact::Subnet(id, Some(subnet)) = facts::subnet(network, true) else {
        unreachable!();
    };
    let mut subnet = Arc::unwrap_or_clone(subnet);
    subnet.cidr = format!("10.0.{network}.0/24").parse().unwrap();
    subnet.gateway_ip = Some(IpAddr::V4(address(network, 1)));
    Fact::Subnet(id, Some(Arc::new(subnet)))
}

/// VM `n` is in network `n % NETWORKS`.
fn vm(number: u8, host: u8, up: bool) -> Fact {
    let network = number % NETWORKS;
    put(Port {
        admin_state_up: up,
        fixed_ips: fixed(network, 10 + number),
        host: Some(name(host)),
        // Routers are the matter here; groups have tests of their own.
        port_security_enabled: false,
        ..Port::new(port_id(number), vpc_id(network), mac(10 + number))
    })
}

fn put(port: Port) -> Fact {
    Fact::Port(port.id, Some(Arc::new(port)))
}

/// The port of a router in a network. The first router has the gateway's address.
fn interface_id(network: u8, router: u8) -> PortId {
    port_id(100 + network * ROUTERS + router)
}

fn interface_mac(network: u8, router: u8) -> MacAddr {
    mac(200 + network * ROUTERS + router)
}

fn interface(network: u8, router: u8, up: bool) -> Fact {
    let id = interface_id(network, router);
    put(Port {
        admin_state_up: up,
        fixed_ips: fixed(network, 1 + router),
        device_id: router_id(router).to_string(),
        device_owner: "network:router_interface_distributed".to_owned(),
        ..Port::new(id, vpc_id(network), interface_mac(network, router))
    })
}

fn router(number: u8, up: bool, routes: Vec<HostRoute>) -> Fact {
    let id: RouterId = router_id(number);
    let made = Router {
        project_id: "p".into(),
        admin_state_up: up,
        routes,
        ..Router::new(id)
    };
    Fact::Router(id, Some(Arc::new(made)))
}

/// To a network, or to somewhere else, by a VM or by the other router.
fn any_route() -> impl Strategy<Value = HostRoute> {
    let block = prop::sample::select(vec![
        "10.0.0.0/24",
        "10.0.2.0/23",
        "192.0.2.0/24",
        "0.0.0.0/0",
    ]);
    let hop = prop_oneof![
        Just((1, 2)),
        Just((1, 1)),
        (0..PORTS).prop_map(|n| (n % NETWORKS, 10 + n))
    ];
    (block, hop).prop_map(|(block, (network, number))| HostRoute {
        destination: block.parse().unwrap(),
        nexthop: IpAddr::V4(address(network, number)),
    })
}

/// A subnet whose block is from a pool, or from none.
fn drawn(network: u8, pool: Option<u8>) -> Fact {
    let Fact::Subnet(id, Some(subnet)) = subnet(network) else {
        unreachable!("a subnet is made");
    };
    let mut subnet = Arc::unwrap_or_clone(subnet);
    subnet.subnetpool_id = pool.map(pool_id);
    Fact::Subnet(id, Some(Arc::new(subnet)))
}

fn pool_id(number: u8) -> SubnetPoolId {
    SubnetPoolId(uuid::Uuid::from_u128(0x9_1000 + u128::from(number)))
}

/// A pool of an address scope, or of none.
fn pool(number: u8, scope: Option<u8>) -> Fact {
    let scope = scope.map(|scope| uuid::Uuid::from_u128(0x9_2000 + u128::from(scope)));
    let pool = SubnetPool {
        id: pool_id(number),
        project_id: "p".into(),
        standard: alcor_types::Standard::default(),
        ip_version: IpVersion::V4,
        prefixes: Vec::new(),
        min_prefixlen: 8,
        max_prefixlen: 32,
        default_prefixlen: 24,
        default_quota: None,
        shared: alcor_types::Sharing::default(),
        is_default: false,
        address_scope_id: scope.map(Into::into),
    };
    Fact::SubnetPool(pool.id, Some(Arc::new(pool)))
}

/// A network's table, which its router follows, or one of its subnet.
fn any_table() -> impl Strategy<Value = Fact> {
    let target = prop_oneof![
        3 => any_route().prop_map(|route| RouteTarget::NextHop(route.nexthop)),
        1 => Just(RouteTarget::Local),
    ];
    let blocks = vec!["10.0.1.0/24", "10.0.2.0/25", "192.0.2.0/24", "0.0.0.0/0"];
    let route = (prop::sample::select(blocks), target, 0..3_u32);
    let routes = prop::collection::vec(route, 0..4);
    (0..NETWORKS, any::<bool>(), 0..ROUTERS, routes).prop_map(|(network, whole, router, routes)| {
        let id = RouteTableId(uuid::Uuid::from_u128(
            u128::from(network) * 2 + u128::from(whole),
        ));
        let routes = routes
            .into_iter()
            .map(|(block, target, priority)| TableRoute {
                id: uuid::Uuid::nil(),
                name: String::new(),
                description: String::new(),
                destination: block.parse().unwrap(),
                target,
                priority,
            });
        let table = RouteTable {
            id,
            project_id: "p".into(),
            standard: Standard::default(),
            network_id: vpc_id(network),
            subnet_id: (!whole).then(|| subnet_id(network)),
            router_id: whole.then(|| router_id(router)),
            kind: if whole {
                RouteTableKind::Vpc
            } else {
                RouteTableKind::PrivateSubnet
            },
            routes: routes.collect(),
        };
        Fact::RouteTable(id, Some(Arc::new(table)))
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let mostly = || prop::bool::weighted(0.8);
    let routes = prop::collection::vec(any_route(), 0..3);
    prop_oneof![
        4 => (0..PORTS, 0..HOSTS, mostly()).prop_map(|(id, host, up)| vm(id, host, up)),
        1 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        4 => (0..NETWORKS, 0..ROUTERS, mostly()).prop_map(|(id, router, up)| interface(id, router, up)),
        2 => (0..NETWORKS, 0..ROUTERS).prop_map(|(id, router)| Fact::Port(interface_id(id, router), None)),
        3 => (0..ROUTERS, mostly(), routes).prop_map(|(id, up, routes)| router(id, up, routes)),
        1 => (0..NETWORKS, mostly()).prop_map(|(id, up)| facts::network(id, up)),
        1 => (0..NETWORKS, prop::option::of(0..2_u8)).prop_map(|(id, pool)| drawn(id, pool)),
        1 => (0..2_u8, prop::option::of(0..2_u8)).prop_map(|(id, scope)| pool(id, scope)),
        4 => any_table(),
        1 => (0..NETWORKS).prop_map(|id| Fact::Subnet(subnet_id(id), None)),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(name(id), None)),
        1 => (0..HOSTS).prop_map(node),
    ]
}

/// Two networks on the first router, a third on the second, and what happens to them.
fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let networks = (0..NETWORKS).flat_map(|id| [facts::network(id, true), subnet(id)]);
    let joints = [(0, 0), (1, 0), (1, 1), (2, 1)].map(|(id, router)| interface(id, router, true));
    let start: Vec<Fact> = networks.chain((0..HOSTS).map(node)).chain(joints).collect();
    let hosts = prop::collection::vec(0..HOSTS, usize::from(PORTS));
    let routes = [(); ROUTERS as usize].map(|()| prop::collection::vec(any_route(), 0..3));
    let first = (hosts, routes).prop_map(move |(hosts, routes)| {
        let vms = hosts
            .into_iter()
            .zip(0..)
            .map(|(host, id)| vm(id, host, true));
        let joints = routes
            .into_iter()
            .zip(0..)
            .map(|(routes, id)| router(id, true, routes));
        vec![
            (start.clone(), 0),
            (vms.chain(joints).collect::<Vec<_>>(), 0xff),
        ]
    });
    let rest = prop::collection::vec(
        (prop::collection::vec(any_fact(), 1..4), any::<u8>()),
        0..12,
    );
    (first, rest).prop_map(|(first, rest)| first.into_iter().chain(rest).collect())
}

/// An echo request to an address, by way of a router's MAC address.
fn ping(from: &Port, gateway: MacAddr, to: Ipv4Addr) -> Frame {
    let mut frame = Frame::ping(from.mac_address, gateway);
    let IpAddr::V4(source) = from.fixed_ips[0].ip_address else {
        unreachable!();
    };
    frame.set(Field::Ipv4Src, source.to_bits().into());
    frame.set(Field::Ipv4Dst, to.to_bits().into());
    frame.set(Field::Icmpv4Type, 8);
    frame.set(Field::NwTtl, TTL);
    frame
}

/// What may come of it: who gets it, with what TTL and from which MAC addresses.
fn check(
    intent: &Intent,
    arrival: Arrival,
    from: &Port,
    (received, punted): (Vec<(PortId, Frame)>, Vec<Punt>),
) -> Result<(), TestCaseError> {
    match arrival {
        Arrival::Port(to) => {
            prop_assert_eq!(&punted, &[]);
            let [(who, frame)] = &received[..] else {
                return Err(TestCaseError::fail(format!("{received:?}, expected {to}")));
            };
            prop_assert_eq!(*who, to);
            let port = intent.ports().find(|port| port.id == to).unwrap();
            prop_assert_eq!(frame.get(Field::EthDst), port.mac_address.to_u64().into());
            prop_assert!(frame.get(Field::NwTtl) < TTL);
            let network = port.network_id;
            let routers = intent
                .ports()
                .filter(|of| of.network_id == network && of.is_router_interface());
            let macs: Vec<u128> = routers
                .map(|port| port.mac_address.to_u64().into())
                .collect();
            prop_assert!(macs.contains(&frame.get(Field::EthSrc)), "{:?}", frame);
        }
        // The reply looks for its own way back; that may lead elsewhere than to who asked.
        Arrival::Router { entry, own } => match answer(intent, entry, own, from) {
            Arrival::Port(to) => {
                let replies: Vec<_> = received
                    .iter()
                    .map(|(who, frame)| (*who, frame.get(Field::Icmpv4Type)))
                    .collect();
                prop_assert_eq!(replies, [(to, 0)]);
            }
            Arrival::Router { .. } | Arrival::Outside(_) | Arrival::Nowhere => {
                prop_assert_eq!(received, []);
            }
        },
        Arrival::Nowhere | Arrival::Outside(_) => {
            let tired = punted
                .iter()
                .all(|punt| matches!(punt, Punt::Expired { .. }));
            prop_assert!(received.is_empty() && tired, "{:?} {:?}", received, punted);
        }
    }
    Ok(())
}

/// The interface's address in the test is its only one.
fn answer(intent: &Intent, entry: PortId, own: PortId, to: &Port) -> Arrival {
    let own = intent.ports().find(|port| port.id == own).unwrap();
    intent.answered(
        entry,
        own.fixed_ips[0].ip_address,
        to.fixed_ips[0].ip_address,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn packets_arrive_exactly_where_the_oracle_says(history in any_history()) {
        let (world, intent, _) = World::play(&history);
        let vms: Vec<_> = intent.ports().filter(|port| !port.is_router_interface()).collect();
        for from in vms {
            let network = (0..NETWORKS).find(|id| vpc_id(*id) == from.network_id).unwrap();
            for entry in 0..ROUTERS {
                let mut targets: Vec<_> = (0..PORTS).map(|n| address(n % NETWORKS, 10 + n)).collect();
                targets.extend([address(0, 1), address(2, 2), address(2, 99), Ipv4Addr::new(192, 0, 2, 9)]);
                for to in targets {
                    let arrival = intent.routed(from.id, interface_id(network, entry), to.into());
                    let outcome = world.send(from, &ping(from, interface_mac(network, entry), to));
                    check(&intent, arrival, from, outcome)?;
                }
            }
        }
    }
}
