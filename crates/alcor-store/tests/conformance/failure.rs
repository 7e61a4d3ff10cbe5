//! Broken closures and broken disks.

use crate::medium::{Kept, Medium, number, put, text, try_interleave};
use alcor_store::{Options, Read, Revision, Store, StoreError, TransactError, Txn};
use std::convert::Infallible;

over_each_medium!(
    a_panic_reaches_its_caller_only,
    a_panic_in_the_writer_reaches_its_caller_only
);

async fn a_panic_reaches_its_caller_only(medium: Medium) {
    let store = medium.fresh();
    let broken = {
        let store = store.clone();
        tokio::spawn(async move {
            let closure = |txn: &mut Txn<'_>| -> Result<(), Infallible> {
                txn.put("row", "");
                panic!("broken closure")
            };
            drop(store.transact(closure).await);
        })
    };
    assert!(broken.await.unwrap_err().is_panic());
    assert_eq!(put(&store, "row", "1").await, Revision(1));
}

async fn a_panic_in_the_writer_reaches_its_caller_only(medium: Medium) {
    let store = medium.fresh();
    let first = |txn: &mut Txn<'_>, earlier: u32| {
        assert_eq!(earlier, 0, "broken closure");
        txn.get(b"row");
        txn.put("other", "");
        Ok::<_, Infallible>(())
    };
    let second = |txn: &mut Txn<'_>| {
        txn.put("row", "");
        Ok(())
    };
    let broken = try_interleave(&store, first, second).await.err().unwrap();
    let message = broken.into_panic().downcast::<String>().unwrap();
    assert!(message.contains("broken closure"), "{message}");
    assert_eq!(text(&store.snapshot(), "other"), None);
    assert_eq!(put(&store, "row", "1").await, Revision(2));
}

async fn add(store: &Store) -> Result<u64, TransactError<Infallible>> {
    let add = |txn: &mut Txn<'_>| {
        let sum = number(txn, "n") + 1;
        txn.put("n", sum.to_string());
        Ok(sum)
    };
    store.transact(add).await.map(|done| done.value)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failed_write_is_never_acknowledged_or_shown() {
    let kept = Kept::default();
    let store = Store::with_backend(kept.clone(), Options::default()).unwrap();
    assert_eq!(add(&store).await.unwrap(), 1);
    let mut watch = store.watch(Revision::ZERO, &[]).unwrap();
    kept.break_down();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { add(&store).await })
        })
        .collect();
    for call in calls {
        let refused = call.await.unwrap();
        assert!(
            matches!(
                refused,
                Err(TransactError::Store(StoreError::ReadOnly { .. }))
            ),
            "{refused:?}"
        );
    }
    kept.repair();
    let refused = add(&store).await.unwrap_err();
    assert!(
        refused.to_string().contains("read-only"),
        "it stays read-only: {refused}"
    );
    assert_eq!(number(&store.snapshot(), "n"), 1);
    assert_eq!(store.revision(), Revision(1));
    assert_eq!(watch.next().await.unwrap().revision, Revision(1));
    store.close().await.unwrap();
    assert!(
        matches!(watch.next().await, Err(StoreError::Closed)),
        "nothing else was told"
    );
    let store = Store::with_backend(kept, Options::default()).unwrap();
    assert_eq!(add(&store).await.unwrap(), 2, "a restart makes it writable");
}
