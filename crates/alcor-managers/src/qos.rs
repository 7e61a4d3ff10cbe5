//! QoS policies: sets of rules that ports and networks name, shared like networks are.

mod check;
mod error;
mod request;
mod rule;
mod usage;

pub use error::QosError;
pub use request::{CreateQosPolicy, CreateQosRule, UpdateQosPolicy, UpdateQosRule};
pub use rule::{create_rule, create_rules, delete_rule, rule_visible, rules, update_rule};
pub(crate) use usage::users;
pub use usage::{
    RequestGroup, check_change, check_usable, default_of, effective, network_policy,
    resource_request,
};

/// The marks that a DSCP rule may set.
pub const DSCP_MARKS: &[u8] = &check::DSCP_MARKS;

use crate::records;
use crate::schema::QOS_POLICY_DEFAULT;
use crate::{ApiError, Caller, policy, rbac_policy, standard};
use alcor_store::{Read, Txn};
use alcor_types::{ProjectId, QosPolicy, QosPolicyId, QosRule, Sharing};

/// Makes a policy without rules.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateQosPolicy,
    caller: &Caller,
) -> Result<QosPolicy, ApiError> {
    let policy = QosPolicy {
        id: QosPolicyId::random(),
        project_id: policy::project(caller, request.project_id.as_ref(), "create_policy")?,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        shared: Sharing::of(request.shared.unwrap_or(false)),
        is_default: request.is_default.unwrap_or(false),
    };
    check_default(txn, &policy)?;
    records::insert(txn, &policy)?;
    rbac_policy::mirror(txn, &policy)?;
    Ok(policy)
}

/// Makes all the policies or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateQosPolicy],
    caller: &Caller,
) -> Result<Vec<QosPolicy>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// The policy, where the caller may see it.
pub fn get(read: &dyn Read, id: QosPolicyId, caller: &Caller) -> Result<QosPolicy, ApiError> {
    let policy = find(read, id)?.filter(|policy| visible(policy, caller));
    policy.ok_or_else(|| QosError::PolicyNotFound(id).into())
}

/// Whether the caller may see and use the policy: its own, or a shared one.
pub fn visible(policy: &QosPolicy, caller: &Caller) -> bool {
    caller.owns(&policy.project_id) || policy.shared.includes(&caller.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: QosPolicyId,
    request: &UpdateQosPolicy,
    caller: &Caller,
) -> Result<QosPolicy, ApiError> {
    let mut policy = writable(txn, id, caller, "update_policy")?;
    standard::check_revision(&policy.standard, request.expected_revision)?;
    if request.shared == Some(false) && policy.shared.is_public() {
        usage::check_unshare(txn, &policy)?;
    }
    if let Some(shared) = request.shared {
        policy.shared.set_public(shared);
    }
    standard::assign(&mut policy.is_default, request.is_default.as_ref());
    check_default(txn, &policy)?;
    standard::update(
        &mut policy.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &policy)?;
    rbac_policy::mirror(txn, &policy)?;
    Ok(policy)
}

/// Removes the policy with its rules, when nothing names it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: QosPolicyId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let policy = writable(txn, id, caller, "delete_policy")?;
    standard::check_revision(&policy.standard, expected_revision)?;
    usage::check_unused(txn, id)?;
    for rule in rules(txn, id)? {
        records::delete::<QosRule>(txn, rule.id.as_bytes())?;
    }
    rbac_policy::forget(txn, id.0)?;
    records::delete::<QosPolicy>(txn, id.as_bytes())?;
    Ok(())
}

fn find(read: &dyn Read, id: QosPolicyId) -> Result<Option<QosPolicy>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

/// The policy, where the caller may change it.
fn writable(
    read: &dyn Read,
    id: QosPolicyId,
    caller: &Caller,
    action: &'static str,
) -> Result<QosPolicy, ApiError> {
    let policy = get(read, id, caller)?;
    policy::owner_only(caller, &policy.project_id, action)?;
    Ok(policy)
}

fn default_policy(read: &dyn Read, project: &ProjectId) -> Result<Option<QosPolicy>, ApiError> {
    let parts: [&[u8]; 1] = [project.as_str().as_bytes()];
    let mut found = records::lookup(read, QOS_POLICY_DEFAULT, &parts, None, false);
    Ok(found.next().transpose()?)
}

fn check_default(read: &dyn Read, policy: &QosPolicy) -> Result<(), ApiError> {
    if !policy.is_default {
        return Ok(());
    }
    match default_policy(read, &policy.project_id)? {
        Some(present) if present.id != policy.id => Err(QosError::DefaultExists {
            project: policy.project_id.clone(),
            present: present.id,
        }
        .into()),
        _ => Ok(()),
    }
}
