//! Quotas: exact under concurrency, and usage always what a recount gives.

use crate::region::{Region, member};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::quota::{self, Kind};
use alcor_managers::subnet::{self, CreateSubnet};
use alcor_managers::{ApiError, Caller, Settings, audit, records, schema};
use alcor_store::{Read, Store, Txn};
use alcor_types::{Network, Port, ProjectId, Subnet};
use proptest::prelude::*;
use std::path::Path;
use tokio::runtime::Runtime;

#[test]
fn of_64_concurrent_creates_a_limit_of_10_lets_10_through() {
    let settings = Settings {
        quotas: [(Kind::Network, 10)].into(),
        ..Settings::default()
    };
    let region = Region::with(settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let made = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (store, settings) = (region.store.clone(), region.settings.clone());
            tasks.spawn(async move {
                let rule = move |txn: &mut Txn<'_>| {
                    network::create(txn, &CreateNetwork::default(), &member("p"), &settings)
                };
                store.transact(rule).await.is_ok()
            });
        }
        tasks.join_all().await
    });
    assert_eq!(made.into_iter().filter(|made| *made).count(), 10);
    let read = region.store.snapshot();
    assert_eq!(quota::used(&read, Kind::Network, &"p".into()).unwrap(), 10);
    assert_eq!(records::scan::<Network>(&read, None, false).count(), 10);
}

#[test]
fn a_limit_lowered_among_concurrent_creates_is_kept_or_refused() {
    let settings = Settings {
        quotas: [(Kind::Network, 20)].into(),
        ..Settings::default()
    };
    let region = Region::with(settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let lowered = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..64 {
            let (store, settings) = (region.store.clone(), region.settings.clone());
            tasks.spawn(async move {
                let rule = move |txn: &mut Txn<'_>| {
                    if task == 8 {
                        quota::set(txn, &"p".into(), &[(Kind::Network, 10)].into(), false)
                    } else {
                        let request = CreateNetwork::default();
                        network::create(txn, &request, &member("p"), &settings).map(drop)
                    }
                };
                let done = store.transact(rule).await;
                task == 8 && done.is_ok()
            });
        }
        tasks.join_all().await.contains(&true)
    });
    let read = region.store.snapshot();
    let kept = if lowered { 10 } else { 20 };
    assert_eq!(
        quota::used(&read, Kind::Network, &"p".into()).unwrap(),
        kept
    );
    assert_eq!(
        records::scan::<Network>(&read, None, false).count() as u64,
        kept
    );
}

/// One call of a tenant; numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Step {
    Network(u8),
    Subnet(u8, u8),
    Port(u8, u8),
    DeleteNetwork(u8),
    DeleteSubnet(u8),
    DeletePort(u8),
    /// Two networks in one transaction that then fails.
    Fail(u8),
    /// The store is closed and read from the disk again; its own tests kill it.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => any::<u8>().prop_map(Step::Network),
        3 => any::<(u8, u8)>().prop_map(|(a, b)| Step::Subnet(a, b)),
        5 => any::<(u8, u8)>().prop_map(|(a, b)| Step::Port(a, b)),
        1 => any::<u8>().prop_map(Step::DeleteNetwork),
        2 => any::<u8>().prop_map(Step::DeleteSubnet),
        3 => any::<u8>().prop_map(Step::DeletePort),
        1 => any::<u8>().prop_map(Step::Fail),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

fn project(number: u8) -> &'static str {
    ["p", "q"][usize::from(number % 2)]
}

fn nth<R: records::Record>(read: &dyn Read, number: u8) -> Option<R> {
    let all: Vec<R> = records::scan(read, None, false)
        .map(Result::unwrap)
        .collect();
    let at = usize::from(number).checked_rem(all.len())?;
    all.into_iter().nth(at)
}

fn settings() -> Settings {
    Settings {
        quotas: [(Kind::Network, 4), (Kind::Subnet, 5), (Kind::Port, 6)].into(),
        ..Settings::default()
    }
}

/// Does the step; a refusal is as good as a success, since usage must be right after both.
fn play(txn: &mut Txn<'_>, step: Step) -> Result<(), ApiError> {
    let (admin, settings) = (Caller::admin(), settings());
    let network = |owner: u8| CreateNetwork {
        project_id: Some(project(owner).into()),
        ..CreateNetwork::default()
    };
    match step {
        Step::Network(owner) => {
            network::create(txn, &network(owner), &admin, &settings)?;
        }
        Step::Subnet(on, block) => {
            let Some(on) = nth::<Network>(txn, on) else {
                return Ok(());
            };
            let request = CreateSubnet {
                project_id: Some(project(block).into()),
                ..CreateSubnet::new(on.id, format!("10.{block}.0.0/29").parse().unwrap())
            };
            subnet::create(txn, &request, &admin, &settings)?;
        }
        Step::Port(on, owner) => {
            let Some(on) = nth::<Network>(txn, on) else {
                return Ok(());
            };
            let request = CreatePort {
                project_id: Some(project(owner).into()),
                device_owner: if owner > 200 { "network:dhcp" } else { "" }.to_owned(),
                ..CreatePort::new(on.id)
            };
            port::create(txn, &request, &admin, &settings)?;
        }
        Step::DeleteNetwork(at) => {
            let Some(gone) = nth::<Network>(txn, at) else {
                return Ok(());
            };
            network::delete(txn, gone.id, &admin, None)?;
        }
        Step::DeleteSubnet(at) => {
            let Some(gone) = nth::<Subnet>(txn, at) else {
                return Ok(());
            };
            subnet::delete(txn, gone.id, &admin, None)?;
        }
        Step::DeletePort(at) => {
            let Some(gone) = nth::<Port>(txn, at) else {
                return Ok(());
            };
            port::delete(txn, gone.id, &admin, None)?;
        }
        Step::Fail(owner) => {
            network::create(txn, &network(owner), &admin, &settings)?;
            return Err(alcor_managers::segment::SegmentError::NoNetworkAvailable.into());
        }
        Step::Restart => {}
    }
    Ok(())
}

/// Usage as a recount gives it.
fn recount(read: &dyn Read, kind: Kind, owner: &ProjectId) -> u64 {
    fn owned<R: records::Record>(read: &dyn Read, is: impl Fn(&R) -> bool) -> u64 {
        let all = records::scan::<R>(read, None, false).map(Result::unwrap);
        u64::try_from(all.filter(is).count()).unwrap()
    }
    match kind {
        Kind::Network => owned::<Network>(read, |network| network.project_id == *owner),
        Kind::Subnet => owned::<Subnet>(read, |subnet| subnet.project_id == *owner),
        _ => owned::<Port>(read, |port| port.project_id == *owner),
    }
}

fn check(read: &dyn Read) {
    for owner in ["p", "q"].map(ProjectId::from) {
        for kind in [Kind::Network, Kind::Subnet, Kind::Port] {
            let used = quota::used(read, kind, &owner).unwrap();
            assert_eq!(used, recount(read, kind, &owner), "{kind:?} of {owner}");
            let limit = settings().default_limit(kind);
            assert!(used <= u64::try_from(limit).unwrap(), "{kind:?} of {owner}");
        }
    }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, schema::store_options()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn usage_is_what_a_recount_gives_also_after_a_restart(steps in steps()) {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path());
        for step in steps {
            if matches!(step, Step::Restart) {
                runtime.block_on(store.close()).unwrap();
                store = open(dir.path());
            } else {
                // A refusal is one of the outcomes that must leave usage right.
                let _refused = runtime.block_on(store.transact(move |txn| play(txn, step)));
            }
            check(&store.snapshot());
            prop_assert_eq!(audit(&store.snapshot()).unwrap(), Vec::<String>::new());
        }
    }
}
