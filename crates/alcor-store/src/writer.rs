//! The one thread that commits. It takes whatever has queued up, checks or runs each
//! transaction against the newest state, writes them all with one sync, and only then shows
//! and acknowledges them. While it waits for the disk, the next batch queues up.

use crate::backend::{Backend, Batch};
use crate::change::{Change, Commit};
use crate::error::StoreError;
use crate::job::{Attempt, Job, Submission};
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
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The writer's state.
pub(crate) struct Writer {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) inbox: mpsc::Receiver<Request>,
    /// Tells watchers of the newest revision; dropped at the end, which ends them.
    pub(crate) news: watch::Sender<Revision>,
    pub(crate) max_batch: usize,
    pub(crate) recent: Recent,
    pub(crate) derivations: Derivations,
    pub(crate) failed: Option<StoreError>,
}

/// A batch in the making: the state as it will be, and who waits for it.
struct Draft {
    head: Head,
    commits: Vec<Commit>,
    answers: Vec<(Box<dyn Job>, Revision)>,
}

impl Writer {
    /// Runs until the store is closed or its last handle is gone.
    pub(crate) fn run(mut self) {
        let mut closer = None;
        while let Some(first) = self.inbox.blocking_recv() {
            let (batch, close) = self.collect(first);
            self.process(batch);
            if close.is_some() {
                closer = close;
                break;
            }
        }
        self.inbox.close();
        let outcome = self.backend.close().map_err(StoreError::from);
        if let Err(error) = &outcome {
            tracing::error!(%error, "closing the store failed");
        }
        if let Some(closer) = closer {
            drop(closer.send(outcome));
        }
    }

    /// What has queued up, up to the largest batch.
    fn collect(
        &mut self,
        first: Request,
    ) -> (
        Vec<Submission>,
        Option<oneshot::Sender<Result<(), StoreError>>>,
    ) {
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Commit(submission) => batch.push(submission),
                Request::Close(closer) => return (batch, Some(closer)),
            }
            if batch.len() >= self.max_batch {
                break;
            }
            next = self.inbox.try_recv().ok();
        }
        (batch, None)
    }

    fn process(&mut self, batch: Vec<Submission>) {
        if let Some(error) = &self.failed {
            for submission in batch {
                submission.job.answer(Err(error.clone()));
            }
            return;
        }
        let mut draft = Draft {
            head: Head::clone(&self.shared.head.load()),
            commits: Vec::with_capacity(batch.len()),
            answers: Vec::with_capacity(batch.len()),
        };
        for submission in batch {
            self.settle(&mut draft, submission);
        }
        self.commit(draft);
    }

    /// Decides one transaction and adds its writes to the draft.
    fn settle(&mut self, draft: &mut Draft, submission: Submission) {
        let Submission { mut job, attempt } = submission;
        let writes = self
            .accept(attempt)
            .unwrap_or_else(|| run(&mut *job, &draft.head));
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
        draft.answers.push((job, draft.head.revision));
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
                for (job, _) in answers {
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
        for (job, revision) in answers {
            job.answer(Ok(revision));
        }
    }
}

/// Runs a closure on the newest state; nothing is written when it fails.
fn run(job: &mut dyn Job, head: &Head) -> Writes {
    let mut txn = Txn::exclusive(head);
    if job.run(&mut txn) {
        txn.into_parts().1
    } else {
        Writes::new()
    }
}

fn changes(writes: Writes) -> Arc<[Change]> {
    writes
        .into_iter()
        .map(|(key, value)| Change { key, value })
        .collect()
}
