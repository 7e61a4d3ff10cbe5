//! Laws of security groups in the compiler over random histories, and the scenarios of the first
//! Alcor's documents: who is told of which group, and how little.

#![expect(clippy::unwrap_used, reason = "the blocks of the tests are blocks")]

mod support;

use alcor_compiler::{Compiler, Delta, Fact, Found, Narrow};
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeId, Sought, digest};
use alcor_types::{
    AddressGroup, AllowedAddressPair, Direction, EtherType, HostName, Port, Remote, Revision,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Sharing, Standard,
    TrafficMatch,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::*;
use uuid::Uuid;

const GROUPS: u8 = 3;
const HOSTS: u8 = 3;
const PORTS: u8 = 5;

fn group_id(number: u8) -> SecurityGroupId {
    SecurityGroupId(Uuid::from_u128(0x5_0000 + u128::from(number)))
}

fn address_group_id(number: u8) -> alcor_types::AddressGroupId {
    Uuid::from_u128(0x6_0000 + u128::from(number)).into()
}

fn rule_id(number: u8) -> SecurityGroupRuleId {
    SecurityGroupRuleId(Uuid::from_u128(0x7_0000 + u128::from(number)))
}

fn put_group(number: u8, stateful: bool) -> Fact {
    let group = SecurityGroup {
        id: group_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        is_default: false,
        stateful,
        shared: Sharing::default(),
    };
    Fact::SecurityGroup(group.id, Some(Arc::new(group)))
}

fn put_addresses(number: u8, blocks: &[&str]) -> Fact {
    let group = AddressGroup {
        id: address_group_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        addresses: blocks.iter().map(|block| block.parse().unwrap()).collect(),
        shared: Sharing::default(),
    };
    Fact::AddressGroup(group.id, Some(Arc::new(group)))
}

fn put_rule(number: u8, group: u8, remote: Remote) -> Fact {
    let rule = SecurityGroupRule {
        id: rule_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        security_group_id: group_id(group),
        traffic: TrafficMatch {
            direction: Direction::Ingress,
            ethertype: EtherType::Ipv4,
            protocol: Some("tcp".to_owned()),
            port_range_min: None,
            port_range_max: None,
            remote,
        },
    };
    Fact::SecurityGroupRule(rule.id, Some(Arc::new(rule)))
}

/// A port of network 1, in these groups.
fn member(number: u8, at: Option<u8>, groups: &[u8]) -> Port {
    Port {
        security_groups: groups.iter().map(|group| group_id(*group)).collect(),
        ..port(number, 1, 1, at)
    }
}

fn vm(number: u8, at: u8, groups: &[u8]) -> Fact {
    put_port(member(number, Some(at), groups))
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let groups = prop::collection::btree_set(0..GROUPS, 0..3);
    let at = prop::option::weighted(0.8, 0..HOSTS);
    let port = (0..PORTS, at, groups, any::<bool>()).prop_map(|(id, at, groups, bare)| {
        let groups: Vec<_> = groups.into_iter().collect();
        let mut port = member(id, at, &groups);
        if bare {
            port.fixed_ips.clear();
        }
        put_port(port)
    });
    let remote = prop_oneof![
        Just(Remote::Any),
        (0..GROUPS).prop_map(|id| Remote::Group(group_id(id))),
        (0..2_u8).prop_map(|id| Remote::AddressGroup(address_group_id(id))),
    ];
    let blocks = prop::sample::select(vec![&["10.0.0.0/8"][..], &[], &["fd00::/8", "1.1.1.1/32"]]);
    prop_oneof![
        6 => port,
        2 => (0..PORTS).prop_map(|id| Fact::Port(port_id(id), None)),
        // A rule never changes its group.
        4 => (0..6_u8, remote).prop_map(|(id, remote)| put_rule(id, id % GROUPS, remote)),
        2 => (0..6_u8).prop_map(|id| Fact::SecurityGroupRule(rule_id(id), None)),
        2 => (0..GROUPS, any::<bool>()).prop_map(|(id, stateful)| put_group(id, stateful)),
        1 => (0..GROUPS).prop_map(|id| Fact::SecurityGroup(group_id(id), None)),
        2 => (0..2_u8, blocks).prop_map(|(id, blocks)| put_addresses(id, blocks)),
        1 => (0..2_u8).prop_map(|id| Fact::AddressGroup(address_group_id(id), None)),
        1 => Just(put_network(network(1))),
        1 => Just(Fact::Network(network_id(1), None)),
        2 => (0..HOSTS).prop_map(|id| put_node(node(id))),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(host(id), None)),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<Vec<Fact>>> {
    prop::collection::vec(prop::collection::vec(any_fact(), 1..4), 1..40)
}

fn scopes() -> Vec<ScopeId> {
    let groups = (0..GROUPS).map(|id| group_id(id).into());
    let addresses = (0..2).map(|id| address_group_id(id).into());
    groups.chain(addresses).collect()
}

fn places() -> Vec<(ScopeId, HostName)> {
    let hosts = || (0..HOSTS).map(host);
    let scopes = scopes().into_iter();
    scopes
        .flat_map(|scope| hosts().map(move |host| (scope, host)))
        .collect()
}

/// Goals without their revisions.
fn contents(region: &Compiler, scope: ScopeId, host: &HostName) -> Vec<u64> {
    let goals = wanted(region, scope, host);
    goals.iter().map(digest::goal).collect()
}

proptest! {
    #[test]
    fn whoever_follows_holds_the_snapshot_of_a_group(
        history in any_history(),
        log_limit in 0_usize..40,
        looks in prop::collection::vec(any::<u16>(), 40),
        above in 0_usize..6,
    ) {
        let mut region = Compiler::new(log_limit).on_demand_above(above);
        let mut followers: BTreeMap<_, Follower> =
            places().into_iter().map(|place| (place, Follower::default())).collect();
        for (number, facts) in history.iter().enumerate() {
            region.apply(Revision(number as u64 + 1), facts);
            for (index, ((scope, host), follower)) in followers.iter_mut().enumerate() {
                if looks[number] >> index & 1 == 1 {
                    follower.follow(&region, *scope, host);
                }
            }
        }
        for ((scope, host), mut follower) in followers {
            follower.follow(&region, scope, &host);
            prop_assert_eq!(follower.held(), wanted(&region, scope, &host));
            let digest = region.digest(scope, &host);
            prop_assert_eq!(follower.goals.digest(), digest.unwrap_or(0));
            prop_assert_eq!(digest.is_some(), region.has_host(scope, &host));
        }
    }

    #[test]
    fn groups_are_the_same_whatever_order_they_come_in(history in any_history()) {
        let mut played = Compiler::new(16);
        let mut last = BTreeMap::new();
        for (number, facts) in history.iter().enumerate() {
            played.apply(Revision(number as u64 + 1), facts);
            for fact in facts {
                let name = match fact {
                    Fact::FloatingIp(id, _) => id.to_string(),
                    Fact::PortForwarding(id, _) => id.to_string(),
                    Fact::Port(id, _) => id.to_string(),
                    Fact::Router(id, _) => id.to_string(),
                    Fact::RouteTable(id, _) => id.to_string(),
                    Fact::SubnetPool(id, _) => id.to_string(),
                    Fact::Node(host, _) => host.to_string(),
                    Fact::SecurityGroup(id, _) => id.to_string(),
                    Fact::SecurityGroupRule(id, _) => id.to_string(),
                    Fact::AddressGroup(id, _) => id.to_string(),
                    Fact::QosRule(id, _) => id.to_string(),
                    Fact::Network(id, _) => id.to_string(),
                    Fact::Subnet(id, _) => id.to_string(),
                    Fact::NetworkAcl(id, _) => id.to_string(),
                    Fact::TapService(id, _) => id.to_string(),
                    Fact::TapFlow(id, _) => id.to_string(),
                    Fact::Trunk(id, _) => id.to_string(),
                    Fact::NetworkAclRule(id, _) => id.to_string(),
                };
                last.insert(name, fact.clone());
            }
        }
        let facts: Vec<_> = last.into_values().collect();
        let forth = Compiler::load(Revision(99), facts.iter().cloned(), 16);
        let back = Compiler::load(Revision(99), facts.iter().rev().cloned(), 16);
        for (scope, host) in places() {
            prop_assert_eq!(forth.snapshot(scope, &host), back.snapshot(scope, &host));
            prop_assert_eq!(contents(&forth, scope, &host), contents(&played, scope, &host));
            prop_assert_eq!(forth.digest(scope, &host), played.digest(scope, &host));
        }
    }

    #[test]
    fn touches_tell_who_came_to_a_group_and_who_went(
        history in any_history(),
        above in 0_usize..6,
    ) {
        let mut region = Compiler::new(16).on_demand_above(above);
        for (number, facts) in history.iter().enumerate() {
            let members = |region: &Compiler| -> BTreeMap<_, _> {
                let hosts = |id| BTreeSet::from_iter(region.scope_hosts(id));
                scopes().into_iter().map(|id| (id, hosts(id))).collect()
            };
            let before = members(&region);
            let revisions: Vec<_> =
                scopes().into_iter().map(|id| region.scope_revision(id)).collect();
            let touches = region.apply(Revision(number as u64 + 1), facts);
            let after = members(&region);
            for (scope, revision) in scopes().into_iter().zip(revisions) {
                let touch = touches.iter().find(|touch| touch.scope == scope);
                let joined = touch.map_or(&[][..], |touch| &touch.joined);
                let left = touch.map_or(&[][..], |touch| &touch.left);
                prop_assert!(after[&scope].difference(&before[&scope]).eq(joined));
                prop_assert!(before[&scope].difference(&after[&scope]).eq(left));
                let news = region.scope_revision(scope) != revision;
                let readers = news && !after[&scope].is_empty();
                prop_assert!(touch.is_some() || !readers, "a reader must be woken");
            }
            for number in 0..HOSTS {
                let host = host(number);
                let here = scopes().into_iter().filter(|id| after[id].contains(&host));
                let mut here: Vec<_> = here.collect();
                here.sort();
                let mut told = region.host_scopes(&host);
                told.retain(|scope| scope.network().is_none());
                prop_assert_eq!(told, here);
            }
        }
    }
}

/// Network 1, three hosts, groups 1 and 2, rule 1 of group 1; revision 10.
fn region() -> Compiler {
    let mut region = Compiler::new(64);
    let facts = [
        put_network(network(1)),
        put_subnet(subnet(1, 1)),
        put_node(node(1)),
        put_node(node(2)),
        put_node(node(3)),
        put_group(1, true),
        put_group(2, true),
        put_rule(1, 1, Remote::Any),
    ];
    region.apply(Revision(10), &facts);
    region
}

fn scope(number: u8) -> ScopeId {
    group_id(number).into()
}

fn keys(region: &Compiler, number: u8, at: u8) -> Vec<GoalKey> {
    let goals = wanted(region, scope(number), &host(at));
    goals.iter().map(Goal::key).collect()
}

/// What a group with these ports in it is.
fn of(number: u8, members: &[u8]) -> Vec<GoalKey> {
    let group = group_id(number);
    let members = members
        .iter()
        .map(|id| GoalKey::Member(group, port_id(*id)));
    [GoalKey::Group(group)].into_iter().chain(members).collect()
}

fn delta(region: &Compiler, number: u8, at: u8, since: u64) -> Vec<GoalKey> {
    match region.changes_since(scope(number), &host(at), Revision(since)) {
        Delta::Changes { changes, .. } => changes.iter().map(GoalChange::key).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn sg_a_a_port_brings_its_groups_to_its_host() {
    let mut region = region();
    region.apply(Revision(11), &[vm(1, 1, &[1, 2])]);
    let scopes = [scope(1), scope(2), network_id(1).into()];
    assert_eq!(region.host_scopes(&host(1)), scopes);
    assert_eq!(keys(&region, 1, 1), of(1, &[1]));
    assert_eq!(keys(&region, 2, 1), of(2, &[1]));
    assert_eq!(region.host_scopes(&host(2)), []);
}

#[test]
fn sg_b_a_rule_brings_the_group_that_it_names_and_no_further() {
    let mut region = region();
    let names = |id, group, remote| put_rule(id, group, Remote::Group(group_id(remote)));
    let facts = [
        vm(2, 2, &[1]),
        vm(3, 3, &[1]),
        put_group(3, true),
        names(2, 2, 1),
        names(3, 1, 3),
        vm(1, 1, &[2]),
    ];
    region.apply(Revision(11), &facts);
    let scopes = [scope(1), scope(2), network_id(1).into()];
    assert_eq!(region.host_scopes(&host(1)), scopes, "one level");
    assert_eq!(keys(&region, 1, 1), of(1, &[2, 3]));
    // The last such rule goes, and the group with it.
    region.apply(Revision(12), &[Fact::SecurityGroupRule(rule_id(2), None)]);
    assert_eq!(keys(&region, 1, 1), []);
    assert!(!region.has_host(scope(1), &host(1)));
}

#[test]
fn sg_c_a_rule_that_changes_is_told_as_its_group_alone() {
    let mut region = region();
    region.apply(Revision(11), &[vm(1, 1, &[1]), vm(2, 2, &[1])]);
    let touches = region.apply(Revision(12), &[put_rule(4, 1, Remote::Any)]);
    assert_eq!(touches.len(), 1, "the network has no news: {touches:?}");
    for at in [1, 2] {
        assert_eq!(delta(&region, 1, at, 11), [GoalKey::Group(group_id(1))]);
    }
}

#[test]
fn sg_d_a_port_that_joins_is_one_member_to_all_who_hold_the_group() {
    let mut region = region();
    let trusts = put_rule(2, 2, Remote::Group(group_id(1)));
    region.apply(Revision(11), &[trusts, vm(1, 1, &[2]), vm(2, 3, &[1])]);
    region.apply(Revision(12), &[vm(4, 2, &[1])]);
    let joined = [GoalKey::Member(group_id(1), port_id(4))];
    for at in [1, 3] {
        assert_eq!(delta(&region, 1, at, 11), joined, "host {at}");
    }
    assert_eq!(keys(&region, 1, 2), of(1, &[2, 4]));
    // A label is nobody's business.
    let mut named = member(4, Some(2), &[1]);
    named.standard.name = "new".into();
    region.apply(Revision(13), &[put_port(named)]);
    assert_eq!(region.scope_revision(scope(1)), Some(Revision(12)));
}

/// A region where the network is large with three ports.
fn large_region() -> Compiler {
    let mut region = region().on_demand_above(2);
    let facts = [vm(1, 1, &[1]), vm(2, 2, &[1]), vm(3, 3, &[1])];
    region.apply(Revision(11), &facts);
    region
}

#[test]
fn a_group_tells_of_ports_in_small_networks_and_these_tell_of_themselves_in_large_ones() {
    let mut region = large_region();
    assert_eq!(keys(&region, 1, 1), of(1, &[]));
    let told = region.find(
        network_id(1),
        &host(1),
        Sought::Mac(member(2, None, &[]).mac_address),
    );
    let Found::Neighbors(told) = told else {
        panic!("nobody has it: {told:?}");
    };
    let [(_, Goal::Neighbor(goal))] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(goal.security_groups, [group_id(1)]);
    // Two of three are too few.
    region.apply(Revision(12), &[Fact::Port(port_id(2), None)]);
    region.apply(Revision(13), &[Fact::Port(port_id(3), None)]);
    assert_eq!(keys(&region, 1, 1), of(1, &[1]));
    assert_eq!(
        delta(&region, 1, 1, 12),
        [GoalKey::Member(group_id(1), port_id(1))]
    );
}

#[test]
fn blocks_of_allowed_pairs_in_large_networks_are_told_to_all() {
    let mut region = large_region();
    let mut pair = member(4, Some(2), &[1]);
    pair.allowed_address_pairs.push(AllowedAddressPair {
        ip_address: "10.0.0.64/26".parse().unwrap(),
        mac_address: None,
    });
    region.apply(Revision(12), &[put_port(pair)]);
    let goals = wanted(&region, scope(1), &host(1));
    let [Goal::Group(_), Goal::Member(goal)] = &goals[..] else {
        panic!("{goals:?}");
    };
    assert_eq!(
        goal.addresses,
        ["10.0.0.64/26".parse().unwrap()],
        "not its own"
    );
}

#[test]
fn who_joins_a_group_in_a_large_network_is_news_to_few() {
    let mut region = large_region();
    let touches = region.apply(Revision(12), &[vm(4, 2, &[1])]);
    let [touch] = &touches[..] else {
        panic!("{touches:?}");
    };
    let narrow = Narrow {
        ports: vec![port_id(4)],
        places: vec![host(2)],
    };
    assert_eq!(
        (touch.scope, &touch.only),
        (network_id(1).into(), &Some(narrow))
    );
    let touches = region.apply(Revision(13), &[vm(4, 2, &[])]);
    let scopes: Vec<_> = touches.iter().map(|touch| touch.scope).collect();
    assert_eq!(scopes, [network_id(1).into()], "the group has no news");
    assert_eq!(region.scope_revision(scope(1)), Some(Revision(11)));
}
