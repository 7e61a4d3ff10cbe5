//! A watcher sees every commit once and in order, or is told that it cannot.

use crate::medium::{DEADLINE, Medium, put};
use alcor_store::{Commit, Options, Revision, Store, StoreError, Watch};
use std::convert::Infallible;
use tokio::time::timeout;

over_each_medium!(
    nothing_is_lost_or_repeated_under_many_writers,
    a_watch_can_begin_in_the_past,
    a_watch_can_begin_before_a_restart,
    changes_are_filtered_to_the_prefixes,
    a_compacted_start_is_answered,
    a_slow_watcher_is_told,
    the_log_is_bounded_by_bytes,
    a_start_in_the_future_is_refused,
    what_is_told_can_be_read,
);

async fn next(watch: &mut Watch) -> Result<Commit, StoreError> {
    timeout(DEADLINE, watch.next()).await.unwrap()
}

async fn until(mut watch: Watch, last: Revision) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    while commits.last().is_none_or(|commit| commit.revision < last) {
        commits.push(next(&mut watch).await.unwrap());
    }
    commits
}

fn revisions(commits: &[Commit]) -> Vec<u64> {
    commits.iter().map(|commit| commit.revision.0).collect()
}

async fn write_rows(store: &Store, count: usize) {
    for row in 0..count {
        put(store, &format!("row/{row}"), "").await;
    }
}

async fn nothing_is_lost_or_repeated_under_many_writers(medium: Medium) {
    const WRITERS: u64 = 64;
    const ROUNDS: u64 = 10;
    const LAST: Revision = Revision(WRITERS * ROUNDS);
    let store = medium.fresh();
    let all = tokio::spawn(until(store.watch(Revision::ZERO, &[]).unwrap(), LAST));
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut own = store
                .watch(store.revision(), &[format!("w/{writer}/").as_bytes()])
                .unwrap();
            for round in 0..ROUNDS {
                let revision = put(&store, &format!("w/{writer}/"), &round.to_string()).await;
                let commit = next(&mut own).await.unwrap();
                assert_eq!(commit.revision, revision);
                assert_eq!(
                    commit.changes[0].value.as_deref(),
                    Some(round.to_string().as_bytes())
                );
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let all = all.await.unwrap();
    assert_eq!(revisions(&all), (1..=LAST.0).collect::<Vec<_>>());
    let late = until(store.watch(Revision(100), &[]).unwrap(), LAST).await;
    assert_eq!(late, all[100..]);
}

async fn a_watch_can_begin_in_the_past(medium: Medium) {
    let store = medium.fresh();
    write_rows(&store, 20).await;
    let seen = until(store.watch(Revision(5), &[]).unwrap(), Revision(20)).await;
    assert_eq!(revisions(&seen), (6..=20).collect::<Vec<_>>());
}

async fn a_watch_can_begin_before_a_restart(medium: Medium) {
    let store = medium.fresh();
    write_rows(&store, 20).await;
    let before = until(store.watch(Revision(5), &[]).unwrap(), Revision(20)).await;
    store.close().await.unwrap();
    let store = medium.fresh();
    put(&store, "after", "").await;
    let seen = until(store.watch(Revision(5), &[]).unwrap(), Revision(21)).await;
    assert_eq!(seen[..15], before);
    assert_eq!(seen[15].changes[0].key, "after");
}

async fn changes_are_filtered_to_the_prefixes(medium: Medium) {
    let store = medium.fresh();
    let mut watch = store.watch(Revision::ZERO, &[b"a/", b"c/"]).unwrap();
    put(&store, "b/0", "").await;
    let write = |txn: &mut alcor_store::Txn<'_>| {
        for key in ["a/1", "b/1", "c/1"] {
            txn.put(key, "");
        }
        txn.delete(b"a/0");
        Ok::<_, Infallible>(())
    };
    store.transact(write).await.unwrap();
    let commit = next(&mut watch).await.unwrap();
    assert_eq!(commit.revision, Revision(2));
    let keys: Vec<_> = commit.changes.iter().map(|change| &*change.key).collect();
    assert_eq!(keys, [b"a/0", b"a/1", b"c/1"]);
    assert_eq!(commit.changes[0].value, None);
}

fn short() -> Options {
    Options {
        keep_changes: 10,
        ..Options::default()
    }
}

async fn a_compacted_start_is_answered(medium: Medium) {
    let store = medium.open(short());
    write_rows(&store, 30).await;
    let check = |store: &Store| {
        let refused = store.watch(Revision(19), &[]).err();
        assert!(
            matches!(
                refused,
                Some(StoreError::Compacted {
                    oldest: Revision(20)
                })
            ),
            "{refused:?}"
        );
        store.watch(Revision(20), &[]).unwrap()
    };
    assert_eq!(until(check(&store), Revision(30)).await.len(), 10);
    store.close().await.unwrap();
    let store = medium.open(short());
    assert_eq!(until(check(&store), Revision(30)).await.len(), 10);
    store.close().await.unwrap();
    if let Medium::Memory(kept) = &medium {
        assert_eq!(kept.logged(), 10, "the medium forgets as well");
    }
    // A shorter log from now on: the surplus goes with the next commit.
    let store = medium.open(Options {
        keep_changes: 3,
        ..short()
    });
    put(&store, "more", "").await;
    let refused = store.watch(Revision(27), &[]).err();
    assert!(
        matches!(
            refused,
            Some(StoreError::Compacted {
                oldest: Revision(28)
            })
        ),
        "{refused:?}"
    );
    store.close().await.unwrap();
    let store = medium.open(short());
    let refused = store.watch(Revision(27), &[]).err();
    assert!(
        matches!(
            refused,
            Some(StoreError::Compacted {
                oldest: Revision(28)
            })
        ),
        "{refused:?}"
    );
}

async fn a_slow_watcher_is_told(medium: Medium) {
    let store = medium.open(short());
    let mut slow = store.watch(Revision::ZERO, &[]).unwrap();
    put(&store, "first", "").await;
    assert_eq!(next(&mut slow).await.unwrap().revision, Revision(1));
    write_rows(&store, 30).await;
    let told = next(&mut slow).await.err();
    assert!(
        matches!(
            told,
            Some(StoreError::Compacted {
                oldest: Revision(21)
            })
        ),
        "{told:?}"
    );
}

async fn the_log_is_bounded_by_bytes(medium: Medium) {
    let store = medium.open(Options {
        keep_change_bytes: 1_000,
        ..Options::default()
    });
    for _ in 0..10 {
        put(&store, "k", &"v".repeat(299)).await;
    }
    let refused = store.watch(Revision(6), &[]).err();
    assert!(
        matches!(
            refused,
            Some(StoreError::Compacted {
                oldest: Revision(7)
            })
        ),
        "{refused:?}"
    );
    // One commit above the bound is kept all the same: a watcher that keeps up must get it.
    let mut watch = store.watch(Revision(10), &[]).unwrap();
    put(&store, "k", &"v".repeat(5_000)).await;
    assert_eq!(next(&mut watch).await.unwrap().revision, Revision(11));
}

async fn a_start_in_the_future_is_refused(medium: Medium) {
    let store = medium.fresh();
    put(&store, "row", "").await;
    let refused = store.watch(Revision(2), &[]).err();
    assert!(matches!(
        refused,
        Some(StoreError::Ahead {
            asked: Revision(2),
            newest: Revision(1)
        })
    ));
}

async fn what_is_told_can_be_read(medium: Medium) {
    let store = medium.fresh();
    let mut watch = store.watch(Revision::ZERO, &[]).unwrap();
    let reader = {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let commit = next(&mut watch).await.unwrap();
                assert!(store.snapshot().revision() >= commit.revision);
            }
        })
    };
    write_rows(&store, 200).await;
    reader.await.unwrap();
}
