//! Rules of security groups as conjunctions: of the ports they are for, the packets they speak
//! of, and, where they name one, a set of remote addresses.

use crate::Traffic;
use crate::state::State;
use crate::table::{MATCH, Side, looked_up};
use alcor_goalstate::{GroupRule, RuleRemote};
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{Direction, SecurityGroupRuleId};
use ipnet::IpNet;

/// The clause of the ports that a rule is for.
pub(super) const PORT: u8 = 0;
/// The clause of the packets that it speaks of.
const TRAFFIC: u8 = 1;
/// The clause of the remote addresses; rules for anybody have none.
const REMOTE: u8 = 2;

/// One clause of a live rule.
pub(super) fn clause(state: &State, rule: &GroupRule, clause: u8) -> Option<Action> {
    let anybody = rule.remote == RuleRemote::Any;
    Some(Action::Conjunction {
        id: state.sets.conjunction(rule.id)?,
        clause,
        clauses: if anybody { 2 } else { 3 },
    })
}

/// Packets exchanged with a block, for all rules that use a set with the block in it.
pub(super) fn remote(state: &State, direction: Direction, block: IpNet) -> Option<Flow> {
    let users = state.sets.users_of_block(direction, block);
    let matching = (Side::of(direction).peer)(Match::new(), block);
    clauses(state, direction, (matching, REMOTE), users.into_iter())
}

/// Packets of one kind, for all rules that speak of them.
pub(super) fn traffic(state: &State, direction: Direction, traffic: Traffic) -> Option<Flow> {
    let users = state.sets.users_of_traffic(direction, traffic);
    let matching = traffic.matching(Match::new());
    clauses(state, direction, (matching, TRAFFIC), users)
}

/// What a rule's conjunction leads to.
pub(super) fn allow(
    state: &State,
    direction: Direction,
    rule: SecurityGroupRuleId,
) -> Option<Flow> {
    let live = state.sets.rule(rule);
    live.filter(|rule| state.sets.complete && rule.direction == direction)?;
    let conjunction = state.sets.conjunction(rule)?;
    let side = Side::of(direction);
    let matching = Match::new().conj_id(conjunction);
    let allowed = Flow::new(side.rules, MATCH, matching);
    Some(
        allowed
            .apply([Action::load(looked_up(), 0)])
            .goto(side.accept),
    )
}

fn clauses(
    state: &State,
    direction: Direction,
    (matching, number): (Match, u8),
    users: impl Iterator<Item = SecurityGroupRuleId>,
) -> Option<Flow> {
    let rules = users.filter_map(|rule| state.sets.rule(rule));
    let actions: Vec<_> = rules
        .filter_map(|rule| clause(state, rule, number))
        .collect();
    let wanted = state.sets.complete && !actions.is_empty();
    let table = Side::of(direction).rules;
    wanted.then(|| Flow::new(table, MATCH, matching).apply(actions))
}
