//! Nodes: the hosts that ports are bound to, told by an operator or by their own agent.
//!
//! Ports name nodes, so a node is known by its name, and its tunnel address may change under
//! them. Operators write nodes through Alcor's `/nodes`; an agent's hello writes its own.

mod request;

pub use request::{CreateNode, Registration, UpdateNode};

use crate::records;
use crate::schema::{NODE_BY_NAME, PORT_BY_HOST};
use crate::{ApiError, Caller, agent, policy, standard, zone};
use alcor_store::{Read, Txn};
use alcor_types::{HostName, Node, NodeId, Port, PortId, Timestamp};
use std::net::IpAddr;

/// The agent's gRPC port where nobody says another (the first Alcor's).
const DEFAULT_SERVER_PORT: u16 = 50_001;

/// Makes a node; its id and name must be free.
pub fn create(txn: &mut Txn<'_>, request: &CreateNode, caller: &Caller) -> Result<Node, ApiError> {
    policy::admin_only(caller, true, "create_node")?;
    if let Some(id) = request.id {
        standard::check_free::<Node>(txn, id.as_bytes(), &id)?;
    }
    check_name_free(txn, &request.name)?;
    let node = describe(request);
    check(&node)?;
    zone::enter(txn, &node.availability_zone)?;
    records::insert(txn, &node)?;
    Ok(node)
}

/// Makes the node, or replaces what an operator says of the one with this id or, where none is
/// given, this name: Alcor's `POST /nodes`.
pub fn upsert(txn: &mut Txn<'_>, request: &CreateNode, caller: &Caller) -> Result<Node, ApiError> {
    policy::admin_only(caller, true, "create_node")?;
    let present = match request.id {
        Some(id) => find(txn, id)?,
        None => by_name(txn, &request.name)?,
    };
    let Some(present) = present else {
        return create(txn, request, caller);
    };
    let update = UpdateNode {
        name: Some(request.name.clone()),
        local_ip: Some(request.local_ip),
        mac_address: Some(request.mac_address),
        veth: Some(request.veth.clone()),
        server_port: Some(request.server_port.unwrap_or(DEFAULT_SERVER_PORT)),
        host_dvr_mac: Some(request.host_dvr_mac),
        ncm_id: Some(request.ncm_id.clone()),
        ncm_uri: Some(request.ncm_uri.clone()),
        availability_zone: Some(request.availability_zone.clone()),
        ..UpdateNode::default()
    };
    self::update(txn, present.id, &update, caller)
}

/// Makes or replaces all the nodes or none: Alcor's `POST /nodes/bulk`.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateNode],
    caller: &Caller,
) -> Result<Vec<Node>, ApiError> {
    requests
        .iter()
        .map(|request| upsert(txn, request, caller))
        .collect()
}

/// The node with this id or, where the text is no id, this name.
pub fn get(read: &dyn Read, id_or_name: &str, caller: &Caller) -> Result<Node, ApiError> {
    policy::admin_only(caller, true, "get_node")?;
    let by_id = match id_or_name.parse::<NodeId>() {
        Ok(id) => find(read, id)?,
        Err(_) => None,
    };
    let node = match by_id {
        Some(node) => Some(node),
        None => by_name(read, &HostName::from(id_or_name))?,
    };
    node.ok_or_else(|| ApiError::NodeNotFound(id_or_name.to_owned()))
}

/// The node that ports of this host are bound to.
pub fn by_name(read: &dyn Read, name: &HostName) -> Result<Option<Node>, ApiError> {
    let parts = [name.as_str().as_bytes()];
    let mut nodes = records::lookup::<Node>(read, NODE_BY_NAME, &parts, None, false);
    Ok(nodes.next().transpose()?)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: NodeId,
    request: &UpdateNode,
    caller: &Caller,
) -> Result<Node, ApiError> {
    policy::admin_only(caller, true, "update_node")?;
    let mut node = find(txn, id)?.ok_or_else(|| ApiError::NodeNotFound(id.to_string()))?;
    if let Some(other) = request.id.filter(|other| *other != id) {
        let reason = format!("the body says {other}, the path {id}; they must agree");
        return Err(ApiError::attribute("node_id", reason));
    }
    if let Some(name) = request.name.as_ref().filter(|name| **name != node.name) {
        check_unused(txn, &node)?;
        check_name_free(txn, name)?;
        agent::rename(txn, &node.name, name)?;
        node.name = name.clone();
    }
    zone::leave(txn, &node.availability_zone)?;
    apply(&mut node, request);
    check(&node)?;
    zone::enter(txn, &node.availability_zone)?;
    node.updated_at = Timestamp::now();
    records::put(txn, &node)?;
    Ok(node)
}

/// Removes the node, unless ports are bound to it.
pub fn delete(txn: &mut Txn<'_>, id: NodeId, caller: &Caller) -> Result<(), ApiError> {
    policy::admin_only(caller, true, "delete_node")?;
    let node = find(txn, id)?.ok_or_else(|| ApiError::NodeNotFound(id.to_string()))?;
    check_unused(txn, &node)?;
    agent::forget(txn, &node.name)?;
    zone::leave(txn, &node.availability_zone)?;
    records::delete::<Node>(txn, id.as_bytes())?;
    Ok(())
}

/// Notes an agent's hello: makes its node, or brings it up to date. When the hello says nothing
/// new, nothing is written, so a storm of reconnecting agents costs reads only.
pub fn register(txn: &mut Txn<'_>, hello: &Registration) -> Result<Node, ApiError> {
    let present = by_name(txn, &hello.host)?;
    let mut node = present
        .clone()
        .unwrap_or_else(|| describe(&CreateNode::new(hello.host.clone(), hello.tunnel_ip)));
    node.local_ip = hello.tunnel_ip;
    node.agent_version.clone_from(&hello.agent_version);
    node.bridge.clone_from(&hello.bridge);
    node.started_at = hello.started_at;
    agent::register(txn, &hello.host)?;
    if present.as_ref() == Some(&node) {
        return Ok(node);
    }
    check(&node)?;
    if present.is_none() {
        zone::enter(txn, &node.availability_zone)?;
    }
    node.updated_at = Timestamp::now();
    records::put(txn, &node)?;
    Ok(node)
}

fn find(read: &dyn Read, id: NodeId) -> Result<Option<Node>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn describe(request: &CreateNode) -> Node {
    let now = Timestamp::now();
    Node {
        id: request.id.unwrap_or_else(NodeId::random),
        name: request.name.clone(),
        local_ip: request.local_ip,
        mac_address: request.mac_address,
        veth: request.veth.clone(),
        server_port: request.server_port.unwrap_or(DEFAULT_SERVER_PORT),
        host_dvr_mac: request.host_dvr_mac,
        ncm_id: request.ncm_id.clone(),
        ncm_uri: request.ncm_uri.clone(),
        agent_version: String::new(),
        bridge: String::new(),
        availability_zone: zone::or_default(&request.availability_zone),
        created_at: now,
        updated_at: now,
        started_at: Timestamp::default(),
    }
}

fn apply(node: &mut Node, request: &UpdateNode) {
    standard::assign(&mut node.local_ip, request.local_ip.as_ref());
    standard::assign(&mut node.mac_address, request.mac_address.as_ref());
    standard::assign(&mut node.veth, request.veth.as_ref());
    standard::assign(&mut node.server_port, request.server_port.as_ref());
    standard::assign(&mut node.host_dvr_mac, request.host_dvr_mac.as_ref());
    standard::assign(&mut node.ncm_id, request.ncm_id.as_ref());
    standard::assign(&mut node.ncm_uri, request.ncm_uri.as_ref());
    if let Some(zone) = &request.availability_zone {
        node.availability_zone = zone::or_default(zone);
    }
}

fn check(node: &Node) -> Result<(), ApiError> {
    if node.name.as_str().is_empty() {
        return Err(ApiError::attribute(
            "node_name",
            "it is empty, name the host",
        ));
    }
    for (attribute, text) in [
        ("node_name", node.name.as_str()),
        ("veth", &node.veth),
        ("ncm_id", &node.ncm_id),
        ("ncm_uri", &node.ncm_uri),
        ("availability_zone", &node.availability_zone),
        ("agent_version", &node.agent_version),
        ("bridge", &node.bridge),
    ] {
        standard::check_text(attribute, text)?;
    }
    check_tunnel_end(node.local_ip)
}

fn check_tunnel_end(address: IpAddr) -> Result<(), ApiError> {
    if address.is_unspecified() || address.is_multicast() {
        let reason = format!("no tunnel can end at {address}, give the host's own address");
        return Err(ApiError::attribute("local_ip", reason));
    }
    Ok(())
}

fn check_name_free(read: &dyn Read, name: &HostName) -> Result<(), ApiError> {
    match by_name(read, name)? {
        Some(_) => Err(ApiError::NodeNameInUse(name.clone())),
        None => Ok(()),
    }
}

fn check_unused(read: &dyn Read, node: &Node) -> Result<(), ApiError> {
    let name = node.name.as_str().as_bytes();
    let mut bound = records::lookup::<Port>(read, PORT_BY_HOST, &[name], None, false);
    let port: Option<PortId> = bound.next().transpose()?.map(|port| port.id);
    match port {
        Some(port) => Err(ApiError::NodeInUse {
            node: node.name.clone(),
            port,
        }),
        None => Ok(()),
    }
}
