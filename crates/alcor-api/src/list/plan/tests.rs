//! No filter that clients use reads more rows than have its value.

use super::super::walk::Walk;
use super::{Source, plan};
use crate::query::{Filter, ListQuery, QueryString};
use crate::resource::{
    FloatingIps, Networks, Ports, Reading, Resource, Routers, Row, SecurityGroupRules,
    SecurityGroups, Subnets,
};
use crate::state::{AgentLiveness, Liveness};
use alcor_managers::floating_ip::{self, CreateFloatingIp};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::node::{self, CreateNode};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::router::{self, Attachment, CreateRouter, GatewayRequest};
use alcor_managers::security_group::{self, CreateSecurityGroup};
use alcor_managers::subnet::{self, CreateSubnet};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::{Store, Txn};
use alcor_types::{
    FloatingIp, HostName, Network, NetworkId, Port, PortState, PortStatus, ProjectId, Revision,
    Router, SecurityGroup, Subnet,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How much there is of everything that no filter asks for.
const MANY: u8 = 20;
/// The name, tag, project, device and host of what filters ask for.
const NEEDLE: &str = "needle";

struct Nobody;

impl Liveness for Nobody {
    fn agent(&self, _: &HostName) -> Option<AgentLiveness> {
        None
    }
}

/// What filters ask for: one of each kind.
#[derive(Clone)]
struct Needles {
    outside: NetworkId,
    network: Network,
    subnet: Subnet,
    group: SecurityGroup,
    port: Port,
    router: Router,
    floating_ip: FloatingIp,
}

type Made<T> = Result<T, ApiError>;

fn name() -> String {
    NEEDLE.to_owned()
}

fn tags() -> BTreeSet<String> {
    [name()].into()
}

#[expect(clippy::unnecessary_wraps, reason = "as requests take it")]
fn project() -> Option<ProjectId> {
    Some(NEEDLE.into())
}

fn make_subnet(txn: &mut Txn<'_>, on: NetworkId, cidr: &str, named: bool) -> Made<Subnet> {
    let request = CreateSubnet::new(on, cidr.parse().unwrap());
    let request = if named {
        CreateSubnet {
            name: name(),
            tags: tags(),
            project_id: project(),
            ..request
        }
    } else {
        request
    };
    subnet::create(txn, &request, &Caller::admin(), &Settings::default())
}

/// The hay: an external network with floating IPs, and some of everything else.
fn fill(txn: &mut Txn<'_>) -> Made<NetworkId> {
    let (admin, settings) = (&Caller::admin(), &Settings::default().without_quotas());
    let external = CreateNetwork {
        external: Some(true),
        ..CreateNetwork::default()
    };
    let outside = network::create(txn, &external, admin, settings)?.id;
    make_subnet(txn, outside, "203.0.113.0/24", false)?;
    for at in 0..MANY {
        let network = network::create(txn, &CreateNetwork::default(), admin, settings)?.id;
        make_subnet(txn, network, &format!("10.{at}.0.0/24"), false)?;
        let vm = CreatePort {
            device_id: format!("vm-{at}"),
            device_owner: "compute:nova".to_owned(),
            ..CreatePort::new(network)
        };
        port::create(txn, &vm, admin, settings)?;
        router::create(txn, &CreateRouter::default(), admin, settings)?;
        floating_ip::create(txn, &CreateFloatingIp::new(outside), admin, settings)?;
        let group = CreateSecurityGroup::default();
        security_group::create(txn, &group, admin, settings)?;
    }
    Ok(outside)
}

fn make_port(txn: &mut Txn<'_>, network: &Network, group: &SecurityGroup) -> Made<Port> {
    let (admin, settings) = (&Caller::admin(), &Settings::default());
    let host = CreateNode::new(NEEDLE.into(), "192.0.2.1".parse().unwrap());
    node::create(txn, &host, admin)?;
    let request = CreatePort {
        name: name(),
        tags: tags(),
        project_id: project(),
        device_id: name(),
        device_owner: "baremetal:needle".to_owned(),
        host: Some(NEEDLE.into()),
        security_groups: Some(vec![group.id]),
        ..CreatePort::new(network.id)
    };
    let port = port::create(txn, &request, admin, settings)?;
    let state = PortState {
        id: port.id,
        host: NEEDLE.into(),
        status: PortStatus::Active,
        reason: String::new(),
        revision: Revision::default(),
    };
    port::record_states(txn, &[state])?;
    Ok(port)
}

fn make_router(txn: &mut Txn<'_>, outside: NetworkId, inside: &Subnet) -> Made<Router> {
    let (admin, settings) = (&Caller::admin(), &Settings::default());
    let request = CreateRouter {
        name: name(),
        tags: tags(),
        project_id: project(),
        gateway: Some(GatewayRequest::new(outside)),
        ..CreateRouter::default()
    };
    let router = router::create(txn, &request, admin, settings)?;
    let to = Attachment::Subnet(inside.id);
    Ok(router::add_interface(txn, router.id, to, admin, settings)?.router)
}

fn hide_needles(txn: &mut Txn<'_>) -> Made<Needles> {
    let (admin, settings) = (&Caller::admin(), &Settings::default());
    let outside = fill(txn)?;
    let request = CreateNetwork {
        name: name(),
        tags: tags(),
        project_id: project(),
        ..CreateNetwork::default()
    };
    let network = network::create(txn, &request, admin, settings)?;
    let subnet = make_subnet(txn, network.id, "192.0.2.0/24", true)?;
    let request = CreateSecurityGroup {
        name: name(),
        tags: tags(),
        project_id: project(),
        ..CreateSecurityGroup::default()
    };
    let group = security_group::create(txn, &request, admin, settings)?;
    let port = make_port(txn, &network, &group)?;
    let router = make_router(txn, outside, &subnet)?;
    let request = CreateFloatingIp {
        tags: tags(),
        project_id: project(),
        port_id: Some(port.id),
        ..CreateFloatingIp::new(outside)
    };
    let floating_ip = floating_ip::create(txn, &request, admin, settings)?;
    Ok(Needles {
        outside,
        network,
        subnet,
        group,
        port,
        router,
        floating_ip,
    })
}

/// How many rows are read from a source, and how many of them the filters want.
fn count<R: Resource>(reading: &Reading, filters: &[Filter<R>], source: Source) -> (usize, usize) {
    let (mut read, mut wanted) = (0, 0);
    let mut take = |record| {
        let row = Row::<R>::new(record, reading);
        read += 1;
        wanted += usize::from(filters.iter().all(|filter| filter.allows(&row)));
        Ok(ControlFlow::Continue(()))
    };
    let mut walk = Walk::<R>::new(source, None, false);
    walk.step(reading, usize::MAX, &mut take).unwrap();
    (read, wanted)
}

/// How many rows a list reads for a query, of which it misses none.
fn rows<R: Resource>(reading: &Reading, query: &str) -> (usize, usize) {
    let uri = format!("/?{query}").parse().unwrap();
    let query = QueryString::of(&uri).unwrap();
    let filters = ListQuery::<R>::read(&query).unwrap().filters;
    let source = plan(&filters, &reading.caller, reading);
    let found = count(reading, &filters, source);
    if reading.caller.sees_all() {
        let (_, there) = count(reading, &filters, Source::Scan);
        assert_eq!(found.1, there, "{} {query:?}", R::PLURAL);
    }
    found
}

/// Asserts that each query reads what it wants and nothing else.
fn check<R: Resource>(reading: &Reading, queries: &[&str]) {
    for query in queries {
        let (read, wanted) = rows::<R>(reading, query);
        assert!(wanted > 0, "{} {query} finds nothing", R::PLURAL);
        assert_eq!(read, wanted, "rows read for {} {query}", R::PLURAL);
    }
}

async fn region(caller: Caller) -> (Reading, Needles) {
    let store = Store::ephemeral();
    let needles = store.transact(hide_needles).await.unwrap().value;
    let reading = Reading {
        snapshot: store.snapshot(),
        liveness: Arc::new(Nobody),
        caller,
        parent_project: None,
        settings: Arc::default(),
    };
    (reading, needles)
}

#[tokio::test]
async fn ports_are_found_by_what_clients_ask_for() {
    let (reading, needles) = region(Caller::admin()).await;
    let Needles { port, subnet, .. } = &needles;
    let (network, group) = (needles.network.id, needles.group.id);
    let (mac, address) = (port.mac_address, port.fixed_ips[0].ip_address);
    check::<Ports>(
        &reading,
        &[
            "name=needle",
            "tags=needle",
            "tags-any=needle",
            "project_id=needle",
            "tenant_id=needle",
            "device_id=needle",
            "device_id=needle&device_id=vm-1",
            "device_owner=baremetal:needle",
            "device_owner=network:router_gateway",
            "binding:host_id=needle",
            "status=ACTIVE",
            "status=N/A",
            "status=N/A&status=ACTIVE",
            &format!("network_id={network}"),
            &format!("security_groups={group}"),
            &format!("mac_address={mac}"),
            &format!("fixed_ips=ip_address={address}"),
            &format!("fixed_ips=subnet_id={}", subnet.id),
            &format!("id={}", port.id),
        ],
    );
    for nothing in ["status=BUILD", "status=ERROR", "status=odd"] {
        assert_eq!(rows::<Ports>(&reading, nothing), (0, 0), "{nothing}");
    }
}

/// A part of an address, and a status that ports have for many reasons, have no index: what the
/// caller may see is the bound, and any filter beside them.
#[tokio::test]
async fn what_has_no_index_is_bounded_by_the_scope() {
    let (mut reading, needles) = region(Caller::admin()).await;
    let all = rows::<Ports>(&reading, "").0;
    assert_eq!(rows::<Ports>(&reading, "status=DOWN").0, all);
    let beside = format!("status=DOWN&network_id={}", needles.network.id);
    assert_eq!(rows::<Ports>(&reading, &beside).0, 2);
    reading.caller = Caller::with_roles(NEEDLE, &["member"]);
    for query in [
        "status=DOWN",
        "status=ACTIVE",
        "device_owner=compute:nova",
        "fixed_ips=ip_address_substr=10.",
    ] {
        assert_eq!(rows::<Ports>(&reading, query).0, 2, "{query}");
    }
}

#[tokio::test]
async fn networks_and_subnets_are_found_by_what_clients_ask_for() {
    let (reading, needles) = region(Caller::admin()).await;
    check::<Networks>(
        &reading,
        &[
            "name=needle",
            "tags=needle",
            "project_id=needle",
            "router:external=true",
        ],
    );
    check::<Subnets>(
        &reading,
        &[
            "name=needle",
            "tags=needle",
            "project_id=needle",
            "cidr=192.0.2.0/24",
            "gateway_ip=192.0.2.1",
            &format!("network_id={}", needles.network.id),
        ],
    );
}

#[tokio::test]
async fn routers_and_floating_ips_are_found_by_what_clients_ask_for() {
    let (reading, needles) = region(Caller::admin()).await;
    let usual = ["name=needle", "tags=needle", "project_id=needle"];
    check::<Routers>(&reading, &usual);
    let address = needles.floating_ip.floating_ip_address;
    let inside = needles.port.fixed_ips[0].ip_address;
    check::<FloatingIps>(
        &reading,
        &[
            "tags=needle",
            "project_id=needle",
            &format!("floating_network_id={}", needles.outside),
            &format!("floating_ip_address={address}"),
            &format!("fixed_ip_address={inside}"),
            &format!("port_id={}", needles.port.id),
            &format!("router_id={}", needles.router.id),
        ],
    );
}

#[tokio::test]
async fn security_groups_and_rules_are_found_by_what_clients_ask_for() {
    let (reading, needles) = region(Caller::admin()).await;
    let usual = ["name=needle", "tags=needle", "project_id=needle"];
    check::<SecurityGroups>(&reading, &usual);
    let group = format!("security_group_id={}", needles.group.id);
    check::<SecurityGroupRules>(&reading, &["project_id=needle", &group]);
}
