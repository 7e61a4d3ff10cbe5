//! Asks the policy before anything is done, for every resource alike: the rules' names follow
//! from the action, the resource and the attributes, as in Neutron. The managers below only
//! keep invariants and the visibility of what a request refers to.
//!
//! - A caller who may not even read a resource gets 404 for it, whatever it wanted to do.
//! - Each attribute that a request names is checked by `create_port:mac_address` and its like,
//!   and each member of an object by `create_port:fixed_ips:ip_address`, where the table has
//!   such a rule. In a create, an attribute with its default value counts as not named.
//! - What the caller may not see of a resource is left out of answers by
//!   `get_port:binding:host_id` and its like.

mod fallback;
mod related;
mod target;

use crate::attribute::Attributes;
use crate::error::RequestError;
use crate::resource::{Reading, Resource, Row};
use alcor_managers::Caller;
use alcor_policy::Verdict;
use serde_json::Value;
use target::Thing;

pub(crate) use target::{owner, project_of, wished_owner};

/// The rule that lets some callers read everything.
const GLOBAL_ACCESS: &str = "context_with_global_access";

/// Refuses a create that the policy does not allow.
pub(crate) fn create<R: Resource>(
    reading: &Reading,
    bodies: &[Attributes],
) -> Result<(), RequestError> {
    let action = format!("create_{}", R::POLICY);
    bodies.iter().try_for_each(|body| {
        check_project(&reading.caller, body)?;
        let target = Thing::<R>::wished(reading, body);
        let named = body
            .iter()
            .filter(|(name, value)| !fallback::is_default(R::POLICY, name, value));
        let asked = named_attributes(&reading.caller, &action, named, &target);
        // What it would belong to must not be found out by being refused.
        asked.or_else(|refused| related::must_be_seen(reading, body).and(Err(refused)))
    })
}

/// Refuses an update of a row, which the caller sees, that the policy does not allow.
pub(crate) fn update<R: Resource>(row: &Row<'_, R>, body: &Attributes) -> Result<(), RequestError> {
    let action = format!("update_{}", R::POLICY);
    let target = Thing::<R>::changed(row, body);
    named_attributes(&row.reading.caller, &action, body.iter(), &target)
}

/// Refuses an action on a row, which the caller sees, that the policy does not allow:
/// `delete_port`, `add_router_interface`.
pub(crate) fn action<R: Resource>(row: &Row<'_, R>, rule: &str) -> Result<(), RequestError> {
    if row.reading.caller.allows(rule, &Thing::<R>::stored(row)) {
        return Ok(());
    }
    Err(refused(&[rule.to_owned()]))
}

/// Refuses a change of a row's tags that the policy does not allow: `update_network:tags`, or
/// what the row itself needs, where the table has no rule for its tags.
pub(crate) fn tags<R: Resource>(row: &Row<'_, R>, verb: &str) -> Result<(), RequestError> {
    let rule = format!("{verb}_{}:tags", R::POLICY);
    if row.reading.caller.verdict(&rule).is_some() {
        return action(row, &rule);
    }
    action(row, &format!("update_{}", R::POLICY))
}

/// Refuses an action that needs no resource.
pub(crate) fn general(caller: &Caller, rule: &str) -> Result<(), RequestError> {
    if caller.allows(rule, &()) {
        return Ok(());
    }
    Err(refused(&[rule.to_owned()]))
}

/// Refuses an action on what a project has as a whole, such as its quota.
pub(crate) fn of_project(caller: &Caller, rule: &str, project: &str) -> Result<(), RequestError> {
    if caller.allows(rule, &target::OfProject(project)) {
        return Ok(());
    }
    Err(refused(&[rule.to_owned()]))
}

/// Whether the caller sees no row at all, by its roles alone.
pub(crate) fn sees_none<R: Resource>(caller: &Caller) -> bool {
    let verdict = caller.verdict(&format!("get_{}", R::POLICY));
    verdict == Some(Verdict::Denied) && !caller.allows(GLOBAL_ACCESS, &())
}

/// Whether the caller sees the row: the rules of sharing and the policy both say so.
pub(crate) fn sees<R: Resource>(row: &Row<'_, R>, caller: &Caller) -> bool {
    R::visible(row, caller) && may_get(row, caller)
}

fn may_get<R: Resource>(row: &Row<'_, R>, caller: &Caller) -> bool {
    let rule = format!("get_{}", R::POLICY);
    match caller.verdict(&rule) {
        None | Some(Verdict::Allowed) => true,
        Some(Verdict::Depends) if caller.allows(&rule, &Thing::<R>::stored(row)) => true,
        Some(_) => caller.allows(GLOBAL_ACCESS, &()),
    }
}

/// Whether the caller sees an attribute of the row, by the attribute's rule.
pub(crate) fn sees_attribute<R: Resource>(row: &Row<'_, R>, rule: &str) -> bool {
    let caller = &row.reading.caller;
    caller.allows(rule, &Thing::<R>::stored(row)) || caller.allows(GLOBAL_ACCESS, &())
}

/// Neutron refuses a foreign project before any rule is asked.
fn check_project(caller: &Caller, body: &Attributes) -> Result<(), RequestError> {
    let project = body.iter().find(|(name, _)| *name == "project_id");
    let foreign = project.is_some_and(|(_, value)| {
        value
            .as_str()
            .is_some_and(|asked| asked != caller.project_id.as_str())
    });
    if !foreign || caller.may_choose_project() {
        return Ok(());
    }
    let message = "Specifying 'project_id' other than the authenticated project in request is \
                   not allowed for the current user.";
    Err(RequestError::BadRequest(message.to_owned()))
}

/// Asks the action's rule and those of all attributes that the request names.
fn named_attributes<'b, R: Resource>(
    caller: &Caller,
    action: &str,
    attributes: impl Iterator<Item = (&'b str, &'b Value)>,
    target: &Thing<'_, R>,
) -> Result<(), RequestError> {
    let mut denied = Vec::new();
    if !caller.allows(action, target) {
        denied.push(action.to_owned());
    }
    for (name, value) in attributes {
        let rule = format!("{action}:{name}");
        for member in members(value) {
            ask(caller, format!("{rule}:{member}"), target, &mut denied);
        }
        ask(caller, rule, target, &mut denied);
    }
    if denied.is_empty() {
        return Ok(());
    }
    if denied.first().is_none_or(|first| first != action) {
        denied.insert(0, action.to_owned());
    }
    Err(refused(&denied))
}

/// Asks a rule that the table need not have.
fn ask<R: Resource>(
    caller: &Caller,
    rule: String,
    target: &Thing<'_, R>,
    denied: &mut Vec<String>,
) {
    let allowed = match caller.verdict(&rule) {
        None | Some(Verdict::Allowed) => true,
        Some(Verdict::Denied) => false,
        Some(Verdict::Depends) => caller.allows(&rule, target),
    };
    if !allowed && !denied.contains(&rule) {
        denied.push(rule);
    }
}

/// The names of an object's members, or of those of the objects in a list, each once.
fn members(value: &Value) -> Vec<&str> {
    let objects = match value {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) => std::slice::from_ref(value),
        _ => &[],
    };
    let names = objects.iter().filter_map(Value::as_object);
    let mut names: Vec<_> = names
        .flat_map(|object| object.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Neutron's words: one rule, or the action with its attributes.
fn refused(rules: &[String]) -> RequestError {
    let named: Vec<_> = rules.iter().map(|rule| format!("rule:{rule}")).collect();
    RequestError::Forbidden(match named.as_slice() {
        [one] => format!("{one} is disallowed by policy"),
        many => format!("({}) is disallowed by policy", many.join(" and ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_named_once() {
        let addresses = json!([{ "ip_address": "a", "subnet_id": "b" }, { "ip_address": "c" }]);
        assert_eq!(members(&addresses), ["ip_address", "subnet_id"]);
        assert_eq!(members(&json!({ "enable_snat": true })), ["enable_snat"]);
        assert!(members(&json!("text")).is_empty());
    }

    #[test]
    fn refusals_speak_as_neutron() {
        let text = |rules: &[&str]| {
            let rules: Vec<_> = rules.iter().map(|rule| (*rule).to_owned()).collect();
            refused(&rules).to_string()
        };
        assert_eq!(
            text(&["delete_port"]),
            "rule:delete_port is disallowed by policy"
        );
        assert_eq!(
            text(&["create_network", "create_network:shared"]),
            "(rule:create_network and rule:create_network:shared) is disallowed by policy"
        );
    }
}
