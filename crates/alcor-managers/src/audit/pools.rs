//! What subnets have of a pool and what is free of it are together the pool, and meet nowhere.

use super::all;
use crate::{ApiError, records, schema, subnet_pool};
use alcor_store::Read;
use alcor_types::{Subnet, SubnetPool};
use ipnet::IpNet;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for pool in all::<SubnetPool>(read) {
        let pool = pool?;
        let mut blocks = subnet_pool::free(read, &pool)?;
        let parts: [&[u8]; 1] = [pool.id.as_bytes()];
        for subnet in records::lookup::<Subnet>(read, schema::SUBNET_BY_POOL, &parts, None, false) {
            blocks.push(subnet?.cidr);
        }
        blocks.sort_unstable();
        let id = pool.id;
        if let Some(block) = doubled(&blocks) {
            faults.push(format!("{block} of subnet pool {id} is given twice"));
        }
        if IpNet::aggregate(&blocks) != IpNet::aggregate(&pool.prefixes) {
            faults.push(format!(
                "what is given and what is free of subnet pool {id} are not its prefixes"
            ));
        }
    }
    for subnet in all::<Subnet>(read) {
        let subnet = subnet?;
        if let Some(pool) = subnet.subnetpool_id
            && subnet_pool::find(read, pool)?.is_none()
        {
            let id = subnet.id;
            faults.push(format!(
                "subnet {id} is from subnet pool {pool}, which does not exist"
            ));
        }
    }
    Ok(())
}

/// The first of these sorted blocks that shares an address with the one before.
fn doubled(blocks: &[IpNet]) -> Option<IpNet> {
    let pairs = blocks.iter().zip(blocks.iter().skip(1));
    let mut doubled = pairs.filter(|(one, next)| one.contains(*next));
    doubled.next().map(|(_, block)| *block)
}
