//! An address is marked as taken exactly when one port has it or it is kept by hand. Ranges are
//! parts of a subnet and meet nowhere.

use super::all;
use crate::{ApiError, ip, subnet};
use alcor_store::Read;
use alcor_types::{IpLease, IpPool, IpRange, Port, Subnet, SubnetId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

type Held = BTreeMap<SubnetId, BTreeSet<IpAddr>>;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let held = held(read, faults)?;
    check_ranges(read, faults)?;
    check_taken(read, held, faults)
}

/// The addresses that ports have and those that are kept by hand.
fn held(read: &dyn Read, faults: &mut Vec<String>) -> Result<Held, ApiError> {
    let mut held = Held::new();
    for port in all::<Port>(read) {
        let port = port?;
        for fixed in &port.fixed_ips {
            let addresses = held.entry(fixed.subnet_id).or_default();
            if !addresses.insert(fixed.ip_address) {
                faults.push(format!(
                    "address {} of subnet {} is held by port {} and by another one",
                    fixed.ip_address, fixed.subnet_id, port.id
                ));
            }
        }
    }
    for lease in all::<IpLease>(read) {
        let IpLease {
            subnet_id, address, ..
        } = lease?;
        if subnet::find(read, subnet_id)?.is_none() {
            faults.push(format!(
                "address {address} is kept of subnet {subnet_id}, which is gone"
            ));
        }
        if !held.entry(subnet_id).or_default().insert(address) {
            faults.push(format!(
                "address {address} of subnet {subnet_id} is kept by hand, but a port has it"
            ));
        }
    }
    Ok(held)
}

fn check_taken(read: &dyn Read, mut held: Held, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for one in all::<Subnet>(read) {
        let one = one?;
        let count = held.get(&one.id).map_or(0, BTreeSet::len);
        let counted = ip::used(read, one.id)?;
        if u64::try_from(count) != Ok(counted) {
            faults.push(format!(
                "subnet {} counts {counted} addresses in use, but {count} are held",
                one.id
            ));
        }
        if subnet::is_auto_address(&one) {
            continue;
        }
        let held = held.remove(&one.id).unwrap_or_default();
        let taken: BTreeSet<IpAddr> = ip::taken(read, &one)?.into_iter().collect();
        for address in held.difference(&taken) {
            faults.push(format!(
                "address {address} of subnet {} is held, but not marked as taken",
                one.id
            ));
        }
        for address in taken.difference(&held) {
            faults.push(format!(
                "address {address} of subnet {} is marked as taken, but nobody holds it",
                one.id
            ));
        }
    }
    Ok(())
}

fn check_ranges(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let mut ranges: BTreeMap<SubnetId, Vec<IpRange>> = BTreeMap::new();
    for range in all::<IpRange>(read) {
        let range = range?;
        ranges.entry(range.subnet_id).or_default().push(range);
    }
    for (id, mut ranges) in ranges {
        ranges.sort_by_key(|range| range.pool.start);
        let hosts = subnet::find(read, id)?.map(|subnet| subnet::hosts(&subnet.cidr));
        for range in &ranges {
            let pool = range.pool;
            let within = |hosts: IpPool| hosts.contains(pool.start) && hosts.contains(pool.end);
            if !hosts.is_some_and(within) {
                faults.push(format!("IP range {} is no part of subnet {id}", range.id));
            }
        }
        for (one, next) in ranges.iter().zip(ranges.iter().skip(1)) {
            if one.pool.overlaps(&next.pool) {
                faults.push(format!("IP ranges {} and {} overlap", one.id, next.id));
            }
        }
    }
    Ok(())
}
