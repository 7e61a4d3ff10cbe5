//! Ranges of elastic IPs: an operator's say in which addresses of an external network are given
//! out.
//!
//! Where any range has addresses of an external network, every new floating IP of that network
//! is one of them, whichever API asks for it; the ranges are used up in the order of their names.
//! Other external networks go by their subnets' allocation pools, as in Neutron.

mod error;
mod parts;

pub use error::ElasticRangeError;
pub(crate) use parts::meet;

use super::bad;
use crate::routing::RoutingError;
use crate::schema::{ELASTIC_RANGE_BY_SUBNET, FLOATING_IP_BY_NETWORK};
use crate::{ApiError, Caller, ip, network, records, standard, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{
    ElasticPart, ElasticRange, ElasticRangeId, FloatingIp, IpPool, NetworkId, Subnet, SubnetId,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Ranges of one region at most: a draw may look through all of them.
const MAX_RANGES: usize = 1_000;

/// A wished range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateElasticRange {
    /// Its id; a fresh one where the caller does not choose it.
    pub id: Option<ElasticRangeId>,
    /// Its label.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Its addresses, as first and last ones.
    pub pools: Vec<IpPool>,
}

/// What a PUT says of a range. An absent member means "not sent".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateElasticRange {
    /// Another label.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// All addresses anew.
    pub pools: Option<Vec<IpPool>>,
}

/// Makes a range.
pub fn create(txn: &mut Txn<'_>, request: &CreateElasticRange) -> Result<ElasticRange, ApiError> {
    let id = request.id.unwrap_or_else(ElasticRangeId::random);
    standard::check_free::<ElasticRange>(txn, id.as_bytes(), &id)?;
    if list(txn)?.len() >= MAX_RANGES {
        let reason = format!("{MAX_RANGES} ranges are there already, delete some or widen one");
        return Err(ApiError::attribute("allocation_ranges", reason));
    }
    let range = ElasticRange {
        id,
        name: request.name.clone(),
        description: request.description.clone(),
        parts: parts::of_pools(txn, id, &request.pools)?,
    };
    check_texts(&range)?;
    records::insert(txn, &range)?;
    Ok(range)
}

/// The range.
pub fn get(read: &dyn Read, id: ElasticRangeId) -> Result<ElasticRange, ApiError> {
    let range = records::get(read, id.as_bytes())?;
    range.ok_or_else(|| ElasticRangeError::NotFound(id).into())
}

/// All ranges, in the order in which they are used up.
pub fn list(read: &dyn Read) -> Result<Vec<ElasticRange>, ApiError> {
    let all = records::scan::<ElasticRange>(read, None, false);
    let mut all = all.collect::<Result<Vec<_>, _>>()?;
    sort(&mut all);
    Ok(all)
}

/// How many addresses of the range are taken, by floating IPs or by anything else.
pub fn used(read: &dyn Read, range: &ElasticRange) -> Result<u128, ApiError> {
    let mut used = 0;
    for part in &range.parts {
        used += ip::used_in(read, &subnet_of(read, part)?, &part.pool)?;
    }
    Ok(used)
}

/// Changes what the request names and nothing else. Addresses that floating IPs have stay in it.
pub fn update(
    txn: &mut Txn<'_>,
    id: ElasticRangeId,
    request: &UpdateElasticRange,
) -> Result<ElasticRange, ApiError> {
    let mut range = get(txn, id)?;
    standard::assign(&mut range.name, request.name.as_ref());
    standard::assign(&mut range.description, request.description.as_ref());
    check_texts(&range)?;
    if let Some(pools) = &request.pools {
        let parts = parts::of_pools(txn, id, pools)?;
        check_unused(txn, &range, &parts)?;
        range.parts = parts;
    }
    records::put(txn, &range)?;
    Ok(range)
}

/// Removes a range that no floating IP is of.
pub fn delete(txn: &mut Txn<'_>, id: ElasticRangeId) -> Result<(), ApiError> {
    let range = get(txn, id)?;
    check_unused(txn, &range, &[])?;
    records::delete::<ElasticRange>(txn, id.as_bytes())?;
    Ok(())
}

/// The network that the ranges would give the caller an elastic IP of: that of the first range
/// with a free address, or else of the first at all; none where no range is for the caller.
pub fn first_network(read: &dyn Read, caller: &Caller) -> Result<Option<NetworkId>, ApiError> {
    let mut first = None;
    for part in list(read)?.iter().flat_map(|range| &range.parts) {
        let subnet = subnet_of(read, part)?;
        let network = network::find(read, subnet.network_id)?;
        if !network.is_some_and(|network| network::is_external(&network, caller)) {
            continue;
        }
        for pool in ip::without(&part.pool, subnet.gateway_ip) {
            if ip::used_in(read, &subnet, &pool)? < ip::size(&pool) {
                return Ok(Some(subnet.network_id));
            }
        }
        first = first.or(Some(subnet.network_id));
    }
    Ok(first)
}

/// The next address that the network's ranges give, of this subnet where one is named; none where
/// the network has no ranges.
pub(super) fn draw(
    txn: &mut Txn<'_>,
    network: NetworkId,
    wanted: Option<SubnetId>,
) -> Result<Option<IpAddr>, ApiError> {
    let (subnets, parts) = of_network(txn, network)?;
    if parts.is_empty() {
        return Ok(None);
    }
    let wanted = |part: &&ElasticPart| wanted.is_none_or(|subnet| subnet == part.subnet_id);
    for part in parts.iter().filter(wanted) {
        let Some(subnet) = subnets.iter().find(|subnet| subnet.id == part.subnet_id) else {
            continue;
        };
        let pools = ip::without(&part.pool, subnet.gateway_ip);
        if let Some(address) = ip::next_free(txn, subnet, &pools)? {
            return Ok(Some(address));
        }
    }
    Err(RoutingError::ExternalIpAddressExhausted(network).into())
}

/// Refuses a chosen address that the network's ranges do not have, where it has ranges.
pub(super) fn check_chosen(
    read: &dyn Read,
    network: NetworkId,
    address: IpAddr,
) -> Result<(), ApiError> {
    let (_, parts) = of_network(read, network)?;
    if parts.is_empty() || parts.iter().any(|part| part.pool.contains(address)) {
        return Ok(());
    }
    Err(bad(format!(
        "{address} is of none of the elastic IP ranges of network {network}: choose one of them, or leave it out"
    )))
}

/// Refuses to remove a subnet that a range has addresses of.
pub(crate) fn check_subnet(read: &dyn Read, subnet: SubnetId) -> Result<(), ApiError> {
    match of_subnet(read, subnet)?.first() {
        Some(range) => {
            let range = range.id;
            Err(ElasticRangeError::SubnetInUse { subnet, range }.into())
        }
        None => Ok(()),
    }
}

fn sort(ranges: &mut [ElasticRange]) {
    ranges.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
}

fn of_subnet(read: &dyn Read, subnet: SubnetId) -> Result<Vec<ElasticRange>, ApiError> {
    let parts: [&[u8]; 1] = [subnet.as_bytes()];
    records::lookup(read, ELASTIC_RANGE_BY_SUBNET, &parts, None, false)
        .map(|range| range.map_err(ApiError::from))
        .collect()
}

/// The network's subnets, and what ranges have of them, in the order in which it is used up.
fn of_network(
    read: &dyn Read,
    network: NetworkId,
) -> Result<(Vec<Subnet>, Vec<ElasticPart>), ApiError> {
    let subnets = network::subnets(read, network)?;
    let mut ranges = Vec::new();
    for subnet in &subnets {
        ranges.extend(of_subnet(read, subnet.id)?);
    }
    sort(&mut ranges);
    // A range of several subnets was found for each of them.
    ranges.dedup_by_key(|range| range.id);
    let mut parts: Vec<_> = ranges.into_iter().flat_map(|range| range.parts).collect();
    parts.retain(|part| subnets.iter().any(|subnet| subnet.id == part.subnet_id));
    Ok((subnets, parts))
}

fn subnet_of(read: &dyn Read, part: &ElasticPart) -> Result<Subnet, ApiError> {
    let id = part.subnet_id;
    subnet::find(read, id)?.ok_or(ApiError::SubnetNotFound(id))
}

fn check_texts(range: &ElasticRange) -> Result<(), ApiError> {
    standard::check_text("name", &range.name)?;
    standard::check_text("description", &range.description)
}

/// Refuses to leave a floating IP of the range outside of what is kept of it.
fn check_unused(
    read: &dyn Read,
    range: &ElasticRange,
    kept: &[ElasticPart],
) -> Result<(), ApiError> {
    let has = |parts: &[ElasticPart], address| parts.iter().any(|part| part.pool.contains(address));
    let mut networks = BTreeSet::new();
    for part in &range.parts {
        networks.insert(subnet_of(read, part)?.network_id);
    }
    for network in networks {
        let parts: [&[u8]; 1] = [network.as_bytes()];
        let all = records::lookup::<FloatingIp>(read, FLOATING_IP_BY_NETWORK, &parts, None, false);
        for floating_ip in all {
            let address = floating_ip?.floating_ip_address;
            if has(&range.parts, address) && !has(kept, address) {
                let range = range.id;
                return Err(ElasticRangeError::InUse { range, address }.into());
            }
        }
    }
    Ok(())
}
