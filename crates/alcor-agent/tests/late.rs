//! Pushes that come late or again never bring back what is no longer true: a neighbour's old
//! location, or a port that is gone.

use alcor_agent::Holdings;
use alcor_goalstate::wire::{Push, PushKind};
use alcor_goalstate::{Goal, GoalChange, GoalKey, NeighborGoal, ScopeId, encode};
use alcor_types::{MacAddr, NetworkId, PortId, Revision};
use proptest::prelude::*;
use std::net::IpAddr;
use uuid::Uuid;

fn network() -> NetworkId {
    NetworkId(Uuid::from_u128(1))
}

fn port(number: u8) -> PortId {
    PortId(Uuid::from_u128(0x100 + u128::from(number)))
}

/// A port is on a host at a revision, or gone.
fn change(number: u8, host: Option<u8>, revision: u64) -> GoalChange {
    let revision = Revision(revision);
    let Some(host) = host else {
        let key = GoalKey::Neighbor(port(number));
        return GoalChange::Delete { key, revision };
    };
    GoalChange::Put(Goal::Neighbor(NeighborGoal {
        port: port(number),
        revision,
        vpc: network(),
        mac: MacAddr([2, 0, 0, 0, 0, number]),
        host_ip: IpAddr::from([192, 0, 2, host]),
        fixed_ips: Vec::new(),
        dns_name: String::new(),
        security_groups: Vec::new(),
    }))
}

fn push(kind: PushKind, revision: u64, changes: &[GoalChange]) -> Push {
    Push {
        scope: ScopeId::from(network()).to_string(),
        kind: kind.into(),
        revision,
        complete: true,
        begins: true,
        goal_state: Some(encode::goal_state(changes)),
        ..Push::default()
    }
}

fn held(holdings: &Holdings) -> Vec<Goal> {
    holdings.goals().cloned().collect()
}

proptest! {
    #[test]
    fn late_deltas_change_nothing(
        moves in prop::collection::vec((0..3_u8, prop::option::weighted(0.7, 1..4_u8)), 1..20),
        late in prop::collection::vec(any::<prop::sample::Index>(), 20),
    ) {
        let (mut holdings, mut ordered) = (Holdings::default(), Holdings::default());
        let start = push(PushKind::SnapshotOfScope, 1, &[]);
        for all in [&mut holdings, &mut ordered] {
            all.apply(&start).unwrap();
        }
        let moves = (2..).zip(moves);
        let deltas: Vec<_> = moves
            .map(|(revision, (number, host))| {
                push(PushKind::DeltaOfScope, revision, &[change(number, host, revision)])
            })
            .collect();
        for (number, delta) in deltas.iter().enumerate() {
            holdings.apply(delta).unwrap();
            ordered.apply(delta).unwrap();
            let again = &deltas[late[number].index(number + 1)];
            prop_assert_eq!(holdings.apply(again).unwrap(), Vec::new());
            prop_assert_eq!(held(&holdings), held(&ordered));
        }
    }
}

#[test]
fn an_old_location_does_not_come_back_with_a_late_delta() {
    let mut holdings = Holdings::default();
    let mut take = |push: Push| holdings.apply(&push).unwrap().len();
    let delta = |revision, host| {
        let change = change(1, host, revision);
        push(PushKind::DeltaOfScope, revision, &[change])
    };
    let snapshot =
        |revision, goals: &[GoalChange]| push(PushKind::SnapshotOfScope, revision, goals);
    assert_eq!(take(snapshot(4, &[change(1, Some(1), 3)])), 1);
    assert_eq!(take(delta(6, Some(2))), 1);
    assert_eq!(take(delta(5, Some(1))), 0, "it has moved on");
    assert_eq!(take(delta(7, None)), 1);
    assert_eq!(take(delta(6, Some(2))), 0, "it is gone");
    assert_eq!(take(delta(8, Some(3))), 1, "it is back");
    // A snapshot says what is true, whatever was thought before.
    let goals = [change(2, Some(1), 2), change(1, Some(3), 8)];
    assert_eq!(take(snapshot(8, &goals)), 1);
}
