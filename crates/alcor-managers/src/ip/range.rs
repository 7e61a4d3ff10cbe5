//! Ranges that addresses are kept from by hand. All of a subnet is one, always there under the
//! subnet's id; operators make others, which are parts of a subnet.
//!
//! A range belongs to the project of its subnet. A subnet that derives addresses from MACs has
//! none, because nobody chooses its addresses.

mod request;

pub use request::{Claim, CreateIpRange, UpdateIpRange};

use super::IpError;
use crate::schema::{IP_RANGE_BY_SUBNET, SUBNET_BY_PROJECT};
use crate::subnet::{self, hosts, is_auto_address};
use crate::{ApiError, Caller, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{IpPool, IpRange, IpRangeId, ProjectId, Subnet, SubnetId};

/// Ranges that one subnet may have; each costs a step of the check that they keep apart.
const MAX_RANGES: usize = 128;

/// A range with the subnet it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: IpRangeId,
    /// The subnet.
    pub subnet: Subnet,
    /// Its first and last address.
    pub pool: IpPool,
}

/// How many addresses a range has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// All of them.
    pub total: u128,
    /// Those that ports have or that are kept by hand.
    pub used: u128,
}

/// Makes a range of a subnet of the project.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateIpRange,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let subnet = subnet_of(txn, request.subnet_id, project, caller)?;
    request.claim.check(&subnet)?;
    let id = request.id.unwrap_or_else(IpRangeId::random);
    standard::check_free::<IpRange>(txn, id.as_bytes(), &id)?;
    if subnet::find(txn, SubnetId(id.0))?.is_some() {
        return Err(IpError::RangeExists(id).into());
    }
    let pool = IpPool {
        start: request.first,
        end: request.last,
    };
    let place = Place { id, subnet, pool };
    save(txn, &place)?;
    Ok(place)
}

/// The range of this id, in the project.
pub fn get(
    read: &dyn Read,
    id: IpRangeId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let made: Option<IpRange> = records::get(read, id.as_bytes())?;
    let subnet = made.as_ref().map_or(SubnetId(id.0), |made| made.subnet_id);
    let subnet = match subnet_of(read, subnet, project, caller) {
        Err(ApiError::SubnetNotFound(_) | ApiError::Ip(IpError::Derived(_))) => {
            return Err(IpError::RangeNotFound(id).into());
        }
        found => found?,
    };
    Ok(match made {
        Some(made) => of(&made, subnet),
        None => whole(subnet),
    })
}

/// All ranges of the project's subnets: of each subnet the whole, and then its parts by id.
pub fn list(read: &dyn Read, project: &ProjectId) -> Result<Vec<Place>, ApiError> {
    let parts: [&[u8]; 1] = [project.as_str().as_bytes()];
    let mut all = Vec::new();
    for subnet in records::lookup::<Subnet>(read, SUBNET_BY_PROJECT, &parts, None, false) {
        let subnet = subnet?;
        if is_auto_address(&subnet) {
            continue;
        }
        let made = stored(read, subnet.id)?;
        all.push(whole(subnet.clone()));
        all.extend(made.iter().map(|made| of(made, subnet.clone())));
    }
    Ok(all)
}

/// How many addresses the range has, and how many are taken.
pub fn usage(read: &dyn Read, place: &Place) -> Result<Usage, ApiError> {
    Ok(Usage {
        total: super::size(&place.pool),
        used: super::used_in(read, &place.subnet, &place.pool)?,
    })
}

/// Changes what the request names and nothing else. Addresses that are kept stay kept.
pub fn update(
    txn: &mut Txn<'_>,
    id: IpRangeId,
    request: &UpdateIpRange,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let mut place = made(txn, id, project, caller)?;
    request.claim.check(&place.subnet)?;
    standard::assign(&mut place.pool.start, request.first.as_ref());
    standard::assign(&mut place.pool.end, request.last.as_ref());
    save(txn, &place)?;
    Ok(place)
}

/// Removes the range. Addresses that are kept stay kept.
pub fn delete(
    txn: &mut Txn<'_>,
    id: IpRangeId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<(), ApiError> {
    made(txn, id, project, caller)?;
    records::delete::<IpRange>(txn, id.as_bytes())?;
    Ok(())
}

/// Ends the ranges of a subnet that is removed.
pub(crate) fn forget_subnet(txn: &mut Txn<'_>, subnet: SubnetId) -> Result<(), ApiError> {
    for range in stored(txn, subnet)? {
        records::delete::<IpRange>(txn, range.id.as_bytes())?;
    }
    Ok(())
}

/// All of a subnet.
pub(super) fn whole(subnet: Subnet) -> Place {
    Place {
        id: IpRangeId(subnet.id.0),
        pool: hosts(&subnet.cidr),
        subnet,
    }
}

/// A subnet of the project whose addresses are chosen.
pub(super) fn subnet_of(
    read: &dyn Read,
    id: SubnetId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Subnet, ApiError> {
    let subnet = subnet::get(read, id, caller)?;
    if subnet.project_id != *project {
        return Err(ApiError::SubnetNotFound(id));
    }
    if is_auto_address(&subnet) {
        return Err(IpError::Derived(id).into());
    }
    Ok(subnet)
}

impl Place {
    /// Whether it is all of its subnet.
    pub(super) fn is_whole(&self) -> bool {
        self.id.0 == self.subnet.id.0
    }
}

fn of(range: &IpRange, subnet: Subnet) -> Place {
    Place {
        id: range.id,
        subnet,
        pool: range.pool,
    }
}

/// A range that is an operator's to change.
fn made(
    read: &dyn Read,
    id: IpRangeId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let place = get(read, id, project, caller)?;
    if place.is_whole() {
        return Err(IpError::WholeSubnet(id).into());
    }
    Ok(place)
}

/// The ranges that operators made of the subnet.
pub(crate) fn stored(read: &dyn Read, subnet: SubnetId) -> Result<Vec<IpRange>, ApiError> {
    let parts: [&[u8]; 1] = [subnet.as_bytes()];
    records::lookup(read, IP_RANGE_BY_SUBNET, &parts, None, false)
        .map(|range| range.map_err(ApiError::from))
        .collect()
}

/// Writes a range that lies within its subnet and apart from the subnet's others.
fn save(txn: &mut Txn<'_>, place: &Place) -> Result<(), ApiError> {
    check_ends(place)?;
    let mut others = stored(txn, place.subnet.id)?;
    others.retain(|other| other.id != place.id);
    if others.len() >= MAX_RANGES {
        let reason = format!("the subnet has {MAX_RANGES} ranges already, delete or widen some");
        return Err(ApiError::attribute("subnet_id", reason));
    }
    if let Some(other) = others.iter().find(|other| other.pool.overlaps(&place.pool)) {
        let (id, other) = (place.id, other.id);
        return Err(IpError::RangeOverlap { id, other }.into());
    }
    let range = IpRange {
        id: place.id,
        subnet_id: place.subnet.id,
        pool: place.pool,
    };
    records::put(txn, &range)?;
    Ok(())
}

fn check_ends(place: &Place) -> Result<(), ApiError> {
    let (first, last) = (place.pool.start, place.pool.end);
    let hosts = hosts(&place.subnet.cidr);
    for (name, address) in [("first_ip", first), ("last_ip", last)] {
        if !hosts.contains(address) {
            let (cidr, start, end) = (place.subnet.cidr, hosts.start, hosts.end);
            let reason = format!("{address} is no host address of {cidr}: {start} to {end} are");
            return Err(ApiError::attribute(name, reason));
        }
    }
    if first > last {
        let reason = format!("{last} is below first_ip {first}");
        return Err(ApiError::attribute("last_ip", reason));
    }
    Ok(())
}
