//! Networks: made with a VNI of their own, and removed with their subnets once no port is left.

mod request;

pub use request::{CreateNetwork, UpdateNetwork};

use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{PORT_BY_NETWORK, SUBNET_BY_NETWORK};
use crate::{
    ApiError, Caller, Settings, agent, floating_ip, network_acl, policy, port, qos, rbac_policy,
    router, standard, subnet, vni,
};
use alcor_store::{Read, Txn};
use alcor_types::{
    Network, NetworkId, NetworkType, Port, ProjectId, Sharing, Subnet, SubnetId, Vni,
};

/// The least MTU of IPv4 (RFC 791) and what Neutron accepts, in bytes.
const MIN_MTU: u16 = 68;
/// The least MTU of IPv6 (RFC 8200, section 5), in bytes.
pub(crate) const MIN_MTU_V6: u16 = 1280;

/// Makes a network and takes its VNI.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateNetwork,
    caller: &Caller,
    settings: &Settings,
) -> Result<Network, ApiError> {
    check_policy(request, caller)?;
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_network")?;
    check_provider(request)?;
    let id = request.id.unwrap_or_else(NetworkId::random);
    standard::check_free::<Network>(txn, id.as_bytes(), &id)?;
    check_dns_domain(&request.dns_domain)?;
    quota::take(txn, Kind::Network, &project_id, settings)?;
    let network = Network {
        id,
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        admin_state_up: request.admin_state_up.unwrap_or(true),
        shared: Sharing::of(request.shared.unwrap_or(false)),
        external: Sharing::of(request.external.unwrap_or(false)),
        mtu: mtu(request.mtu, settings)?,
        network_type: NetworkType::Vxlan,
        vni: take_vni(txn, request.segmentation_id, settings)?,
        port_security_enabled: request.port_security_enabled.unwrap_or(true),
        dns_domain: request.dns_domain.clone(),
        availability_zone_hints: request.availability_zone_hints.clone(),
        qos_policy_id: None,
    };
    let network = with_qos_policy(txn, network, request, caller)?;
    records::insert(txn, &network)?;
    rbac_policy::mirror(txn, &network)?;
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
    if request.shared == Some(false) && network.shared.is_public() {
        check_unshare(txn, &network)?;
    }
    if let Some(asked) = request.mtu {
        network.mtu = mtu(Some(asked), settings)?;
        check_mtu_for_subnets(txn, &network)?;
    }
    if let Some(domain) = &request.dns_domain {
        check_dns_domain(domain)?;
        network.dns_domain.clone_from(domain);
    }
    network.admin_state_up = request.admin_state_up.unwrap_or(network.admin_state_up);
    if let Some(shared) = request.shared {
        network.shared.set_public(shared);
    }
    if let Some(external) = request.external {
        if !external && network.external.is_public() {
            router::check_no_gateway(txn, network.id)?;
            floating_ip::remove_unused(txn, network.id)?;
        }
        network.external.set_public(external);
    }
    if let Some(policy) = request.qos_policy_id {
        qos::check_change(txn, network.qos_policy_id, policy, caller)?;
        network.qos_policy_id = policy;
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

/// Removes the network, its subnets and its DHCP ports, and gives its VNI back. Any other port
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
    vni::release(txn, network.vni)?;
    agent::schedule::forget(txn, id)?;
    quota::give(txn, Kind::Network, &network.project_id)?;
    rbac_policy::forget(txn, id.0)?;
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
            request.network_type.is_some(),
            "create_network:provider:network_type",
        ),
        (
            request.physical_network.is_some(),
            "create_network:provider:physical_network",
        ),
        (
            request.segmentation_id.is_some(),
            "create_network:provider:segmentation_id",
        ),
    ];
    checks
        .into_iter()
        .try_for_each(|(given, rule)| policy::admin_only(caller, given, rule))
}

fn check_provider(request: &CreateNetwork) -> Result<(), ApiError> {
    if let Some(other) = request
        .network_type
        .as_deref()
        .filter(|name| *name != "vxlan")
    {
        let message = format!("provider:network_type '{other}' is not supported, use 'vxlan'");
        return Err(ApiError::InvalidInput(message));
    }
    if let Some(name) = &request.physical_network {
        let message = format!(
            "provider:physical_network '{name}' means nothing for vxlan networks, leave it out"
        );
        return Err(ApiError::InvalidInput(message));
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

fn take_vni(txn: &mut Txn<'_>, asked: Option<u32>, settings: &Settings) -> Result<Vni, ApiError> {
    let Some(asked) = asked else {
        return vni::allocate(txn, settings);
    };
    let asked = Vni::new(asked)?;
    vni::reserve(txn, asked)?;
    Ok(asked)
}

fn mtu(asked: Option<u32>, settings: &Settings) -> Result<u16, ApiError> {
    // Neutron's own default is 0, and clients send it to ask for the largest.
    let Some(asked) = asked.filter(|asked| *asked != 0) else {
        return Ok(settings.max_mtu);
    };
    let max = settings.max_mtu;
    match u16::try_from(asked) {
        Ok(mtu) if (MIN_MTU..=max).contains(&mtu) => Ok(mtu),
        _ => Err(ApiError::InvalidInput(format!(
            "the requested MTU {asked} is out of range, choose {MIN_MTU} to {max}"
        ))),
    }
}

fn check_mtu_for_subnets(read: &dyn Read, network: &Network) -> Result<(), ApiError> {
    if network.mtu >= MIN_MTU_V6 {
        return Ok(());
    }
    let any_v6 = subnets(read, network.id)?
        .iter()
        .any(|subnet| subnet.cidr.addr().is_ipv6());
    if any_v6 {
        return Err(ApiError::NetworkMtuSubnetConflict {
            network: network.id,
            mtu: network.mtu,
        });
    }
    Ok(())
}

/// Refuses to hide a network from projects that have ports on it.
fn check_unshare(read: &dyn Read, network: &Network) -> Result<(), ApiError> {
    for port in ports(read, network.id) {
        let port = port?;
        let infrastructure = port.device_owner.starts_with("network:");
        let mut grants = network.shared.targets();
        let granted = grants.any(|target| *target == port.project_id);
        if port.project_id != network.project_id && !infrastructure && !granted {
            return Err(ApiError::InvalidSharedSetting {
                network: network.id,
                project: port.project_id,
            });
        }
    }
    Ok(())
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

pub(crate) fn ports(
    read: &dyn Read,
    network: NetworkId,
) -> impl Iterator<Item = Result<Port, ApiError>> {
    records::lookup::<Port>(read, PORT_BY_NETWORK, &[network.as_bytes()], None, false)
        .map(|port| port.map_err(ApiError::from))
}

/// A domain name as Neutron takes it: labels, with or without the final dot.
pub(crate) fn check_dns_domain(domain: &str) -> Result<(), ApiError> {
    standard::check_text("dns_domain", domain)?;
    let labels = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_empty() || labels.split('.').all(port::is_dns_label) {
        return Ok(());
    }
    let reason = format!(
        "'{domain}' is no domain name, write labels of letters, digits and hyphens divided by dots"
    );
    Err(ApiError::attribute("dns_domain", reason))
}
