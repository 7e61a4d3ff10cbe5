//! Pools and address scopes: what may be in a scope beside what, and on a network.

use super::{PoolError, prefix};
use crate::records;
use crate::schema::{SUBNET_BY_POOL, SUBNET_POOL_BY_ADDRESS_SCOPE};
use crate::{ApiError, Caller, address_scope, network};
use alcor_store::Read;
use alcor_types::{NetworkId, Subnet, SubnetPool};
use std::collections::BTreeSet;

/// Refuses a pool in a scope that is not for it.
pub(super) fn check(read: &dyn Read, pool: &SubnetPool, caller: &Caller) -> Result<(), ApiError> {
    let Some(id) = pool.address_scope_id else {
        return Ok(());
    };
    let scope = address_scope::get(read, id, caller)?;
    if scope.ip_version != pool.ip_version {
        let error = PoolError::ScopeVersion {
            pool: pool.id,
            scope: id,
            version: scope.ip_version,
        };
        return Err(error.into());
    }
    let parts: [&[u8]; 1] = [id.as_bytes()];
    let others =
        records::lookup::<SubnetPool>(read, SUBNET_POOL_BY_ADDRESS_SCOPE, &parts, None, false);
    for other in others {
        let other = other?;
        if other.id == pool.id {
            continue;
        }
        if let Some(prefix) = prefix::overlap(&pool.prefixes, &other.prefixes) {
            let pool = other.id;
            return Err(PoolError::PrefixConflict { prefix, pool }.into());
        }
    }
    Ok(())
}

/// Refuses a change of a pool that its scope, the old or the new, or its subnets forbid.
pub(super) fn check_change(
    read: &dyn Read,
    old: &SubnetPool,
    new: &SubnetPool,
    caller: &Caller,
) -> Result<(), ApiError> {
    if let Some(id) = old.address_scope_id {
        let scope = address_scope::find(read, id)?;
        if scope.is_some_and(|scope| !caller.owns(&scope.project_id)) {
            let message = format!(
                "subnetpool {} cannot be updated when associated with shared address scope {id}",
                old.id
            );
            return Err(PoolError::Update(message).into());
        }
    }
    if new.address_scope_id != old.address_scope_id && new.address_scope_id.is_some() {
        check_networks(read, new)?;
    }
    check(read, new, caller)
}

/// Refuses to move a pool into a scope while its networks have subnets of the family from
/// elsewhere: these would stay behind.
fn check_networks(read: &dyn Read, pool: &SubnetPool) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [pool.id.as_bytes()];
    let subnets = records::lookup::<Subnet>(read, SUBNET_BY_POOL, &parts, None, false);
    let networks: BTreeSet<NetworkId> = subnets
        .map(|subnet| subnet.map(|subnet| subnet.network_id))
        .collect::<Result<_, _>>()?;
    for id in networks {
        let stays = |subnet: &Subnet| {
            subnet.ip_version() == pool.ip_version && subnet.subnetpool_id != Some(pool.id)
        };
        if network::subnets(read, id)?.iter().any(stays) {
            return Err(PoolError::ScopeAffinity.into());
        }
    }
    Ok(())
}
