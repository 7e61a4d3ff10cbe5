//! Where an address that is kept by hand comes from: a range, a subnet, or a network's subnets.

use super::CreateIpLease;
use crate::ip::range::{self, Place};
use crate::ip::{self, IpError};
use crate::subnet::is_auto_address;
use crate::{ApiError, Caller, Pool, network};
use alcor_store::{Read, Txn};
use alcor_types::{NetworkId, ProjectId};
use std::net::IpAddr;

/// Ranges that an error names at most.
const NAMED: usize = 8;

/// Where the address may come from, in the order to look.
pub(super) fn places(
    read: &dyn Read,
    request: &CreateIpLease,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Place>, ApiError> {
    let claim = request.claim;
    let place = match (request.range_id, claim.subnet_id, claim.network_id) {
        (Some(id), _, _) => range::get(read, id, project, caller)?,
        (None, Some(id), _) => range::whole(range::subnet_of(read, id, project, caller)?),
        (None, None, Some(id)) => return of_network(read, id, request, project, caller),
        (None, None, None) => {
            let reason = "it is missing: give a range_id, a subnet_id, or a vpc_id with ip_version";
            return Err(ApiError::attribute("range_id", reason));
        }
    };
    claim.check(&place.subnet)?;
    Ok(vec![place])
}

/// The project's subnets of the network, the oldest first. Those for some kinds of devices only
/// are passed over unless the address is chosen.
fn of_network(
    read: &dyn Read,
    id: NetworkId,
    request: &CreateIpLease,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Place>, ApiError> {
    network::get(read, id, caller)?;
    let version = match (request.claim.version, request.address) {
        (Some(version), _) => Some(version),
        (None, Some(_)) => None,
        (None, None) => {
            let reason = "it is missing: say 4 or 6, or give a range_id or an ip";
            return Err(ApiError::attribute("ip_version", reason));
        }
    };
    let mut subnets = network::subnets(read, id)?;
    subnets.retain(|subnet| {
        subnet.project_id == *project
            && !is_auto_address(subnet)
            && version.is_none_or(|version| version == subnet.ip_version())
            && (request.address.is_some() || subnet.service_types.is_empty())
    });
    if subnets.is_empty() {
        return Err(IpError::NoSubnet(id).into());
    }
    subnets.sort_by_key(|subnet| (subnet.standard.created_at, subnet.id));
    Ok(subnets.into_iter().map(range::whole).collect())
}

/// Takes the chosen address in the place that has it.
pub(super) fn take<'a>(
    txn: &mut Txn<'_>,
    places: &'a [Place],
    address: IpAddr,
) -> Result<(&'a Place, IpAddr), ApiError> {
    let place = places.iter().find(|place| place.pool.contains(address));
    let Some(place) = place else {
        let ends = places.iter().map(|place| Pool(place.pool).to_string());
        let ends: Vec<_> = ends.take(NAMED).collect();
        let reason = format!("{address} is not of {}: choose one", ends.join(", "));
        return Err(ApiError::attribute("ip", reason));
    };
    if ip::reserve(txn, &place.subnet, address)? {
        return Ok((place, address));
    }
    let subnet = place.subnet.id;
    Err(ApiError::IpAddressAlreadyAllocated { address, subnet })
}

/// Takes a free address of the first place that has one. All of a subnet means its allocation
/// pools; a part of it never gives its gateway.
pub(super) fn draw<'a>(
    txn: &mut Txn<'_>,
    places: &'a [Place],
) -> Result<(&'a Place, IpAddr), ApiError> {
    for place in places {
        let subnet = &place.subnet;
        let address = if place.is_whole() {
            ip::allocate(txn, subnet)?
        } else {
            let pools = ip::without(&place.pool, subnet.gateway_ip);
            ip::allocate_in(txn, subnet, &pools)?
        };
        if let Some(address) = address {
            return Ok((place, address));
        }
    }
    let names = places.iter().map(|place| place.id.to_string());
    let names: Vec<_> = names.take(NAMED).collect();
    Err(IpError::Exhausted(names.join(", ")).into())
}
