//! Laws of the conversions, the digest and the rule by which a scope changes.

mod generate;

use alcor_goalstate::wire::GoalStateV2;
use alcor_goalstate::{Applied, Goal, GoalChange, ScopeGoals, decode, digest, encode};
use alcor_types::Revision;
use generate::{any_change, any_goal};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use std::collections::BTreeMap;

proptest! {
    #[test]
    fn every_change_survives_the_wire(changes in vec(any_change(), 0..20)) {
        let last: BTreeMap<_, _> = changes.iter().map(|one| (one.key(), one.clone())).collect();
        let bytes = encode::goal_state(&changes).encode_to_vec();
        let read = GoalStateV2::decode(bytes.as_slice()).unwrap();
        let read: BTreeMap<_, _> =
            decode::goal_state(&read).unwrap().into_iter().map(|one| (one.key(), one)).collect();
        prop_assert_eq!(read, last);
    }

    #[test]
    fn a_scope_ends_the_same_in_whatever_order_its_changes_come(
        changes in vec(any_goal(), 1..12),
        order in any::<prop::sample::Index>(),
    ) {
        let revised: Vec<_> = (1u64..).zip(changes).map(|(at, goal)| revise(goal, at)).collect();
        let mut rotated = revised.clone();
        rotated.rotate_left(order.index(revised.len()));
        prop_assert_eq!(held_after(&revised), held_after(&rotated));
    }

    #[test]
    fn the_digest_is_that_of_the_goals_held(changes in vec(any_change(), 0..30)) {
        let mut scope = ScopeGoals::default();
        for change in &changes {
            scope.apply(change);
        }
        prop_assert_eq!(scope.digest(), digest::goals(scope.iter()));
        scope.retain(|_| false);
        prop_assert_eq!(scope.digest(), 0);
    }
}

fn revise(mut goal: Goal, at: u64) -> GoalChange {
    let revision = match &mut goal {
        Goal::Vpc(goal) => &mut goal.revision,
        Goal::Subnet(goal) => &mut goal.revision,
        Goal::Acl(goal) => &mut goal.revision,
        Goal::Port(goal) => &mut goal.revision,
        Goal::Dhcp(goal) => &mut goal.revision,
        Goal::Floating(goal) => &mut goal.revision,
        Goal::Outlet(goal) => &mut goal.revision,
        Goal::Neighbor(goal) => &mut goal.revision,
        Goal::Interface(goal) => &mut goal.revision,
        Goal::Group(goal) => &mut goal.revision,
        Goal::Member(goal) => &mut goal.revision,
        Goal::AddressGroup(goal) => &mut goal.revision,
    };
    *revision = Revision(at);
    GoalChange::Put(goal)
}

fn held_after(changes: &[GoalChange]) -> Vec<Goal> {
    let mut scope = ScopeGoals::default();
    for change in changes {
        scope.apply(change);
    }
    scope.iter().cloned().collect()
}

#[test]
fn an_older_change_is_answered_out_of_order_and_not_applied() {
    let [goal, other] = [1, 2].map(|vpc| generate::neighbor(7, vpc));
    let mut scope = ScopeGoals::default();
    assert_eq!(scope.apply(&revise(goal.clone(), 5)), Applied::Changed);
    assert_eq!(scope.apply(&revise(goal.clone(), 5)), Applied::Unchanged);
    assert_eq!(scope.apply(&revise(other.clone(), 4)), Applied::OutOfOrder);
    assert_eq!(
        scope.get(&goal.key()).map(Goal::revision),
        Some(Revision(5))
    );
    let old = GoalChange::Delete {
        key: goal.key(),
        revision: Revision(4),
    };
    assert_eq!(scope.apply(&old), Applied::OutOfOrder);
    let new = GoalChange::Delete {
        key: goal.key(),
        revision: Revision(6),
    };
    assert_eq!(scope.apply(&new), Applied::Changed);
    assert!(scope.is_empty());
}

#[test]
fn the_same_content_under_a_newer_revision_is_no_change_but_moves_on() {
    let goal = generate::neighbor(7, 1);
    let mut scope = ScopeGoals::default();
    scope.apply(&revise(goal.clone(), 5));
    let digest = scope.digest();
    assert_eq!(scope.apply(&revise(goal.clone(), 9)), Applied::Unchanged);
    assert_eq!(scope.digest(), digest);
    assert_eq!(
        scope.get(&goal.key()).map(Goal::revision),
        Some(Revision(9))
    );
}

#[test]
fn a_wrong_field_is_named() {
    let goal = GoalChange::Put(generate::neighbor(7, 1));
    let mut state = encode::goal_state([&goal]);
    for neighbor in state.neighbor_states.values_mut() {
        neighbor.configuration.as_mut().unwrap().mac_address = "nonsense".to_owned();
    }
    let error = decode::goal_state(&state).unwrap_err();
    assert_eq!((error.resource, error.field), ("neighbor", "mac_address"));
    assert!(error.problem.contains("nonsense"), "{error}");
}

#[test]
fn whatever_bytes_come_decoding_does_not_panic() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(state) = GoalStateV2::decode(bytes) {
            let _ = decode::goal_state(&state);
        }
    });
}
