//! Index rows that the medium does not keep: after opening again, every row is there as before,
//! and only primary rows were written.

use crate::medium::{Kept, Medium};
use crate::thing::{Thing, thing};
use alcor_store::records::{self, Derivation};
use alcor_store::{Options, Read, RecordError, Store, StoreError, TransactError, Txn};
use proptest::prelude::*;
use tokio::runtime::Runtime;

const OPTIONS: fn() -> Options = || Options {
    derived: &[const { Derivation::of::<Thing>() }],
    ..Options::default()
};

const OWNERS: [&str; 3] = ["alice", "bob", ""];

#[derive(Clone, Debug)]
enum Step {
    Put(u32, usize, Vec<u8>),
    Delete(u32),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let tags = prop::collection::vec(any::<u8>(), 0..3);
    prop_oneof![
        6 => (0_u32..12, 0..OWNERS.len(), tags).prop_map(|(id, owner, tags)| Step::Put(id, owner, tags)),
        3 => (0_u32..12).prop_map(Step::Delete),
        1 => Just(Step::Reopen),
    ]
}

async fn write(store: &Store, step: &Step) {
    let step = step.clone();
    let write = move |txn: &mut Txn<'_>| -> Result<(), RecordError> {
        match &step {
            Step::Put(id, owner, tags) => {
                let tags: Vec<_> = tags.iter().map(u8::to_string).collect();
                let tags: Vec<_> = tags.iter().map(String::as_str).collect();
                records::put(txn, &thing(*id, OWNERS[*owner], &tags))
            }
            Step::Delete(id) => records::delete::<Thing>(txn, &id.to_be_bytes()).map(drop),
            Step::Reopen => Ok(()),
        }
    };
    match store.transact(write).await {
        Ok(_) => {}
        Err(TransactError::Aborted(error)) => panic!("{error}"),
        Err(TransactError::Store(error)) => panic!("{error}"),
    }
}

fn rows(store: &Store) -> Vec<(Vec<u8>, Vec<u8>)> {
    let snapshot = store.snapshot();
    let rows = snapshot.prefix(&[]);
    rows.map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_store_that_is_opened_again_has_every_index_row(steps in prop::collection::vec(step(), 1..60)) {
        Runtime::new().unwrap().block_on(async {
            let medium = Medium::memory();
            let mut store = medium.open(OPTIONS());
            let model = Store::ephemeral();
            for step in &steps {
                if matches!(step, Step::Reopen) {
                    store.close().await.unwrap();
                    store = medium.open(OPTIONS());
                }
                write(&store, step).await;
                write(&model, step).await;
                assert_eq!(rows(&store), rows(&model));
            }
            store.close().await.unwrap();
            assert_eq!(rows(&medium.open(OPTIONS())), rows(&model));
        });
    }
}

#[tokio::test]
async fn rows_that_several_threads_take_are_all_there() {
    let (medium, model) = (Medium::memory(), Store::ephemeral());
    let store = medium.open(OPTIONS());
    let ids: Vec<u32> = (0..10_000).collect();
    for ids in ids.chunks(1_000) {
        for store in [&store, &model] {
            let ids = ids.to_vec();
            let write = move |txn: &mut Txn<'_>| {
                ids.iter().try_for_each(|id| {
                    let owner = OWNERS[*id as usize % OWNERS.len()];
                    records::put(txn, &thing(*id, owner, &["a", "b"]))
                })
            };
            store.transact(write).await.unwrap();
        }
    }
    store.close().await.unwrap();
    assert!(rows(&medium.open(OPTIONS())) == rows(&model));
}

#[tokio::test]
async fn the_medium_and_the_log_hold_primary_rows_only() {
    let kept = Kept::default();
    let store = Store::with_backend(kept.clone(), OPTIONS()).unwrap();
    let mut watch = store.watch(store.revision(), &[]).unwrap();
    write(&store, &Step::Put(1, 0, vec![1, 2])).await;
    assert_eq!(watch.next().await.unwrap().changes.len(), 1);
    assert_eq!(kept.rows(), 1);
    assert_eq!(rows(&store).len(), 1 + 4, "an owner, a name and two tags");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_told_at_the_start() {
    let kept = Kept::default();
    let store = Store::with_backend(kept.clone(), Options::default()).unwrap();
    let damage = |txn: &mut Txn<'_>| -> Result<(), RecordError> {
        txn.put([7, 0, 1].to_vec(), vec![1, 0xff]);
        Ok(())
    };
    store.transact(damage).await.unwrap();
    store.close().await.unwrap();
    let opened = Store::with_backend(kept, OPTIONS()).map(drop);
    assert!(matches!(opened, Err(StoreError::Record(_))), "{opened:?}");
}
