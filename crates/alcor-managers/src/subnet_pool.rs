//! Subnet pools: address space, and the blocks that subnets get of it, never one twice.

mod error;
mod onboard;
mod prefix;
mod request;
mod scope;
mod space;
mod usage;

pub use error::PoolError;
pub use onboard::onboard;
pub use request::{CreateSubnetPool, UpdateSubnetPool};

use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{SUBNET_BY_POOL, SUBNET_POOL_IS_DEFAULT};
use crate::{ApiError, Caller, Settings, policy, rbac_policy, standard};
use alcor_store::{Read, Txn};
use alcor_types::{IpVersion, ProjectId, Sharing, Subnet, SubnetPool, SubnetPoolId};
use ipnet::IpNet;
use space::Space;

/// Makes a pool; all of its space is free.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateSubnetPool,
    caller: &Caller,
    settings: &Settings,
) -> Result<SubnetPool, ApiError> {
    check_name(&request.name)?;
    let (version, prefixes) = prefix::compact(&request.prefixes)?;
    let min_prefixlen = request.min_prefixlen.unwrap_or(default_min(version));
    let owner = request.project_id.as_ref();
    let pool = SubnetPool {
        id: request.id.unwrap_or_else(SubnetPoolId::random),
        project_id: policy::project(caller, owner, "create_subnetpool")?,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        ip_version: version,
        prefixes,
        min_prefixlen,
        max_prefixlen: request.max_prefixlen.unwrap_or(version.bits()),
        default_prefixlen: request.default_prefixlen.unwrap_or(min_prefixlen),
        default_quota: request.default_quota,
        shared: Sharing::of(request.shared),
        is_default: request.is_default,
        address_scope_id: request.address_scope_id,
    };
    standard::check_free::<SubnetPool>(txn, pool.id.as_bytes(), &pool.id)?;
    check_bounds(&pool)?;
    if pool.is_default {
        check_no_default(txn, version)?;
    }
    scope::check(txn, &pool, caller)?;
    quota::take(txn, Kind::SubnetPool, &pool.project_id, settings)?;
    for prefix in &pool.prefixes {
        Space::of(&pool).give(txn, *prefix);
    }
    records::insert(txn, &pool)?;
    rbac_policy::mirror(txn, &pool)?;
    Ok(pool)
}

/// The pool, where the caller may see it.
pub fn get(read: &dyn Read, id: SubnetPoolId, caller: &Caller) -> Result<SubnetPool, ApiError> {
    find(read, id)?
        .filter(|pool| visible(pool, caller))
        .ok_or_else(|| PoolError::PoolNotFound(id).into())
}

/// Whether the caller may see and use the pool.
pub fn visible(pool: &SubnetPool, caller: &Caller) -> bool {
    caller.owns(&pool.project_id) || pool.shared.includes(&caller.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: SubnetPoolId,
    request: &UpdateSubnetPool,
    caller: &Caller,
) -> Result<SubnetPool, ApiError> {
    let old = writable(txn, id, caller)?;
    standard::check_revision(&old.standard, request.expected_revision)?;
    let mut pool = old.clone();
    if let Some(prefixes) = &request.prefixes {
        pool.prefixes = widened(&old, prefixes)?;
    }
    apply(&mut pool, request)?;
    check_bounds(&pool)?;
    if pool.is_default && !old.is_default {
        check_no_default(txn, pool.ip_version)?;
    }
    scope::check_change(txn, &old, &pool, caller)?;
    for added in prefix::minus(&pool.prefixes, &old.prefixes) {
        Space::of(&pool).give(txn, added);
    }
    records::put(txn, &pool)?;
    Ok(pool)
}

/// Adds prefixes, some of which may be there.
pub fn add_prefixes(
    txn: &mut Txn<'_>,
    id: SubnetPoolId,
    prefixes: &[IpNet],
    caller: &Caller,
) -> Result<SubnetPool, ApiError> {
    let pool = writable(txn, id, caller)?;
    let request = UpdateSubnetPool {
        prefixes: Some([&pool.prefixes, prefixes].concat()),
        ..UpdateSubnetPool::default()
    };
    update(txn, id, &request, caller)
}

/// Takes prefixes away, some of which may not be there; what subnets have of the pool stays.
pub fn remove_prefixes(
    txn: &mut Txn<'_>,
    id: SubnetPoolId,
    prefixes: &[IpNet],
    caller: &Caller,
) -> Result<SubnetPool, ApiError> {
    let mut pool = writable(txn, id, caller)?;
    let (_, away) = prefix::compact(prefixes)?;
    let rest = prefix::minus(&pool.prefixes, &away);
    for gone in prefix::minus(&pool.prefixes, &rest) {
        if !Space::of(&pool).take(txn, gone)? {
            let message = format!("a subnet has some of {gone}, delete it first");
            return Err(PoolError::PrefixUpdate(message).into());
        }
    }
    if rest == pool.prefixes {
        return Ok(pool);
    }
    pool.prefixes = rest;
    standard::update(&mut pool.standard, None, None, None)?;
    records::put(txn, &pool)?;
    Ok(pool)
}

/// Removes the pool when no subnet has a block of it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SubnetPoolId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let pool = writable(txn, id, caller)?;
    standard::check_revision(&pool.standard, expected_revision)?;
    if records::any::<Subnet>(txn, SUBNET_BY_POOL, &[id.as_bytes()]) {
        return Err(PoolError::InUse(id).into());
    }
    let rows = txn.prefix(&space::prefix(id));
    let keys: Vec<_> = rows.map(|(key, _)| key.to_vec()).collect();
    for key in keys {
        txn.delete(&key);
    }
    quota::give(txn, Kind::SubnetPool, &pool.project_id)?;
    rbac_policy::forget(txn, id.0)?;
    records::delete::<SubnetPool>(txn, id.as_bytes())?;
    Ok(())
}

/// The default pool of the family, where the caller may see it.
pub(crate) fn default(
    read: &dyn Read,
    version: IpVersion,
    caller: &Caller,
) -> Result<Option<SubnetPool>, ApiError> {
    let pool = find_default(read, version)?;
    Ok(pool.filter(|pool| visible(pool, caller)))
}

/// Takes the next free block of the pool for a project.
pub(crate) fn allocate(
    txn: &mut Txn<'_>,
    pool: &SubnetPool,
    project: &ProjectId,
    length: u8,
) -> Result<IpNet, ApiError> {
    check_length(pool, length)?;
    usage::check(txn, pool, project, length)?;
    let pool_id = pool.id;
    let block = Space::of(pool)
        .allocate(txn, length)?
        .ok_or(PoolError::Exhausted {
            pool: pool_id,
            length,
        })?;
    usage::add(txn, pool_id, project, &block)?;
    Ok(block)
}

/// Takes this block of the pool for a project.
pub(crate) fn reserve(
    txn: &mut Txn<'_>,
    pool: &SubnetPool,
    project: &ProjectId,
    cidr: IpNet,
) -> Result<(), ApiError> {
    check_length(pool, cidr.prefix_len())?;
    usage::check(txn, pool, project, cidr.prefix_len())?;
    if IpVersion::of(cidr.addr()) != pool.ip_version || !Space::of(pool).take(txn, cidr)? {
        return Err(PoolError::NotFree {
            pool: pool.id,
            cidr,
        }
        .into());
    }
    usage::add(txn, pool.id, project, &cidr)
}

/// Gives a subnet's block back to the pool that it is from, if it is from one.
pub(crate) fn release(txn: &mut Txn<'_>, subnet: &Subnet) -> Result<(), ApiError> {
    let Some(id) = subnet.subnetpool_id else {
        return Ok(());
    };
    let Some(pool) = find(txn, id)? else {
        return Ok(());
    };
    Space::of(&pool).give(txn, subnet.cidr);
    usage::subtract(txn, id, &subnet.project_id, &subnet.cidr)
}

/// What of the pool is free.
pub(crate) fn free(read: &dyn Read, pool: &SubnetPool) -> Result<Vec<IpNet>, ApiError> {
    Space::of(pool).free(read)
}

pub(crate) fn find(read: &dyn Read, id: SubnetPoolId) -> Result<Option<SubnetPool>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn find_default(read: &dyn Read, version: IpVersion) -> Result<Option<SubnetPool>, ApiError> {
    for pool in records::lookup::<SubnetPool>(read, SUBNET_POOL_IS_DEFAULT, &[], None, false) {
        let pool = pool?;
        if pool.ip_version == version {
            return Ok(Some(pool));
        }
    }
    Ok(None)
}

fn writable(read: &dyn Read, id: SubnetPoolId, caller: &Caller) -> Result<SubnetPool, ApiError> {
    let pool = get(read, id, caller)?;
    policy::owner_only(caller, &pool.project_id, "update_subnetpool")?;
    Ok(pool)
}

/// Applies the attributes that need nothing but themselves.
fn apply(pool: &mut SubnetPool, request: &UpdateSubnetPool) -> Result<(), ApiError> {
    if let Some(name) = &request.name {
        check_name(name)?;
    }
    standard::assign(&mut pool.min_prefixlen, request.min_prefixlen.as_ref());
    standard::assign(&mut pool.max_prefixlen, request.max_prefixlen.as_ref());
    standard::assign(
        &mut pool.default_prefixlen,
        request.default_prefixlen.as_ref(),
    );
    standard::assign(&mut pool.default_quota, request.default_quota.as_ref());
    standard::assign(&mut pool.is_default, request.is_default.as_ref());
    standard::assign(
        &mut pool.address_scope_id,
        request.address_scope_id.as_ref(),
    );
    standard::update(
        &mut pool.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )
}

/// The prefixes after an update, which may only add some.
fn widened(pool: &SubnetPool, prefixes: &[IpNet]) -> Result<Vec<IpNet>, ApiError> {
    let (version, prefixes) = prefix::compact(prefixes)?;
    if version != pool.ip_version {
        return Err(PoolError::MixedVersions.into());
    }
    if let Some(missing) = prefix::minus(&pool.prefixes, &prefixes).first() {
        let message = format!(
            "existing prefixes must be a subset of the new prefixes, but {missing} is missing; remove_prefixes takes unused ones away"
        );
        return Err(PoolError::PrefixUpdate(message).into());
    }
    Ok(prefixes)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.trim().is_empty() {
        return Err(ApiError::attribute("name", "a pool needs a name"));
    }
    Ok(())
}

fn default_min(version: IpVersion) -> u8 {
    match version {
        IpVersion::V4 => 8,
        IpVersion::V6 => 64,
    }
}

fn check_bounds(pool: &SubnetPool) -> Result<(), PoolError> {
    let (min, max) = (pool.min_prefixlen, pool.max_prefixlen);
    let (default, bits) = (pool.default_prefixlen, pool.ip_version.bits());
    let bounds = [
        (min > max, ("min_prefixlen", min), ("max_prefixlen", max)),
        (max > bits, ("max_prefixlen", max), ("ip_version_max", bits)),
        (
            default < min,
            ("default_prefixlen", default),
            ("min_prefixlen", min),
        ),
        (
            default > max,
            ("default_prefixlen", default),
            ("max_prefixlen", max),
        ),
    ];
    match bounds.into_iter().find(|(broken, ..)| *broken) {
        None => Ok(()),
        Some((_, (name, length), (base, bound))) => Err(PoolError::Bounds {
            name,
            length,
            base,
            bound,
        }),
    }
}

fn check_length(pool: &SubnetPool, length: u8) -> Result<(), PoolError> {
    let (min, max) = (pool.min_prefixlen, pool.max_prefixlen);
    if length > max {
        return Err(PoolError::TooSmall { length, max });
    }
    if length < min {
        return Err(PoolError::TooLarge { length, min });
    }
    Ok(())
}

fn check_no_default(read: &dyn Read, version: IpVersion) -> Result<(), ApiError> {
    match find_default(read, version)? {
        Some(_) => Err(PoolError::DefaultExists(version).into()),
        None => Ok(()),
    }
}
