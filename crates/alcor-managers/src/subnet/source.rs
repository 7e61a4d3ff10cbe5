//! Where a new subnet's block comes from: the caller names it, or a pool gives it.

use super::CreateSubnet;
use crate::subnet_pool::{self, PoolError};
use crate::{ApiError, Caller};
use alcor_store::{Read, Txn};
use alcor_types::{AddressScopeId, IpVersion, ProjectId, Subnet, SubnetPool, SubnetPoolId};
use ipnet::IpNet;

/// Takes the block, and returns it with the pool it is from.
pub(super) fn take_block(
    txn: &mut Txn<'_>,
    request: &CreateSubnet,
    project: &ProjectId,
    others: &[Subnet],
    caller: &Caller,
) -> Result<(IpNet, Option<SubnetPoolId>), ApiError> {
    check_versions(request)?;
    let cidr = request.cidr.map(|cidr| cidr.trunc());
    if cidr.is_some() && request.prefixlen.is_some() {
        return Err(bad("cidr and prefixlen must not be supplied together"));
    }
    let pool = chosen_pool(txn, request, caller)?;
    let (block, pool) = match (cidr, pool) {
        (Some(cidr), None) => (cidr, None),
        (None, None) => {
            return Err(bad(
                "a subnetpool must be specified in the absence of a cidr",
            ));
        }
        (cidr, Some(pool)) => (from_pool(txn, &pool, request, project, cidr)?, Some(pool)),
    };
    check_affinity(txn, others, IpVersion::of(block.addr()), pool.as_ref())?;
    Ok((block, pool.map(|pool| pool.id)))
}

fn bad(message: &str) -> ApiError {
    PoolError::BadRequest(message.to_owned()).into()
}

fn check_versions(request: &CreateSubnet) -> Result<(), ApiError> {
    let (Some(asked), Some(cidr)) = (request.ip_version, request.cidr) else {
        return Ok(());
    };
    let version = IpVersion::of(cidr.addr());
    if asked == version {
        return Ok(());
    }
    Err(ApiError::InvalidInput(format!(
        "cidr {cidr} is of {version}, but ip_version is {}; make them agree",
        asked.number()
    )))
}

/// The pool that the request names, or the default one where it asks for that.
fn chosen_pool(
    read: &dyn Read,
    request: &CreateSubnet,
    caller: &Caller,
) -> Result<Option<SubnetPool>, ApiError> {
    match (request.subnetpool_id, request.use_default_subnetpool) {
        (Some(_), true) => Err(bad(
            "subnetpool_id and use_default_subnetpool cannot both be specified",
        )),
        (Some(id), false) => subnet_pool::get(read, id, caller).map(Some),
        (None, false) => Ok(None),
        (None, true) => {
            let cidr = request.cidr.map(|cidr| IpVersion::of(cidr.addr()));
            let version = cidr.or(request.ip_version).ok_or_else(|| {
                bad("ip_version must be specified in the absence of cidr and subnetpool_id")
            })?;
            let none = || bad(&format!("no default subnetpool found for {version}"));
            subnet_pool::default(read, version, caller)?
                .ok_or_else(none)
                .map(Some)
        }
    }
}

fn from_pool(
    txn: &mut Txn<'_>,
    pool: &SubnetPool,
    request: &CreateSubnet,
    project: &ProjectId,
    cidr: Option<IpNet>,
) -> Result<IpNet, ApiError> {
    if let Some(version) = request.ip_version.filter(|asked| *asked != pool.ip_version) {
        let pool = pool.ip_version;
        let message = format!("cannot allocate {version} subnet from {pool} subnet pool");
        return Err(bad(&message));
    }
    if let Some(cidr) = cidr {
        subnet_pool::reserve(txn, pool, project, cidr)?;
        return Ok(cidr);
    }
    if request.allocation_pools.is_some() {
        return Err(bad(
            "allocation_pools are allowed only for a subnet with a cidr",
        ));
    }
    let length = request.prefixlen.unwrap_or(pool.default_prefixlen);
    subnet_pool::allocate(txn, pool, project, length)
}

/// Refuses a network whose subnets of one family would come from several places: from pools
/// of several scopes, from several pools without a scope, or some from no pool.
fn check_affinity(
    read: &dyn Read,
    others: &[Subnet],
    version: IpVersion,
    pool: Option<&SubnetPool>,
) -> Result<(), ApiError> {
    let subnets = || others.iter().filter(|other| other.ip_version() == version);
    let scope = scope_of(read, others, version)?;
    let Some(pool) = pool else {
        let pooled = subnets().any(|subnet| subnet.subnetpool_id.is_some());
        return if pooled {
            Err(PoolError::PoolAffinity.into())
        } else {
            Ok(())
        };
    };
    if scope.is_some() {
        let same = pool.address_scope_id == scope;
        return if same {
            Ok(())
        } else {
            Err(PoolError::ScopeAffinity.into())
        };
    }
    let elsewhere = |subnet: &Subnet| subnet.subnetpool_id != Some(pool.id);
    if subnets().any(elsewhere) {
        return Err(PoolError::PoolAffinity.into());
    }
    Ok(())
}

/// The scope that these subnets of one network, those of the family, are in.
pub(super) fn scope_of(
    read: &dyn Read,
    subnets: &[Subnet],
    version: IpVersion,
) -> Result<Option<AddressScopeId>, ApiError> {
    // All of one network and family are in one scope, so the first from a pool tells.
    let mut of_family = subnets
        .iter()
        .filter(|subnet| subnet.ip_version() == version);
    let Some(id) = of_family.find_map(|subnet| subnet.subnetpool_id) else {
        return Ok(None);
    };
    Ok(subnet_pool::find(read, id)?.and_then(|pool| pool.address_scope_id))
}
