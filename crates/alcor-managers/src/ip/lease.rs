//! Leases: addresses of subnets that are kept by hand, as the first Alcor's services did before
//! they made a port. They are taken in the bitmap that ports take theirs from.

use super::IpError;
use super::range::{self, Claim, Place};
use crate::records::{self, Record as _};
use crate::schema::IP_LEASE_BY_SUBNET;
use crate::subnet::{self, is_auto_address};
use crate::{ApiError, Caller, Pool, network};
use alcor_store::{Read, Txn};
use alcor_types::{IpLease, IpRangeId, NetworkId, PortId, ProjectId, Subnet, SubnetId};
use std::net::IpAddr;

/// Ranges that an error names at most.
const NAMED: usize = 8;

/// A wished lease: of a range, of a subnet, or of any subnet of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateIpLease {
    /// The range.
    pub range_id: Option<IpRangeId>,
    /// The subnet, the network and the family; what the range or the subnet makes certain must
    /// agree.
    pub claim: Claim,
    /// The address, where the caller chooses it.
    pub address: Option<IpAddr>,
    /// Whether it is marked as active.
    pub active: bool,
}

/// An address of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPlace {
    /// The range.
    pub range_id: IpRangeId,
    /// The address.
    pub address: IpAddr,
}

/// Who has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Nobody.
    Free,
    /// It is kept by hand, marked as active or not.
    Lease(bool),
    /// A port.
    Port(PortId),
}

/// An address of a range, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The range.
    pub place: Place,
    /// The address.
    pub address: IpAddr,
    /// Who has it.
    pub holder: Holder,
}

/// Takes an address for each: all of them or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateIpLease],
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Held>, ApiError> {
    let mut held = vec![None; requests.len()];
    // Chosen addresses go first, or an automatic one could take what was chosen.
    for chosen in [true, false] {
        let wishes = requests.iter().zip(&mut held);
        for (request, slot) in wishes.filter(|(wish, _)| wish.address.is_some() == chosen) {
            *slot = Some(create(txn, request, project, caller)?);
        }
    }
    Ok(held.into_iter().flatten().collect())
}

fn create(
    txn: &mut Txn<'_>,
    request: &CreateIpLease,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Held, ApiError> {
    let places = places(txn, request, project, caller)?;
    let (place, address) = match request.address {
        Some(address) => take(txn, &places, address)?,
        None => draw(txn, &places)?,
    };
    let lease = IpLease {
        subnet_id: place.subnet.id,
        address,
        active: request.active,
    };
    records::insert(txn, &lease)?;
    Ok(Held {
        place: place.clone(),
        address,
        holder: Holder::Lease(lease.active),
    })
}

/// Who has the address of the range.
pub fn get(
    read: &dyn Read,
    at: IpPlace,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Held, ApiError> {
    let place = range::get(read, at.range_id, project, caller)?;
    let (address, range) = (at.address, at.range_id);
    if !place.pool.contains(address) {
        return Err(IpError::NotInRange { address, range }.into());
    }
    let holder = holder(read, &place.subnet, address)?;
    Ok(Held {
        place,
        address,
        holder,
    })
}

/// The taken addresses of the range in order, `limit` of them, those beyond `after` where it is
/// given.
pub fn page(
    read: &dyn Read,
    place: &Place,
    after: Option<IpAddr>,
    limit: usize,
) -> Result<Vec<Held>, ApiError> {
    let mut left = place.pool;
    let mut page = Vec::new();
    let mut last = after.filter(|after| *after >= left.start);
    while page.len() < limit {
        if let Some(last) = last {
            if last >= left.end {
                break;
            }
            left.start = super::after(last);
        }
        let Some(address) = super::next_taken(read, &place.subnet, &left)? else {
            break;
        };
        page.push(Held {
            place: place.clone(),
            address,
            holder: holder(read, &place.subnet, address)?,
        });
        last = Some(address);
    }
    Ok(page)
}

/// Marks leases as active or not: all of them or none.
pub fn mark_many(
    txn: &mut Txn<'_>,
    marks: &[(IpPlace, bool)],
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Held>, ApiError> {
    let marks = marks.iter().map(|(at, active)| {
        let mut held = own(txn, *at, project, caller)?;
        held.holder = Holder::Lease(*active);
        let lease = IpLease {
            subnet_id: held.place.subnet.id,
            address: held.address,
            active: *active,
        };
        records::put(txn, &lease)?;
        Ok(held)
    });
    marks.collect()
}

/// Gives addresses back: all of them or none.
pub fn delete_many(
    txn: &mut Txn<'_>,
    given: &[IpPlace],
    project: &ProjectId,
    caller: &Caller,
) -> Result<(), ApiError> {
    for at in given {
        let held = own(txn, *at, project, caller)?;
        let subnet = &held.place.subnet;
        records::delete::<IpLease>(txn, &key(subnet.id, held.address))?;
        super::release(txn, subnet, held.address)?;
    }
    Ok(())
}

/// Gives addresses back and takes others, in one step that nobody comes between.
pub fn replace(
    txn: &mut Txn<'_>,
    given: &[IpPlace],
    requests: &[CreateIpLease],
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Held>, ApiError> {
    delete_many(txn, given, project, caller)?;
    create_many(txn, requests, project, caller)
}

/// Ends the leases of a subnet that is removed; its allocation rows go after them.
pub(crate) fn forget_subnet(txn: &mut Txn<'_>, subnet: SubnetId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [subnet.as_bytes()];
    let keys: Vec<_> =
        records::lookup_keys::<IpLease>(txn, IP_LEASE_BY_SUBNET, &parts, None, false).collect();
    for key in keys {
        records::delete::<IpLease>(txn, &key)?;
    }
    Ok(())
}

/// Where the address may come from, in the order to look.
fn places(
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
fn take<'a>(
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
    if super::reserve(txn, &place.subnet, address)? {
        return Ok((place, address));
    }
    let subnet = place.subnet.id;
    Err(ApiError::IpAddressAlreadyAllocated { address, subnet })
}

/// Takes a free address of the first place that has one. All of a subnet means its allocation
/// pools; a part of it never gives its gateway.
fn draw<'a>(txn: &mut Txn<'_>, places: &'a [Place]) -> Result<(&'a Place, IpAddr), ApiError> {
    for place in places {
        let subnet = &place.subnet;
        let address = if place.is_whole() {
            super::allocate(txn, subnet)?
        } else {
            let pools = super::without(&place.pool, subnet.gateway_ip);
            super::allocate_in(txn, subnet, &pools)?
        };
        if let Some(address) = address {
            return Ok((place, address));
        }
    }
    let names = places.iter().map(|place| place.id.to_string());
    let names: Vec<_> = names.take(NAMED).collect();
    Err(IpError::Exhausted(names.join(", ")).into())
}

/// An address that is kept by hand.
fn own(
    read: &dyn Read,
    at: IpPlace,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Held, ApiError> {
    let held = get(read, at, project, caller)?;
    let address = at.address;
    match held.holder {
        Holder::Lease(_) => Ok(held),
        Holder::Free => Err(IpError::Free(address).into()),
        Holder::Port(port) => Err(IpError::OfPort { address, port }.into()),
    }
}

fn holder(read: &dyn Read, subnet: &Subnet, address: IpAddr) -> Result<Holder, ApiError> {
    if let Some(lease) = records::get::<IpLease>(read, &key(subnet.id, address))? {
        return Ok(Holder::Lease(lease.active));
    }
    let port = subnet::holder(read, subnet, address)?;
    Ok(port.map_or(Holder::Free, |port| Holder::Port(port.id)))
}

fn key(subnet_id: SubnetId, address: IpAddr) -> Vec<u8> {
    let lease = IpLease {
        subnet_id,
        address,
        active: true,
    };
    lease.key()
}
