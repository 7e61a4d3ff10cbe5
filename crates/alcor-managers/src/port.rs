//! Ports: an interface of a network with a MAC and addresses, and the host it is bound to.
//!
//! A port without a host is valid. Binding is naming a host, known or not: a port bound to a
//! host nobody has heard of reads as `binding_failed`, and as `ovs` from the moment the host's
//! agent registers, because [`state`] works that out when it is asked.

mod access;
mod addresses;
mod automatic;
pub mod binding;
mod build;
mod change;
mod check;
mod guard;
mod hardware;
mod pairs;
mod plug;
mod request;
mod state;

pub(crate) use automatic::{add_auto_address, remove_addresses_of};
pub(crate) use check::is_dns_label;
pub use pairs::{add_pairs, remove_pairs};
pub use plug::{claim, plug, readdress};
pub use request::{CreatePort, ExtraDhcpOptionRequest, FixedIpRequest, UpdatePort};
pub use state::{PortView, owners_with, record_states, state, vif_type};

use crate::quota::{self, Kind};
use crate::records;
use crate::security_group::{self, Membership};
use crate::{
    ApiError, Caller, Settings, floating_ip, ip, network, policy, qos, router, standard, subnet,
    tap, trunk,
};
use alcor_store::{Read, Txn};
use alcor_types::{FixedIp, Port, PortId, ROUTER_INTERFACE_OWNERS, SecurityGroupId};
use build::build;
use change::{Absent, apply, change_addresses, change_host, change_mac};

/// How the device owners of the region's own ports begin.
pub(crate) const NETWORK_OWNERS: &str = "network:";
/// The owner of DHCP's ports, which never keep a network or subnet from being deleted.
pub(crate) const DHCP_OWNER: &str = "network:dhcp";

/// Makes a port and takes its MAC and addresses.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreatePort,
    caller: &Caller,
    settings: &Settings,
) -> Result<Port, ApiError> {
    policy::may_write(caller, "create_port")?;
    let network = access::usable_network(txn, request.network_id, caller)?;
    access::check_create_policy(request, caller, &network)?;
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_port")?;
    let asked = request.fixed_ips.as_deref();
    check::check_fixed_ips(asked, &request.device_owner, settings)?;
    qos::check_usable(txn, request.qos_policy_id, caller)?;
    let mut port = build(txn, request, &network, project_id, settings)?;
    port.security_groups = security_group::for_new_port(
        txn,
        &membership(&port, request.security_groups.as_deref()),
        caller,
    )?;
    router::check_device(txn, &port, caller)?;
    quota::take(txn, Kind::Port, &port.project_id, settings)?;
    records::insert(txn, &port)?;
    Ok(port)
}

/// Makes all the ports or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreatePort],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<Port>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The port, where the caller may see it.
pub fn get(read: &dyn Read, id: PortId, caller: &Caller) -> Result<Port, ApiError> {
    let port = find(read, id)?.ok_or(ApiError::PortNotFound(id))?;
    if visible(read, &port, caller)? {
        Ok(port)
    } else {
        Err(ApiError::PortNotFound(id))
    }
}

/// Whether the caller may see the port: its own, or one on its own network.
pub fn visible(read: &dyn Read, port: &Port, caller: &Caller) -> Result<bool, ApiError> {
    if caller.owns(&port.project_id) {
        return Ok(true);
    }
    let network = network::find(read, port.network_id)?;
    Ok(network.is_some_and(|network| caller.owns(&network.project_id)))
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: PortId,
    request: &UpdatePort,
    caller: &Caller,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let mut port = get(txn, id, caller)?;
    policy::may_write(caller, "update_port")?;
    policy::owner_only(caller, &port.project_id, "update_port")?;
    access::check_update_policy(txn, request, &port, caller)?;
    standard::check_revision(&port.standard, request.expected_revision)?;
    check::check_fixed_ips(request.fixed_ips.as_deref(), &port.device_owner, settings)?;
    let new_mac = change_mac(txn, &mut port, request, settings)?;
    change_host(txn, &mut port, request)?;
    let before = port.clone();
    apply(&mut port, request)?;
    guard::check_stays(txn, &before, &port)?;
    router::check_device(txn, &port, caller)?;
    if let Some(policy) = request.qos_policy_id {
        qos::check_change(txn, port.qos_policy_id, policy, caller)?;
        port.qos_policy_id = policy;
    }
    check::check_attributes(&port, settings)?;
    port.security_groups = security_group::for_changed_port(
        txn,
        &membership(&port, request.security_groups.as_deref()),
        &port.security_groups,
        caller,
    )?;
    if new_mac || request.fixed_ips.is_some() {
        let before = port.fixed_ips.clone();
        change_addresses(txn, &mut port, request.fixed_ips.as_deref(), Absent::Keep)?;
        router::check_readdressed(txn, &before, &port)?;
        floating_ip::check_readdressed(txn, &port)?;
    }
    standard::update(
        &mut port.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &port)?;
    if request.host.is_some() {
        trunk::follow(txn, &port)?;
    }
    Ok(port)
}

/// Removes the port; its MAC and addresses are free at once.
pub fn delete(
    txn: &mut Txn<'_>,
    id: PortId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    // Who sees a port owns it or its network, and either may delete it.
    let port = get(txn, id, caller)?;
    policy::may_write(caller, "delete_port")?;
    standard::check_revision(&port.standard, expected_revision)?;
    guard::check_deletable(txn, &port)?;
    unplug(txn, &port)
}

/// Whether ports of this device owner are the region's own and go with what they serve.
pub(crate) fn is_disposable(device_owner: &str) -> bool {
    let others = ["network:distributed", "network:floatingip_agent_gateway"];
    device_owner == DHCP_OWNER || others.contains(&device_owner)
}

/// Whether ports of this device owner are a router's inside, which never derives addresses from
/// MACs.
pub(crate) fn is_router(device_owner: &str) -> bool {
    let others = ["network:router_centralized_snat"];
    ROUTER_INTERFACE_OWNERS.contains(&device_owner) || others.contains(&device_owner)
}

/// Removes the port, its state and its addresses, whoever uses it. Refused while it is in a
/// trunk, which anybody may have made of a port of the region's own too.
pub fn unplug(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    trunk::check_deletable(txn, port.id)?;
    for fixed in &port.fixed_ips {
        release(txn, fixed)?;
    }
    state::forget(txn, port)?;
    binding::forget(txn, port)?;
    floating_ip::forget_port(txn, port.id)?;
    tap::forget_port(txn, port.id)?;
    quota::give(txn, Kind::Port, &port.project_id)?;
    records::delete::<Port>(txn, port.id.as_bytes())?;
    Ok(())
}

pub(crate) fn find(read: &dyn Read, id: PortId) -> Result<Option<Port>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn release(txn: &mut Txn<'_>, fixed: &FixedIp) -> Result<(), ApiError> {
    match subnet::find(txn, fixed.subnet_id)? {
        Some(subnet) => ip::release(txn, &subnet, fixed.ip_address),
        None => Ok(()),
    }
}

/// What the rules of security groups need to know of a port.
fn membership<'a>(port: &'a Port, asked: Option<&'a [SecurityGroupId]>) -> Membership<'a> {
    Membership {
        asked,
        port_security: port.port_security_enabled,
        project: &port.project_id,
        device_owner: &port.device_owner,
    }
}
