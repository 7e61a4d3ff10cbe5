//! Where the addresses of a range lie: each run in one external subnet, and none in two ranges.

use super::{ElasticRangeError, list};
use crate::schema::NETWORK_IS_EXTERNAL;
use crate::{ApiError, Pool, network, records, subnet};
use alcor_store::Read;
use alcor_types::{ElasticPart, ElasticRange, ElasticRangeId, IpPool, Network, Subnet, SubnetId};

/// Runs of addresses of one range at most.
const MAX_PARTS: usize = 128;

/// The wished addresses with the external subnets that they are of, apart from each other and
/// from other ranges.
pub(super) fn of_pools(
    read: &dyn Read,
    id: ElasticRangeId,
    pools: &[IpPool],
) -> Result<Vec<ElasticPart>, ApiError> {
    if pools.is_empty() || pools.len() > MAX_PARTS {
        let reason = format!("it has {} items, give 1 to {MAX_PARTS}", pools.len());
        return Err(ApiError::attribute("allocation_ranges", reason));
    }
    let mut others = list(read)?;
    others.retain(|other| other.id != id);
    let external = external_subnets(read)?;
    let mut parts: Vec<ElasticPart> = Vec::new();
    for pool in pools {
        let part = ElasticPart {
            subnet_id: place(&external, pool)?,
            pool: *pool,
        };
        let taken = |range: &&ElasticRange| range.parts.iter().any(|have| meet(have, &part));
        if let Some(other) = others.iter().find(taken) {
            let (IpPool { start, end }, other) = (*pool, other.id);
            return Err(ElasticRangeError::Overlap { start, end, other }.into());
        }
        if parts.iter().any(|have| meet(have, &part)) {
            return Err(refused(
                pool,
                "is given twice in part, separate or join them",
            ));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn external_subnets(read: &dyn Read) -> Result<Vec<Subnet>, ApiError> {
    let mut subnets = Vec::new();
    for network in records::lookup::<Network>(read, NETWORK_IS_EXTERNAL, &[], None, false) {
        subnets.extend(network::subnets(read, network?.id)?);
    }
    Ok(subnets)
}

/// The one external subnet that has all of these addresses.
fn place(external: &[Subnet], pool: &IpPool) -> Result<SubnetId, ApiError> {
    if pool.start.is_ipv6() {
        return Err(refused(pool, "is not of IPv4, as elastic IPs are"));
    }
    let mut having = external.iter().filter(|subnet| {
        let hosts = subnet::hosts(&subnet.cidr);
        hosts.contains(pool.start) && hosts.contains(pool.end)
    });
    match (having.next(), having.next()) {
        (Some(only), None) => Ok(only.id),
        (None, _) => Err(refused(
            pool,
            "does not lie in one subnet of an external network, make that first",
        )),
        (Some(one), Some(other)) => {
            let (one, other) = (one.id, other.id);
            let why = format!("lies in subnet {one} and in subnet {other}, it must be one's");
            Err(refused(pool, &why))
        }
    }
}

fn refused(pool: &IpPool, why: &str) -> ApiError {
    let reason = format!("{} {why}", Pool(*pool));
    ApiError::attribute("allocation_ranges", reason)
}

pub(crate) fn meet(one: &ElasticPart, other: &ElasticPart) -> bool {
    one.subnet_id == other.subnet_id && one.pool.overlaps(&other.pool)
}
