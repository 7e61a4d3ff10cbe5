//! Ports that the region makes for its own devices: router interfaces and gateways, floating
//! IPs, DHCP. No user asked for them, so no user's rights or quota limits apply; they are counted
//! all the same, because their owners see them.

use super::build::build;
use super::change::{Absent, change_addresses};
use super::{CreatePort, FixedIpRequest};
use crate::quota::{self, Kind};
use crate::{ApiError, Settings, network, records, standard};
use alcor_store::Txn;
use alcor_types::{Port, ProjectId};

/// Makes a port of the region's own, which belongs to `owner`; nobody's where that is empty, as
/// Neutron has it for gateways and floating IPs.
pub fn plug(
    txn: &mut Txn<'_>,
    request: &CreatePort,
    owner: &ProjectId,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let network = network::find(txn, request.network_id)?
        .ok_or(ApiError::NetworkNotFound(request.network_id))?;
    let port = build(txn, request, &network, owner.clone(), settings)?;
    quota::count(txn, Kind::Port, owner)?;
    records::insert(txn, &port)?;
    Ok(port)
}

/// Gives a port to a device of the region's, or back to nobody with empty texts.
pub fn claim(
    txn: &mut Txn<'_>,
    port: &mut Port,
    device_id: &str,
    device_owner: &str,
) -> Result<(), ApiError> {
    device_id.clone_into(&mut port.device_id);
    device_owner.clone_into(&mut port.device_owner);
    standard::update(&mut port.standard, None, None, None)?;
    Ok(records::put(txn, port)?)
}

/// Gives a port of the region's other addresses; those that stay are kept.
pub fn readdress(
    txn: &mut Txn<'_>,
    port: &mut Port,
    fixed_ips: &[FixedIpRequest],
) -> Result<(), ApiError> {
    change_addresses(txn, port, Some(fixed_ips), Absent::Keep)?;
    standard::update(&mut port.standard, None, None, None)?;
    Ok(records::put(txn, port)?)
}
