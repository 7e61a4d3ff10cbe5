//! Which ACL guards which subnet, and which hosts hear of it.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::{Compiler, Delta, Fact};
use alcor_goalstate::{AclGoal, Goal, GoalChange, GoalKey};
use alcor_types::{NetworkAclId, Revision, SubnetId};
use support::*;

/// Network 1 with subnets 1 and 2, a port of it on host 1; ACL 1 with two rules; revision 10.
fn region() -> Compiler {
    let mut region = Compiler::new(64);
    let facts = [
        // Rules may come before their ACL, and a later one may be asked first.
        put_acl_rule(1, 2, 0),
        put_acl(acl(1, 1, false, [1])),
        put_acl_rule(1, 1, 0),
        put_network(network(1)),
        put_subnet(subnet(1, 1)),
        put_subnet(subnet(2, 1)),
        put_node(node(1)),
        put_port(port(1, 1, 1, Some(1))),
    ];
    region.apply(Revision(10), &facts);
    region
}

fn acls(region: &Compiler) -> Vec<AclGoal> {
    let goals = wanted(region, network_id(1), &host(1));
    let acls = goals.into_iter().filter_map(|goal| match goal {
        Goal::Acl(goal) => Some(goal),
        _ => None,
    });
    acls.collect()
}

/// Which subnets which ACL guards.
fn guards(region: &Compiler) -> Vec<(NetworkAclId, Vec<SubnetId>)> {
    let goals = acls(region).into_iter();
    goals.map(|goal| (goal.id, goal.subnets)).collect()
}

fn guard(acl: u8, subnets: &[u8]) -> (NetworkAclId, Vec<SubnetId>) {
    (
        acl_id(acl),
        subnets.iter().copied().map(subnet_id).collect(),
    )
}

fn news(region: &Compiler, since: u64) -> Vec<GoalKey> {
    match region.changes_since(network_id(1), &host(1), Revision(since)) {
        Delta::Changes { changes, .. } => changes.iter().map(GoalChange::key).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn an_acl_comes_with_its_rules_in_their_order() {
    let mut region = region();
    let numbers = |region: &Compiler| -> Vec<u16> {
        let goal = acls(region).pop().unwrap();
        goal.rules.iter().map(|rule| rule.number).collect()
    };
    assert_eq!(guards(&region), [guard(1, &[1])]);
    assert_eq!(numbers(&region), [100, 200]);
    region.apply(Revision(11), &[put_acl_rule(1, 0, 7)]);
    assert_eq!(numbers(&region), [7, 100, 200]);
    assert_eq!(news(&region, 10), [GoalKey::Acl(acl_id(1))]);
    let gone = Fact::NetworkAclRule(acl_rule_id(1, 1), None);
    region.apply(Revision(12), &[gone]);
    assert_eq!(numbers(&region), [7, 200]);
}

#[test]
fn the_default_guards_what_no_other_does() {
    let mut region = region();
    region.apply(Revision(11), &[put_acl(acl(2, 1, true, []))]);
    assert_eq!(guards(&region), [guard(1, &[1]), guard(2, &[2])]);
    // A subnet that comes is guarded from the start.
    region.apply(Revision(12), &[put_subnet(subnet(3, 1))]);
    assert_eq!(guards(&region), [guard(1, &[1]), guard(2, &[2, 3])]);
    // One that leaves its ACL goes to the default.
    region.apply(Revision(13), &[put_acl(acl(1, 1, false, []))]);
    assert_eq!(guards(&region), [guard(2, &[1, 2, 3])]);
    assert_eq!(
        news(&region, 12),
        [GoalKey::Acl(acl_id(1)), GoalKey::Acl(acl_id(2))]
    );
    region.apply(Revision(14), &[Fact::NetworkAcl(acl_id(2), None)]);
    assert_eq!(guards(&region), []);
}

#[test]
fn a_label_is_nobodys_business() {
    let mut region = region();
    let mut named = acl(1, 1, false, [1]);
    named.standard.name = "new".into();
    region.apply(Revision(11), &[put_acl(named)]);
    assert_eq!(news(&region, 10), []);
    assert_eq!(region.scope_revision(network_id(1)), Some(Revision(10)));
}
