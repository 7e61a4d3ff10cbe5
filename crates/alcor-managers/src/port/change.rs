//! What an update does to a port, attribute by attribute.

use super::addresses::Interface;
use super::build::is_host;
use super::{FixedIpRequest, UpdatePort, binding, check, state};
use crate::{ApiError, Settings, mac, network, standard};
use alcor_store::{Read, Txn};
use alcor_types::{IpAllocation, MacAddr, NetworkId, Port, PortId};

/// The MAC asked for, where it is free, or else one drawn at random.
pub(super) fn take_mac(
    read: &dyn Read,
    (port, network): (PortId, NetworkId),
    asked: Option<MacAddr>,
    settings: &Settings,
) -> Result<MacAddr, ApiError> {
    let Some(asked) = asked else {
        return mac::choose(read, network, settings);
    };
    mac::check(read, network, asked, port)?;
    Ok(asked)
}

/// Sets a new MAC, or draws one; whether there is one.
pub(super) fn change_mac(
    read: &dyn Read,
    port: &mut Port,
    request: &UpdatePort,
    settings: &Settings,
) -> Result<bool, ApiError> {
    let present = Some(port.mac_address);
    let Some(asked) = request.mac_address.filter(|asked| *asked != present) else {
        return Ok(false);
    };
    if let Some(host) = port.host.clone()
        && state::is_bound(read, port)?
    {
        return Err(ApiError::PortBound {
            port: port.id,
            host,
            mac: port.mac_address,
        });
    }
    port.mac_address = take_mac(read, (port.id, port.network_id), asked, settings)?;
    Ok(true)
}

/// Binds, moves or unbinds the port; what the host it leaves said of it is forgotten.
pub(super) fn change_host(
    txn: &mut Txn<'_>,
    port: &mut Port,
    request: &UpdatePort,
) -> Result<(), ApiError> {
    let Some(asked) = &request.host else {
        return Ok(());
    };
    let host = asked.clone().filter(is_host);
    if host != port.host {
        binding::move_to(txn, port, host)?;
    }
    Ok(())
}

/// Applies the attributes that need nothing but themselves.
pub(super) fn apply(port: &mut Port, request: &UpdatePort) -> Result<(), ApiError> {
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
    standard::assign(
        &mut port.data_plane_status,
        request.data_plane_status.as_ref(),
    );
    standard::assign(
        &mut port.propagate_uplink_status,
        request.propagate_uplink_status.as_ref(),
    );
    if let Some(name) = &request.dns_name {
        port.dns_name = name.to_ascii_lowercase();
    }
    if let Some(domain) = &request.dns_domain {
        port.dns_domain = domain.to_ascii_lowercase();
    }
    if let Some(options) = &request.extra_dhcp_opts {
        port.extra_dhcp_opts = check::merge_options(&port.extra_dhcp_opts, options, false)?;
    }
    apply_hardware(port, request);
    Ok(())
}

fn apply_hardware(port: &mut Port, request: &UpdatePort) {
    let hardware = &mut port.hardware;
    standard::assign(
        &mut hardware.numa_affinity_policy,
        request.numa_affinity_policy.as_ref(),
    );
    standard::assign(&mut hardware.hints, request.hints.as_ref());
    hardware.trusted = request.trusted.or(hardware.trusted);
}

/// How a request's `fixed_ips` are to be read where they are absent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// One address of each family.
    Automatic,
    /// The present ones, as far as they fit the MAC.
    Keep,
}

/// Gives the port the addresses asked for.
pub(super) fn change_addresses(
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
    if !port.fixed_ips.is_empty() {
        port.ip_allocation = IpAllocation::Immediate;
    }
    Ok(())
}
