//! The rules of network ACLs. A change of a rule is a change of its ACL.

use super::request::{CreateAclRule, UpdateAclRule};
use super::{NetworkAclError, get};
use crate::records;
use crate::schema::{NETWORK_ACL_RULE_BY_ACL, NETWORK_ACL_RULE_BY_NUMBER};
use crate::{ApiError, Caller, standard};
use alcor_store::{Read, Txn};
use alcor_types::{
    AclProtocol, FlowDirection, NetworkAcl, NetworkAclId, NetworkAclRule, NetworkAclRuleId,
};

/// The number of the rules that deny what no other rule is about. Callers choose lower ones.
pub const DEFAULT_NUMBER: u16 = 32_767;

/// Adds all the rules or none.
pub fn create_rules(
    txn: &mut Txn<'_>,
    requests: &[CreateAclRule],
    caller: &Caller,
) -> Result<Vec<NetworkAclRule>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

fn create(
    txn: &mut Txn<'_>,
    request: &CreateAclRule,
    caller: &Caller,
) -> Result<NetworkAclRule, ApiError> {
    let acl = get(txn, request.acl_id, caller)?;
    let id = request.id.unwrap_or_else(NetworkAclRuleId::random);
    standard::check_free::<NetworkAclRule>(txn, id.as_bytes(), &id)?;
    let rule = NetworkAclRule {
        id,
        acl_id: acl.id,
        name: request.name.clone(),
        description: request.description.clone(),
        number: request.number,
        direction: request.direction,
        prefix: request.prefix,
        protocol: request.protocol,
        action: request.action,
    };
    write(txn, &rule, acl)?;
    Ok(rule)
}

/// Changes what the request names and nothing else.
pub fn update_rule(
    txn: &mut Txn<'_>,
    id: NetworkAclRuleId,
    request: &UpdateAclRule,
    caller: &Caller,
) -> Result<NetworkAclRule, ApiError> {
    let (mut rule, acl) = find(txn, id, caller)?;
    standard::assign(&mut rule.name, request.name.as_ref());
    standard::assign(&mut rule.description, request.description.as_ref());
    standard::assign(&mut rule.number, request.number.as_ref());
    standard::assign(&mut rule.prefix, request.prefix.as_ref());
    standard::assign(&mut rule.action, request.action.as_ref());
    write(txn, &rule, acl)?;
    Ok(rule)
}

/// Removes a rule.
pub fn delete_rule(
    txn: &mut Txn<'_>,
    id: NetworkAclRuleId,
    caller: &Caller,
) -> Result<(), ApiError> {
    let (_, acl) = find(txn, id, caller)?;
    records::delete::<NetworkAclRule>(txn, id.as_bytes())?;
    touch(txn, acl)
}

/// Whether the caller sees the rule: whoever sees its ACL does.
pub fn rule_visible(read: &dyn Read, rule: &NetworkAclRule, caller: &Caller) -> bool {
    get(read, rule.acl_id, caller).is_ok()
}

/// The rules of an ACL: those of one direction together, in the order in which they decide.
pub fn rules(read: &dyn Read, acl: NetworkAclId) -> Result<Vec<NetworkAclRule>, ApiError> {
    let parts: [&[u8]; 1] = [acl.as_bytes()];
    let mut rules = records::lookup(read, NETWORK_ACL_RULE_BY_ACL, &parts, None, false)
        .collect::<Result<Vec<NetworkAclRule>, _>>()?;
    rules.sort_by_key(|rule| (rule.direction, rule.number));
    Ok(rules)
}

/// The rule with its ACL, where the caller sees that.
fn find(
    read: &dyn Read,
    id: NetworkAclRuleId,
    caller: &Caller,
) -> Result<(NetworkAclRule, NetworkAcl), ApiError> {
    let missing = || NetworkAclError::RuleNotFound(id);
    let rule: NetworkAclRule = records::get(read, id.as_bytes())?.ok_or_else(missing)?;
    let acl = get(read, rule.acl_id, caller).map_err(|_| missing())?;
    Ok((rule, acl))
}

/// Checks and stores the rule, and counts a write to its ACL.
fn write(txn: &mut Txn<'_>, rule: &NetworkAclRule, acl: NetworkAcl) -> Result<(), ApiError> {
    standard::check_text("name", &rule.name)?;
    standard::check_text("description", &rule.description)?;
    check(rule)?;
    check_number(txn, rule)?;
    records::put(txn, rule)?;
    touch(txn, acl)
}

fn check(rule: &NetworkAclRule) -> Result<(), ApiError> {
    if rule.number >= DEFAULT_NUMBER {
        let reason = format!(
            "'{}' is not between 0 and {}",
            rule.number,
            DEFAULT_NUMBER - 1
        );
        return Err(ApiError::attribute("number", reason));
    }
    if rule.direction == FlowDirection::Any {
        let reason = "'any' is none of ingress, egress";
        return Err(ApiError::attribute("direction", reason));
    }
    let v4 = rule.prefix.addr().is_ipv4();
    let fits = match rule.protocol {
        AclProtocol::Icmp(_) => v4,
        AclProtocol::Icmpv6(_) => !v4,
        AclProtocol::All | AclProtocol::Tcp(_) | AclProtocol::Udp(_) => true,
    };
    if !fits {
        let reason = format!(
            "it is of the other IP version than ip_prefix {}",
            rule.prefix
        );
        return Err(ApiError::attribute("protocol", reason));
    }
    match rule.protocol {
        AclProtocol::Tcp(Some((first, last))) | AclProtocol::Udp(Some((first, last)))
            if first > last =>
        {
            let reason = format!("{first} is above port_range_max {last}");
            Err(ApiError::attribute("port_range_min", reason))
        }
        _ => Ok(()),
    }
}

fn check_number(read: &dyn Read, rule: &NetworkAclRule) -> Result<(), ApiError> {
    let number = rule.number.to_be_bytes();
    let parts: [&[u8]; 3] = [
        rule.acl_id.as_bytes(),
        rule.direction.as_str().as_bytes(),
        &number,
    ];
    let index = NETWORK_ACL_RULE_BY_NUMBER;
    let mut holders = records::lookup::<NetworkAclRule>(read, index, &parts, None, false);
    match holders.next().transpose()? {
        Some(other) if other.id != rule.id => {
            let (number, rule) = (rule.number, other.id);
            Err(NetworkAclError::NumberInUse { number, rule }.into())
        }
        _ => Ok(()),
    }
}

fn touch(txn: &mut Txn<'_>, mut acl: NetworkAcl) -> Result<(), ApiError> {
    standard::update(&mut acl.standard, None, None, None)?;
    records::put(txn, &acl)?;
    Ok(())
}
