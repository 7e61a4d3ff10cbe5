//! The one thread that commits. It takes what has queued up, lane by lane in fair turns, checks or runs
//! each transaction against the newest state, writes them all with one sync, and only then shows
//! and acknowledges them. While it waits for the disk, the next batch queues up.

use crate::backend::{Backend, Batch};
use crate::change::{Change, Commit};
use crate::error::StoreError;
use crate::fair::Turns;
use crate::job::{Attempt, Job, Submission};
use crate::lane::{Lane, Place};
use crate::range::Writes;
use crate::recent::Recent;
use crate::records::derived::Derivations;
use crate::shared::Shared;
use crate::snapshot::Head;
use crate::txn::Txn;
use alcor_types::Revision;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// What the writer is asked to do.
pub(crate) enum Request {
    /// Commit a transaction.
    Commit(Submission),
    /// Stop, and say when the back end is closed.
    Close(Closer),
}

/// Who waits for the store to be closed.
pub(crate) type Closer = oneshot::Sender<Result<(), StoreError>>;

/// What a transaction costs beside its rows, in rows: checking it and answering.
const PASS: u64 = 1;

/// The writer's state.
pub(crate) struct Writer {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) inbox: mpsc::UnboundedReceiver<Request>,
    /// What has been submitted and not been taken into a batch yet.
    pub(crate) lanes: Turns<Lane, Submission>,
    /// Tells watchers of the newest revision; dropped at the end, which ends them.
    pub(crate) news: watch::Sender<Revision>,
    pub(crate) limits: BatchLimits,
    pub(crate) recent: Recent,
    pub(crate) derivations: Derivations,
    pub(crate) failed: Option<StoreError>,
    /// Who waits for the end, once told to close.
    pub(crate) closer: Option<Closer>,
}

/// A batch in the making: the state as it will be, and who waits for it.
struct Draft {
    head: Head,
    commits: Vec<Commit>,
    answers: Vec<(Box<dyn Job>, Revision, Place)>,
    /// Rows written so far, also by transactions that were refused in the end.
    rows: u64,
}

/// How much is written with one sync.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimits {
    /// Transactions, at most.
    pub(crate) transactions: usize,
    /// Rows; the transaction that goes beyond is the last one.
    pub(crate) rows: u64,
}

impl Draft {
    fn has_room(&self, limits: BatchLimits) -> bool {
        self.answers.len() < limits.transactions && self.rows < limits.rows
    }
}

impl Writer {
    /// Runs until the store is closed or its last handle is gone.
    pub(crate) fn run(mut self) {
        while self.wait() {
            self.write_batch();
        }
        self.inbox.close();
        let outcome = self.backend.close().map_err(StoreError::from);
        if let Err(error) = &outcome {
            tracing::error!(%error, "closing the store failed");
        }
        if let Some(closer) = self.closer {
            drop(closer.send(outcome));
        }
    }

    /// Waits until there is something to write. False when there never will be.
    fn wait(&mut self) -> bool {
        self.receive();
        if self.lanes.is_empty()
            && self.closer.is_none()
            && let Some(request) = self.inbox.blocking_recv()
        {
            self.enter(request);
        }
        !self.lanes.is_empty()
    }

    /// Sorts what has been submitted into lanes; nothing counts that comes after the word to close.
    fn receive(&mut self) {
        while self.closer.is_none()
            && let Ok(request) = self.inbox.try_recv()
        {
            self.enter(request);
        }
    }

    fn enter(&mut self, request: Request) {
        match request {
            Request::Commit(submission) => self.lanes.push(submission.place.lane(), submission),
            Request::Close(closer) => self.closer = Some(closer),
        }
    }

    /// Writes what is next in the lanes, up to the largest batch. What comes meanwhile has its turn in
    /// the same batch, so that small transactions do not wait for a whole batch of others.
    fn write_batch(&mut self) {
        let mut draft = Draft {
            head: Head::clone(&self.shared.head.load()),
            commits: Vec::new(),
            answers: Vec::new(),
            rows: 0,
        };
        while draft.has_room(self.limits) {
            self.receive();
            let Some((lane, submission)) = self.lanes.take() else {
                break;
            };
            if let Some(error) = &self.failed {
                submission.job.answer(Err(error.clone()));
                continue;
            }
            let before = draft.rows;
            self.settle(&mut draft, submission);
            self.lanes.charge(&lane, price(&lane, draft.rows - before));
        }
        self.commit(draft);
    }

    /// Decides one transaction and adds its writes to the draft.
    fn settle(&mut self, draft: &mut Draft, submission: Submission) {
        let Submission {
            mut job,
            attempt,
            place,
        } = submission;
        let writes = match self.accept(attempt) {
            Some(writes) => {
                draft.rows += writes.len() as u64;
                writes
            }
            None => run(&mut *job, draft),
        };
        if !writes.is_empty() {
            let commit = Commit {
                revision: draft.head.revision.next(),
                changes: changes(writes),
            };
            draft.head.revision = commit.revision;
            for Change { key, value } in commit.changes.iter() {
                draft.head.rows.set(key, value.clone());
            }
            self.recent.add(&commit);
            draft.commits.push(Commit {
                changes: self.derivations.kept(&commit.changes),
                ..commit
            });
        }
        draft.answers.push((job, draft.head.revision, place));
    }

    /// The writes of an optimistic run whose view still holds.
    fn accept(&self, attempt: Option<Attempt>) -> Option<Writes> {
        let attempt = attempt?;
        let conflict = self.recent.conflicts(attempt.at, &attempt.reads);
        self.shared.contention.record(conflict);
        (!conflict).then_some(attempt.writes)
    }

    /// Makes the draft durable, then visible, then known. Transactions that wrote nothing wait
    /// as well: they may have seen what their neighbours in the batch wrote.
    fn commit(&mut self, draft: Draft) {
        let Draft {
            head,
            commits,
            answers,
            rows: _,
        } = draft;
        if !commits.is_empty() {
            let trim = self.shared.log.read().oldest_after(&commits);
            if let Err(error) = self.backend.commit(Batch {
                commits: &commits,
                trim,
            }) {
                tracing::error!(%error, "write failed, the store is read-only from here");
                let error = StoreError::ReadOnly {
                    reason: error.to_string().into(),
                };
                self.failed = Some(error.clone());
                for (job, ..) in answers {
                    job.answer(Err(error.clone()));
                }
                return;
            }
            let revision = head.revision;
            // The order matters: whoever hears of a commit must find it in the next snapshot.
            self.shared.head.store(Arc::new(head));
            self.shared.log.write().append(commits);
            self.news.send_replace(revision);
        }
        for (job, revision, place) in answers {
            // Whoever hears of its commit may submit again.
            drop(place);
            job.answer(Ok(revision));
        }
    }
}

/// What a transaction is charged. The region's own work is bounded by itself and is what everybody waits for
/// (one batch of port states at a time, an agent's greeting), so it always comes soon, and so its share
/// does not shrink with the number of projects that write.
fn price(lane: &Lane, rows: u64) -> u64 {
    if *lane == Lane::REGION {
        PASS
    } else {
        PASS + rows
    }
}

/// Runs a closure on the newest state; nothing is written when it fails, but it was work all the same.
fn run(job: &mut dyn Job, draft: &mut Draft) -> Writes {
    let mut txn = Txn::exclusive(&draft.head);
    let commits = job.run(&mut txn);
    let (_, writes) = txn.into_parts();
    draft.rows += writes.len() as u64;
    if commits { writes } else { Writes::new() }
}

fn changes(writes: Writes) -> Arc<[Change]> {
    writes
        .into_iter()
        .map(|(key, value)| Change { key, value })
        .collect()
}
