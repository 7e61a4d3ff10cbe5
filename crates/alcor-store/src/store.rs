//! The handle: opening, reading, committing, watching, closing.

use crate::backend::{Backend, Disk, Loaded, Memory};
use crate::contention::Contention;
use crate::error::{BackendError, StoreError, TransactError};
use crate::fair::Turns;
use crate::job::{Attempt, Call, Committed, Submission};
use crate::lane::{Lane, Places};
use crate::log::Log;
use crate::recent::Recent;
use crate::records::Derivation;
use crate::records::derived::Derivations;
use crate::records::loading::Loading;
use crate::shared::Shared;
use crate::snapshot::{Head, Snapshot};
use crate::txn::Txn;
use crate::watch::Watch;
use crate::writer::{BatchLimits, Request, Writer};
use alcor_types::Revision;
use arc_swap::ArcSwap;
use parking_lot::RwLock;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// How a store behaves.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Commits kept in the change log, in memory and on disk.
    pub keep_changes: usize,
    /// Bytes of keys and values kept in the change log; the tighter of both bounds holds.
    pub keep_change_bytes: usize,
    /// Transactions written with one sync, at most.
    pub max_batch: usize,
    /// Rows written with one sync: a batch with more takes no further transaction. Bounds what a small
    /// transaction waits for together with the largest one.
    pub max_batch_rows: u64,
    /// Transactions of the region's own work that wait for the writer, at most; further callers
    /// wait before submitting.
    pub queue: usize,
    /// Transactions of one project that wait for the writer, at most; further ones are refused.
    pub lane: usize,
    /// Tables whose index rows are not kept on the medium or in the log, but made anew when the
    /// store is opened.
    pub derived: &'static [Derivation],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep_changes: 65_536,
            keep_change_bytes: 32 << 20,
            max_batch: 512,
            max_batch_rows: 1_024,
            queue: 1_024,
            lane: 512,
            derived: &[],
        }
    }
}

/// A handle to the store; clones are cheap and share everything.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    writer: mpsc::UnboundedSender<Request>,
    places: Arc<Places>,
    lane: Lane,
    news: watch::Receiver<Revision>,
}

impl Store {
    /// Opens the directory, or creates it, and reads all of it into memory.
    pub fn open(dir: &Path, options: Options) -> Result<Self, StoreError> {
        Self::with_backend(Disk::open(dir)?, options)
    }

    /// A store without a disk: the same in every other way.
    ///
    /// # Panics
    /// When the system cannot start a thread.
    pub fn ephemeral() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "nothing is loaded, so only a thread can fail to start"
        )]
        Self::with_backend(Memory, Options::default()).expect("a thread can be started")
    }

    /// A store over any medium.
    pub fn with_backend(mut backend: impl Backend, options: Options) -> Result<Self, StoreError> {
        let mut loading = Loading::new(Derivations(options.derived));
        let Loaded { revision, changes } =
            backend.load(&mut |key, value| loading.take(key, value))?;
        let rows = loading.finish()?;
        check_log(revision, &changes)?;
        let mut log = Log::new(
            Revision(revision.0 - changes.len() as u64),
            options.keep_changes,
            options.keep_change_bytes,
        );
        log.append(changes);
        tracing::info!(%revision, rows = rows.len(), "store opened");
        let shared = Arc::new(Shared {
            head: ArcSwap::from_pointee(Head { rows, revision }),
            log: RwLock::new(log),
            contention: Contention::default(),
        });
        Self::start(Box::new(backend), shared, options)
    }

    fn start(
        backend: Box<dyn Backend>,
        shared: Arc<Shared>,
        options: Options,
    ) -> Result<Self, StoreError> {
        let revision = shared.head.load().revision;
        // Bounded by the places that every submission has.
        let (writer, inbox) = mpsc::unbounded_channel();
        let (sender, news) = watch::channel(revision);
        let thread = Writer {
            backend,
            shared: Arc::clone(&shared),
            inbox,
            news: sender,
            lanes: Turns::default(),
            limits: BatchLimits {
                transactions: options.max_batch.max(1),
                rows: options.max_batch_rows.max(1),
            },
            recent: Recent::new(revision),
            derivations: Derivations(options.derived),
            failed: None,
            closer: None,
        };
        let spawned = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run());
        spawned.map_err(|error| StoreError::Thread(Arc::new(error)))?;
        Ok(Self {
            shared,
            writer,
            places: Arc::new(Places::new(options.lane, options.queue)),
            lane: Lane::REGION,
            news,
        })
    }

    /// The same store, whose transactions wait in this lane. A handle that was not told otherwise does the
    /// region's own work.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self {
            lane,
            ..self.clone()
        }
    }

    /// The newest durable revision.
    pub fn revision(&self) -> Revision {
        self.shared.head.load().revision
    }

    /// The newest durable state. It includes every commit this process has acknowledged.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.head.load_full())
    }

    /// Runs a closure as one atomic, serializable transaction and returns once its writes
    /// survive a power cut.
    ///
    /// The closure must depend on nothing but the transaction: it may run again on a newer state.
    /// When it returns an error, nothing is written. A transaction without writes commits
    /// nothing and returns the revision it read at. A panic of the closure writes nothing and
    /// continues in the caller. When the returned future is dropped early, the transaction may
    /// still commit. Fails with [`StoreError::Crowded`] when too many of the project's transactions wait.
    pub async fn transact<T, E, F>(&self, mut f: F) -> Result<Committed<T>, TransactError<E>>
    where
        F: FnMut(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let mut value = None;
        let mut attempt = None;
        if self.shared.contention.run_ahead() {
            let (outcome, tried) = self.run_ahead(&mut f);
            let outcome = outcome.map_err(TransactError::Aborted)?;
            if tried.writes.is_empty() {
                return Ok(Committed {
                    value: outcome,
                    revision: tried.at,
                });
            }
            value = Some(outcome);
            attempt = Some(tried);
        }
        let (call, answer) = Call::new(f, value);
        let place = self.places.take(self.lane.clone()).await?;
        self.submit(Request::Commit(Submission {
            job: Box::new(call),
            attempt,
            place,
        }))?;
        let answer = answer.await.map_err(|_| StoreError::Closed)?;
        answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Runs the closure on the newest state in the caller's task.
    fn run_ahead<T, E>(
        &self,
        f: &mut impl FnMut(&mut Txn<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, Attempt) {
        let snapshot = self.snapshot();
        let mut txn = Txn::tracked(snapshot.head());
        let outcome = f(&mut txn);
        let (reads, writes) = txn.into_parts();
        (
            outcome,
            Attempt {
                at: snapshot.revision(),
                reads,
                writes,
            },
        )
    }

    /// Follows the commits after `from` that touch one of `prefixes` (none: all of them).
    ///
    /// Fails with [`StoreError::Compacted`] when the log no longer reaches back to `from`.
    pub fn watch(&self, from: Revision, prefixes: &[&[u8]]) -> Result<Watch, StoreError> {
        Watch::new(Arc::clone(&self.shared), self.news.clone(), from, prefixes)
    }

    /// Commits what has been submitted so far, stops the writer and lets go of the medium.
    /// Other handles can still read; their transactions fail with [`StoreError::Closed`].
    pub async fn close(self) -> Result<(), StoreError> {
        let (caller, outcome) = oneshot::channel();
        self.submit(Request::Close(caller))?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    fn submit(&self, request: Request) -> Result<(), StoreError> {
        self.writer.send(request).map_err(|_| StoreError::Closed)
    }
}

/// The log must end at the newest revision and have no gap, or watchers would miss commits.
fn check_log(revision: Revision, changes: &[crate::Commit]) -> Result<(), BackendError> {
    let first = (revision.0 + 1).checked_sub(changes.len() as u64);
    let expected = (first.unwrap_or(0)..).map(Revision);
    let whole = changes
        .iter()
        .zip(expected)
        .all(|(commit, expected)| commit.revision == expected);
    if whole && first.is_some_and(|first| first > 0) {
        return Ok(());
    }
    Err(BackendError::Corrupt {
        what: format!("the change log does not lead to {revision}"),
    })
}
