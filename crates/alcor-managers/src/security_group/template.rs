//! Templates: the rules that new groups begin with, which operators may change.
//!
//! A region begins with Neutron's own: everything may leave, and the ports of a default group
//! may reach each other. They are made on the first use, once, so that those an operator removes
//! stay away.

use super::{CreateTemplate, SecurityGroupError, rule, rule_key, traffic};
use crate::quota::{self, Kind};
use crate::records;
use crate::{ApiError, Caller, Settings, schema, standard};
use alcor_store::{Read, Txn};
use alcor_types::{
    AddressGroupId, DefaultSecurityGroupRule, Direction, EtherType, Remote, SecurityGroup,
    SecurityGroupId, SecurityGroupRuleId, TrafficMatch,
};

/// Whether the rules of a new group count against its project's quota.
#[derive(Clone, Copy)]
pub(super) enum Limits<'a> {
    /// They do, and an exhausted quota refuses the group.
    Enforced(&'a Settings),
    /// They are counted, and refuse nothing.
    Passed,
}

/// Whether the built-in templates have been made.
pub fn is_seeded(read: &dyn Read) -> bool {
    read.get(&marker()).is_some()
}

/// Makes the built-in templates, unless they were made before.
pub fn seed(txn: &mut Txn<'_>) -> Result<(), ApiError> {
    if is_seeded(txn) {
        return Ok(());
    }
    txn.put(marker(), Vec::new());
    for direction in [Direction::Egress, Direction::Ingress] {
        for ethertype in EtherType::ALL {
            records::insert(txn, &built_in(direction, ethertype)?)?;
        }
    }
    Ok(())
}

/// Makes a template.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateTemplate,
    caller: &Caller,
) -> Result<DefaultSecurityGroupRule, ApiError> {
    seed(txn)?;
    let traffic = traffic::parse(&request.traffic)?;
    if traffic.remote != Remote::OwnGroup {
        rule::check_remote(txn, &traffic.remote, caller)?;
    }
    let template = DefaultSecurityGroupRule {
        id: SecurityGroupRuleId::random(),
        standard: rule::unnamed(&request.description)?,
        traffic,
        used_in_default_sg: request.used_in_default_sg.unwrap_or(false),
        used_in_non_default_sg: request.used_in_non_default_sg.unwrap_or(true),
    };
    check_duplicate(txn, &template)?;
    records::insert(txn, &template)?;
    Ok(template)
}

/// Makes all the templates or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateTemplate],
    caller: &Caller,
) -> Result<Vec<DefaultSecurityGroupRule>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// Removes a template; groups that exist keep the rules they got from it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SecurityGroupRuleId,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let template: Option<DefaultSecurityGroupRule> = records::get(txn, id.as_bytes())?;
    let template = template.ok_or(SecurityGroupError::TemplateNotFound(id))?;
    standard::check_revision(&template.standard, expected_revision)?;
    records::delete::<DefaultSecurityGroupRule>(txn, id.as_bytes())?;
    Ok(())
}

/// Gives a new group the rules of the templates.
pub(super) fn apply(
    txn: &mut Txn<'_>,
    group: &SecurityGroup,
    limits: Limits<'_>,
) -> Result<(), ApiError> {
    seed(txn)?;
    let project = &group.project_id;
    for template in all(txn)? {
        let used = if group.is_default {
            template.used_in_default_sg
        } else {
            template.used_in_non_default_sg
        };
        if !used {
            continue;
        }
        match limits {
            Limits::Enforced(settings) => {
                quota::take(txn, Kind::SecurityGroupRule, project, settings)?;
            }
            Limits::Passed => quota::count(txn, Kind::SecurityGroupRule, project)?,
        }
        rule::plant(txn, group, &template.traffic)?;
    }
    Ok(())
}

/// Removes the templates that name a group which ends.
pub(super) fn forget_group(txn: &mut Txn<'_>, id: SecurityGroupId) -> Result<(), ApiError> {
    for template in all(txn)? {
        if template.traffic.remote == Remote::Group(id) {
            records::delete::<DefaultSecurityGroupRule>(txn, template.id.as_bytes())?;
        }
    }
    Ok(())
}

/// Whether a template names the address group.
pub(crate) fn names_address_group(read: &dyn Read, id: AddressGroupId) -> Result<bool, ApiError> {
    let remote = Remote::AddressGroup(id);
    Ok(all(read)?.iter().any(|one| one.traffic.remote == remote))
}

/// All templates; an operator has a handful.
fn all(read: &dyn Read) -> Result<Vec<DefaultSecurityGroupRule>, ApiError> {
    records::scan(read, None, false)
        .map(|template| template.map_err(ApiError::from))
        .collect()
}

fn check_duplicate(read: &dyn Read, new: &DefaultSecurityGroupRule) -> Result<(), ApiError> {
    let meaning = rule_key(&new.traffic);
    let meet = |old: &DefaultSecurityGroupRule| {
        (old.used_in_default_sg && new.used_in_default_sg)
            || (old.used_in_non_default_sg && new.used_in_non_default_sg)
    };
    let templates = all(read)?;
    let same = templates
        .iter()
        .find(|old| meet(old) && rule_key(&old.traffic) == meaning);
    match same {
        Some(same) => Err(SecurityGroupError::TemplateExists(same.id).into()),
        None => Ok(()),
    }
}

fn built_in(
    direction: Direction,
    ethertype: EtherType,
) -> Result<DefaultSecurityGroupRule, ApiError> {
    let egress = direction == Direction::Egress;
    Ok(DefaultSecurityGroupRule {
        id: SecurityGroupRuleId::random(),
        standard: rule::unnamed("")?,
        traffic: TrafficMatch {
            direction,
            ethertype,
            protocol: None,
            port_range_min: None,
            port_range_max: None,
            remote: if egress {
                Remote::Any
            } else {
                Remote::OwnGroup
            },
        },
        used_in_default_sg: true,
        used_in_non_default_sg: egress,
    })
}

fn marker() -> Vec<u8> {
    let mut key = vec![schema::SEEDED];
    key.extend_from_slice(schema::DEFAULT_SECURITY_GROUP_RULES.name.as_bytes());
    key
}
