//! Which addresses of a subnet are taken, and the next free one of its pools.
//!
//! Taken addresses are a bitmap over the subnet's block, whether they lie in a pool or
//! not, so pools can change while addresses are in use. An automatic address is the first
//! free one at or after the subnet's cursor, in the order of the pools, wrapping once; the
//! cursor then moves past it, so an address that was given back is the last to be given out
//! again and peers have time to forget it. Searching one pool reads at most two rows for each
//! eight host bits, however full the subnet is (module `bitmap`).
//!
//! A subnet that derives addresses from MACs (SLAAC) has no bitmap: its addresses are
//! scattered over a /64 and never searched, so the ports' unique index is enough.
//!
//! Ports take addresses, and so do operators by hand ([`lease`]), from one bitmap: an address
//! that the one has the other never gets.

mod error;
pub mod lease;
pub mod range;

pub use error::IpError;

use crate::ApiError;
use crate::bitmap::Bitmap;
use crate::records;
use crate::schema::{self, PORT_BY_SUBNET_IP, ip_part};
use crate::subnet::is_auto_address;
use alcor_store::{Read, Txn};
use alcor_types::{IpPool, MacAddr, Port, Subnet, SubnetId};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The byte after a subnet's prefix that marks the count of its addresses; a bitmap's levels are
/// lower, and its cursor is higher.
const COUNTER: u8 = 0xfe;

/// Takes the next free address of the subnet's pools; none when they are exhausted.
pub fn allocate(txn: &mut Txn<'_>, subnet: &Subnet) -> Result<Option<IpAddr>, ApiError> {
    allocate_in(txn, subnet, &subnet.allocation_pools)
}

/// Takes the next free address of these parts of the subnet; none when they are exhausted.
pub(crate) fn allocate_in(
    txn: &mut Txn<'_>,
    subnet: &Subnet,
    pools: &[IpPool],
) -> Result<Option<IpAddr>, ApiError> {
    let next = next_free(txn, subnet, pools)?;
    if let Some(address) = next {
        space(subnet).take(txn, offset(&subnet.cidr, address))?;
        count(txn, subnet.id, true)?;
    }
    Ok(next)
}

/// The next free address of these parts of the subnet, for the caller to take; the cursor moves
/// past it.
pub(crate) fn next_free(
    txn: &mut Txn<'_>,
    subnet: &Subnet,
    pools: &[IpPool],
) -> Result<Option<IpAddr>, ApiError> {
    let space = space(subnet);
    let cursor = space.cursor(txn)?.unwrap_or(0);
    for (from, to) in rounds(&subnet.cidr, pools, cursor) {
        if let Some(offset) = space.next_free(txn, from, to)? {
            space.set_cursor(txn, offset.wrapping_add(1));
            return Ok(Some(at(&subnet.cidr, offset)));
        }
    }
    Ok(None)
}

/// Takes one address, in a pool or not; false when it is taken.
pub fn reserve(txn: &mut Txn<'_>, subnet: &Subnet, address: IpAddr) -> Result<bool, ApiError> {
    let free = if is_auto_address(subnet) {
        let parts: [&[u8]; 2] = [subnet.id.as_bytes(), &ip_part(address)];
        !records::any::<Port>(txn, PORT_BY_SUBNET_IP, &parts)
    } else {
        space(subnet).take(txn, offset(&subnet.cidr, address))?
    };
    if free {
        count(txn, subnet.id, true)?;
    }
    Ok(free)
}

/// Gives an address back.
pub fn release(txn: &mut Txn<'_>, subnet: &Subnet, address: IpAddr) -> Result<(), ApiError> {
    if is_auto_address(subnet) || space(subnet).free(txn, offset(&subnet.cidr, address))? {
        count(txn, subnet.id, false)?;
    }
    Ok(())
}

/// How many addresses of the subnet are taken: one read.
pub fn used(read: &dyn Read, subnet: SubnetId) -> Result<u64, ApiError> {
    let Some(row) = read.get(&counter(subnet)) else {
        return Ok(0);
    };
    let bytes = <[u8; 8]>::try_from(&row[..]).map_err(|_| ApiError::Damaged("address count"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// How many addresses of the subnet's pools are taken. Where addresses follow from MACs, pools
/// choose nothing, and all that are taken count.
pub fn used_in_pools(read: &dyn Read, subnet: &Subnet) -> Result<u128, ApiError> {
    if is_auto_address(subnet) {
        return used(read, subnet.id).map(u128::from);
    }
    let pools = subnet.allocation_pools.iter();
    pools.map(|pool| used_in(read, subnet, pool)).sum()
}

/// How many addresses of a part of the subnet are taken, where addresses do not follow from MACs.
pub(crate) fn used_in(read: &dyn Read, subnet: &Subnet, pool: &IpPool) -> Result<u128, ApiError> {
    let (from, to) = span(&subnet.cidr, pool);
    space(subnet).count(read, from, to)
}

/// How many addresses there are from the first to the last.
pub(crate) fn size(pool: &IpPool) -> u128 {
    let (first, last) = (number(pool.start), number(pool.end));
    last.saturating_sub(first).saturating_add(1)
}

/// The part without this address: one part, two around it, or none.
pub(crate) fn without(pool: &IpPool, address: Option<IpAddr>) -> Vec<IpPool> {
    let Some(address) = address.filter(|address| pool.contains(*address)) else {
        return vec![*pool];
    };
    let mut parts = Vec::new();
    if pool.start < address {
        let end = before(address);
        parts.push(IpPool { end, ..*pool });
    }
    if address < pool.end {
        let start = after(address);
        parts.push(IpPool { start, ..*pool });
    }
    parts
}

/// The lowest taken address of the part.
fn next_taken(read: &dyn Read, subnet: &Subnet, pool: &IpPool) -> Result<Option<IpAddr>, ApiError> {
    let (from, to) = span(&subnet.cidr, pool);
    let taken = space(subnet).next_taken(read, from, to)?;
    Ok(taken.map(|offset| at(&subnet.cidr, offset)))
}

/// Counts one address more, or one less.
fn count(txn: &mut Txn<'_>, subnet: SubnetId, more: bool) -> Result<(), ApiError> {
    let used = used(txn, subnet)?;
    let used = if more {
        used.saturating_add(1)
    } else {
        used.saturating_sub(1)
    };
    let key = counter(subnet);
    if used == 0 {
        txn.delete(&key);
    } else {
        txn.put(key, used.to_be_bytes().to_vec());
    }
    Ok(())
}

fn counter(subnet: SubnetId) -> Vec<u8> {
    let mut key = prefix(subnet);
    key.push(COUNTER);
    key
}

/// Every address of the subnet that is marked as taken, in order; for the audit.
pub(crate) fn taken(read: &dyn Read, subnet: &Subnet) -> Result<Vec<IpAddr>, ApiError> {
    let taken = space(subnet).taken(read)?;
    Ok(taken
        .into_iter()
        .map(|offset| at(&subnet.cidr, offset))
        .collect())
}

/// Forgets a subnet that has no addresses left.
pub(crate) fn forget(txn: &mut Txn<'_>, subnet: SubnetId) {
    let rows = txn.prefix(&prefix(subnet));
    let keys: Vec<_> = rows.map(|(key, _)| key.to_vec()).collect();
    for key in keys {
        txn.delete(&key);
    }
}

/// The address that a host with this MAC gives itself in a /64 (RFC 4291, appendix A).
pub fn eui64(cidr: &IpNet, mac: MacAddr) -> IpAddr {
    let [first, oui @ .., x, y, z] = mac.0;
    let interface = [first ^ 2, oui[0], oui[1], 0xff, 0xfe, x, y, z];
    at(cidr, u64::from_be_bytes(interface).into())
}

/// The ranges to search, in order: from the cursor up, then from the start to the cursor.
fn rounds(cidr: &IpNet, pools: &[IpPool], cursor: u128) -> impl Iterator<Item = (u128, u128)> {
    let pools = || pools.iter().map(|pool| span(cidr, pool));
    let above = pools().map(move |(start, end)| (start.max(cursor), end));
    let below =
        pools().filter_map(move |(start, end)| Some((start, end.min(cursor.checked_sub(1)?))));
    above.chain(below).filter(|(start, end)| start <= end)
}

fn space(subnet: &Subnet) -> Bitmap {
    let bits = subnet.cidr.max_prefix_len() - subnet.cidr.prefix_len();
    Bitmap::new(prefix(subnet.id), bits.into())
}

fn prefix(subnet: SubnetId) -> Vec<u8> {
    let mut prefix = vec![schema::ADDRESSES];
    prefix.extend_from_slice(subnet.as_bytes());
    prefix
}

fn span(cidr: &IpNet, pool: &IpPool) -> (u128, u128) {
    (offset(cidr, pool.start), offset(cidr, pool.end))
}

/// An address as a number.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// How far an address is from the first of its block.
fn offset(cidr: &IpNet, address: IpAddr) -> u128 {
    number(address).wrapping_sub(number(cidr.network()))
}

/// The address that far from the first of the block.
pub(crate) fn at(cidr: &IpNet, offset: u128) -> IpAddr {
    match cidr.network() {
        IpAddr::V4(first) => {
            let low = u32::try_from(offset & u128::from(u32::MAX)).unwrap_or_default();
            Ipv4Addr::from(u32::from(first).wrapping_add(low)).into()
        }
        IpAddr::V6(first) => Ipv6Addr::from(u128::from(first).wrapping_add(offset)).into(),
    }
}

/// The address after this one; the last has itself.
pub(crate) fn after(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address).saturating_add(1)).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address).saturating_add(1)).into(),
    }
}

/// The address before this one; the first has itself.
pub(crate) fn before(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address).saturating_sub(1)).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address).saturating_sub(1)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eui64_address_flips_the_universal_bit() {
        let cidr = "2001:db8::/64".parse().unwrap();
        let mac = "fa:16:3e:00:00:01".parse().unwrap();
        let expected: IpAddr = "2001:db8::f816:3eff:fe00:1".parse().unwrap();
        assert_eq!(eui64(&cidr, mac), expected);
    }

    #[test]
    fn offsets_and_addresses_are_inverse() {
        for (cidr, address) in [
            ("10.0.0.0/8", "10.255.255.255"),
            ("fd00::/64", "fd00::ffff:0:1"),
        ] {
            let (cidr, address) = (cidr.parse().unwrap(), address.parse().unwrap());
            assert_eq!(at(&cidr, offset(&cidr, address)), address);
        }
    }
}
