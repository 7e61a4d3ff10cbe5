//! Ports that users may not delete, because something of the region stands on them and has its
//! own way to end.

use crate::schema::{FLOATING_IPS, ROUTERS};
use crate::{ApiError, floating_ip};
use alcor_store::Read;
use alcor_store::records::{Table, present};
use alcor_types::{Port, ROUTER_OUTLET_OWNER};
use uuid::Uuid;

/// The device owners of a router's ports, inside and outside.
pub(super) const ROUTER_OWNERS: [&str; 6] = [
    "network:router_gateway",
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
    "network:router_centralized_snat",
    ROUTER_OUTLET_OWNER,
];

/// Where the devices live whose ports users may not delete. A gateway and the kinds of interface
/// are all ports of a router.
fn device_table(device_owner: &str) -> Option<Table> {
    match device_owner {
        floating_ip::OWNER => Some(FLOATING_IPS),
        owner if is_routers(owner) => Some(ROUTERS),
        _ => None,
    }
}

/// Whether ports of this device owner are a router's, inside or outside.
pub(super) fn is_routers(device_owner: &str) -> bool {
    ROUTER_OWNERS.contains(&device_owner)
}

/// Refuses to delete the port of a router or a floating IP that exists. A port without addresses,
/// or of a device that is gone, is an orphan that anybody who sees it may remove.
pub(super) fn check_deletable(read: &dyn Read, port: &Port) -> Result<(), ApiError> {
    if port.fixed_ips.is_empty() || !is_served(read, port) {
        return Ok(());
    }
    Err(ApiError::ServicePortInUse {
        port: port.id,
        owner: port.device_owner.clone(),
    })
}

/// Refuses to take the port of a router or a floating IP that exists from it.
pub(super) fn check_stays(read: &dyn Read, before: &Port, after: &Port) -> Result<(), ApiError> {
    let device = |port: &Port| (port.device_owner.clone(), port.device_id.clone());
    if device(before) == device(after) || !is_served(read, before) {
        return Ok(());
    }
    Err(ApiError::ServicePortTaken {
        port: before.id,
        owner: before.device_owner.clone(),
    })
}

/// Whether the port is a router's or a floating IP's that exists.
fn is_served(read: &dyn Read, port: &Port) -> bool {
    let device = Uuid::parse_str(&port.device_id).ok();
    device_table(&port.device_owner)
        .zip(device)
        .is_some_and(|(table, device)| present(read, table, device.as_bytes()))
}
