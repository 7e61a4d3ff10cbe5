//! The rules of QoS policies. A change of a rule is a change of its policy: it counts in the
//! policy's revision.

use super::request::{CreateQosRule, UpdateQosRule};
use super::{QosError, check, get, writable};
use crate::records;
use crate::schema::QOS_RULE_BY_POLICY;
use crate::{ApiError, Caller, standard};
use alcor_store::{Read, Txn};
use alcor_types::{QosPolicy, QosPolicyId, QosRule, QosRuleId, QosRuleType};

/// Adds a rule to a policy.
pub fn create_rule(
    txn: &mut Txn<'_>,
    request: &CreateQosRule,
    caller: &Caller,
) -> Result<QosRule, ApiError> {
    let policy = writable(txn, request.policy_id, caller, "create_policy_rule")?;
    let rule = QosRule {
        id: QosRuleId::random(),
        policy_id: policy.id,
        limit: request.limit,
    };
    write(txn, &rule, policy)?;
    Ok(rule)
}

/// Adds all the rules or none.
pub fn create_rules(
    txn: &mut Txn<'_>,
    requests: &[CreateQosRule],
    caller: &Caller,
) -> Result<Vec<QosRule>, ApiError> {
    requests
        .iter()
        .map(|request| create_rule(txn, request, caller))
        .collect()
}

/// Changes what the request names and nothing else.
pub fn update_rule(
    txn: &mut Txn<'_>,
    id: QosRuleId,
    request: &UpdateQosRule,
    caller: &Caller,
) -> Result<QosRule, ApiError> {
    let (mut rule, policy) =
        find_writable(txn, id, request.rule_type, caller, "update_policy_rule")?;
    rule.limit = request.apply(rule.limit);
    write(txn, &rule, policy)?;
    Ok(rule)
}

/// Removes a rule of the type.
pub fn delete_rule(
    txn: &mut Txn<'_>,
    id: QosRuleId,
    rule_type: QosRuleType,
    caller: &Caller,
) -> Result<(), ApiError> {
    let (_, policy) = find_writable(txn, id, rule_type, caller, "delete_policy_rule")?;
    records::delete::<QosRule>(txn, id.as_bytes())?;
    touch(txn, policy)
}

/// Whether the caller sees the rule: whoever sees its policy does.
pub fn rule_visible(read: &dyn Read, rule: &QosRule, caller: &Caller) -> Result<bool, ApiError> {
    let policy: Option<QosPolicy> = records::get(read, rule.policy_id.as_bytes())?;
    Ok(policy.is_some_and(|policy| super::visible(&policy, caller)))
}

/// The rules of a policy, by type and then by id.
pub fn rules(read: &dyn Read, policy: QosPolicyId) -> Result<Vec<QosRule>, ApiError> {
    let parts: [&[u8]; 1] = [policy.as_bytes()];
    let mut rules = records::lookup(read, QOS_RULE_BY_POLICY, &parts, None, false)
        .collect::<Result<Vec<QosRule>, _>>()?;
    rules.sort_by_key(|rule| (rule.limit.rule_type(), rule.id));
    Ok(rules)
}

/// A rule of the type with its policy, where the caller may change that.
fn find_writable(
    read: &dyn Read,
    id: QosRuleId,
    rule_type: QosRuleType,
    caller: &Caller,
    action: &'static str,
) -> Result<(QosRule, QosPolicy), ApiError> {
    let missing = || QosError::RuleNotFound(id);
    let rule: QosRule = records::get(read, id.as_bytes())?.ok_or_else(missing)?;
    if rule_type != rule.limit.rule_type() {
        return Err(missing().into());
    }
    get(read, rule.policy_id, caller).map_err(|_| missing())?;
    let policy = writable(read, rule.policy_id, caller, action)?;
    Ok((rule, policy))
}

/// Checks and stores the rule, and counts a write to its policy.
fn write(txn: &mut Txn<'_>, rule: &QosRule, policy: QosPolicy) -> Result<(), ApiError> {
    check::check_values(&rule.limit)?;
    check::check_beside(rule, &rules(txn, policy.id)?)?;
    records::put(txn, rule)?;
    touch(txn, policy)
}

fn touch(txn: &mut Txn<'_>, mut policy: QosPolicy) -> Result<(), ApiError> {
    standard::update(&mut policy.standard, None, None, None)?;
    records::put(txn, &policy)?;
    Ok(())
}
