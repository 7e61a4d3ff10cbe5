//! Who is told of what a QoS policy says.

mod support;

use alcor_compiler::{Compiler, Delta, Fact};
use alcor_goalstate::{Goal, GoalChange, GoalKey, Limits};
use alcor_types::{Port, QosPolicyId, Revision};
use support::*;

const RATE: u32 = 5000;

/// Network 1 with policy 1; port 1 has none, port 2 has policy 2, port 3 is a DHCP server; all are on
/// hosts of their numbers. Every policy has one rule. Revision 100.
fn region() -> Compiler {
    let mut region = Compiler::new(64);
    let mut bounded = network(1);
    bounded.qos_policy_id = Some(policy_id(1));
    let mut facts = vec![put_network(bounded), put_subnet(subnet(1, 1))];
    facts.extend((1..4).map(|number| put_node(node(number))));
    facts.push(vm(1, |_| {}));
    facts.push(vm(2, |port| port.qos_policy_id = Some(policy_id(2))));
    facts.push(vm(3, |port| port.device_owner = "network:dhcp".into()));
    facts.push(put_qos_rule(qos_rule(0, 1, RATE)));
    facts.push(put_qos_rule(qos_rule(1, 2, RATE)));
    region.apply(Revision(100), &facts);
    region
}

fn vm(number: u8, change: impl FnOnce(&mut Port)) -> Fact {
    let mut port = port(number, 1, 1, Some(number));
    change(&mut port);
    put_port(port)
}

/// What the port's own host is told.
fn told(region: &Compiler, number: u8) -> Limits {
    let goals = wanted(region, network_id(1), &host(number)).into_iter();
    let mut limits = goals.filter_map(|goal| match goal {
        Goal::Port(port) => Some(*port.limits),
        _ => None,
    });
    limits.next().unwrap_or_default()
}

fn of(rule: u8, policy: u8) -> Limits {
    Limits::of(&[qos_rule(rule, policy, RATE).limit])
}

/// The ports of which the host hears news.
fn news(region: &Compiler, at: u8) -> Vec<GoalKey> {
    let Delta::Changes { changes, .. } =
        region.changes_since(network_id(1), &host(at), Revision(100))
    else {
        return Vec::new();
    };
    let keys = changes.iter().map(GoalChange::key);
    keys.filter(|key| !matches!(key, GoalKey::Dhcp(..)))
        .collect()
}

#[test]
fn a_port_has_its_own_policy_or_its_networks_but_for_the_regions_own() {
    let region = region();
    assert_eq!(told(&region, 1), of(0, 1));
    assert_eq!(told(&region, 2), of(1, 2));
    assert_eq!(told(&region, 3), Limits::default());
}

#[test]
fn a_changed_rule_is_told_to_the_hosts_of_its_ports_and_to_no_others() {
    let mut region = region();
    let touches = region.apply(Revision(101), &[put_qos_rule(qos_rule(0, 1, 7))]);
    assert_eq!(touches.len(), 1);
    assert_eq!(news(&region, 1), [GoalKey::Port(port_id(1))]);
    assert_eq!((news(&region, 2), news(&region, 3)), (vec![], vec![]));
    region.apply(Revision(102), &[put_qos_rule(qos_rule(1, 2, 7))]);
    assert_eq!(news(&region, 2), [GoalKey::Port(port_id(2))]);
    assert_eq!(news(&region, 3), []);
}

#[test]
fn a_policy_that_nobody_names_is_no_news() {
    let mut region = region();
    let touches = region.apply(Revision(101), &[put_qos_rule(qos_rule(2, 9, 7))]);
    assert_eq!(touches, []);
}

#[test]
fn a_network_that_changes_its_policy_retells_the_ports_without_one() {
    let mut region = region();
    let with = |policy: Option<QosPolicyId>| {
        let mut network = network(1);
        network.qos_policy_id = policy;
        put_network(network)
    };
    region.apply(Revision(101), &[with(Some(policy_id(2)))]);
    assert_eq!(told(&region, 1), of(1, 2));
    assert_eq!(news(&region, 1), [GoalKey::Port(port_id(1))]);
    assert_eq!((news(&region, 2), news(&region, 3)), (vec![], vec![]));
    region.apply(Revision(102), &[with(None)]);
    assert_eq!(told(&region, 1), Limits::default());
    // What it named before is forgotten.
    region.apply(Revision(103), &[put_qos_rule(qos_rule(0, 1, 7))]);
    assert_eq!(told(&region, 1), Limits::default());
}

#[test]
fn a_rule_that_is_deleted_bounds_no_more() {
    let mut region = region();
    let gone = Fact::QosRule(qos_rule(1, 2, RATE).id, None);
    region.apply(Revision(101), &[gone]);
    assert_eq!(
        told(&region, 2),
        Limits::default(),
        "its own policy is empty"
    );
    region.apply(Revision(102), &[vm(2, |_| {})]);
    assert_eq!(told(&region, 2), of(0, 1), "the network's");
}

/// Port 1 with a floating IP of external network 2, whose policy is 2.
fn outside(own: Option<QosPolicyId>) -> Compiler {
    let mut region = region();
    let mut external = network(2);
    external.qos_policy_id = Some(policy_id(2));
    let mut held = port(31, 2, 2, None);
    held.device_owner = "network:floatingip".into();
    let mut floating = floating(1, Some((1, 1)));
    floating.qos_policy_id = own;
    let facts = [
        put_network(external),
        put_port(held),
        put_floating(floating),
    ];
    region.apply(Revision(101), &facts);
    region
}

/// What the port's host is told of its address outside.
fn told_outside(region: &Compiler) -> Limits {
    let goals = wanted(region, network_id(1), &host(1)).into_iter();
    let mut limits = goals.filter_map(|goal| match goal {
        Goal::Floating(floating) => Some(floating.limits),
        _ => None,
    });
    limits.next().unwrap_or_default()
}

#[test]
fn a_floating_ip_has_its_own_policy_or_its_networks() {
    let mut region = outside(None);
    assert_eq!(told_outside(&region), of(1, 2));
    assert_eq!(
        told(&region, 1),
        of(0, 1),
        "its port's bound is another one"
    );
    region.apply(Revision(102), &[put_qos_rule(qos_rule(1, 2, 7))]);
    let lower = Limits::of(&[qos_rule(1, 2, 7).limit]);
    assert_eq!(
        told_outside(&region),
        lower,
        "a rule of the network's policy"
    );
    let mut external = network(2);
    external.qos_policy_id = Some(policy_id(1));
    region.apply(Revision(103), &[put_network(external)]);
    assert_eq!(told_outside(&region), of(0, 1));
    let mut region = outside(Some(policy_id(3)));
    assert_eq!(
        told_outside(&region),
        Limits::default(),
        "it has no rule yet"
    );
    let rules = [qos_rule(0, 3, 9), qos_rule(2, 3, 0)];
    region.apply(Revision(102), &rules.map(put_qos_rule));
    let both = Limits::of(&rules.map(|rule| rule.limit));
    assert!(both.dscp.is_some(), "one of the rules marks");
    assert_eq!(told_outside(&region), both);
}
