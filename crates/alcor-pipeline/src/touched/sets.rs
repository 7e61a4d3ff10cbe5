//! Which owners' flows a change of groups may alter: those of the rules that come or go, and of
//! the blocks that a set wins or loses. Ports, members and rules that stay are left alone.

use crate::member::Local;
use crate::sets::{Group, whole};
use crate::state::State;
use crate::{Owner, traffic};
use alcor_goalstate::{GroupGoal, GroupRule, RuleRemote};
use alcor_types::{Direction, PortId, SecurityGroupId};
use ipnet::IpNet;

/// A group comes, changes or goes.
pub(super) fn by_group(state: &State, id: SecurityGroupId, now: Option<&GroupGoal>) -> Vec<Owner> {
    let held = state.sets.groups.get(&id);
    let members = if state.sets.is_known(id) == now.is_some() {
        Vec::new()
    } else {
        by_members(state, id)
    };
    let Some(group) = held.filter(|group| !group.ports.is_empty()) else {
        return members;
    };
    let former = group.rules();
    let next = now.map_or(&[][..], |goal| &goal.rules);
    let stateful = |goal: &GroupGoal| goal.stateful;
    if former == next && group.known.as_ref().map(stateful) == now.map(stateful) {
        return members;
    }
    let gone = former.iter().filter(|rule| !next.contains(rule));
    let new = next.iter().filter(|rule| !former.contains(rule));
    let rules = gone.chain(new).flat_map(|rule| of_rule(state, rule));
    let ports = group.ports.iter().map(|port| Owner::Guard(*port));
    ports.chain(rules).chain(members).collect()
}

/// A group appears, or is no more: its members have been known without it.
fn by_members(state: &State, id: SecurityGroupId) -> Vec<Owner> {
    let set = RuleRemote::Group(id);
    let blocks: Vec<_> = state.sets.blocks.of(set).collect();
    by_blocks(state, set, &[], &blocks)
}

/// A set wins or loses blocks.
pub(super) fn by_blocks(
    state: &State,
    set: RuleRemote,
    former: &[IpNet],
    now: &[IpNet],
) -> Vec<Owner> {
    let now = whole(now);
    let gone = former.iter().filter(|block| !now.contains(block));
    let new = now.iter().filter(|block| !former.contains(block));
    let directions = state.sets.directions(set);
    let changed = gone.chain(new);
    let owners = changed.flat_map(|block| {
        let ways = directions.iter();
        ways.map(move |way| Owner::Remote(*way, *block))
    });
    owners.collect()
}

/// A port of this host enters and leaves groups: the first port in a group brings its rules to
/// life, and the last one ends them.
pub(super) fn by_port(state: &State, id: PortId, now: Option<&Local>) -> Vec<Owner> {
    let former = state.sets.groups_of(id);
    let next = now.map_or(&[][..], Local::groups);
    let group = |id: &SecurityGroupId| state.sets.groups.get(id);
    let left = former.iter().filter(|group| !next.contains(group));
    let last = |group: &&Group| group.ports.len() == 1;
    let left = left.filter_map(group).filter(last);
    let joined = next.iter().filter(|group| !former.contains(group));
    let first = |group: &&Group| group.ports.is_empty();
    let joined = joined.filter_map(group).filter(first);
    let rules = left.chain(joined).flat_map(Group::rules);
    rules.flat_map(|rule| of_rule(state, rule)).collect()
}

/// All owners of the flows of groups, but for the ports.
pub(super) fn all(state: &State) -> impl Iterator<Item = Owner> {
    let rules = state.sets.live();
    rules.flat_map(|rule| of_rule(state, rule))
}

/// What has flows because of a rule.
fn of_rule(state: &State, rule: &GroupRule) -> Vec<Owner> {
    let direction: Direction = rule.direction;
    let traffic = traffic::of(rule).into_iter();
    let traffic = traffic.map(|traffic| Owner::Traffic(direction, traffic));
    let blocks = match rule.remote {
        RuleRemote::Prefix(block) => whole(&[block]).into_vec(),
        set => state.sets.blocks.of(set).collect(),
    };
    let blocks = blocks.into_iter();
    let blocks = blocks.map(|block| Owner::Remote(direction, block));
    let own = Owner::Rule(direction, rule.id);
    traffic.chain(blocks).chain([own]).collect()
}
