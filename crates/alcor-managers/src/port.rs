//! Ports: an interface of a network with a MAC and addresses, and the host it is bound to.
//!
//! A port without a host is valid. Binding is naming a host, known or not: a port bound to a
//! host nobody has heard of reads as `binding_failed`, and as `ovs` from the moment the host's
//! agent registers, because [`state`] works that out when it is asked.

mod access;
mod addresses;
mod check;
mod guard;
mod plug;
mod request;
mod state;

pub(crate) use check::is_dns_label;
pub use plug::{claim, plug, readdress};
pub use request::{CreatePort, ExtraDhcpOptionRequest, FixedIpRequest, UpdatePort};
pub use state::{PortView, record_states, state};

use crate::quota::{self, Kind};
use crate::records;
use crate::{ApiError, Caller, Settings, ip, mac, network, policy, standard, subnet};
use addresses::Interface;
use alcor_store::{Read, Txn};
use alcor_types::{FixedIp, MacAddr, Network, NetworkId, Port, PortId, ProjectId, Subnet};

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
    check::check_fixed_ips(request.fixed_ips.as_deref(), settings)?;
    let port = build(txn, request, &network, project_id, settings)?;
    quota::take(txn, Kind::Port, &port.project_id, settings)?;
    records::insert(txn, &port)?;
    Ok(port)
}

/// The port that the request describes, with its MAC and addresses taken.
fn build(
    txn: &mut Txn<'_>,
    request: &CreatePort,
    network: &Network,
    project_id: ProjectId,
    settings: &Settings,
) -> Result<Port, ApiError> {
    check::check_security_groups(request.security_groups.as_deref())?;
    let id = request.id.unwrap_or_else(PortId::random);
    standard::check_free::<Port>(txn, id.as_bytes(), &id)?;
    let mut port = Port {
        id,
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        network_id: network.id,
        admin_state_up: request.admin_state_up.unwrap_or(true),
        mac_address: take_mac(txn, network.id, request.mac_address, settings)?,
        fixed_ips: Vec::new(),
        device_id: request.device_id.clone(),
        device_owner: request.device_owner.clone(),
        host: request
            .host
            .clone()
            .filter(|host| !host.as_str().is_empty()),
        vnic_type: request
            .vnic_type
            .clone()
            .unwrap_or_else(|| "normal".to_owned()),
        binding_profile: request
            .binding_profile
            .clone()
            .unwrap_or_else(|| "{}".to_owned()),
        allowed_address_pairs: request.allowed_address_pairs.clone(),
        extra_dhcp_opts: check::merge_options(&[], &request.extra_dhcp_opts, true)?,
        port_security_enabled: is_secured(request, network),
        dns_name: request.dns_name.clone(),
    };
    check::check_attributes(&port, settings)?;
    let asked = request.fixed_ips.as_deref();
    change_addresses(txn, &mut port, asked, Absent::Automatic)?;
    Ok(port)
}

/// Whether a new port's traffic is to be filtered. The region's own ports are trusted.
fn is_secured(request: &CreatePort, network: &Network) -> bool {
    let asked = request.port_security_enabled;
    !request.device_owner.starts_with(NETWORK_OWNERS)
        && asked.unwrap_or(network.port_security_enabled)
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
    check::check_security_groups(request.security_groups.as_deref())?;
    check::check_fixed_ips(request.fixed_ips.as_deref(), settings)?;
    let new_mac = change_mac(txn, &mut port, request.mac_address)?;
    change_host(txn, &mut port, request)?;
    apply(&mut port, request)?;
    check::check_attributes(&port, settings)?;
    if new_mac || request.fixed_ips.is_some() {
        change_addresses(txn, &mut port, request.fixed_ips.as_deref(), Absent::Keep)?;
    }
    standard::update(
        &mut port.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &port)?;
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

/// Whether ports of this device owner are a router's inside, which never derives addresses from
/// MACs.
pub(crate) fn is_router(device_owner: &str) -> bool {
    matches!(
        device_owner,
        "network:router_interface"
            | "network:router_interface_distributed"
            | "network:ha_router_replicated_interface"
            | "network:router_centralized_snat"
    )
}

/// Removes the port, its state and its addresses, whoever uses it.
pub fn unplug(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    for fixed in &port.fixed_ips {
        release(txn, fixed)?;
    }
    state::forget(txn, port)?;
    quota::give(txn, Kind::Port, &port.project_id)?;
    records::delete::<Port>(txn, port.id.as_bytes())?;
    Ok(())
}

/// Gives every port of a new subnet's network the address derived from its MAC.
pub(crate) fn add_auto_address(txn: &mut Txn<'_>, subnet: &Subnet) -> Result<(), ApiError> {
    let ports = network::ports(txn, subnet.network_id).collect::<Result<Vec<_>, _>>()?;
    for mut port in ports {
        if is_router(&port.device_owner) {
            continue;
        }
        let ip_address = ip::eui64(&subnet.cidr, port.mac_address);
        port.fixed_ips.push(FixedIp {
            subnet_id: subnet.id,
            ip_address,
        });
        standard::update(&mut port.standard, None, None, None)?;
        records::put(txn, &port)?;
    }
    Ok(())
}

/// Takes the addresses of a subnet off a port.
pub(crate) fn remove_addresses_of(
    txn: &mut Txn<'_>,
    mut port: Port,
    subnet: &Subnet,
) -> Result<(), ApiError> {
    for fixed in port
        .fixed_ips
        .iter()
        .filter(|fixed| fixed.subnet_id == subnet.id)
    {
        ip::release(txn, subnet, fixed.ip_address)?;
    }
    port.fixed_ips.retain(|fixed| fixed.subnet_id != subnet.id);
    standard::update(&mut port.standard, None, None, None)?;
    records::put(txn, &port)?;
    Ok(())
}

fn find(read: &dyn Read, id: PortId) -> Result<Option<Port>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn release(txn: &mut Txn<'_>, fixed: &FixedIp) -> Result<(), ApiError> {
    match subnet::find(txn, fixed.subnet_id)? {
        Some(subnet) => ip::release(txn, &subnet, fixed.ip_address),
        None => Ok(()),
    }
}

fn take_mac(
    read: &dyn Read,
    network: NetworkId,
    asked: Option<MacAddr>,
    settings: &Settings,
) -> Result<MacAddr, ApiError> {
    let Some(asked) = asked else {
        return mac::choose(read, network, settings);
    };
    mac::check(read, network, asked)?;
    Ok(asked)
}

/// Sets a new MAC; whether there is one.
fn change_mac(read: &dyn Read, port: &mut Port, asked: Option<MacAddr>) -> Result<bool, ApiError> {
    let Some(new) = asked.filter(|asked| *asked != port.mac_address) else {
        return Ok(false);
    };
    if let Some(host) = port.host.clone()
        && state::is_bound(read, port)?
    {
        let old = port.mac_address;
        return Err(ApiError::PortBound {
            port: port.id,
            host,
            old,
            new,
        });
    }
    mac::check(read, port.network_id, new)?;
    port.mac_address = new;
    Ok(true)
}

/// Binds, moves or unbinds the port; what the host it leaves said of it is forgotten.
fn change_host(txn: &mut Txn<'_>, port: &mut Port, request: &UpdatePort) -> Result<(), ApiError> {
    let Some(host) = request.host.clone() else {
        return Ok(());
    };
    let host = host.filter(|host| !host.as_str().is_empty());
    if host != port.host {
        state::forget(txn, port)?;
        port.host = host;
    }
    Ok(())
}

/// Applies the attributes that need nothing but themselves.
fn apply(port: &mut Port, request: &UpdatePort) -> Result<(), ApiError> {
    standard::assign(&mut port.admin_state_up, request.admin_state_up.as_ref());
    standard::assign(&mut port.device_id, request.device_id.as_ref());
    standard::assign(&mut port.device_owner, request.device_owner.as_ref());
    standard::assign(&mut port.vnic_type, request.vnic_type.as_ref());
    standard::assign(&mut port.binding_profile, request.binding_profile.as_ref());
    standard::assign(
        &mut port.allowed_address_pairs,
        request.allowed_address_pairs.as_ref(),
    );
    standard::assign(
        &mut port.port_security_enabled,
        request.port_security_enabled.as_ref(),
    );
    standard::assign(&mut port.dns_name, request.dns_name.as_ref());
    if let Some(options) = &request.extra_dhcp_opts {
        port.extra_dhcp_opts = check::merge_options(&port.extra_dhcp_opts, options, false)?;
    }
    Ok(())
}

/// How a request's `fixed_ips` are to be read where they are absent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// One address of each family.
    Automatic,
    /// The present ones, as far as they fit the MAC.
    Keep,
}

/// Gives the port the addresses asked for.
fn change_addresses(
    txn: &mut Txn<'_>,
    port: &mut Port,
    asked: Option<&[FixedIpRequest]>,
    absent: Absent,
) -> Result<(), ApiError> {
    let subnets = network::subnets(txn, port.network_id)?;
    let interface = Interface {
        network: port.network_id,
        subnets: &subnets,
        mac: port.mac_address,
        device_owner: &port.device_owner,
    };
    let present = interface.restate(&port.fixed_ips);
    let kept = (absent == Absent::Keep).then_some(present.as_slice());
    let wishes = interface.wishes(asked.or(kept))?;
    port.fixed_ips = interface.settle(txn, &wishes, &port.fixed_ips)?;
    Ok(())
}
