//! Nodes by operators and by agents.

use crate::region::{Region, member, refused};
use alcor_managers::network::CreateNetwork;
use alcor_managers::node::{self, CreateNode, Registration, UpdateNode};
use alcor_managers::port::CreatePort;
use alcor_managers::router::{self, CreateRouter};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_types::{HostName, Node, NodeId, Timestamp};

fn request(name: &str) -> CreateNode {
    CreateNode::new(name.into(), "192.0.2.7".parse().unwrap())
}

fn upsert(region: &Region, request: CreateNode) -> Result<Node, ApiError> {
    region.run(move |txn, _| node::upsert(txn, &request, &Caller::admin()))
}

fn register(region: &Region, host: &str, version: &str) -> Node {
    let hello = Registration {
        host: host.into(),
        tunnel_ip: "fd00::7".parse().unwrap(),
        agent_version: version.to_owned(),
        bridge: "br-int".to_owned(),
        started_at: Timestamp(1),
    };
    region
        .run(move |txn, _| node::register(txn, &hello))
        .unwrap()
}

#[test]
fn names_and_ids_are_unique() {
    let region = Region::new();
    let node = region.node("host1");
    let again = request("host1");
    refused(
        region.run(move |txn, _| node::create(txn, &again, &Caller::admin())),
        "NodeNameInUse",
        409,
    );
    let same_id = CreateNode {
        id: Some(node.id),
        ..request("host2")
    };
    refused(
        region.run(move |txn, _| node::create(txn, &same_id, &Caller::admin())),
        "NeutronDbObjectDuplicateEntry",
        409,
    );
    let other_id = CreateNode {
        id: Some(NodeId::random()),
        ..request("host1")
    };
    refused(upsert(&region, other_id), "NodeNameInUse", 409);
    refused(upsert(&region, request("")), "HTTPBadRequest", 400);
    let nowhere = CreateNode {
        local_ip: "0.0.0.0".parse().unwrap(),
        ..request("host3")
    };
    refused(upsert(&region, nowhere), "HTTPBadRequest", 400);
}

#[test]
fn an_upsert_replaces_by_id_or_name() {
    let region = Region::new();
    let first = upsert(&region, request("host1")).unwrap();
    assert_eq!(first.server_port, 50_001);
    let moved = CreateNode {
        veth: "eth9".to_owned(),
        ..request("host1")
    };
    let second = upsert(&region, moved).unwrap();
    assert_eq!((second.id, second.veth.as_str()), (first.id, "eth9"));
    let renamed = CreateNode {
        id: Some(first.id),
        ..request("host2")
    };
    assert_eq!(
        upsert(&region, renamed).unwrap().name,
        HostName::from("host2")
    );
}

#[test]
fn a_bulk_is_all_or_nothing() {
    let region = Region::new();
    let bulk = vec![request("host1"), request("host2"), request("")];
    let outcome = region.run(move |txn, _| node::create_many(txn, &bulk, &Caller::admin()));
    refused(outcome, "HTTPBadRequest", 400);
    assert_eq!(region.store.revision().0, 0);
}

#[test]
fn an_agent_registers_itself_and_writes_only_news() {
    let region = Region::new();
    let first = register(&region, "host1", "1.0");
    assert_eq!(first.local_ip.to_string(), "fd00::7");
    let written = region.store.revision();
    assert_eq!(register(&region, "host1", "1.0"), first);
    assert_eq!(
        region.store.revision(),
        written,
        "nothing new, nothing written"
    );
    let second = register(&region, "host1", "1.1");
    assert_eq!(
        (second.id, second.agent_version.as_str()),
        (first.id, "1.1")
    );
}

#[test]
fn an_agent_keeps_what_the_operator_said() {
    let region = Region::new();
    let told = upsert(
        &region,
        CreateNode {
            veth: "eth1".to_owned(),
            ..request("host1")
        },
    )
    .unwrap();
    let registered = register(&region, "host1", "1.0");
    assert_eq!((registered.id, registered.veth.as_str()), (told.id, "eth1"));
}

#[test]
fn a_node_with_ports_keeps_its_place_and_name() {
    let region = Region::new();
    let id = region.node("host1").id;
    let network = region.network();
    let port = region
        .create_port(CreatePort {
            host: Some("host1".into()),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    let delete = || region.run(move |txn, _| node::delete(txn, id, &Caller::admin()));
    refused(delete(), "NodeInUse", 409);
    let rename = UpdateNode {
        name: Some("host2".into()),
        ..UpdateNode::default()
    };
    refused(
        region.run(move |txn, _| node::update(txn, id, &rename, &Caller::admin())),
        "NodeInUse",
        409,
    );
    region.delete_port(&port).unwrap();
    delete().unwrap();
    refused(delete(), "NodeNotFound", 404);
}

#[test]
fn the_id_in_the_body_is_the_one_in_the_path() {
    let region = Region::new();
    let id = region.node("host1").id;
    let update = UpdateNode {
        id: Some(NodeId::random()),
        ..UpdateNode::default()
    };
    refused(
        region.run(move |txn, _| node::update(txn, id, &update, &Caller::admin())),
        "HTTPBadRequest",
        400,
    );
}

#[test]
fn nodes_are_found_by_id_and_name_and_only_by_operators() {
    let region = Region::new();
    let node = region.node("host1");
    let read = region.store.snapshot();
    assert_eq!(node::get(&read, "host1", &Caller::admin()).unwrap(), node);
    assert_eq!(
        node::get(&read, &node.id.to_string(), &Caller::admin()).unwrap(),
        node
    );
    refused(
        node::get(&read, "host2", &Caller::admin()),
        "NodeNotFound",
        404,
    );
    refused(
        node::get(&read, "host1", &member("tenant")),
        "PolicyNotAuthorized",
        403,
    );
}

#[test]
fn a_hint_holds_while_a_node_is_in_the_zone() {
    let region = Region::new();
    let hinted = || CreateNetwork {
        availability_zone_hints: vec!["nova".to_owned()],
        ..CreateNetwork::default()
    };
    let kind = "AvailabilityZoneNotFound";
    refused(region.create_network(hinted()), kind, 404);
    let node = region.node("h1");
    let network = region.create_network(hinted()).unwrap();
    assert_eq!(network.availability_zone_hints, ["nova"]);
    let leave = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
        node::delete(txn, node.id, &Caller::admin())
    };
    region.run(leave).unwrap();
    refused(region.create_network(hinted()), kind, 404);
    let router = CreateRouter {
        availability_zone_hints: vec!["nova".to_owned()],
        ..CreateRouter::default()
    };
    let make = move |txn: &mut alcor_store::Txn<'_>, settings: &Settings| {
        router::create(txn, &router, &Caller::admin(), settings)
    };
    refused(region.run(make), kind, 404);
}
