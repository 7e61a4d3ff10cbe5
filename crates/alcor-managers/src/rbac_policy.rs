//! RBAC policies: which project an owner lets use which object.
//!
//! The grant lives twice: as a record of its own, which callers list and remove, and in the
//! object's [`Sharing`](alcor_types::Sharing), by which every rule and list decides. Both are
//! written in one transaction. An attribute such as a network's `shared` is the same thing said
//! of every project, so it makes and removes such a record too ([`mirror`]).

mod error;
mod request;
mod shareable;

pub use error::RbacPolicyError;
pub use request::{CreateRbacPolicy, UpdateRbacPolicy};

use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{RBAC_POLICY_BY_GRANT, RBAC_POLICY_BY_OBJECT};
use crate::{ApiError, Caller, Settings, policy};
use alcor_store::{Read, Txn};
use alcor_types::{Access, EVERYONE, RbacPolicy, RbacPolicyId};
pub(crate) use shareable::Shareable;
use shareable::{Change, change};
use uuid::Uuid;

/// Grants an object to a project, or to all.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateRbacPolicy,
    caller: &Caller,
    settings: &Settings,
) -> Result<RbacPolicy, ApiError> {
    let asked = request.project_id.as_ref();
    let policy = RbacPolicy {
        id: RbacPolicyId::random(),
        project_id: policy::project(caller, asked, "create_rbac_policy")?,
        object_type: request::object_type(&request.object_type)?,
        object_id: request.object_id,
        action: request::access(&request.action)?,
        target: request::target(&request.target)?,
    };
    check_new(txn, &policy)?;
    let grant = Change {
        object_type: policy.object_type,
        object_id: policy.object_id,
        action: policy.action,
        revoke: None,
        grant: Some(&policy.target),
    };
    change(txn, &grant, caller)?;
    quota::take(txn, Kind::RbacPolicy, &policy.project_id, settings)?;
    records::insert(txn, &policy)?;
    Ok(policy)
}

/// Makes all the grants or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateRbacPolicy],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<RbacPolicy>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The policy, where the caller may see it: those of its own project.
pub fn get(read: &dyn Read, id: RbacPolicyId, caller: &Caller) -> Result<RbacPolicy, ApiError> {
    let policy: Option<RbacPolicy> = records::get(read, id.as_bytes())?;
    let policy = policy.filter(|policy| visible(policy, caller));
    Ok(policy.ok_or(RbacPolicyError::NotFound(id))?)
}

/// Whether the caller may see the policy.
pub fn visible(policy: &RbacPolicy, caller: &Caller) -> bool {
    caller.owns(&policy.project_id)
}

/// Grants the object to another project instead.
pub fn update(
    txn: &mut Txn<'_>,
    id: RbacPolicyId,
    request: &UpdateRbacPolicy,
    caller: &Caller,
) -> Result<RbacPolicy, ApiError> {
    let mut policy = get(txn, id, caller)?;
    let Some(target) = &request.target else {
        return Ok(policy);
    };
    let target = request::target(target)?;
    if target == policy.target {
        return Ok(policy);
    }
    let old = std::mem::replace(&mut policy.target, target);
    check_new(txn, &policy)?;
    let exchange = Change {
        object_type: policy.object_type,
        object_id: policy.object_id,
        action: policy.action,
        revoke: Some(&old),
        grant: Some(&policy.target),
    };
    change(txn, &exchange, caller)?;
    records::put(txn, &policy)?;
    Ok(policy)
}

/// Takes the grant back, unless the target uses the object.
pub fn delete(txn: &mut Txn<'_>, id: RbacPolicyId, caller: &Caller) -> Result<(), ApiError> {
    let policy = get(txn, id, caller)?;
    let revoke = Change {
        object_type: policy.object_type,
        object_id: policy.object_id,
        action: policy.action,
        revoke: Some(&policy.target),
        grant: None,
    };
    change(txn, &revoke, caller)?;
    remove(txn, &policy)
}

/// Makes or removes the policies that attributes such as `shared` stand for. The caller has
/// checked and written the object.
pub(crate) fn mirror<R: Shareable>(txn: &mut Txn<'_>, object: &R) -> Result<(), ApiError> {
    for action in [Access::Shared, Access::External] {
        let Some(sharing) = object.sharing(action) else {
            continue;
        };
        let policy = RbacPolicy {
            id: RbacPolicyId::random(),
            project_id: object.owner().clone(),
            object_type: R::TYPE,
            object_id: object.id(),
            action,
            target: EVERYONE.into(),
        };
        match (same_grant(txn, &policy)?, sharing.is_public()) {
            (None, true) => {
                quota::count(txn, Kind::RbacPolicy, &policy.project_id)?;
                records::insert(txn, &policy)?;
            }
            (Some(old), false) => remove(txn, &old)?,
            _ => {}
        }
    }
    Ok(())
}

/// Removes the policies of an object that ends.
pub(crate) fn forget(txn: &mut Txn<'_>, object: Uuid) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [object.as_bytes()];
    let policies = records::lookup::<RbacPolicy>(txn, RBAC_POLICY_BY_OBJECT, &parts, None, false);
    for policy in policies.collect::<Result<Vec<_>, _>>()? {
        remove(txn, &policy)?;
    }
    Ok(())
}

fn remove(txn: &mut Txn<'_>, policy: &RbacPolicy) -> Result<(), ApiError> {
    quota::give(txn, Kind::RbacPolicy, &policy.project_id)?;
    records::delete::<RbacPolicy>(txn, policy.id.as_bytes())?;
    Ok(())
}

fn check_new(read: &dyn Read, policy: &RbacPolicy) -> Result<(), ApiError> {
    match same_grant(read, policy)? {
        Some(_) => Err(RbacPolicyError::Duplicate.into()),
        None => Ok(()),
    }
}

/// The policy that grants the same to the same project.
fn same_grant(read: &dyn Read, policy: &RbacPolicy) -> Result<Option<RbacPolicy>, ApiError> {
    let parts: [&[u8]; 3] = [
        policy.object_id.as_bytes(),
        policy.action.as_str().as_bytes(),
        policy.target.as_str().as_bytes(),
    ];
    let mut same = records::lookup(read, RBAC_POLICY_BY_GRANT, &parts, None, false);
    Ok(same.next().transpose()?)
}
