//! Leases: addresses of subnets that are kept by hand, as the first Alcor's services did before
//! they made a port. They are taken in the bitmap that ports take theirs from.

mod source;

use super::IpError;
use super::range::{self, Claim, Place};
use crate::records::{self, Record as _};
use crate::schema::IP_LEASE_BY_SUBNET;
use crate::{ApiError, Caller, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{IpLease, IpRangeId, PortId, ProjectId, Subnet, SubnetId};
use std::net::IpAddr;

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
    let places = source::places(txn, request, project, caller)?;
    let (place, address) = match request.address {
        Some(address) => source::take(txn, &places, address)?,
        None => source::draw(txn, &places)?,
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
