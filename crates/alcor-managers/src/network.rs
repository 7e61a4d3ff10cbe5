//! Networks: made with segments of their own, and removed with their subnets once no port is left.

pub(crate) mod check;
mod error;
mod request;

pub use error::NetworkError;
pub use request::{CreateNetwork, UpdateNetwork};

use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{PORT_BY_NETWORK, SUBNET_BY_NETWORK};
use crate::segment::{self, SegmentError, TransportRequest, transport};
use crate::{
    ApiError, Caller, Settings, agent, floating_ip, gateway, mac, network_acl, policy, port, qos,
    rbac_policy, route_table, router, standard, subnet, topology, zone,
};
use alcor_store::{Read, Txn};
use alcor_types::{Network, NetworkId, Port, ProjectId, Sharing, Subnet, SubnetId, Transport};

/// Makes a network and its segments.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateNetwork,
    caller: &Caller,
    settings: &Settings,
) -> Result<Network, ApiError> {
    check_policy(request, caller)?;
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_network")?;
    let id = request.id.unwrap_or_else(NetworkId::random);
    standard::check_free::<Network>(txn, id.as_bytes(), &id)?;
    check::dns_domain(&request.dns_domain)?;
    check::transparency("vlan_transparent", request.vlan_transparent)?;
    check::transparency("qinq", request.qinq)?;
    zone::check_hints(txn, &request.availability_zone_hints)?;
    quota::take(txn, Kind::Network, &project_id, settings)?;
    let segments = reserve(txn, request, &project_id, settings)?;
    let mut network = Network {
        id,
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        admin_state_up: request.admin_state_up.unwrap_or(true),
        shared: Sharing::of(request.shared.unwrap_or(false)),
        external: Sharing::of(request.external.unwrap_or(false)),
        mtu: check::mtu(request.mtu, &segments, settings)?,
        segments,
        is_default: false,
        cidr: request.cidr.map(|cidr| cidr.trunc()),
        vlan_transparent: request.vlan_transparent,
        qinq: request.qinq,
        port_security_enabled: request.port_security_enabled.unwrap_or(true),
        dns_domain: request.dns_domain.clone(),
        availability_zone_hints: request.availability_zone_hints.clone(),
        qos_policy_id: None,
        on_demand_above: request.on_demand_above,
    };
    network.is_default = check::is_default(txn, &network, request.is_default)?;
    let network = with_qos_policy(txn, network, request, caller)?;
    records::insert(txn, &network)?;
    rbac_policy::mirror(txn, &network)?;
    segment::add_all(txn, &network, &network.segments)?;
    Ok(network)
}

/// Makes all the networks or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateNetwork],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<Network>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The network, where the caller may see it.
pub fn get(read: &dyn Read, id: NetworkId, caller: &Caller) -> Result<Network, ApiError> {
    find(read, id)?
        .filter(|network| visible(network, caller))
        .ok_or(ApiError::NetworkNotFound(id))
}

/// Whether the caller may see the network: its own, a shared or an external one, or any to an
/// administrator.
pub fn visible(network: &Network, caller: &Caller) -> bool {
    policy::sees_network(caller, network)
}

/// Whether the caller's routers may use it as their outside.
pub(crate) fn is_external(network: &Network, caller: &Caller) -> bool {
    let open = |target: &ProjectId| caller.is_admin() || caller.project_id == *target;
    network.external.is_public() || network.external.targets().any(open)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: NetworkId,
    request: &UpdateNetwork,
    caller: &Caller,
    settings: &Settings,
) -> Result<Network, ApiError> {
    let mut network = writable(txn, id, caller, "update_network")?;
    policy::admin_only(
        caller,
        request
            .shared
            .is_some_and(|shared| shared != network.shared.is_public()),
        "update_network:shared",
    )?;
    policy::admin_only(
        caller,
        request
            .external
            .is_some_and(|external| external != network.external.is_public()),
        "update_network:router:external",
    )?;
    standard::check_revision(&network.standard, request.expected_revision)?;
    change_access(txn, &mut network, request)?;
    change_segments(txn, &mut network, request, settings)?;
    if let Some(domain) = &request.dns_domain {
        check::dns_domain(domain)?;
        network.dns_domain.clone_from(domain);
    }
    if let Some(cidr) = request.cidr {
        network.cidr = cidr.map(|cidr| cidr.trunc());
        check::block(txn, &network)?;
    }
    network.admin_state_up = request.admin_state_up.unwrap_or(network.admin_state_up);
    if let Some(policy) = request.qos_policy_id {
        qos::check_change(txn, network.qos_policy_id, policy, caller)?;
        network.qos_policy_id = policy;
    }
    if let Some(above) = request.on_demand_above {
        network.on_demand_above = above;
    }
    network.port_security_enabled = request
        .port_security_enabled
        .unwrap_or(network.port_security_enabled);
    standard::update(
        &mut network.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &network)?;
    rbac_policy::mirror(txn, &network)?;
    Ok(network)
}

/// Removes the network, its subnets and its DHCP ports, and gives its segments back. Any other port
/// keeps it, as in Neutron.
pub fn delete(
    txn: &mut Txn<'_>,
    id: NetworkId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let network = writable(txn, id, caller, "delete_network")?;
    standard::check_revision(&network.standard, expected_revision)?;
    floating_ip::remove_unused(txn, id)?;
    for port in removable_ports(txn, id)? {
        port::unplug(txn, &port)?;
    }
    for subnet in subnets(txn, id)? {
        subnet::remove(txn, &subnet)?;
    }
    network_acl::forget_network(txn, id)?;
    route_table::forget_network(txn, id)?;
    mac::lease::forget_network(txn, id)?;
    gateway::forget_network(txn, id)?;
    agent::schedule::forget(txn, id)?;
    segment::remove_all(txn, id)?;
    quota::give(txn, Kind::Network, &network.project_id)?;
    rbac_policy::forget(txn, id.0)?;
    topology::forget_network(txn, &network)?;
    records::delete::<Network>(txn, id.as_bytes())?;
    Ok(())
}

/// The ids of the network's subnets, in the order of the ids.
pub fn subnet_ids(read: &dyn Read, id: NetworkId) -> Result<Vec<SubnetId>, ApiError> {
    Ok(subnets(read, id)?
        .into_iter()
        .map(|subnet| subnet.id)
        .collect())
}

/// The network's subnets, in the order of their ids.
pub(crate) fn subnets(read: &dyn Read, id: NetworkId) -> Result<Vec<Subnet>, ApiError> {
    records::lookup::<Subnet>(read, SUBNET_BY_NETWORK, &[id.as_bytes()], None, false)
        .map(|subnet| subnet.map_err(ApiError::from))
        .collect()
}

pub(crate) fn find(read: &dyn Read, id: NetworkId) -> Result<Option<Network>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

/// The network, where the caller may change it.
fn writable(
    read: &dyn Read,
    id: NetworkId,
    caller: &Caller,
    rule: &'static str,
) -> Result<Network, ApiError> {
    let network = get(read, id, caller)?;
    policy::may_write(caller, rule)?;
    policy::owner_only(caller, &network.project_id, rule)?;
    Ok(network)
}

fn check_policy(request: &CreateNetwork, caller: &Caller) -> Result<(), ApiError> {
    policy::may_write(caller, "create_network")?;
    let checks = [
        (request.shared == Some(true), "create_network:shared"),
        (
            request.external == Some(true),
            "create_network:router:external",
        ),
        (
            request.provider.network_type.is_some(),
            "create_network:provider:network_type",
        ),
        (
            request.provider.physical_network.is_some(),
            "create_network:provider:physical_network",
        ),
        (
            request.provider.segmentation_id.is_some(),
            "create_network:provider:segmentation_id",
        ),
        (!request.segments.is_empty(), "create_network:segments"),
        (
            request.is_default == Some(true),
            "create_network:is_default",
        ),
    ];
    checks
        .into_iter()
        .try_for_each(|(given, rule)| policy::admin_only(caller, given, rule))
}

/// Takes the segments that the request describes, or one that every tenant may have.
fn reserve(
    txn: &mut Txn<'_>,
    request: &CreateNetwork,
    project: &ProjectId,
    settings: &Settings,
) -> Result<Vec<Transport>, ApiError> {
    match (request.provider.is_empty(), request.segments.as_slice()) {
        (true, []) => Ok(vec![transport::choose(txn, project, settings)?]),
        (false, []) => Ok(vec![transport::reserve(
            txn,
            &request.provider,
            project,
            settings,
        )?]),
        (false, _) => Err(SegmentError::SegmentsSetInConjunctionWithProviders.into()),
        (true, several) => {
            check_distinct(several)?;
            several
                .iter()
                .map(|one| transport::reserve(txn, one, project, settings))
                .collect()
        }
    }
}

fn check_distinct(segments: &[TransportRequest]) -> Result<(), ApiError> {
    if segments.len() > segment::MAX_SEGMENTS {
        let max = segment::MAX_SEGMENTS;
        let message = format!("a network may have {max} segments, leave some out");
        return Err(ApiError::InvalidInput(message));
    }
    for (at, one) in segments.iter().enumerate() {
        let twice = segments.iter().skip(at + 1).any(|other| other == one);
        if twice && one.segmentation_id.is_some() {
            return Err(SegmentError::SegmentsContainDuplicateEntry.into());
        }
    }
    Ok(())
}

/// The network with the QoS policy asked for, or else the project's default one.
fn with_qos_policy(
    read: &dyn Read,
    network: Network,
    request: &CreateNetwork,
    caller: &Caller,
) -> Result<Network, ApiError> {
    let qos_policy_id = match request.qos_policy_id {
        Some(asked) => {
            qos::check_usable(read, asked, caller)?;
            asked
        }
        None => qos::default_of(read, &network.project_id)?,
    };
    Ok(Network {
        qos_policy_id,
        ..network
    })
}

/// Applies what an update says of who may use the network.
fn change_access(
    txn: &mut Txn<'_>,
    network: &mut Network,
    request: &UpdateNetwork,
) -> Result<(), ApiError> {
    if request.shared == Some(false) && network.shared.is_public() {
        check::unshare(txn, network)?;
    }
    if let Some(shared) = request.shared {
        network.shared.set_public(shared);
    }
    if request.external == Some(false) && external_grants(network) {
        router::check_no_gateway(txn, network.id)?;
        floating_ip::remove_unused(txn, network.id)?;
        network.external = Sharing::default();
    } else if let Some(external) = request.external {
        network.external.set_public(external);
    }
    network.is_default = check::is_default(txn, network, request.is_default)?;
    Ok(())
}

/// Applies what an update says of the network's way across the underlay.
fn change_segments(
    txn: &mut Txn<'_>,
    network: &mut Network,
    request: &UpdateNetwork,
    settings: &Settings,
) -> Result<(), ApiError> {
    if let Some(asked) = request.segmentation_id {
        segment::renumber(txn, network, asked, settings)?;
    }
    if let Some(asked) = request.mtu {
        network.mtu = check::mtu(Some(asked), &network.segments, settings)?;
        check::mtu_for_subnets(txn, network)?;
    }
    Ok(())
}

/// Whether the network is external to anybody, which is what `router:external` shows.
pub(crate) fn external_grants(network: &Network) -> bool {
    network.external.targets().next().is_some()
}

/// The network's ports when deletion may take them along; the first other port refuses it.
fn removable_ports(read: &dyn Read, network: NetworkId) -> Result<Vec<Port>, ApiError> {
    let mut removable = Vec::new();
    for port in ports(read, network) {
        let port = port?;
        if !port::is_disposable(&port.device_owner) {
            return Err(ApiError::NetworkInUse {
                network,
                port: port.id,
            });
        }
        removable.push(port);
    }
    Ok(removable)
}

/// Counts a write to the network that stands in another record, as that of a subnet.
pub(crate) fn touch(txn: &mut Txn<'_>, id: NetworkId) -> Result<(), ApiError> {
    let Some(mut network) = find(txn, id)? else {
        return Ok(());
    };
    standard::update(&mut network.standard, None, None, None)?;
    Ok(records::put(txn, &network)?)
}

pub(crate) fn ports(
    read: &dyn Read,
    network: NetworkId,
) -> impl Iterator<Item = Result<Port, ApiError>> {
    records::lookup::<Port>(read, PORT_BY_NETWORK, &[network.as_bytes()], None, false)
        .map(|port| port.map_err(ApiError::from))
}
