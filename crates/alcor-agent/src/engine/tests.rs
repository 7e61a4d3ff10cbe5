//! When jobs are confirmed, and when flows may be judged.

use super::*;
use alcor_goalstate::wire::PushKind;
use alcor_goalstate::{PortIdentity, encode};
use alcor_responder::Reason;
use alcor_types::{MacAddr, NetworkId, ProjectId, Revision};
use std::time::Instant;
use uuid::Uuid;

fn seeing_all() -> Engine {
    let mut engine = Engine::new(60, 200, IpAddr::from([0; 4]));
    engine.welcomed(&Welcome::default());
    engine.bridge_seen(&BTreeSet::new());
    engine
}

#[test]
fn a_lost_job_is_not_confirmed_before_the_switch_is_read_again() {
    let mut engine = seeing_all();
    engine.switch_found(Contents::default());
    engine.pushed(&Push {
        sequence: 7,
        scope: uuid::Uuid::nil().to_string(),
        ..Push::default()
    });
    assert!(engine.programmed(JobResult::Lost).is_empty());
    assert!(engine.advance().is_empty());
    let again = engine.switch_found(Contents::default());
    let [Effect::Program(job)] = &again[..] else {
        panic!("{again:?}");
    };
    assert!(!job.changes.add.is_empty(), "the base flows are owed again");
    let effects = engine.programmed(JobResult::Done(Vec::new()));
    assert!(matches!(
        &effects[..],
        [Effect::Say(Body::Ack(Ack { sequence: 7, .. }))]
    ));
}

#[test]
fn nothing_is_audited_before_region_and_bridge_are_both_known() {
    let mut engine = Engine::new(60, 200, IpAddr::from([0; 4]));
    engine.switch_found(Contents::default());
    engine.programmed(JobResult::Done(Vec::new()));
    engine.welcomed(&Welcome::default());
    assert_eq!(engine.audit_ticket(), None);
    engine.bridge_seen(&BTreeSet::new());
    engine.programmed(JobResult::Done(Vec::new()));
    assert!(engine.audit_ticket().is_some());
}

#[test]
fn nobody_else_is_asked_for_a_name_before_the_network_is_known() {
    let mut engine = seeing_all();
    let server = IpAddr::from([10, 0, 0, 1]);
    let asked = |engine: &mut Engine| {
        let found = engine.look_up(Instant::now(), PORT, server, &question());
        found.map(|_| ())
    };
    engine.pushed(&part_of_a_snapshot(false));
    assert_eq!(asked(&mut engine), Err(Reason::TooEarly));
    engine.pushed(&part_of_a_snapshot(true));
    assert_eq!(asked(&mut engine), Ok(()));
}

const PORT: PortId = PortId(Uuid::from_u128(2));

/// A VM's port, in a snapshot that has ended with it or not.
fn part_of_a_snapshot(complete: bool) -> Push {
    let vpc = NetworkId(Uuid::from_u128(1));
    let port = PortGoal {
        id: PORT,
        revision: Revision(1),
        vpc,
        name: String::new(),
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        admin_state_up: true,
        fixed_ips: Vec::new(),
        device_id: String::new(),
        device_owner: String::new(),
        extra_dhcp_opts: Vec::new(),
        port_security_enabled: true,
        security_groups: Vec::new(),
        allowed_address_pairs: Vec::new(),
        identity: Box::new(PortIdentity {
            project_id: ProjectId::from("p"),
            dns_name: String::new(),
        }),
        limits: Box::default(),
        taps: None,
    };
    Push {
        scope: vpc.to_string(),
        kind: PushKind::SnapshotOfScope.into(),
        revision: 1,
        begins: true,
        complete,
        goal_state: Some(encode::goal_state(&[GoalChange::Put(Goal::Port(port))])),
        ..Push::default()
    }
}

/// Which address "a." has (RFC 1035, section 4.1).
fn question() -> Vec<u8> {
    let header = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&header[..], &[1, b'a', 0, 0, 1, 0, 1]].concat()
}
