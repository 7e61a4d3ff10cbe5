//! Random lives of routers, floating IPs and the ranges these come from: whatever is granted or refused, and in whatever
//! order, nothing is left dangling.

use crate::region::Region;
use alcor_managers::floating_ip::range::{self, CreateElasticRange};
use alcor_managers::floating_ip::{self, CreateFloatingIp, UpdateFloatingIp};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port_forwarding::{self, CreatePortForwarding};
use alcor_managers::router::{
    self, Attachment, CreateRouter, Detachment, GatewayRequest, UpdateRouter,
};
use alcor_managers::subnet_pool::{self, CreateSubnetPool};
use alcor_managers::{ApiError, Caller, Settings, audit, port, records, topology};
use alcor_store::Txn;
use alcor_types::{
    ElasticRange, FloatingIp, ForwardedProtocol, HostRoute, IpPool, Network, Port, PortForwarding,
    PortRange, Router, Subnet,
};
use proptest::prelude::*;
use proptest::sample::Index;

/// What somebody does; the indexes choose among what is there.
#[derive(Debug, Clone)]
enum Step {
    MakeRouter(Option<Index>),
    DeleteRouter(Index),
    AddSubnet(Index, Index),
    AddPort(Index, Index),
    RemoveSubnet(Index, Index),
    RemovePort(Index, Index),
    SetGateway(Index, Index),
    ClearGateway(Index),
    AddGateway(Index, Index),
    Spread(Index, bool),
    OpenOutlet(Index, Index, u8),
    Route(Index, u8),
    MakePort(Index),
    DeletePort(Index),
    Float(Index, Option<Index>),
    Associate(Index, Option<Index>),
    DeleteFloat(Index),
    Forward(Index, Index, u16),
    DeleteForward(Index),
    MakeRange(Index, usize, usize),
    DeleteRange(Index),
    Inward(Index),
    Allocate,
    GiveBack,
    DeleteNetwork(Index),
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<Index>;
    prop_oneof![
        3 => any::<Option<Index>>().prop_map(Step::MakeRouter),
        2 => at().prop_map(Step::DeleteRouter),
        4 => (at(), at()).prop_map(|(a, b)| Step::AddSubnet(a, b)),
        2 => (at(), at()).prop_map(|(a, b)| Step::AddPort(a, b)),
        2 => (at(), at()).prop_map(|(a, b)| Step::RemoveSubnet(a, b)),
        2 => (at(), at()).prop_map(|(a, b)| Step::RemovePort(a, b)),
        3 => (at(), at()).prop_map(|(a, b)| Step::SetGateway(a, b)),
        1 => at().prop_map(Step::ClearGateway),
        1 => (at(), at()).prop_map(|(a, b)| Step::AddGateway(a, b)),
        1 => (at(), 1_u8..20).prop_map(|(a, b)| Step::Route(a, b)),
        3 => (at(), prop::bool::weighted(0.8)).prop_map(|(a, b)| Step::Spread(a, b)),
        4 => (at(), at(), 1_u8..4).prop_map(|(a, b, c)| Step::OpenOutlet(a, b, c)),
        4 => at().prop_map(Step::MakePort),
        2 => at().prop_map(Step::DeletePort),
        4 => (at(), any::<Option<Index>>()).prop_map(|(a, b)| Step::Float(a, b)),
        3 => (at(), any::<Option<Index>>()).prop_map(|(a, b)| Step::Associate(a, b)),
        2 => at().prop_map(Step::DeleteFloat),
        3 => (at(), at(), 1_u16..4).prop_map(|(a, b, c)| Step::Forward(a, b, c)),
        1 => at().prop_map(Step::DeleteForward),
        2 => (at(), 1_usize..15, 0_usize..4).prop_map(|(a, b, c)| Step::MakeRange(a, b, c)),
        1 => at().prop_map(Step::DeleteRange),
        1 => at().prop_map(Step::Inward),
        2 => Just(Step::Allocate),
        1 => Just(Step::GiveBack),
        1 => at().prop_map(Step::DeleteNetwork),
    ]
}

/// All records of a kind; none where the choice is empty.
fn pick<R: records::Record>(txn: &Txn<'_>, at: Index) -> Option<R> {
    let all: Vec<R> = records::scan(txn, None, false).flatten().collect();
    (!all.is_empty()).then(|| at.get(&all).clone())
}

fn apply(txn: &mut Txn<'_>, settings: &Settings, step: &Step) -> Option<Result<(), ApiError>> {
    let admin = &Caller::admin();
    Some(match step {
        Step::MakeRouter(network) => {
            let network = network.and_then(|at| pick::<Network>(txn, at));
            let request = CreateRouter {
                gateway: network.map(|network| GatewayRequest::new(network.id)),
                ..CreateRouter::default()
            };
            router::create(txn, &request, admin, settings).map(drop)
        }
        Step::DeleteRouter(at) => router::delete(txn, pick::<Router>(txn, *at)?.id, admin, None),
        Step::AddSubnet(at, to) => {
            let to = Attachment::Subnet(pick::<Subnet>(txn, *to)?.id);
            let id = pick::<Router>(txn, *at)?.id;
            router::add_interface(txn, id, to, admin, settings).map(drop)
        }
        Step::AddPort(at, to) => {
            let to = Attachment::Port(pick::<Port>(txn, *to)?.id);
            let id = pick::<Router>(txn, *at)?.id;
            router::add_interface(txn, id, to, admin, settings).map(drop)
        }
        Step::RemoveSubnet(at, from) => {
            let from = Detachment::Subnet(pick::<Subnet>(txn, *from)?.id);
            router::remove_interface(txn, pick::<Router>(txn, *at)?.id, from, admin).map(drop)
        }
        Step::RemovePort(at, from) => {
            let from = Detachment::Port(pick::<Port>(txn, *from)?.id, None);
            router::remove_interface(txn, pick::<Router>(txn, *at)?.id, from, admin).map(drop)
        }
        Step::MakePort(at) => {
            let request = port::CreatePort::new(pick::<Network>(txn, *at)?.id);
            port::create(txn, &request, admin, settings).map(drop)
        }
        Step::DeletePort(at) => port::delete(txn, pick::<Port>(txn, *at)?.id, admin, None),
        other => return change(txn, settings, other),
    })
}

fn change(txn: &mut Txn<'_>, settings: &Settings, step: &Step) -> Option<Result<(), ApiError>> {
    let admin = &Caller::admin();
    Some(match step {
        Step::Spread(at, to) => {
            let request = UpdateRouter {
                distributed_snat: Some(*to),
                ..UpdateRouter::default()
            };
            let id = pick::<Router>(txn, *at)?.id;
            router::update(txn, id, &request, admin, settings).map(drop)
        }
        Step::OpenOutlet(at, network, host) => {
            let place = (
                pick::<Router>(txn, *at)?.id,
                pick::<Network>(txn, *network)?.id,
            );
            let host = format!("h{host}").as_str().into();
            router::open_outlet(txn, place, &host, settings).map(drop)
        }
        Step::SetGateway(at, network) => {
            let wanted = GatewayRequest::new(pick::<Network>(txn, *network)?.id);
            set(txn, *at, settings, Some(Some(wanted)), None)?
        }
        Step::ClearGateway(at) => set(txn, *at, settings, Some(None), None)?,
        Step::AddGateway(at, network) => {
            let wanted = GatewayRequest::new(pick::<Network>(txn, *network)?.id);
            let id = pick::<Router>(txn, *at)?.id;
            router::add_gateways(txn, id, &[wanted], admin, settings).map(drop)
        }
        Step::Route(at, host) => {
            let route = HostRoute {
                destination: "192.168.0.0/24".parse().unwrap(),
                nexthop: format!("10.0.0.{host}").parse().unwrap(),
            };
            set(txn, *at, settings, None, Some(vec![route]))?
        }
        Step::Float(at, port) => {
            let port = port.and_then(|at| pick::<Port>(txn, at));
            let request = CreateFloatingIp {
                port_id: port.map(|port| port.id),
                ..CreateFloatingIp::new(pick::<Network>(txn, *at)?.id)
            };
            let made = floating_ip::create(txn, &request, admin, settings);
            made.map(|made| check_ranges(txn, &made))
        }
        Step::Associate(at, port) => {
            let port = port.and_then(|at| pick::<Port>(txn, at));
            let request = UpdateFloatingIp {
                port_id: Some(port.map(|port| port.id)),
                ..UpdateFloatingIp::default()
            };
            floating_ip::update(txn, pick::<FloatingIp>(txn, *at)?.id, &request, admin).map(drop)
        }
        Step::DeleteFloat(at) => {
            floating_ip::delete(txn, pick::<FloatingIp>(txn, *at)?.id, admin, None)
        }
        Step::Forward(at, port, number) => {
            let request = CreatePortForwarding {
                id: None,
                floatingip_id: pick::<FloatingIp>(txn, *at)?.id,
                description: String::new(),
                protocol: ForwardedProtocol::Tcp,
                external_ports: PortRange::one(*number),
                internal_port_id: pick::<Port>(txn, *port)?.id,
                internal_ip_address: None,
                internal_ports: PortRange::one(*number),
            };
            port_forwarding::create(txn, &request, admin).map(drop)
        }
        Step::DeleteForward(at) => {
            port_forwarding::delete(txn, pick::<PortForwarding>(txn, *at)?.id, admin, None)
        }
        Step::Inward(at) => {
            let request = network::UpdateNetwork {
                external: Some(false),
                ..network::UpdateNetwork::default()
            };
            let id = pick::<Network>(txn, *at)?.id;
            network::update(txn, id, &request, admin, settings).map(drop)
        }
        other => return allocate(txn, settings, other),
    })
}

fn allocate(txn: &mut Txn<'_>, settings: &Settings, step: &Step) -> Option<Result<(), ApiError>> {
    let admin = &Caller::admin();
    let project = &admin.project_id;
    Some(match step {
        Step::Allocate => topology::ensure(txn, project, admin, settings).map(drop),
        Step::GiveBack => topology::delete(txn, project, admin),
        Step::DeleteNetwork(at) => network::delete(txn, pick::<Network>(txn, *at)?.id, admin, None),
        Step::MakeRange(at, first, more) => {
            let mut hosts = pick::<Subnet>(txn, *at)?.cidr.hosts().skip(*first);
            let start = hosts.next()?;
            let end = hosts.take(*more).last().unwrap_or(start);
            let request = CreateElasticRange {
                pools: vec![IpPool::new(start, end).unwrap()],
                ..CreateElasticRange::default()
            };
            range::create(txn, &request).map(drop)
        }
        Step::DeleteRange(at) => range::delete(txn, pick::<ElasticRange>(txn, *at)?.id),
        _ => return None,
    })
}

/// A new floating IP is of a range, where its network has any.
fn check_ranges(txn: &Txn<'_>, made: &FloatingIp) {
    let subnets = network::subnet_ids(txn, made.floating_network_id).unwrap();
    let ranges = range::list(txn).unwrap();
    let parts = ranges.iter().flat_map(|range| &range.parts);
    let mut parts = parts
        .filter(|part| subnets.contains(&part.subnet_id))
        .peekable();
    let address = made.floating_ip_address;
    assert!(parts.peek().is_none() || parts.any(|part| part.pool.contains(address)));
}

#[expect(
    clippy::option_option,
    reason = "not sent, none and a gateway are three things"
)]
fn set(
    txn: &mut Txn<'_>,
    at: Index,
    settings: &Settings,
    gateway: Option<Option<GatewayRequest>>,
    routes: Option<Vec<HostRoute>>,
) -> Option<Result<(), ApiError>> {
    let request = UpdateRouter {
        gateway,
        routes,
        ..UpdateRouter::default()
    };
    let id = pick::<Router>(txn, at)?.id;
    Some(router::update(txn, id, &request, &Caller::admin(), settings).map(drop))
}

/// Two external networks and three inside, one of them with IPv6 too, and a pool for topologies.
fn region() -> Region {
    let region = Region::with(Settings::default().without_quotas());
    let pool = CreateSubnetPool {
        name: "default".to_owned(),
        prefixes: vec!["10.0.0.0/15".parse().unwrap()],
        default_prefixlen: Some(24),
        is_default: true,
        ..CreateSubnetPool::default()
    };
    let make = move |txn: &mut Txn<'_>, settings: &Settings| {
        subnet_pool::create(txn, &pool, &Caller::admin(), settings)
    };
    region.run(make).unwrap();
    for (block, is_default) in [("203.0.113.0/28", true), ("198.51.100.0/28", false)] {
        let request = CreateNetwork {
            external: Some(true),
            is_default: Some(is_default),
            ..CreateNetwork::default()
        };
        let network = region.create_network(request).unwrap();
        region.subnet(&network, block);
    }
    for blocks in [
        &["10.0.0.0/24"][..],
        &["10.0.1.0/24"],
        &["10.0.0.0/16", "2001:db8:1::/64", "2001:db8:2::/64"],
    ] {
        let network = region.network();
        for block in blocks {
            region.subnet(&network, block);
        }
    }
    region
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nothing_is_left_dangling(steps in prop::collection::vec(step(), 1..80)) {
        let region = region();
        for step in steps {
            let tried = step.clone();
            let done = region.run(move |txn, settings| {
                apply(txn, settings, &step).unwrap_or(Ok(()))
            });
            if let Err(error) = done {
                assert!(error.status() < 500, "{tried:?}: {error}");
            }
            assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0], "{tried:?}");
        }
    }
}
