//! Lanes: one project's transactions hold up another's no longer than one batch, and none is lost.

use crate::medium::{DEADLINE, Kept};
use alcor_store::{
    Backend, BackendError, Batch, Key, Lane, Loaded, Options, Revision, Store, StoreError,
    TransactError, Value,
};
use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A medium whose first commit waits until it is let through.
struct Gated {
    kept: Kept,
    reached: Sender<()>,
    gate: Option<Receiver<()>>,
}

impl Backend for Gated {
    fn load(&mut self, row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError> {
        self.kept.load(row)
    }

    fn commit(&mut self, batch: Batch<'_>) -> Result<(), BackendError> {
        if let Some(gate) = self.gate.take() {
            self.reached.send(()).unwrap();
            gate.recv_timeout(DEADLINE).unwrap();
        }
        self.kept.commit(batch)
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        Ok(())
    }
}

type Call = JoinHandle<Result<Revision, TransactError<Infallible>>>;

/// A store whose writer is held up by one transaction, so that others queue up behind it.
struct HeldUp {
    store: Store,
    gate: Sender<()>,
    first: Call,
}

impl HeldUp {
    async fn new(options: Options) -> Self {
        let (reached, there) = mpsc::channel();
        let (gate, closed) = mpsc::channel();
        let medium = Gated {
            kept: Kept::default(),
            reached,
            gate: Some(closed),
        };
        let store = Store::with_backend(medium, options).unwrap();
        let first = submit(&store, "first", 1).await;
        there.recv_timeout(DEADLINE).unwrap();
        Self { store, gate, first }
    }

    /// Lets the writer go on, and waits for what held it up.
    async fn release(self) {
        self.gate.send(()).unwrap();
        assert_eq!(done(self.first).await.unwrap(), Revision(1));
    }
}

/// Writes so many rows. It has been submitted, or refused, when this returns.
async fn submit(store: &Store, name: &str, rows: usize) -> Call {
    let (store, name) = (store.clone(), name.to_owned());
    let (submitting, submitted) = tokio::sync::oneshot::channel();
    let call = tokio::spawn(async move {
        let write = move |txn: &mut alcor_store::Txn<'_>| {
            for row in 0..rows {
                txn.put(format!("{name}/{row}"), "");
            }
            Ok::<_, Infallible>(())
        };
        let mut call = std::pin::pin!(store.transact(write));
        let first = std::future::poll_fn(|context| {
            std::task::Poll::Ready(match call.as_mut().poll(context) {
                std::task::Poll::Ready(outcome) => Some(outcome),
                std::task::Poll::Pending => None,
            })
        });
        let first = first.await;
        submitting.send(()).unwrap();
        let outcome = match first {
            Some(outcome) => outcome,
            None => call.await,
        };
        outcome.map(|done| done.revision)
    });
    submitted.await.unwrap();
    call
}

async fn done(call: Call) -> Result<Revision, TransactError<Infallible>> {
    timeout(DEADLINE, call).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_does_not_wait_for_the_bulks_of_another() {
    let held = HeldUp::new(Options::default()).await;
    let busy = held.store.in_lane(Lane::of("busy"));
    let quiet = held.store.in_lane(Lane::of("quiet"));
    let mut bulks = Vec::new();
    for number in 0..50 {
        bulks.push(submit(&busy, &format!("bulk-{number}"), 1_000).await);
    }
    let mut singles = Vec::new();
    for number in 0..3 {
        singles.push(submit(&quiet, &format!("single-{number}"), 1).await);
    }
    held.release().await;
    let mut last = Revision::ZERO;
    for single in singles {
        let revision = done(single).await.unwrap();
        assert!(revision > last, "{revision} {last}");
        last = revision;
    }
    // What held all up, one bulk of the other lane, and the singles.
    assert!(last <= Revision(5), "{last}");
    let mut last = Revision::ZERO;
    for bulk in bulks {
        let revision = done(bulk).await.unwrap();
        assert!(revision > last, "{revision} {last}");
        last = revision;
    }
    assert_eq!(last, Revision(54));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_lane_is_told_so_and_what_it_was_promised_is_kept() {
    let options = Options {
        lane: 4,
        queue: 2,
        ..Options::default()
    };
    let held = HeldUp::new(options).await;
    let store = held.store.clone();
    let busy = store.in_lane(Lane::of("busy"));
    let mut calls = Vec::new();
    for number in 0..20 {
        calls.push(submit(&busy, &format!("busy-{number}"), 1).await);
    }
    // Neither another project nor the region itself is refused for that; the latter waits.
    let quiet = submit(&store.in_lane(Lane::of("quiet")), "quiet", 1).await;
    let mut region = Vec::new();
    for number in 0..5 {
        region.push(submit(&store, &format!("region-{number}"), 1).await);
    }
    held.release().await;
    let mut kept = 0;
    for call in calls {
        match done(call).await {
            Ok(_) => kept += 1,
            Err(TransactError::Store(StoreError::Crowded { lane, waiting })) => {
                assert_eq!((lane, waiting), (Lane::of("busy"), 4));
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(kept, 4);
    done(quiet).await.unwrap();
    for call in region {
        done(call).await.unwrap();
    }
    // What held all up, what was kept, the other project's and the region's.
    assert_eq!(store.revision(), Revision(1 + 4 + 1 + 5));
    assert_eq!(store.snapshot().len(), 11);
    done(submit(&busy, "again", 1).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_ends_with_the_transaction_that_makes_it_large() {
    let options = Options {
        max_batch_rows: 10,
        ..Options::default()
    };
    let held = HeldUp::new(options).await;
    let mut calls = Vec::new();
    for number in 0..8 {
        let lane = Lane::of(&format!("lane-{}", number % 3));
        let store = held.store.in_lane(lane);
        calls.push(submit(&store, &number.to_string(), 7).await);
    }
    let store = held.store.clone();
    held.release().await;
    for call in calls {
        done(call).await.unwrap();
    }
    assert_eq!(store.revision(), Revision(9));
    assert_eq!(store.snapshot().len(), 1 + 8 * 7);
}
