//! When jobs are confirmed, and when flows may be judged.

use super::*;

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
