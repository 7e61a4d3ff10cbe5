//! Leases: MAC addresses that are kept for a port by hand, as the first Alcor's services did
//! before they made one. No other port is given such an address.

use super::{MacError, check_unicast, range};
use crate::schema::{MAC_LEASE_BY_NETWORK, MAC_LEASE_BY_PROJECT, PORT_BY_MAC};
use crate::{ApiError, Caller, Settings, network, records};
use alcor_store::{Read, Txn};
use alcor_types::{MacAddr, MacLease, MacRange, NetworkId, Port, PortId, ProjectId};
use uuid::Uuid;

/// Addresses that one draw looks at, from a random one of the range on: all of a small range.
const STEPS: u32 = 4_096;

/// A wished lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateMacLease {
    /// Whose it is to be.
    pub project_id: ProjectId,
    /// The network of the port.
    pub network_id: NetworkId,
    /// The port that it is for; it may come later.
    pub port_id: PortId,
    /// The address, where the caller chooses it.
    pub mac: Option<MacAddr>,
    /// Whether it is marked as active.
    pub active: bool,
}

/// Takes an address for each, from the named range or any: all of them or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateMacLease],
    range: Option<&str>,
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<MacLease>, ApiError> {
    let sources = range::sources(txn, range, settings)?;
    requests
        .iter()
        .map(|request| create(txn, request, (&sources, range.is_some()), caller))
        .collect()
}

fn create(
    txn: &mut Txn<'_>,
    request: &CreateMacLease,
    (sources, named): (&[MacRange], bool),
    caller: &Caller,
) -> Result<MacLease, ApiError> {
    network::get(txn, request.network_id, caller)?;
    let mac = match request.mac {
        Some(mac) => {
            check_chosen(txn, mac, request.port_id)?;
            let within = |range: &MacRange| (range.first..=range.last).contains(&mac);
            if named && !sources.iter().any(within) {
                let reason = format!("{mac} is not in the range that the path names");
                return Err(ApiError::attribute("mac_address", reason));
            }
            mac
        }
        None => draw(txn, sources)?,
    };
    let lease = MacLease {
        mac,
        project_id: request.project_id.clone(),
        network_id: request.network_id,
        port_id: request.port_id,
        active: request.active,
    };
    records::insert(txn, &lease)?;
    Ok(lease)
}

/// Who has the address in the project: a lease, or what a port's own amounts to.
pub fn get(read: &dyn Read, mac: MacAddr, project: &ProjectId) -> Result<MacLease, ApiError> {
    if let Some(lease) = find(read, mac)?.filter(|lease| lease.project_id == *project) {
        return Ok(lease);
    }
    let port = port_with(read, mac, |port| port.project_id == *project)?;
    let port = port.ok_or(MacError::NotFound(mac))?;
    Ok(MacLease {
        mac,
        project_id: port.project_id,
        network_id: port.network_id,
        port_id: port.id,
        active: true,
    })
}

/// The project's leases, by address.
pub fn list(read: &dyn Read, project: &ProjectId) -> Result<Vec<MacLease>, ApiError> {
    let parts: [&[u8]; 1] = [project.as_str().as_bytes()];
    records::lookup(read, MAC_LEASE_BY_PROJECT, &parts, None, false)
        .map(|lease| lease.map_err(ApiError::from))
        .collect()
}

/// Marks a lease of the project as active or not.
pub fn mark(
    txn: &mut Txn<'_>,
    mac: MacAddr,
    project: &ProjectId,
    active: bool,
) -> Result<MacLease, ApiError> {
    let mut lease = own(txn, mac, project)?;
    lease.active = active;
    records::put(txn, &lease)?;
    Ok(lease)
}

/// Gives the address back. A port that has it keeps it.
pub fn delete(txn: &mut Txn<'_>, mac: MacAddr, project: &ProjectId) -> Result<(), ApiError> {
    own(txn, mac, project)?;
    records::delete::<MacLease>(txn, &mac.0)?;
    Ok(())
}

/// Ends the leases of a network that is removed.
pub(crate) fn forget_network(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    let leases = records::lookup::<MacLease>(txn, MAC_LEASE_BY_NETWORK, &parts, None, false)
        .collect::<Result<Vec<_>, _>>()?;
    for lease in leases {
        records::delete::<MacLease>(txn, &lease.mac.0)?;
    }
    Ok(())
}

/// Whether any lease holds the address.
pub(super) fn holds(read: &dyn Read, mac: MacAddr) -> bool {
    records::exists::<MacLease>(read, &mac.0)
}

/// The lease of the address.
pub(super) fn find(read: &dyn Read, mac: MacAddr) -> Result<Option<MacLease>, ApiError> {
    Ok(records::get(read, &mac.0)?)
}

fn own(read: &dyn Read, mac: MacAddr, project: &ProjectId) -> Result<MacLease, ApiError> {
    if let Some(lease) = find(read, mac)?.filter(|lease| lease.project_id == *project) {
        return Ok(lease);
    }
    let port = get(read, mac, project)?.port_id;
    Err(MacError::OfPort { mac, port }.into())
}

/// Refuses an address that anybody else has.
fn check_chosen(read: &dyn Read, mac: MacAddr, for_port: PortId) -> Result<(), ApiError> {
    check_unicast("mac_address", mac)?;
    if let Some(lease) = find(read, mac)? {
        let port = lease.port_id;
        return Err(MacError::Taken { mac, port }.into());
    }
    match port_with(read, mac, |port| port.id != for_port)? {
        Some(port) => {
            let port = port.id;
            Err(MacError::Taken { mac, port }.into())
        }
        None => Ok(()),
    }
}

/// The first port, by id, that has the address and passes.
fn port_with(
    read: &dyn Read,
    mac: MacAddr,
    passes: impl Fn(&Port) -> bool,
) -> Result<Option<Port>, ApiError> {
    for port in records::lookup::<Port>(read, PORT_BY_MAC, &[&mac.0], None, false) {
        let port = port?;
        if passes(&port) {
            return Ok(Some(port));
        }
    }
    Ok(None)
}

/// An address that neither a lease nor a port of the region has.
fn draw(read: &dyn Read, sources: &[MacRange]) -> Result<MacAddr, ApiError> {
    for range in sources {
        let (first, size) = (
            suffix(range.first),
            suffix(range.last) - suffix(range.first) + 1,
        );
        let start = random() % size;
        for step in 0..size.min(STEPS) {
            let mac = with_suffix(range.first, first + (start + step) % size);
            if !holds(read, mac) && !records::any::<Port>(read, PORT_BY_MAC, &[&mac.0]) {
                return Ok(mac);
            }
        }
    }
    let names: Vec<_> = sources.iter().map(|range| range.id.as_str()).collect();
    Err(MacError::Exhausted(names.join(", ")).into())
}

/// The last three bytes as a number.
fn suffix(mac: MacAddr) -> u32 {
    let [_, _, _, x, y, z] = mac.0;
    u32::from_be_bytes([0, x, y, z])
}

fn with_suffix(mac: MacAddr, suffix: u32) -> MacAddr {
    let mut bytes = mac.0;
    bytes[3..].copy_from_slice(&suffix.to_be_bytes()[1..]);
    MacAddr(bytes)
}

/// 24 random bits: those at the end of a version 4 UUID are random in full.
fn random() -> u32 {
    let [.., x, y, z] = *Uuid::new_v4().as_bytes();
    u32::from_be_bytes([0, x, y, z])
}
