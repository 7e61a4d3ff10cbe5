//! Opening, closing and opening again.

use crate::medium::{DEADLINE, Medium, everything, put, text};
use alcor_store::{Options, Revision, StoreError, TransactError};
use std::convert::Infallible;
use tokio::time::timeout;

over_each_medium!(
    a_reopened_store_is_the_same,
    a_closed_store_still_reads,
    what_was_submitted_before_closing_is_kept,
    watchers_see_the_rest_and_then_the_end,
    an_abandoned_call_does_no_harm,
    tiny_queues_and_batches_work,
);

async fn a_reopened_store_is_the_same(medium: Medium) {
    let store = medium.fresh();
    for row in 0..100 {
        put(&store, &format!("row/{}", row % 60), &row.to_string()).await;
    }
    let delete = |txn: &mut alcor_store::Txn<'_>| {
        txn.delete(b"row/7");
        Ok::<_, Infallible>(())
    };
    store.transact(delete).await.unwrap();
    let before = store.snapshot();
    store.close().await.unwrap();
    for _ in 0..3 {
        let store = medium.fresh();
        assert_eq!(everything(&store.snapshot()), everything(&before));
        assert_eq!(store.revision(), before.revision());
        store.close().await.unwrap();
    }
    let store = medium.fresh();
    assert_eq!(put(&store, "next", "").await, before.revision().next());
}

async fn a_closed_store_still_reads(medium: Medium) {
    let store = medium.fresh();
    put(&store, "row", "1").await;
    store.clone().close().await.unwrap();
    assert_eq!(text(&store.snapshot(), "row").as_deref(), Some("1"));
    let refused = store
        .transact(|txn| {
            txn.put("row", "2");
            Ok::<_, Infallible>(())
        })
        .await;
    assert!(matches!(
        refused,
        Err(TransactError::Store(StoreError::Closed))
    ));
    assert!(matches!(store.close().await, Err(StoreError::Closed)));
}

async fn what_was_submitted_before_closing_is_kept(medium: Medium) {
    let store = medium.fresh();
    let calls: Vec<_> = (0..100)
        .map(|row| {
            let store = store.clone();
            tokio::spawn(async move {
                let key = format!("row/{row}");
                let write = move |txn: &mut alcor_store::Txn<'_>| {
                    txn.put(key.clone(), "");
                    Ok::<_, Infallible>(())
                };
                store.transact(write).await.map(|done| done.revision)
            })
        })
        .collect();
    put(&store, "first", "").await;
    store.close().await.unwrap();
    let mut acknowledged = 1;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(TransactError::Store(StoreError::Closed)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let store = medium.fresh();
    assert_eq!(store.snapshot().len(), acknowledged);
    assert_eq!(store.revision(), Revision(acknowledged as u64));
}

async fn watchers_see_the_rest_and_then_the_end(medium: Medium) {
    let store = medium.fresh();
    let mut watch = store.watch(Revision::ZERO, &[]).unwrap();
    put(&store, "a", "").await;
    put(&store, "b", "").await;
    store.close().await.unwrap();
    for revision in [1, 2] {
        assert_eq!(watch.next().await.unwrap().revision, Revision(revision));
    }
    let end = timeout(DEADLINE, watch.next()).await.unwrap();
    assert!(matches!(end, Err(StoreError::Closed)));
}

async fn an_abandoned_call_does_no_harm(medium: Medium) {
    let store = medium.fresh();
    for _ in 0..50 {
        let write = |txn: &mut alcor_store::Txn<'_>| {
            txn.put("row", "");
            Ok::<_, Infallible>(())
        };
        let call = store.transact(write);
        let mut call = std::pin::pin!(call);
        // Polled once, then dropped: submitted, with nobody to answer.
        std::future::poll_fn(|context| {
            let _ = call.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    let last = put(&store, "last", "").await;
    assert_eq!(store.revision(), last);
}

async fn tiny_queues_and_batches_work(medium: Medium) {
    let store = medium.open(Options {
        queue: 0,
        max_batch: 0,
        keep_changes: 0,
        ..Options::default()
    });
    let calls: Vec<_> = (0..50)
        .map(|row| {
            let store = store.clone();
            tokio::spawn(async move { put(&store, &format!("row/{row}"), "").await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(store.revision(), Revision(50));
}
