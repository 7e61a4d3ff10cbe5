//! Security groups: a project has one from its first use on, and its ports are in that one where
//! nobody chose another.
//!
//! A change of a rule, of a group or of an address group is a write to that record, and
//! [`affected_ports`] says from the record which ports it concerns: the data plane needs no other
//! sign, and no port is rewritten because a group it is in has changed.

mod error;
mod membership;
mod protocol;
mod request;
pub mod rule;
pub mod template;
mod traffic;

pub use error::SecurityGroupError;
pub(crate) use membership::{for_changed_port, for_new_port};
pub use request::{
    CreateRule, CreateSecurityGroup, CreateTemplate, Membership, TrafficRequest,
    UpdateSecurityGroup,
};
pub(crate) use traffic::rule_key;

use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{
    PORT_BY_SECURITY_GROUP, SECURITY_GROUP_BY_DEFAULT, SECURITY_GROUP_RULE_BY_GROUP,
    SECURITY_GROUP_RULE_BY_REMOTE_GROUP,
};
use crate::{ApiError, Caller, Settings, policy, rbac_policy, standard};
use alcor_store::records::Index;
use alcor_store::{Key, Read, Txn};
use alcor_types::{
    Port, PortId, ProjectId, SecurityGroup, SecurityGroupId, SecurityGroupRule, Sharing,
};
use std::collections::BTreeSet;
use template::Limits;
use uuid::Uuid;

/// The name of the group that every project has.
const DEFAULT_NAME: &str = "default";
/// What Neutron writes into it.
const DEFAULT_DESCRIPTION: &str = "Default security group";

/// Makes a group, with the rules that the templates say.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateSecurityGroup,
    caller: &Caller,
    settings: &Settings,
) -> Result<SecurityGroup, ApiError> {
    let asked = request.project_id.as_ref();
    let project_id = policy::project(caller, asked, "create_security_group")?;
    check_name(&request.name)?;
    ensure_default(txn, &project_id)?;
    let id = request.id.unwrap_or_else(SecurityGroupId::random);
    standard::check_free::<SecurityGroup>(txn, id.as_bytes(), &id)?;
    quota::take(txn, Kind::SecurityGroup, &project_id, settings)?;
    let group = SecurityGroup {
        id,
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        is_default: false,
        stateful: request.stateful.unwrap_or(true),
        shared: Sharing::default(),
    };
    records::insert(txn, &group)?;
    template::apply(txn, &group, Limits::Enforced(settings))?;
    Ok(group)
}

/// Makes all the groups or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateSecurityGroup],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<SecurityGroup>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The default group of a project.
pub fn default_of(read: &dyn Read, project: &ProjectId) -> Option<SecurityGroupId> {
    let parts = [project.as_str().as_bytes()];
    records::lookup_keys::<SecurityGroup>(read, SECURITY_GROUP_BY_DEFAULT, &parts, None, false)
        .find_map(|key| Uuid::from_slice(&key).ok())
        .map(SecurityGroupId)
}

/// The default group of a project, made now where the project has none. No quota keeps a project
/// from having it.
pub fn ensure_default(txn: &mut Txn<'_>, project: &ProjectId) -> Result<SecurityGroupId, ApiError> {
    if let Some(id) = default_of(txn, project) {
        return Ok(id);
    }
    let group = SecurityGroup {
        id: SecurityGroupId::random(),
        project_id: project.clone(),
        standard: standard::create(DEFAULT_NAME, DEFAULT_DESCRIPTION, &BTreeSet::new())?,
        is_default: true,
        stateful: true,
        shared: Sharing::default(),
    };
    quota::count(txn, Kind::SecurityGroup, project)?;
    records::insert(txn, &group)?;
    template::apply(txn, &group, Limits::Passed)?;
    Ok(group.id)
}

/// The group, where the caller may see it: its own, or one shared with its project.
pub fn get(
    read: &dyn Read,
    id: SecurityGroupId,
    caller: &Caller,
) -> Result<SecurityGroup, ApiError> {
    let group = find(read, id)?.filter(|group| visible(group, caller));
    Ok(group.ok_or_else(|| SecurityGroupError::NotFound(id.to_string()))?)
}

/// Whether the caller may see the group.
pub fn visible(group: &SecurityGroup, caller: &Caller) -> bool {
    caller.owns(&group.project_id) || group.shared.includes(&caller.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: SecurityGroupId,
    request: &UpdateSecurityGroup,
    caller: &Caller,
) -> Result<SecurityGroup, ApiError> {
    let mut group = writable(txn, id, caller, "update_security_group")?;
    standard::check_revision(&group.standard, request.expected_revision)?;
    if let Some(name) = &request.name {
        check_name(name)?;
        if group.is_default {
            return Err(SecurityGroupError::CannotUpdateDefault.into());
        }
    }
    if let Some(stateful) = request.stateful.filter(|new| *new != group.stateful) {
        check_unused(txn, id)?;
        group.stateful = stateful;
    }
    standard::update(
        &mut group.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &group)?;
    Ok(group)
}

/// Removes the group, its rules, and the rules of other groups that name it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SecurityGroupId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let group = writable(txn, id, caller, "delete_security_group")?;
    standard::check_revision(&group.standard, expected_revision)?;
    check_unused(txn, id)?;
    if group.is_default && !caller.is_admin() {
        return Err(SecurityGroupError::CannotRemoveDefault.into());
    }
    for rule in rules_naming(txn, id)? {
        rule::remove(txn, &rule)?;
    }
    for rule in rules(txn, id)? {
        rule::drop(txn, &rule)?;
    }
    template::forget_group(txn, id)?;
    rbac_policy::forget(txn, id.0)?;
    quota::give(txn, Kind::SecurityGroup, &group.project_id)?;
    records::delete::<SecurityGroup>(txn, id.as_bytes())?;
    Ok(())
}

/// The rules of a group, in the order of their ids.
pub fn rules(read: &dyn Read, id: SecurityGroupId) -> Result<Vec<SecurityGroupRule>, ApiError> {
    rules_by(read, SECURITY_GROUP_RULE_BY_GROUP, id)
}

/// The ports whose traffic may be judged otherwise after a change of this group or its rules:
/// those in it, and those in groups with a rule that names it.
pub fn affected_ports(read: &dyn Read, id: SecurityGroupId) -> Result<BTreeSet<PortId>, ApiError> {
    let naming = rules_naming(read, id)?;
    let groups: BTreeSet<_> = naming.iter().map(|rule| rule.security_group_id).collect();
    let all = groups.into_iter().chain([id]);
    Ok(all.flat_map(|group| members(read, group)).collect())
}

/// The ports in a group.
pub(crate) fn members(read: &dyn Read, id: SecurityGroupId) -> impl Iterator<Item = PortId> {
    member_keys(read, id)
        .filter_map(|key| Uuid::from_slice(&key).ok())
        .map(PortId)
}

pub(crate) fn find(
    read: &dyn Read,
    id: SecurityGroupId,
) -> Result<Option<SecurityGroup>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

fn member_keys(read: &dyn Read, id: SecurityGroupId) -> impl Iterator<Item = Key> {
    records::lookup_keys::<Port>(read, PORT_BY_SECURITY_GROUP, &[id.as_bytes()], None, false)
}

/// The rules, of this group and others, that name it as their remote.
fn rules_naming(read: &dyn Read, id: SecurityGroupId) -> Result<Vec<SecurityGroupRule>, ApiError> {
    rules_by(read, SECURITY_GROUP_RULE_BY_REMOTE_GROUP, id)
}

fn rules_by(
    read: &dyn Read,
    index: Index,
    id: SecurityGroupId,
) -> Result<Vec<SecurityGroupRule>, ApiError> {
    records::lookup(read, index, &[id.as_bytes()], None, false)
        .map(|rule| rule.map_err(ApiError::from))
        .collect()
}

/// The group, where the caller may change it.
fn writable(
    read: &dyn Read,
    id: SecurityGroupId,
    caller: &Caller,
    rule: &'static str,
) -> Result<SecurityGroup, ApiError> {
    let group = get(read, id, caller)?;
    policy::owner_only(caller, &group.project_id, rule)?;
    Ok(group)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.eq_ignore_ascii_case(DEFAULT_NAME) {
        return Err(SecurityGroupError::DefaultAlreadyExists.into());
    }
    Ok(())
}

fn check_unused(read: &dyn Read, id: SecurityGroupId) -> Result<(), ApiError> {
    if member_keys(read, id).next().is_some() {
        return Err(SecurityGroupError::InUse(id).into());
    }
    Ok(())
}
