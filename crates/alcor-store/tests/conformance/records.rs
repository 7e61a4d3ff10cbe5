//! The record layer as managers use it.

use crate::medium::Medium;
use crate::thing::{NAME, OWNER, TAG, Thing, thing};
use alcor_store::{Indexes, Record, RecordError, Snapshot, Store, Table, TransactError, records};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

async fn put(store: &Store, thing: Thing) -> Result<(), TransactError<RecordError>> {
    store
        .transact(move |txn| records::put(txn, &thing))
        .await
        .map(|_| ())
}

async fn insert(store: &Store, thing: Thing) -> Result<(), TransactError<RecordError>> {
    store
        .transact(move |txn| records::insert(txn, &thing))
        .await
        .map(|_| ())
}

async fn filled() -> Store {
    let store = Store::ephemeral();
    for id in 0..10 {
        let owner = if id % 2 == 0 { "even" } else { "odd" };
        put(&store, thing(id, owner, &["all"])).await.unwrap();
    }
    store
}

fn ids(view: &Snapshot, owner: &str, after: Option<u32>, reverse: bool) -> Vec<u32> {
    let after = after.map(u32::to_be_bytes);
    let after = after.as_ref().map(<[u8; 4]>::as_slice);
    records::lookup::<Thing>(view, OWNER, &[owner.as_bytes()], after, reverse)
        .map(|thing| thing.unwrap().id)
        .collect()
}

#[tokio::test]
async fn a_record_is_found_by_key_and_by_index() {
    let store = filled().await;
    let view = store.snapshot();
    let got: Thing = records::get(&view, &3_u32.to_be_bytes()).unwrap().unwrap();
    assert_eq!(got, thing(3, "odd", &["all"]));
    assert!(records::exists::<Thing>(&view, &3_u32.to_be_bytes()));
    assert!(!records::exists::<Thing>(&view, &30_u32.to_be_bytes()));
    assert_eq!(records::count::<Thing>(&view, OWNER, &[b"even"]), 5);
    assert_eq!(records::count::<Thing>(&view, TAG, &[b"even", b"all"]), 5);
    assert_eq!(records::count::<Thing>(&view, OWNER, &[b"eve"]), 0);
    let named: Vec<_> =
        records::lookup_keys::<Thing>(&view, NAME, &[b"thing-4"], None, false).collect();
    assert_eq!(named, [4_u32.to_be_bytes().to_vec()]);
}

#[tokio::test]
async fn pages_follow_the_marker_both_ways() {
    let store = filled().await;
    let view = store.snapshot();
    assert_eq!(ids(&view, "even", None, false), [0, 2, 4, 6, 8]);
    assert_eq!(ids(&view, "even", Some(4), false), [6, 8]);
    assert_eq!(ids(&view, "even", Some(3), false), [4, 6, 8]);
    assert_eq!(ids(&view, "even", None, true), [8, 6, 4, 2, 0]);
    assert_eq!(ids(&view, "even", Some(4), true), [2, 0]);
    let after = 7_u32.to_be_bytes();
    let scanned: Vec<u32> = records::scan::<Thing>(&view, Some(&after), false)
        .map(|thing| thing.unwrap().id)
        .collect();
    assert_eq!(scanned, [8, 9]);
    let last = records::scan_keys::<Thing>(&view, None, true).next();
    assert_eq!(last.as_deref(), Some(9_u32.to_be_bytes().as_slice()));
}

#[tokio::test]
async fn a_marker_holds_for_unique_indexes_too() {
    let store = filled().await;
    let view = store.snapshot();
    let page = |after: u32, reverse| {
        records::lookup::<Thing>(
            &view,
            NAME,
            &[b"thing-4"],
            Some(&after.to_be_bytes()),
            reverse,
        )
        .count()
    };
    assert_eq!((page(3, false), page(4, false), page(5, false)), (1, 0, 0));
    assert_eq!((page(3, true), page(4, true), page(5, true)), (0, 0, 1));
}

#[tokio::test]
async fn index_entries_move_by_difference() {
    let store = filled().await;
    let from = store.revision();
    put(&store, thing(4, "odd", &["all", "new"])).await.unwrap();
    let view = store.snapshot();
    assert_eq!(ids(&view, "even", None, false), [0, 2, 6, 8]);
    assert_eq!(ids(&view, "odd", None, false), [1, 3, 4, 5, 7, 9]);
    let commit = store.watch(from, &[]).unwrap().next().await.unwrap();
    // The row, owner and tag moved (two rows each), one tag added; the name stays unwritten.
    assert_eq!(commit.changes.len(), 1 + 2 + 2 + 1);
}

#[tokio::test]
async fn deleting_leaves_nothing_behind() {
    let store = filled().await;
    for id in 0..10_u32 {
        let gone = store
            .transact(move |txn| records::delete::<Thing>(txn, &id.to_be_bytes()))
            .await
            .unwrap();
        assert_eq!(gone.value.map(|thing| thing.id), Some(id));
    }
    assert!(store.snapshot().is_empty());
    let missing = store
        .transact(|txn| records::delete::<Thing>(txn, &1_u32.to_be_bytes()))
        .await
        .unwrap();
    assert_eq!(missing.value, None);
}

#[tokio::test]
async fn duplicates_are_refused_and_write_nothing() {
    let store = filled().await;
    let before = store.revision();
    let mut twin = thing(20, "odd", &[]);
    twin.name = "thing-4".to_owned();
    let refused = put(&store, twin).await.unwrap_err();
    let duplicate = |index| RecordError::Duplicate {
        table: "thing",
        index,
    };
    assert!(matches!(refused, TransactError::Aborted(error) if error == duplicate("name")));
    let refused = insert(&store, thing(4, "odd", &[])).await.unwrap_err();
    assert!(matches!(refused, TransactError::Aborted(error) if error == duplicate("primary")));
    assert_eq!(store.revision(), before);
    // The record itself may keep its own name.
    put(&store, thing(4, "odd", &[])).await.unwrap();
}

#[tokio::test]
async fn a_unique_value_is_free_after_its_record_is_gone() {
    let store = filled().await;
    let mut heir = thing(20, "odd", &[]);
    heir.name = "thing-4".to_owned();
    store
        .transact(move |txn| {
            records::delete::<Thing>(txn, &4_u32.to_be_bytes())?;
            records::insert(txn, &heir)
        })
        .await
        .unwrap();
    let view = store.snapshot();
    let owner = records::lookup::<Thing>(&view, NAME, &[b"thing-4"], None, false).next();
    assert_eq!(owner.unwrap().unwrap().id, 20);
}

#[tokio::test]
async fn zero_bytes_in_parts_do_not_mix_values() {
    let store = Store::ephemeral();
    let owners = ["a", "a\0", "a\0\u{1}", "a\0\u{1}b", "", "\0"];
    for (id, owner) in (0_u32..).zip(owners) {
        put(&store, thing(id, owner, &[])).await.unwrap();
    }
    let view = store.snapshot();
    for (id, owner) in (0_u32..).zip(owners) {
        assert_eq!(ids(&view, owner, None, false), [id], "owner {owner:?}");
    }
}

/// The same table as an older and as a newer build see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Newer {
    id: u32,
    size: u64,
}

impl Record for Newer {
    const TABLE: Table = Table {
        id: 7,
        name: "thing",
        version: 2,
    };

    fn key(&self) -> Vec<u8> {
        self.id.to_be_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}

    fn migrate(version: u8, _body: &[u8]) -> Option<Self> {
        (version == 1).then_some(Self { id: 0, size: 99 })
    }
}

#[tokio::test]
async fn rows_of_another_version_are_migrated_or_refused() {
    let store = filled().await;
    let old: Newer = records::get(&store.snapshot(), &3_u32.to_be_bytes())
        .unwrap()
        .unwrap();
    assert_eq!(old.size, 99);
    store
        .transact(|txn| records::put(txn, &Newer { id: 3, size: 1 }))
        .await
        .unwrap();
    let refused = records::get::<Thing>(&store.snapshot(), &3_u32.to_be_bytes()).unwrap_err();
    assert_eq!(
        refused,
        RecordError::Version {
            table: "thing",
            found: 2,
            supported: 1
        }
    );
}

#[tokio::test]
async fn damaged_rows_are_errors() {
    let store = Store::ephemeral();
    store
        .transact(|txn| {
            txn.put(vec![7, 0, 1], vec![]);
            txn.put(vec![7, 0, 2], vec![1, 0xff, 0xff]);
            Ok::<_, Infallible>(())
        })
        .await
        .unwrap();
    let view = store.snapshot();
    let results: Vec<_> = records::scan::<Thing>(&view, None, false).collect();
    assert_eq!(results.len(), 2);
    assert!(
        results
            .iter()
            .all(|row| matches!(row, Err(RecordError::Damaged { .. })))
    );
}

#[tokio::test]
async fn changes_decode_to_records() {
    let store = Store::ephemeral();
    let mut watch = store.watch(store.revision(), &[&[7, 0]]).unwrap();
    put(&store, thing(1, "odd", &["a"])).await.unwrap();
    store
        .transact(|txn| records::delete::<Thing>(txn, &1_u32.to_be_bytes()))
        .await
        .unwrap();
    let commit = watch.next().await.unwrap();
    assert_eq!(commit.changes.len(), 1, "index rows are outside the prefix");
    let key = 1_u32.to_be_bytes().to_vec();
    let decoded = records::decode_change::<Thing>(&commit.changes[0]).unwrap();
    assert_eq!(decoded, Ok((key.clone(), Some(thing(1, "odd", &["a"])))));
    let commit = watch.next().await.unwrap();
    let decoded = records::decode_change::<Thing>(&commit.changes[0]).unwrap();
    assert_eq!(decoded, Ok((key, None)));
}

over_each_medium!(one_of_many_gets_a_unique_value);

async fn one_of_many_gets_a_unique_value(medium: Medium) {
    let store = medium.fresh();
    let calls: Vec<_> = (0..64)
        .map(|id| {
            let store = store.clone();
            let mut wanted = thing(id, "crowd", &[]);
            "the one".clone_into(&mut wanted.name);
            tokio::spawn(async move { insert(&store, wanted).await })
        })
        .collect();
    let mut winners = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(()) => winners += 1,
            Err(TransactError::Aborted(RecordError::Duplicate { index: "name", .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(
        records::scan::<Thing>(&store.snapshot(), None, false).count(),
        1
    );
}
