//! When jobs are confirmed, when flows may be judged, and when sub-ports of trunks have numbers.

use super::*;
use crate::demand::Account;
use alcor_goalstate::wire::{OperationStatus, PushKind};
use alcor_goalstate::{Carrier, PortIdentity, TrunkPart, VpcGoal, encode};
use alcor_openflow::{Field, Match, PacketIn};
use alcor_responder::Reason;
use alcor_types::{MacAddr, NetworkId, Revision, Vni};
use std::time::Instant;
use uuid::Uuid;

fn seeing_all() -> Engine {
    let mut engine = Engine::new(60, 200, IpAddr::from([0; 4]));
    engine.welcomed(&Welcome::default());
    engine.bridge_seen(BTreeMap::new());
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
    engine.bridge_seen(BTreeMap::new());
    engine.programmed(JobResult::Done(Vec::new()));
    assert!(engine.audit_ticket().is_some());
}

#[test]
fn it_gives_signs_of_life_from_the_welcome_to_the_sessions_end() {
    let mut engine = Engine::new(60, 200, IpAddr::from([0; 4]));
    for _ in 0..2 {
        engine.hello(&Hello::default());
        assert!(engine.heartbeat(true).is_none());
        engine.welcomed(&Welcome::default());
        assert!(engine.heartbeat(true).is_some());
        engine.region_lost();
        assert!(engine.heartbeat(true).is_none());
    }
}

/// A network, and a port of it that another one's interface carries.
fn carried(parent: PortId) -> [GoalChange; 2] {
    let (id, revision) = (NetworkId(Uuid::from_u128(1)), Revision(1));
    let network = VpcGoal {
        id,
        revision,
        project_id: "p".into(),
        name: String::new(),
        carrier: Carrier::Vxlan(Vni::MIN),
        mtu: 1450,
        admin_state_up: true,
        dns_domain: String::new(),
        on_demand: false,
    };
    let port = PortGoal {
        id: SUB_PORT,
        revision,
        vpc: id,
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
            project_id: "p".into(),
            dns_name: String::new(),
            trunk: Some(TrunkPart::SubPort { parent, tag: 7 }),
        }),
        limits: Box::default(),
        taps: None,
    };
    [Goal::Vpc(network), Goal::Port(port)].map(GoalChange::Put)
}

const SUB_PORT: PortId = PortId(Uuid::from_u128(3));

/// The last word on the sub-port.
fn word(effects: &[Effect]) -> Option<(OperationStatus, &str)> {
    let said = effects.iter().filter_map(|effect| match effect {
        Effect::Say(Body::Report(report)) => Some(&report.statuses),
        _ => None,
    });
    let mut of = said
        .flatten()
        .filter(|said| said.resource_id == SUB_PORT.to_string());
    of.next_back()
        .map(|said| (said.operation_status(), &*said.reason))
}

/// The numbers whose connections the next job ends, before and after.
fn flushed(effects: &[Effect]) -> (Vec<u16>, Vec<u16>) {
    let jobs = effects.iter().filter_map(|effect| match effect {
        Effect::Program(job) => Some(job.flushes.clone()),
        _ => None,
    });
    jobs.fold(
        Default::default(),
        |(mut before, mut after): (Vec<_>, Vec<_>), one| {
            before.extend(one.before);
            after.extend(one.after);
            (before, after)
        },
    )
}

#[test]
fn a_sub_port_has_a_number_while_its_parent_has_an_interface() {
    const NUMBER: u16 = 0xc000;
    let (mut engine, parent) = (seeing_all(), PortId::random());
    let done = || JobResult::Done(Vec::new());
    let vif = |ofport| {
        Some(Vif {
            ofport: Some(ofport),
            error: None,
        })
    };
    engine.kept(&BTreeMap::new());
    engine.switch_found(Contents::default());
    engine.programmed(done());
    engine.pushed(&Push {
        scope: Uuid::from_u128(1).to_string(),
        kind: PushKind::DeltaOfScope.into(),
        goal_state: Some(encode::goal_state(&carried(parent))),
        ..Push::default()
    });
    let waits = engine.programmed(done());
    let (status, reason) = word(&waits).unwrap();
    assert_eq!(status, OperationStatus::Pending);
    assert!(reason.contains("its trunk's port"), "{reason}");

    let came = engine.plugged(parent, vif(5));
    let key = format!("alcor-sub-port-{SUB_PORT}/{parent}/5");
    let kept = vec![(key.clone(), Some(NUMBER.to_string()))];
    assert!(
        came.iter()
            .any(|effect| matches!(effect, Effect::Keep(keep) if *keep == kept))
    );
    assert_eq!(
        flushed(&came),
        (vec![5, NUMBER], vec![]),
        "nothing is inherited"
    );
    assert_eq!(
        word(&engine.programmed(done())),
        None,
        "not before the number is kept"
    );
    let numbered = engine.kept(&BTreeMap::from([(key, NUMBER.to_string())]));
    assert_eq!(flushed(&numbered), (vec![], vec![]));
    let works = engine.programmed(done());
    assert_eq!(word(&works).unwrap().0, OperationStatus::Success);
    let at = PortNo(NUMBER.into());
    assert_eq!(engine.vm_at(at).map(|port| port.id), Some(SUB_PORT));

    let gone = engine.plugged(parent, None);
    assert_eq!(flushed(&gone), (vec![], vec![5, NUMBER]));
    let ended = engine.programmed(done());
    assert_eq!(word(&ended).unwrap().0, OperationStatus::Pending);
    assert_eq!(engine.vm_at(at).map(|port| port.id), None);
}

#[test]
fn nobody_else_is_asked_for_a_name_before_the_network_is_known() {
    let mut engine = seeing_all();
    let server = IpAddr::from([10, 0, 0, 1]);
    let asked = |engine: &mut Engine| {
        let found = engine.look_up(Instant::now(), SUB_PORT, server, &question());
        found.map(|_| ())
    };
    let mut part_of_a_snapshot = Push {
        scope: Uuid::from_u128(1).to_string(),
        kind: PushKind::SnapshotOfScope.into(),
        revision: 1,
        begins: true,
        goal_state: Some(encode::goal_state(&carried(PortId(Uuid::from_u128(2))))),
        ..Push::default()
    };
    engine.pushed(&part_of_a_snapshot);
    assert_eq!(asked(&mut engine), Err(Reason::TooEarly));
    part_of_a_snapshot.complete = true;
    engine.pushed(&part_of_a_snapshot);
    assert_eq!(asked(&mut engine), Ok(()));
}

/// What a VM has sent waits on its account, what comes for it while its rules are asked on another of its
/// own, and the rest on everybody's.
#[test]
fn packets_wait_on_the_account_of_their_vm() {
    let mut engine = seeing_all();
    let [network, mut port] = carried(SUB_PORT);
    if let GoalChange::Put(Goal::Port(port)) = &mut port {
        port.identity.trunk = None;
    }
    engine.pushed(&Push {
        scope: Uuid::from_u128(1).to_string(),
        kind: PushKind::DeltaOfScope.into(),
        goal_state: Some(encode::goal_state(&[network, port])),
        ..Push::default()
    });
    let vif = Vif {
        ofport: Some(5),
        error: None,
    };
    engine.plugged(SUB_PORT, Some(vif));
    let packet = |in_port: u32, receiver: u32| PacketIn {
        metadata: Match::new()
            .with(Field::InPort, in_port)
            .with(table::RECEIVER, receiver),
        ..PacketIn::default()
    };
    let whose = |in_port, receiver| engine.account(&packet(in_port, receiver));
    assert_eq!(whose(5, 0), Account::Sender(SUB_PORT));
    assert_eq!(whose(1, 5), Account::Receiver(SUB_PORT));
    assert_eq!(whose(1, 0), Account::Gateway);
}

/// Which address "a." has (RFC 1035, section 4.1).
fn question() -> Vec<u8> {
    let header = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&header[..], &[1, b'a', 0, 0, 1, 0, 1]].concat()
}
