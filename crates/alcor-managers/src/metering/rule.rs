//! The rules of metering labels.

use super::request::CreateMeteringRule;
use super::{MeteringError, get, rules, visible};
use crate::records;
use crate::{ApiError, Caller, policy};
use alcor_store::{Read, Txn};
use alcor_types::{FlowDirection, MeteredPrefix, MeteringLabel, MeteringRule, MeteringRuleId};
use ipnet::IpNet;

/// Adds a rule to a label.
pub fn create_rule(
    txn: &mut Txn<'_>,
    request: &CreateMeteringRule,
    caller: &Caller,
) -> Result<MeteringRule, ApiError> {
    let label = get(txn, request.label_id, caller)?;
    policy::owner_only(caller, &label.project_id, "create_metering_label_rule")?;
    let rule = MeteringRule {
        id: MeteringRuleId::random(),
        label_id: label.id,
        direction: request.direction,
        prefix: prefix(request)?,
        excluded: request.excluded,
    };
    if rule.direction == FlowDirection::Any {
        let reason = "'any' is none of ingress, egress";
        return Err(ApiError::attribute("direction", reason));
    }
    check_overlap(&rule, &rules(txn, label.id)?)?;
    records::insert(txn, &rule)?;
    Ok(rule)
}

/// Adds all the rules or none.
pub fn create_rules(
    txn: &mut Txn<'_>,
    requests: &[CreateMeteringRule],
    caller: &Caller,
) -> Result<Vec<MeteringRule>, ApiError> {
    requests
        .iter()
        .map(|request| create_rule(txn, request, caller))
        .collect()
}

/// Removes a rule.
pub fn delete_rule(txn: &mut Txn<'_>, id: MeteringRuleId, caller: &Caller) -> Result<(), ApiError> {
    let missing = || MeteringError::RuleNotFound(id);
    let rule: MeteringRule = records::get(txn, id.as_bytes())?.ok_or_else(missing)?;
    let label = get(txn, rule.label_id, caller).map_err(|_| missing())?;
    policy::owner_only(caller, &label.project_id, "delete_metering_label_rule")?;
    records::delete::<MeteringRule>(txn, id.as_bytes())?;
    Ok(())
}

/// Whether the caller sees the rule: whoever sees its label does.
pub fn rule_visible(
    read: &dyn Read,
    rule: &MeteringRule,
    caller: &Caller,
) -> Result<bool, ApiError> {
    let label: Option<MeteringLabel> = records::get(read, rule.label_id.as_bytes())?;
    Ok(label.is_some_and(|label| visible(&label, caller)))
}

fn prefix(request: &CreateMeteringRule) -> Result<MeteredPrefix, ApiError> {
    match (request.remote, request.source, request.destination) {
        (Some(remote), None, None) => Ok(MeteredPrefix::Remote(remote)),
        (None, None, None) => Err(ApiError::InvalidInput(
            "one of remote_ip_prefix, source_ip_prefix and destination_ip_prefix must be given"
                .to_owned(),
        )),
        (Some(_), _, _) => Err(ApiError::InvalidInput(
            "remote_ip_prefix cannot be used together with source_ip_prefix or \
             destination_ip_prefix; leave one side out"
                .to_owned(),
        )),
        (None, source, destination) => Ok(MeteredPrefix::Header {
            source,
            destination,
        }),
    }
}

/// Refuses a remote prefix that shares addresses with another of the label and direction.
fn check_overlap(rule: &MeteringRule, others: &[MeteringRule]) -> Result<(), MeteringError> {
    let MeteredPrefix::Remote(new) = rule.prefix else {
        return Ok(());
    };
    let same_way = others
        .iter()
        .filter(|other| other.direction == rule.direction);
    for other in same_way {
        if let MeteredPrefix::Remote(present) = other.prefix
            && overlap(&new, &present)
        {
            let rule = other.id;
            return Err(MeteringError::RuleOverlaps { new, rule, present });
        }
    }
    Ok(())
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}
