//! An address is marked as taken exactly when one port has it.

use super::all;
use crate::{ApiError, ip, subnet};
use alcor_store::Read;
use alcor_types::{Port, Subnet, SubnetId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let mut held: BTreeMap<SubnetId, BTreeSet<IpAddr>> = BTreeMap::new();
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
    for one in all::<Subnet>(read) {
        let one = one?;
        let count = held.get(&one.id).map_or(0, BTreeSet::len);
        let counted = ip::used(read, one.id)?;
        if u64::try_from(count) != Ok(counted) {
            faults.push(format!(
                "subnet {} counts {counted} addresses in use, but ports hold {count}",
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
                "address {address} of subnet {} is held by a port, but not marked as taken",
                one.id
            ));
        }
        for address in taken.difference(&held) {
            faults.push(format!(
                "address {address} of subnet {} is marked as taken, but no port holds it",
                one.id
            ));
        }
    }
    Ok(())
}
