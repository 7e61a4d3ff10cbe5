//! Ranges of elastic IPs are of subnets that are there, and meet nowhere.

use super::all;
use crate::floating_ip::range;
use crate::{ApiError, subnet};
use alcor_store::Read;
use alcor_types::{ElasticPart, ElasticRange};

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let mut parts: Vec<ElasticPart> = Vec::new();
    for range in all::<ElasticRange>(read) {
        let range = range?;
        for part in range.parts {
            let hosts = subnet::find(read, part.subnet_id)?;
            let hosts = hosts.map(|subnet| subnet::hosts(&subnet.cidr));
            let (start, end) = (part.pool.start, part.pool.end);
            if !hosts.is_some_and(|hosts| hosts.contains(start) && hosts.contains(end)) {
                faults.push(format!(
                    "{start} to {end} of elastic IP range {} is not of subnet {}",
                    range.id, part.subnet_id
                ));
            }
            parts.push(part);
        }
    }
    parts.sort_by_key(|part| (part.subnet_id, part.pool.start));
    for (one, next) in parts.iter().zip(parts.iter().skip(1)) {
        if range::meet(one, next) {
            faults.push(format!("{} is of two elastic IP ranges", next.pool.start));
        }
    }
    Ok(())
}
