//! Floating IPs: addresses of an external network that stand for addresses inside.

mod association;
pub mod range;
mod request;
mod state;

pub(crate) use association::{
    any_on, check_readdressed, find_router, forget_port, of_port, through,
};
pub use request::{CreateFloatingIp, UpdateFloatingIp};
pub use state::{FloatingIpView, state};

pub(crate) use state::host_of_holder;

use crate::port::{CreatePort, FixedIpRequest};
use crate::quota::{self, Kind};
use crate::routing::RoutingError;
use crate::schema::{FLOATING_IP_BY_NETWORK, NETWORK_IS_EXTERNAL, PORT_FORWARDING_BY_FLOATING_IP};
use crate::{ApiError, Caller, Settings, network, policy, port, qos, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{
    FloatingIp, FloatingIpId, Network, NetworkId, Port, PortForwarding, ProjectId, Subnet,
};
use std::net::IpAddr;

/// The device owner of the ports that hold floating addresses.
pub(crate) const OWNER: &str = "network:floatingip";

/// Takes an address of the external network, and associates it where a port is named.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateFloatingIp,
    caller: &Caller,
    settings: &Settings,
) -> Result<FloatingIp, ApiError> {
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_floatingip")?;
    let id = request.id.unwrap_or_else(FloatingIpId::random);
    standard::check_free::<FloatingIp>(txn, id.as_bytes(), &id)?;
    check_network(txn, request.floating_network_id, caller)?;
    check_dns(request)?;
    qos::check_usable(txn, request.qos_policy_id, caller)?;
    quota::take(txn, Kind::FloatingIp, &project_id, settings)?;
    let (port, floating_ip_address) = plug(txn, request, id, settings)?;
    let mut floating_ip = FloatingIp {
        id,
        project_id,
        standard: standard::create("", &request.description, &request.tags)?,
        floating_network_id: request.floating_network_id,
        floating_ip_address,
        floating_port_id: port.id,
        association: None,
        router_id: None,
        dns_name: request.dns_name.clone(),
        dns_domain: request.dns_domain.clone(),
        qos_policy_id: request.qos_policy_id,
    };
    let asked = UpdateFloatingIp {
        port_id: Some(request.port_id),
        fixed_ip_address: request.fixed_ip_address.map(Some),
        ..UpdateFloatingIp::default()
    };
    association::change(txn, &mut floating_ip, &asked, caller)?;
    records::insert(txn, &floating_ip)?;
    Ok(floating_ip)
}

/// Makes all the floating IPs or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateFloatingIp],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<FloatingIp>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The floating IP, where the caller may see it.
pub fn get(read: &dyn Read, id: FloatingIpId, caller: &Caller) -> Result<FloatingIp, ApiError> {
    let found = find(read, id)?.filter(|floating_ip| visible(floating_ip, caller));
    Ok(found.ok_or(RoutingError::FloatingIpNotFound(id))?)
}

/// Whether the caller may see the floating IP: its own, or any to an administrator.
pub fn visible(floating_ip: &FloatingIp, caller: &Caller) -> bool {
    caller.owns(&floating_ip.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: FloatingIpId,
    request: &UpdateFloatingIp,
    caller: &Caller,
) -> Result<FloatingIp, ApiError> {
    let mut floating_ip = get(txn, id, caller)?;
    standard::check_revision(&floating_ip.standard, request.expected_revision)?;
    let former = floating_ip.association;
    association::change(txn, &mut floating_ip, request, caller)?;
    if floating_ip.association != former {
        state::forget(txn, &floating_ip)?;
    }
    if let Some(policy) = request.qos_policy_id {
        qos::check_change(txn, floating_ip.qos_policy_id, policy, caller)?;
        floating_ip.qos_policy_id = policy;
    }
    standard::update(
        &mut floating_ip.standard,
        None,
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &floating_ip)?;
    Ok(floating_ip)
}

/// Gives the address back, in use or not; port forwardings keep it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: FloatingIpId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let floating_ip = get(txn, id, caller)?;
    standard::check_revision(&floating_ip.standard, expected_revision)?;
    if records::any::<PortForwarding>(txn, PORT_FORWARDING_BY_FLOATING_IP, &[id.as_bytes()]) {
        return Err(RoutingError::FipInUseByPortForwarding(id).into());
    }
    remove(txn, &floating_ip)
}

/// The IPv4 subnets of external networks that the caller may take floating IPs from.
pub fn pools(read: &dyn Read, caller: &Caller) -> Result<Vec<Subnet>, ApiError> {
    let mut pools = Vec::new();
    for network in records::lookup::<Network>(read, NETWORK_IS_EXTERNAL, &[], None, false) {
        let network = network?;
        if network::is_external(&network, caller) {
            pools.extend(network::subnets(read, network.id)?);
        }
    }
    pools.retain(|subnet| subnet.cidr.addr().is_ipv4());
    Ok(pools)
}

/// Removes the floating IPs of an external network that stand for nothing, as Neutron does when
/// the network ends or is no longer external.
pub(crate) fn remove_unused(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    let all = records::lookup::<FloatingIp>(txn, FLOATING_IP_BY_NETWORK, &parts, None, false);
    let all = all.collect::<Result<Vec<_>, _>>()?;
    let unused = |one: &&FloatingIp| one.association.is_none() && one.router_id.is_none();
    for floating_ip in all.iter().filter(unused) {
        remove(txn, floating_ip)?;
    }
    Ok(())
}

fn remove(txn: &mut Txn<'_>, floating_ip: &FloatingIp) -> Result<(), ApiError> {
    records::delete::<FloatingIp>(txn, floating_ip.id.as_bytes())?;
    quota::give(txn, Kind::FloatingIp, &floating_ip.project_id)?;
    match port::find(txn, floating_ip.floating_port_id)? {
        Some(port) => port::unplug(txn, &port),
        None => Ok(()),
    }
}

pub(crate) fn find(read: &dyn Read, id: FloatingIpId) -> Result<Option<FloatingIp>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn bad(reason: impl Into<String>) -> ApiError {
    RoutingError::bad("floatingip", reason).into()
}

/// Refuses networks that have no addresses to float.
fn check_network(read: &dyn Read, id: NetworkId, caller: &Caller) -> Result<(), ApiError> {
    let network = network::get(read, id, caller)?;
    if !network::is_external(&network, caller) {
        return Err(bad(format!("Network {id} is not a valid external network")));
    }
    let subnets = network::subnets(read, id)?;
    if !subnets.iter().any(|subnet| subnet.cidr.addr().is_ipv4()) {
        return Err(bad(format!(
            "Network {id} does not contain any IPv4 subnet"
        )));
    }
    Ok(())
}

fn check_dns(request: &CreateFloatingIp) -> Result<(), ApiError> {
    let name = &request.dns_name;
    if !name.is_empty()
        && !name
            .trim_end_matches('.')
            .split('.')
            .all(port::is_dns_label)
    {
        let reason =
            format!("'{name}' is no host name, write labels of letters, digits and hyphens");
        return Err(ApiError::attribute("dns_name", reason));
    }
    network::check::dns_domain(&request.dns_domain)
}

/// Makes the port that holds the address. It belongs to nobody, because the address is the
/// operator's.
fn plug(
    txn: &mut Txn<'_>,
    request: &CreateFloatingIp,
    id: FloatingIpId,
    settings: &Settings,
) -> Result<(Port, IpAddr), ApiError> {
    let network = request.floating_network_id;
    let ip_address = match request.floating_ip_address {
        Some(chosen) => {
            range::check_chosen(txn, network, chosen)?;
            Some(chosen)
        }
        None => range::draw(txn, network, request.subnet_id)?,
    };
    let asked = FixedIpRequest {
        subnet_id: request.subnet_id,
        ip_address,
    };
    let wanted = CreatePort {
        fixed_ips: (asked != FixedIpRequest::default()).then(|| vec![asked]),
        device_id: id.to_string(),
        device_owner: OWNER.to_owned(),
        ..CreatePort::new(network)
    };
    let port = port::plug(txn, &wanted, &ProjectId::from(""), settings)?;
    let address = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
    match address.clone().find(IpAddr::is_ipv4) {
        Some(address) => Ok((port, address)),
        None => Err(RoutingError::ExternalIpAddressExhausted(network).into()),
    }
}
