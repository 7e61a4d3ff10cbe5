//! Outlets: the ports on external networks by whose addresses hosts translate for a router, each for
//! its own VMs. Nobody asks for them by name: delivery opens one where a host needs it, and the rules
//! close those that the router no longer wants.

use super::find;
use crate::port::CreatePort;
use crate::schema::PORT_BY_DEVICE;
use crate::{ApiError, Settings, port, records};
use alcor_store::{Read, Txn};
use alcor_types::{
    HostName, NetworkId, Port, PortId, ProjectId, ROUTER_OUTLET_OWNER, Router, RouterId,
};

/// The router's outlets, in the order of their ids.
pub fn outlets(read: &dyn Read, router: RouterId) -> Result<Vec<Port>, ApiError> {
    let device = router.to_string();
    let parts: [&[u8]; 1] = [device.as_bytes()];
    let found = records::lookup::<Port>(read, PORT_BY_DEVICE, &parts, None, false);
    let mut outlets = found.collect::<Result<Vec<_>, _>>()?;
    outlets.retain(|port| port.device_owner == ROUTER_OUTLET_OWNER);
    Ok(outlets)
}

/// Opens an outlet of the router to a network at a host. Whether there was none and the router
/// wants it.
pub fn open_outlet(
    txn: &mut Txn<'_>,
    (id, network): (RouterId, NetworkId),
    host: &HostName,
    settings: &Settings,
) -> Result<bool, ApiError> {
    let Some(router) = find(txn, id)?.filter(|router| wants(router, network)) else {
        return Ok(false);
    };
    let is_there = |port: &Port| port.network_id == network && port.host.as_ref() == Some(host);
    if outlets(txn, id)?.iter().any(is_there) {
        return Ok(false);
    }
    let request = CreatePort {
        device_id: router.id.to_string(),
        device_owner: ROUTER_OUTLET_OWNER.to_owned(),
        host: Some(host.clone()),
        ..CreatePort::new(network)
    };
    // Like a gateway's it belongs to nobody, because its address is the operator's.
    port::plug(txn, &request, &ProjectId::from(""), settings)?;
    Ok(true)
}

/// Closes an outlet; a port that is none stays. Whether it was one.
pub fn close_outlet(txn: &mut Txn<'_>, id: PortId) -> Result<bool, ApiError> {
    match port::find(txn, id)? {
        Some(port) if port.device_owner == ROUTER_OUTLET_OWNER => {
            port::unplug(txn, &port)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Closes the outlets of networks to which the router does not translate any more.
pub(super) fn close_unwanted(txn: &mut Txn<'_>, router: &Router) -> Result<(), ApiError> {
    for port in outlets(txn, router.id)? {
        if !wants(router, port.network_id) {
            port::unplug(txn, &port)?;
        }
    }
    Ok(())
}

fn wants(router: &Router, network: NetworkId) -> bool {
    let gateway = router.gateway_to(network);
    router.distributed_snat && gateway.is_some_and(|gateway| gateway.enable_snat)
}
