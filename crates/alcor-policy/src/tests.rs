//! The default table as the personas meet it, and what is refused of an operator's file.

use super::*;
use std::collections::HashMap;

/// A target by its attributes.
struct Thing(HashMap<&'static str, Value<'static>>);

impl Target for Thing {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name).cloned()
    }
}

fn thing<const N: usize>(attributes: [(&'static str, Value<'static>); N]) -> Thing {
    Thing(attributes.into_iter().collect())
}

fn of(project: &'static str) -> Thing {
    thing([("project_id", project.into())])
}

fn subject(roles: &[&str]) -> Subject {
    Subject {
        project_id: Some("mine".into()),
        user_id: Some("user".into()),
        roles: roles.iter().collect(),
        ..Subject::default()
    }
}

const ADMIN: &[&str] = &["admin", "manager", "member", "reader"];
const MANAGER: &[&str] = &["manager", "member", "reader"];
const MEMBER: &[&str] = &["Member", "reader"];
const READER: &[&str] = &["reader"];
const SERVICE: &[&str] = &["service"];
const PERSONAS: [&[&str]; 5] = [ADMIN, MANAGER, MEMBER, READER, SERVICE];

/// Who of the personas may, as letters `aMmrs`.
fn who(rule: &str, target: &dyn Target) -> String {
    let policy = Policy::default();
    PERSONAS
        .iter()
        .zip("aMmrs".chars())
        .filter(|(roles, _)| policy.allows(rule, &subject(roles), target).unwrap())
        .map(|(_, letter)| letter)
        .collect()
}

#[test]
fn personas_have_neutrons_rights() {
    for (rule, own, foreign) in [
        ("create_network", "aMm", "a"),
        ("create_network:shared", "a", "a"),
        ("get_network", "aMmrs", "as"),
        ("update_network", "aMm", "a"),
        ("delete_router", "aMm", "a"),
        ("get_router", "aMmr", "a"),
        ("create_router:external_gateway_info:enable_snat", "a", "a"),
        ("create_floatingip:floating_ip_address", "aM", "a"),
        ("get_port", "aMmrs", "as"),
        ("create_port:binding:host_id", "as", "as"),
        ("create_port_binding", "s", "s"),
        ("create_policy", "aM", "a"),
        ("get_agent", "a", "a"),
        ("create_node", "a", "a"),
        ("get_availability_zone", "aMmr", "aMmr"),
        ("update_quota", "a", "a"),
    ] {
        assert_eq!(who(rule, &of("mine")), own, "{rule} on the own project");
        assert_eq!(who(rule, &of("other")), foreign, "{rule} on a foreign one");
    }
}

#[test]
fn related_resources_and_fields_decide() {
    let on = |owner: &'static str, shared: bool| {
        thing([
            ("project_id", "mine".into()),
            ("network:project_id", owner.into()),
            ("shared", shared.into()),
        ])
    };
    assert_eq!(who("create_port", &on("mine", false)), "aMms");
    assert_eq!(who("create_port", &on("other", false)), "as");
    assert_eq!(who("create_port", &on("other", true)), "aMmrs");
    assert_eq!(who("create_port:mac_address", &on("other", true)), "as");
    assert_eq!(who("update_port:mac_address", &on("mine", false)), "aMs");
    let device = |owner: &'static str| thing([("device_owner", owner.into())]);
    assert_eq!(
        who("create_port:device_owner", &device("compute:a")),
        "aMmrs"
    );
    assert_eq!(
        who("create_port:device_owner", &device("network:dhcp")),
        "as"
    );
    let parent = thing([("ext_parent:project_id", "mine".into())]);
    assert_eq!(who("create_router_conntrack_helper", &parent), "aMm");
    let all = thing([
        ("target_project", "*".into()),
        ("project_id", "mine".into()),
    ]);
    assert_eq!(who("create_rbac_policy:target_project", &all), "a");
}

#[test]
fn a_services_port_needs_the_service() {
    let port = thing([
        ("project_id", "mine".into()),
        ("device_owner", "compute:nova".into()),
    ]);
    assert_eq!(who("delete_port", &port), "as");
    let through_nova = Subject {
        service_roles: ["service"].iter().collect(),
        ..subject(MEMBER)
    };
    assert_eq!(
        Policy::default().allows("delete_port", &through_nova, &port),
        Some(true)
    );
}

#[test]
fn only_project_tokens_are_served_unless_the_operator_says_so() {
    let system = Subject {
        scope: Scope::System,
        project_id: None,
        ..subject(READER)
    };
    let served = |policy: &Policy| policy.allows("token_scope", &system, &());
    let sees = |policy: &Policy| policy.allows("context_with_global_access", &system, &());
    let default = Policy::default();
    assert_eq!(
        (served(&default), sees(&default)),
        (Some(false), Some(false))
    );
    let opened = "\"token_scope\" = \"@\"\n\
        \"context_with_global_access\" = \"role:reader and system_scope:all\"";
    let opened = Policy::load(opened).unwrap();
    assert_eq!((served(&opened), sees(&opened)), (Some(true), Some(true)));
}

#[test]
fn what_needs_no_target_is_known_without_one() {
    let policy = Policy::default();
    let verdict = |rule, roles| policy.verdict(rule, &subject(roles));
    assert_eq!(
        verdict("get_network:segments", ADMIN),
        Some(Verdict::Allowed)
    );
    assert_eq!(
        verdict("get_network:segments", MEMBER),
        Some(Verdict::Denied)
    );
    assert_eq!(verdict("get_network", MEMBER), Some(Verdict::Depends));
    assert_eq!(verdict("get_network", ADMIN), Some(Verdict::Allowed));
    assert_eq!(verdict("get_trunk:tags", &[]), Some(Verdict::Denied));
    assert_eq!(verdict("get_nothing", ADMIN), None);
}

#[test]
fn an_operators_file_replaces_single_rules() {
    let policy = Policy::load("\"create_network:shared\": \"role:manager\"").unwrap();
    let allows = |rule, roles| policy.allows(rule, &subject(roles), &of("mine")).unwrap();
    assert!(allows("create_network:shared", MANAGER));
    assert!(!allows("create_network:shared", MEMBER));
    assert!(allows("create_network", MEMBER));
}

#[test]
fn an_operators_mistakes_are_named() {
    for (text, message) in [
        (
            "\"create_netwrk\" = \"\"",
            "line 1: there is no rule 'create_netwrk'",
        ),
        (
            "\"owner\" = \"role:a rol:b\"",
            "line 1: rule 'owner', column 8",
        ),
        ("\n\"owner\" = \"rol:b\"", "line 2: rule 'owner', column 1"),
        (
            "\"owner\" = \"@ or rule:nobody\"",
            "column 6 of its expression: there is no rule",
        ),
        (
            "\"admin_only\" = \"rule:create_segment\"",
            "admin_only -> create_segment -> admin_only",
        ),
        (
            "\"context_is_admin\" = \"is_admin:True\"",
            "refers to itself",
        ),
    ] {
        let error = Policy::load(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
}
