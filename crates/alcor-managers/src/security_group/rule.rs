//! Rules of security groups: made and removed, never changed.

use super::{CreateRule, SecurityGroupError, traffic};
use crate::quota::{self, Kind};
use crate::records;
use crate::schema::SECURITY_GROUP_RULE_BY_MEANING;
use crate::{ApiError, Caller, Settings, address_group, policy, standard};
use alcor_store::{Read, Txn};
use alcor_types::{
    Remote, SecurityGroup, SecurityGroupRule, SecurityGroupRuleId, Standard, Timestamp,
    TrafficMatch,
};
use std::collections::BTreeSet;

/// Adds a rule to a group.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateRule,
    caller: &Caller,
    settings: &Settings,
) -> Result<SecurityGroupRule, ApiError> {
    let asked = request.project_id.as_ref();
    let project_id = policy::project(caller, asked, "create_security_group_rule")?;
    let traffic = traffic::parse(&request.traffic)?;
    check_remote(txn, &traffic.remote, caller)?;
    let group = super::get(txn, traffic::group_id(&request.security_group_id)?, caller)?;
    policy::owner_only(caller, &group.project_id, "create_security_group_rule")?;
    quota::take(txn, Kind::SecurityGroupRule, &project_id, settings)?;
    let rule = SecurityGroupRule {
        id: SecurityGroupRuleId::random(),
        project_id,
        standard: unnamed(&request.description)?,
        security_group_id: group.id,
        traffic,
    };
    if let Some(same) = same_meaning(txn, &rule)? {
        return Err(SecurityGroupError::RuleExists(same).into());
    }
    records::insert(txn, &rule)?;
    touch(txn, group)?;
    Ok(rule)
}

/// Adds all the rules or none; they must be of one group.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateRule],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<SecurityGroupRule>, ApiError> {
    let groups: BTreeSet<_> = requests.iter().map(|one| &one.security_group_id).collect();
    if groups.len() > 1 {
        return Err(SecurityGroupError::NotSingleGroupRules.into());
    }
    let mut made: Vec<SecurityGroupRule> = Vec::with_capacity(requests.len());
    for request in requests {
        let rule = create(txn, request, caller, settings).map_err(|error| match error {
            ApiError::SecurityGroup(SecurityGroupError::RuleExists(id))
                if made.iter().any(|rule| rule.id == id) =>
            {
                SecurityGroupError::DuplicateRuleInPost.into()
            }
            other => other,
        })?;
        made.push(rule);
    }
    Ok(made)
}

/// The rule, where the caller may see it.
pub fn get(
    read: &dyn Read,
    id: SecurityGroupRuleId,
    caller: &Caller,
) -> Result<SecurityGroupRule, ApiError> {
    let missing = || ApiError::from(SecurityGroupError::RuleNotFound(id));
    let rule: SecurityGroupRule = records::get(read, id.as_bytes())?.ok_or_else(missing)?;
    if visible(read, &rule, caller)? {
        Ok(rule)
    } else {
        Err(missing())
    }
}

/// Whether the caller may see the rule: its own, or one of its own group.
pub fn visible(
    read: &dyn Read,
    rule: &SecurityGroupRule,
    caller: &Caller,
) -> Result<bool, ApiError> {
    if caller.owns(&rule.project_id) {
        return Ok(true);
    }
    let group = super::find(read, rule.security_group_id)?;
    Ok(group.is_some_and(|group| caller.owns(&group.project_id)))
}

/// Removes a rule from its group.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SecurityGroupRuleId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let rule = get(txn, id, caller)?;
    standard::check_revision(&rule.standard, expected_revision)?;
    remove(txn, &rule)
}

/// Removes a rule, and notes it as a change of its group.
pub(crate) fn remove(txn: &mut Txn<'_>, rule: &SecurityGroupRule) -> Result<(), ApiError> {
    drop(txn, rule)?;
    match super::find(txn, rule.security_group_id)? {
        Some(group) => touch(txn, group),
        None => Ok(()),
    }
}

/// Removes a rule whose group goes with it.
pub(super) fn drop(txn: &mut Txn<'_>, rule: &SecurityGroupRule) -> Result<(), ApiError> {
    quota::give(txn, Kind::SecurityGroupRule, &rule.project_id)?;
    records::delete::<SecurityGroupRule>(txn, rule.id.as_bytes())?;
    Ok(())
}

/// The standard attributes of what has a description but no name and no tags.
pub(super) fn unnamed(description: &str) -> Result<Standard, ApiError> {
    standard::create("", description, &BTreeSet::new())
}

/// Refuses a remote that does not exist, or not for this caller.
pub(super) fn check_remote(
    read: &dyn Read,
    remote: &Remote,
    caller: &Caller,
) -> Result<(), ApiError> {
    match remote {
        Remote::Group(id) => super::get(read, *id, caller).map(|_| ()),
        Remote::AddressGroup(id) => address_group::get(read, *id, caller).map(|_| ()),
        Remote::OwnGroup => Err(SecurityGroupError::NotFound("PARENT".to_owned()).into()),
        Remote::Any | Remote::Prefix(_) => Ok(()),
    }
}

/// The rule of the same group that allows the same, where there is one.
fn same_meaning(
    read: &dyn Read,
    rule: &SecurityGroupRule,
) -> Result<Option<SecurityGroupRuleId>, ApiError> {
    let meaning = super::rule_key(&rule.traffic);
    let parts = [rule.security_group_id.as_bytes(), meaning.as_bytes()];
    let mut same = records::lookup::<SecurityGroupRule>(
        read,
        SECURITY_GROUP_RULE_BY_MEANING,
        &parts,
        None,
        false,
    );
    Ok(same.next().transpose()?.map(|same| same.id))
}

/// Notes a change of a group's rules in the group, by which watchers find its ports.
fn touch(txn: &mut Txn<'_>, mut group: SecurityGroup) -> Result<(), ApiError> {
    group.standard.touch(Timestamp::now());
    Ok(records::put(txn, &group)?)
}

/// Writes a rule of a new group, which nobody can have changed yet.
pub(super) fn plant(
    txn: &mut Txn<'_>,
    group: &SecurityGroup,
    traffic: &TrafficMatch,
) -> Result<(), ApiError> {
    let mut traffic = traffic.clone();
    if traffic.remote == Remote::OwnGroup {
        traffic.remote = Remote::Group(group.id);
    }
    let rule = SecurityGroupRule {
        id: SecurityGroupRuleId::random(),
        project_id: group.project_id.clone(),
        standard: unnamed("")?,
        security_group_id: group.id,
        traffic,
    };
    Ok(records::insert(txn, &rule)?)
}
