//! The attribute tables and the views are written apart; here they are held together.

mod routing;
mod service;

use super::{
    AddressGroups, AddressScopes, Agents, DefaultSecurityGroupRules, IpAvailabilities, Networks,
    Nodes, Ports, RbacPolicies, Reading, Resource, Row, SecurityGroupRules, SecurityGroups,
    SegmentRanges, Segments, SubnetPools, Subnets,
};
use crate::state::{AgentLiveness, Liveness};
use crate::view::{Selection, single};
use alcor_managers::address_group::CreateAddressGroup;
use alcor_managers::address_scope::CreateAddressScope;
use alcor_managers::network::CreateNetwork;
use alcor_managers::node::CreateNode;
use alcor_managers::port::CreatePort;
use alcor_managers::security_group::CreateSecurityGroup;
use alcor_managers::segment::range;
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::subnet_pool::CreateSubnetPool;
use alcor_managers::{
    ApiError, Caller, Settings, address_group, address_scope, network, node, port, records, schema,
    security_group, subnet, subnet_pool,
};
use alcor_store::Store;
use alcor_types::{
    AddressScope, Agent, AgentId, AgentKind, HostName, IpVersion, Network, Node, Port, Subnet,
    SubnetPool, Timestamp,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

struct Nobody;

impl Liveness for Nobody {
    fn agent(&self, _: &HostName) -> Option<AgentLiveness> {
        None
    }
}

type Records = (Network, Subnet, Port, Node);

async fn made(store: &Store) -> Records {
    let make = |txn: &mut alcor_store::Txn<'_>| -> Result<Records, ApiError> {
        let (caller, settings) = (Caller::admin(), Settings::default());
        range::install_defaults(txn, &settings)?;
        let network = network::create(txn, &CreateNetwork::default(), &caller, &settings)?;
        let block = "10.0.0.0/24".parse().unwrap();
        let subnet = CreateSubnet::new(network.id, block);
        let subnet = subnet::create(txn, &subnet, &caller, &settings)?;
        let port = port::create(txn, &CreatePort::new(network.id), &caller, &settings)?;
        let node = CreateNode::new(HostName::from("h"), "192.0.2.1".parse().unwrap());
        Ok((network, subnet, port, node::create(txn, &node, &caller)?))
    };
    store.transact(make).await.unwrap().value
}

fn check<R: Resource>(record: R::Record, reading: &Reading) {
    let row = Row::<R>::new(record, reading);
    let tenant = Caller::with_roles("admin", &["member"]);
    assert_eq!(shown(&row, &tenant), table::<R>(false), "{}", R::PLURAL);
    check_row(&row);
}

/// Of a resource that only administrators see.
fn check_admins<R: Resource>(record: R::Record, reading: &Reading) {
    check_row(&Row::<R>::new(record, reading));
}

fn shown<R: Resource>(row: &Row<'_, R>, caller: &Caller) -> BTreeSet<String> {
    let json = single(row, &Selection::of::<R>(&[], caller)).unwrap();
    let body: Value = serde_json::from_slice(&json).unwrap();
    let members = body[R::SINGULAR].as_object().unwrap();
    members.keys().cloned().collect()
}

fn table<R: Resource>(admin: bool) -> BTreeSet<String> {
    let visible = R::attributes()
        .iter()
        .filter(|attribute| attribute.shown && (admin || !attribute.admin));
    let names = visible.map(|attribute| attribute.name.to_owned());
    let project = R::attributes()
        .iter()
        .any(|attribute| attribute.shown && attribute.name == "project_id");
    names
        .chain(project.then(|| "tenant_id".to_owned()))
        .collect()
}

fn check_row<R: Resource>(row: &Row<'_, R>) {
    assert_eq!(
        shown(row, &Caller::admin()),
        table::<R>(true),
        "{}",
        R::PLURAL
    );
    for rule in R::indexes() {
        let known = R::attributes()
            .iter()
            .any(|attribute| attribute.name == rule.attribute);
        assert!(known, "{} has no {}", R::PLURAL, rule.attribute);
    }
}

async fn pool_and_scope(store: &Store) -> (SubnetPool, AddressScope) {
    let make = |txn: &mut alcor_store::Txn<'_>| -> Result<_, ApiError> {
        let (caller, settings) = (Caller::admin(), Settings::default());
        let pool = CreateSubnetPool {
            name: "pool".to_owned(),
            prefixes: vec!["10.0.0.0/16".parse().unwrap()],
            ..CreateSubnetPool::default()
        };
        let scope = CreateAddressScope {
            id: None,
            project_id: None,
            name: String::new(),
            ip_version: IpVersion::V4,
            shared: false,
        };
        Ok((
            subnet_pool::create(txn, &pool, &caller, &settings)?,
            address_scope::create(txn, &scope, &caller)?,
        ))
    };
    store.transact(make).await.unwrap().value
}

fn agent(node: &Node) -> Agent {
    Agent {
        id: AgentId::random(),
        kind: AgentKind::Dhcp,
        host: node.name.clone(),
        admin_state_up: true,
        description: String::new(),
        created_at: Timestamp::default(),
    }
}

/// One of each kind of what filters traffic and grants its use.
async fn check_security(store: &Store, reading: &Reading) {
    let make = |txn: &mut alcor_store::Txn<'_>| {
        let (caller, settings) = (Caller::admin(), Settings::default());
        let group = CreateSecurityGroup::default();
        let group = security_group::create(txn, &group, &caller, &settings)?;
        let addresses = address_group::create(txn, &CreateAddressGroup::default(), &caller)?;
        let shared = CreateNetwork {
            shared: Some(true),
            ..CreateNetwork::default()
        };
        network::create(txn, &shared, &caller, &settings)?;
        let rule = security_group::rules(txn, group.id)?.remove(0);
        let template = records::scan(txn, None, false).next().unwrap()?;
        let policy = records::scan(txn, None, false).next().unwrap()?;
        Ok::<_, ApiError>((group, rule, template, addresses, policy))
    };
    let (group, rule, template, addresses, policy) = store.transact(make).await.unwrap().value;
    check::<SecurityGroups>(group, reading);
    check::<SecurityGroupRules>(rule, reading);
    check::<DefaultSecurityGroupRules>(template, reading);
    check::<AddressGroups>(addresses, reading);
    check::<RbacPolicies>(policy, reading);
}

/// A network of one segment does not show them.
fn of_several_segments(mut network: Network) -> Network {
    network.segments.extend(network.segments.clone());
    network
}

#[tokio::test]
async fn views_show_what_the_tables_say() {
    let store = Store::ephemeral();
    let (network, subnet, port, node) = made(&store).await;
    let (pool, scope) = pool_and_scope(&store).await;
    let reading = Reading {
        snapshot: store.snapshot(),
        liveness: Arc::new(Nobody),
        caller: Caller::admin(),
        parent_project: None,
        settings: Arc::default(),
    };
    let segments = reading.records(schema::SEGMENT_BY_NETWORK, network.id.as_bytes());
    for segment in segments {
        check::<Segments>(segment, &reading);
    }
    let ranges = reading.records(schema::RANGE_BY_TYPE, b"vxlan");
    for range in ranges {
        check_admins::<SegmentRanges>(range, &reading);
    }
    check::<IpAvailabilities>(network.clone(), &reading);
    check::<Networks>(of_several_segments(network), &reading);
    check::<Subnets>(subnet, &reading);
    check::<SubnetPools>(pool, &reading);
    check::<AddressScopes>(scope, &reading);
    check::<Ports>(port, &reading);
    check::<Nodes>(node.clone(), &reading);
    check::<Agents>(agent(&node), &reading);
    check_security(&store, &reading).await;
}
