//! Who may do what, once more below the API, which has asked the policy's table already: a
//! manager that is called from elsewhere must not do what no rule allows.
//!
//! A resource that the caller may not see does not exist for the caller (404); one that it
//! may see but not change is refused (403).

use crate::{ApiError, Caller};
use alcor_policy::{Target, Value, Verdict};
use alcor_types::{Network, ProjectId};

const NO_ROLE: &str = "the caller's roles do not allow it, whatever the resource";
const OWNER_ONLY: &str = "only the network's owner or an administrator may do this";

/// Refuses callers whose roles cannot be enough for the rule.
pub(crate) fn may_write(caller: &Caller, rule: &'static str) -> Result<(), ApiError> {
    allow(caller.verdict(rule) != Some(Verdict::Denied), rule, NO_ROLE)
}

/// Refuses `given` attributes to callers whose roles cannot be enough for the rule.
pub(crate) fn admin_only(caller: &Caller, given: bool, rule: &'static str) -> Result<(), ApiError> {
    if given {
        may_write(caller, rule)
    } else {
        Ok(())
    }
}

/// Refuses `given` attributes to those whom the rule does not allow them on this network.
pub(crate) fn network_owner_only(
    caller: &Caller,
    network: &Network,
    given: bool,
    rule: &'static str,
) -> Result<(), ApiError> {
    let on = OnNetwork { caller, network };
    allow(!given || caller.allows(rule, &on), rule, OWNER_ONLY)
}

/// The project that a new resource belongs to.
pub(crate) fn project(
    caller: &Caller,
    asked: Option<&ProjectId>,
    rule: &'static str,
) -> Result<ProjectId, ApiError> {
    let project = asked.unwrap_or(&caller.project_id);
    let own = *project == caller.project_id;
    let reason = "only an administrator may create for another project";
    allow(own || caller.may_choose_project(), rule, reason)?;
    let reason = "the token has no project: name one in project_id";
    allow(!project.as_str().is_empty(), rule, reason)?;
    Ok(project.clone())
}

/// Refuses a caller whom the rule does not allow it on what this project owns.
pub(crate) fn owner_only(
    caller: &Caller,
    owner: &ProjectId,
    rule: &'static str,
) -> Result<(), ApiError> {
    let reason = "only the owner or an administrator may do this";
    let allowed = match caller.verdict(rule) {
        None => caller.owns(owner),
        Some(_) => caller.allows(rule, &OfProject(owner)),
    };
    allow(allowed, rule, reason)
}

/// Whether the caller may see and use the network.
pub(crate) fn sees_network(caller: &Caller, network: &Network) -> bool {
    let project = &caller.project_id;
    caller.owns(&network.project_id)
        || network.shared.includes(project)
        || network.external.includes(project)
}

/// Something of which only the owner is known, who also owns what it belongs to.
struct OfProject<'a>(&'a ProjectId);

impl Target for OfProject<'_> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        let owner = name == "project_id" || name.ends_with(":project_id");
        owner.then(|| self.0.as_str().into())
    }
}

/// Something of the caller's on a network, whose device the region cares for.
struct OnNetwork<'a> {
    caller: &'a Caller,
    network: &'a Network,
}

impl Target for OnNetwork<'_> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "project_id" => Some(self.caller.project_id.as_str().into()),
            "network:project_id" => Some(self.network.project_id.as_str().into()),
            "shared" => Some(self.network.shared.includes(&self.caller.project_id).into()),
            "device_owner" => Some("network:".into()),
            _ => None,
        }
    }
}

fn allow(allowed: bool, rule: &'static str, reason: &'static str) -> Result<(), ApiError> {
    if allowed {
        Ok(())
    } else {
        Err(ApiError::PolicyNotAuthorized { rule, reason })
    }
}
