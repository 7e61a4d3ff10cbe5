//! A new port from what a request says of it.

use super::change::{Absent, change_addresses, take_mac};
use super::{CreatePort, NETWORK_OWNERS, check};
use crate::{ApiError, Settings, standard};
use alcor_store::Txn;
use alcor_types::{HostName, IpAllocation, Network, Port, PortId, ProjectId};

/// The port that the request describes, with its MAC and addresses taken.
pub(super) fn build(
    txn: &mut Txn<'_>,
    request: &CreatePort,
    network: &Network,
    project_id: ProjectId,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let id = request.id.unwrap_or_else(PortId::random);
    standard::check_free::<Port>(txn, id.as_bytes(), &id)?;
    let mac = take_mac(txn, (id, network.id), request.mac_address, settings)?;
    let mut port = describe(request, Port::new(id, network.id, mac), network)?;
    port.project_id = project_id;
    check::check_attributes(&port, settings)?;
    let asked = request.fixed_ips.as_deref();
    change_addresses(txn, &mut port, asked, Absent::Automatic)?;
    Ok(port)
}

/// What the request says of a port, as far as it needs nothing else.
fn describe(request: &CreatePort, blank: Port, network: &Network) -> Result<Port, ApiError> {
    Ok(Port {
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        admin_state_up: request.admin_state_up.unwrap_or(blank.admin_state_up),
        device_id: request.device_id.clone(),
        device_owner: request.device_owner.clone(),
        host: request.host.clone().filter(is_host),
        vnic_type: request.vnic_type.clone().unwrap_or(blank.vnic_type),
        binding_profile: request
            .binding_profile
            .clone()
            .unwrap_or(blank.binding_profile),
        allowed_address_pairs: request.allowed_address_pairs.clone(),
        extra_dhcp_opts: check::merge_options(&[], &request.extra_dhcp_opts, true)?,
        port_security_enabled: is_secured(request, network),
        dns_name: request.dns_name.to_ascii_lowercase(),
        dns_domain: request.dns_domain.to_ascii_lowercase(),
        ip_allocation: match &request.fixed_ips {
            Some(asked) if asked.is_empty() => IpAllocation::None,
            _ => IpAllocation::Immediate,
        },
        propagate_uplink_status: request
            .propagate_uplink_status
            .unwrap_or(blank.propagate_uplink_status),
        hardware: request.hardware.clone(),
        qos_policy_id: request.qos_policy_id,
        ..blank
    })
}

/// Whether the name is one; Nova unbinds with an empty text.
pub(super) fn is_host(name: &HostName) -> bool {
    !name.as_str().is_empty()
}

/// Whether a new port's traffic is to be filtered. The region's own ports are trusted.
fn is_secured(request: &CreatePort, network: &Network) -> bool {
    let asked = request.port_security_enabled;
    !request.device_owner.starts_with(NETWORK_OWNERS)
        && asked.unwrap_or(network.port_security_enabled)
}
