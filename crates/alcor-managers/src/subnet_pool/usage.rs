//! How much of a pool each project has, counted beside the blocks themselves, for the pool's
//! quota.

use super::{PoolError, space};
use crate::ApiError;
use alcor_store::{Read, Txn};
use alcor_types::{IpVersion, ProjectId, SubnetPool, SubnetPoolId};
use ipnet::IpNet;

/// The byte after a pool's prefix that marks usage; prefix lengths are lower.
const MARK: u8 = 0xff;

/// Refuses a block of this length that would take a project past the pool's quota.
pub(super) fn check(
    read: &dyn Read,
    pool: &SubnetPool,
    project: &ProjectId,
    length: u8,
) -> Result<(), ApiError> {
    let Some(quota) = pool.default_quota.filter(|quota| *quota > 0) else {
        return Ok(());
    };
    // IPv4 is counted in addresses and IPv6 in /64.
    let unit = match pool.ip_version {
        IpVersion::V4 => 1_u128,
        IpVersion::V6 => 1 << 64,
    };
    let wanted = used(read, pool.id, project)?.saturating_add(size(pool.ip_version, length));
    if wanted > u128::from(quota) * unit {
        return Err(PoolError::QuotaExceeded(pool.id).into());
    }
    Ok(())
}

/// Counts a block as a project's.
pub(super) fn add(
    txn: &mut Txn<'_>,
    pool: SubnetPoolId,
    project: &ProjectId,
    block: &IpNet,
) -> Result<(), ApiError> {
    let size = size(IpVersion::of(block.addr()), block.prefix_len());
    let used = used(txn, pool, project)?.saturating_add(size);
    txn.put(key(pool, project), used.to_be_bytes().to_vec());
    Ok(())
}

/// Counts a block as nobody's.
pub(super) fn subtract(
    txn: &mut Txn<'_>,
    pool: SubnetPoolId,
    project: &ProjectId,
    block: &IpNet,
) -> Result<(), ApiError> {
    let size = size(IpVersion::of(block.addr()), block.prefix_len());
    let used = used(txn, pool, project)?.saturating_sub(size);
    let key = key(pool, project);
    if used == 0 {
        txn.delete(&key);
    } else {
        txn.put(key, used.to_be_bytes().to_vec());
    }
    Ok(())
}

/// How many addresses of the pool a project has.
fn used(read: &dyn Read, pool: SubnetPoolId, project: &ProjectId) -> Result<u128, ApiError> {
    let Some(row) = read.get(&key(pool, project)) else {
        return Ok(0);
    };
    let bytes = <[u8; 16]>::try_from(&row[..]).map_err(|_| ApiError::Damaged("pool usage"))?;
    Ok(u128::from_be_bytes(bytes))
}

/// How many addresses a block has; all of IPv6 counts as one less than it is.
fn size(version: IpVersion, length: u8) -> u128 {
    let bits = u32::from(version.bits() - length);
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

fn key(pool: SubnetPoolId, project: &ProjectId) -> Vec<u8> {
    let mut key = space::prefix(pool);
    key.push(MARK);
    key.extend_from_slice(project.as_str().as_bytes());
    key
}
