//! Transactions behave as if they ran one after the other.

use crate::medium::{Medium, interleave, keys, number, put, text};
use alcor_store::{Read, Revision, TransactError};
use std::convert::Infallible;
use std::ops::Bound;

over_each_medium!(
    no_update_is_lost,
    write_skew_is_refused,
    phantoms_are_noticed,
    a_deleted_row_is_noticed,
    a_row_that_appears_is_noticed,
    a_page_conflicts_with_its_own_rows_only,
    a_page_from_the_back_conflicts_with_its_own_rows_only,
    blind_writes_never_conflict,
    an_aborted_closure_writes_nothing,
    a_transaction_reads_its_own_writes,
    a_transaction_without_writes_commits_nothing,
    a_snapshot_does_not_change,
    a_counter_survives_a_crowd,
);

async fn no_update_is_lost(medium: Medium) {
    let store = medium.fresh();
    put(&store, "n", "1").await;
    let add = |txn: &mut alcor_store::Txn<'_>, by: u64| {
        let sum = number(txn, "n") + by;
        txn.put("n", sum.to_string());
        Ok::<_, Infallible>(sum)
    };
    let ended = interleave(
        &store,
        move |txn, _| add(txn, 10),
        move |txn| add(txn, 100).map(|_| ()),
    )
    .await;
    assert_eq!(ended.outcome, Ok(111));
    assert_eq!(ended.runs, 2, "a conflict costs one more run");
    assert_eq!(text(&store.snapshot(), "n").as_deref(), Some("111"));
}

async fn write_skew_is_refused(medium: Medium) {
    let store = medium.fresh();
    put(&store, "on-call/ann", "").await;
    put(&store, "on-call/bob", "").await;
    let ended = interleave(
        &store,
        |txn, _| {
            if txn.get(b"on-call/bob").is_none() {
                return Err("nobody else is on call");
            }
            txn.delete(b"on-call/ann");
            Ok(())
        },
        |txn| {
            assert!(txn.get(b"on-call/ann").is_some());
            txn.delete(b"on-call/bob");
            Ok(())
        },
    )
    .await;
    assert_eq!(ended.outcome, Err("nobody else is on call"));
    assert_eq!(keys(&store.snapshot(), "on-call/"), ["on-call/ann"]);
}

async fn phantoms_are_noticed(medium: Medium) {
    let store = medium.fresh();
    put(&store, "port/1", "").await;
    let ended = interleave(
        &store,
        |txn, _| {
            let count = txn.prefix(b"port/").count();
            txn.put("count", count.to_string());
            Ok::<_, Infallible>(count)
        },
        |txn| {
            txn.put("port/2", "");
            Ok(())
        },
    )
    .await;
    assert_eq!((ended.outcome, ended.runs), (Ok(2), 2));
    assert_eq!(number(&store.snapshot(), "count"), 2);
}

async fn a_deleted_row_is_noticed(medium: Medium) {
    let store = medium.fresh();
    put(&store, "network", "").await;
    let ended = interleave(
        &store,
        |txn, _| {
            txn.get(b"network").ok_or("no such network")?;
            txn.put("port", "");
            Ok(())
        },
        |txn| {
            txn.delete(b"network");
            Ok(())
        },
    )
    .await;
    assert_eq!(ended.outcome, Err("no such network"));
    assert_eq!(text(&store.snapshot(), "port"), None);
}

async fn a_row_that_appears_is_noticed(medium: Medium) {
    let store = medium.fresh();
    let ended = interleave(
        &store,
        |txn, _| {
            if txn.get(b"name").is_some() {
                return Err("taken");
            }
            txn.put("name", "first");
            Ok(())
        },
        |txn| {
            txn.put("name", "second");
            Ok(())
        },
    )
    .await;
    assert_eq!(ended.outcome, Err("taken"));
    assert_eq!(text(&store.snapshot(), "name").as_deref(), Some("second"));
}

async fn page(medium: Medium, reverse: bool, other: &'static str) -> (Vec<String>, u32) {
    let store = medium.fresh();
    for row in ["r/2", "r/4", "r/6", "r/8"] {
        put(&store, row, "").await;
    }
    let ended = interleave(
        &store,
        move |txn, _| {
            let text = |key: &[u8]| String::from_utf8(key.to_vec()).unwrap();
            let rows = txn.prefix(b"r/").map(|(key, _)| text(key));
            let seen: Vec<_> = if reverse {
                rows.rev().take(2).collect()
            } else {
                rows.take(2).collect()
            };
            txn.put("seen", seen.join(" "));
            Ok::<_, Infallible>(seen)
        },
        move |txn| {
            txn.put(other, "");
            Ok(())
        },
    )
    .await;
    (ended.outcome.unwrap(), ended.runs)
}

async fn a_page_conflicts_with_its_own_rows_only(medium: Medium) {
    let (rows, runs) = page(medium, false, "r/7").await;
    assert_eq!((rows.join(" ").as_str(), runs), ("r/2 r/4", 1));
    for (other, expected) in [("r/3", "r/2 r/3"), ("r/1", "r/1 r/2"), ("r/4", "r/2 r/4")] {
        let (rows, runs) = page(Medium::memory(), false, other).await;
        assert_eq!(
            (rows.join(" ").as_str(), runs),
            (expected, 2),
            "{other} was written"
        );
    }
}

async fn a_page_from_the_back_conflicts_with_its_own_rows_only(medium: Medium) {
    let (rows, runs) = page(medium, true, "r/3").await;
    assert_eq!((rows.join(" ").as_str(), runs), ("r/8 r/6", 1));
    for (other, expected) in [("r/7", "r/8 r/7"), ("r/9", "r/9 r/8"), ("r/6", "r/8 r/6")] {
        let (rows, runs) = page(Medium::memory(), true, other).await;
        assert_eq!(
            (rows.join(" ").as_str(), runs),
            (expected, 2),
            "{other} was written"
        );
    }
}

async fn blind_writes_never_conflict(medium: Medium) {
    let store = medium.fresh();
    let write = |txn: &mut alcor_store::Txn<'_>, value: &'static str| {
        txn.put("row", value);
        Ok::<_, Infallible>(())
    };
    let ended = interleave(
        &store,
        move |txn, _| write(txn, "1"),
        move |txn| write(txn, "2"),
    )
    .await;
    assert_eq!(ended.runs, 1);
    assert_eq!(text(&store.snapshot(), "row").as_deref(), Some("1"));
}

async fn an_aborted_closure_writes_nothing(medium: Medium) {
    let store = medium.fresh();
    put(&store, "kept", "1").await;
    let outcome = store
        .transact(|txn| {
            txn.put("kept", "2");
            txn.put("new", "");
            Err::<(), _>("no")
        })
        .await;
    assert!(matches!(outcome, Err(TransactError::Aborted("no"))));
    assert_eq!(store.revision(), Revision(1));
    assert_eq!(keys(&store.snapshot(), ""), ["kept"]);
    assert_eq!(number(&store.snapshot(), "kept"), 1);
}

async fn a_transaction_reads_its_own_writes(medium: Medium) {
    let store = medium.fresh();
    for key in ["b", "d", "f"] {
        put(&store, key, "old").await;
    }
    store
        .transact(|txn| {
            txn.put("a", "new");
            txn.put("d", "new");
            txn.put("g", "new");
            txn.delete(b"f");
            txn.delete(b"unknown");
            assert_eq!(text(txn, "d").as_deref(), Some("new"));
            assert_eq!(text(txn, "f"), None);
            assert_eq!(keys(txn, ""), ["a", "b", "d", "g"]);
            let backwards: Vec<_> = txn.prefix(b"").rev().map(|(key, _)| key.to_vec()).collect();
            assert_eq!(backwards, [b"g", b"d", b"b", b"a"]);
            let mut ends = txn.range(Bound::Excluded(b"a"), Bound::Unbounded);
            let order = [ends.next(), ends.next_back(), ends.next(), ends.next_back()];
            let order = order.map(|row| row.map(|(key, _)| key.to_vec()));
            assert_eq!(
                order,
                [
                    Some(b"b".to_vec()),
                    Some(b"g".to_vec()),
                    Some(b"d".to_vec()),
                    None
                ]
            );
            Ok::<_, Infallible>(())
        })
        .await
        .unwrap();
    assert_eq!(keys(&store.snapshot(), ""), ["a", "b", "d", "g"]);
    let crossed = store.snapshot();
    assert_eq!(
        crossed
            .range(Bound::Included(b"z"), Bound::Excluded(b"a"))
            .count(),
        0
    );
    assert_eq!(
        crossed
            .range(Bound::Excluded(b"b"), Bound::Excluded(b"b"))
            .count(),
        0
    );
}

async fn a_transaction_without_writes_commits_nothing(medium: Medium) {
    let store = medium.fresh();
    put(&store, "row", "7").await;
    let read = store
        .transact(|txn| Ok::<_, Infallible>((number(txn, "row"), txn.revision())))
        .await;
    let read = read.unwrap();
    assert_eq!((read.value, read.revision), ((7, Revision(1)), Revision(1)));
    assert_eq!(store.revision(), Revision(1));
}

async fn a_snapshot_does_not_change(medium: Medium) {
    let store = medium.fresh();
    let revision = put(&store, "row", "1").await;
    let view = store.snapshot();
    for round in 2..200 {
        put(&store, "row", &round.to_string()).await;
        put(&store, &format!("row/{round}"), "").await;
    }
    assert_eq!(view.revision(), revision);
    assert_eq!(number(&view, "row"), 1);
    assert_eq!(keys(&view, ""), ["row"]);
}

async fn a_counter_survives_a_crowd(medium: Medium) {
    const CALLERS: u64 = 64;
    const ROUNDS: u64 = 10;
    let store = medium.fresh();
    let callers = (0..CALLERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..ROUNDS {
                let add = |txn: &mut alcor_store::Txn<'_>| {
                    let sum = number(txn, "n") + 1;
                    txn.put("n", sum.to_string());
                    Ok::<_, Infallible>(sum)
                };
                let done = store.transact(add).await.unwrap();
                assert_eq!(
                    done.value, done.revision.0,
                    "one commit for each number, without gaps"
                );
                assert!(
                    number(&store.snapshot(), "n") >= done.value,
                    "own write is visible"
                );
                seen.push(done.value);
            }
            seen
        })
    });
    let mut seen = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        seen.extend(caller.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=CALLERS * ROUNDS).collect::<Vec<_>>());
}
