//! Who may do what: Neutron's default policy, in the names of its rules.
//!
//! A resource that the caller may not see does not exist for the caller (404); one that it
//! may see but not change is refused (403).

use crate::{ApiError, Caller};
use alcor_types::{Network, ProjectId};

const ADMIN_ONLY: &str = "only an administrator may do this";
const OWNER_ONLY: &str = "only the network's owner or an administrator may do this";

/// Refuses callers without the member role.
pub(crate) fn may_write(caller: &Caller, rule: &'static str) -> Result<(), ApiError> {
    let reason = "the caller's roles allow reading only";
    allow(caller.may_write(), rule, reason)
}

/// Refuses `given` attributes to everyone but administrators.
pub(crate) fn admin_only(caller: &Caller, given: bool, rule: &'static str) -> Result<(), ApiError> {
    allow(!given || caller.is_admin(), rule, ADMIN_ONLY)
}

/// Refuses `given` attributes to everyone but the network's owner and administrators.
pub(crate) fn network_owner_only(
    caller: &Caller,
    network: &Network,
    given: bool,
    rule: &'static str,
) -> Result<(), ApiError> {
    allow(!given || caller.owns(&network.project_id), rule, OWNER_ONLY)
}

/// The project that a new resource belongs to.
pub(crate) fn project(
    caller: &Caller,
    asked: Option<&ProjectId>,
    rule: &'static str,
) -> Result<ProjectId, ApiError> {
    let project = asked.unwrap_or(&caller.project_id);
    let reason = "only an administrator may create for another project";
    allow(caller.owns(project), rule, reason)?;
    Ok(project.clone())
}

/// Refuses a caller who is not the owner of a resource that it may see.
pub(crate) fn owner_only(
    caller: &Caller,
    owner: &ProjectId,
    rule: &'static str,
) -> Result<(), ApiError> {
    let reason = "only the owner or an administrator may do this";
    allow(caller.owns(owner), rule, reason)
}

/// Whether the caller may see and use the network.
pub(crate) fn sees_network(caller: &Caller, network: &Network) -> bool {
    let project = &caller.project_id;
    caller.owns(&network.project_id)
        || network.shared.includes(project)
        || network.external.includes(project)
}

fn allow(allowed: bool, rule: &'static str, reason: &'static str) -> Result<(), ApiError> {
    if allowed {
        Ok(())
    } else {
        Err(ApiError::PolicyNotAuthorized { rule, reason })
    }
}
