//! Creates of many resources in one call. They are work for whole milliseconds without a pause, so they
//! run on threads of their own: those that serve everybody's requests and sessions stay free.
//!
//! Only so many run at a time, and projects have their turns. A bulk counts as running until the region has
//! begun to tell hosts of it: what hosts are told is worked out in the order of commits, so that a single port
//! waits there for no more than these few bulks before it.

use crate::error::RequestError;
use alcor_store::{Slot, Slots, Store};
use alcor_types::{ProjectId, Revision};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument;

/// As many resources in a call are as quick as any other request.
pub(crate) const FEW: usize = 8;

/// Bulks that run at once: while the store writes one, the next is prepared.
const AT_ONCE: usize = 2;

/// How long a bulk counts as running at most, once it is written.
const PACE: Duration = Duration::from_secs(10);

/// The bulks that run and wait.
#[derive(Debug)]
pub(crate) struct Bulks {
    slots: Slots<ProjectId>,
    progress: Option<watch::Receiver<Revision>>,
}

/// A bulk: for whom, and how many resources.
#[derive(Debug)]
pub(crate) struct Bulk {
    /// The project that it is for.
    pub(crate) owner: ProjectId,
    /// The resources.
    pub(crate) size: usize,
    /// How long it waits for its turn.
    pub(crate) patience: Duration,
}

impl Default for Bulks {
    fn default() -> Self {
        Self {
            slots: Slots::new(AT_ONCE),
            progress: None,
        }
    }
}

impl Bulks {
    /// Bulks that wait for those who tell hosts.
    pub(crate) fn paced_by(progress: watch::Receiver<Revision>) -> Self {
        Self {
            progress: Some(progress),
            ..Self::default()
        }
    }

    /// Runs a bulk when its turn has come, and gives up where that takes too long. The work goes on also when
    /// nobody waits for it any more.
    pub(crate) async fn run<T, F>(
        &self,
        bulk: Bulk,
        store: &Store,
        work: F,
    ) -> Result<T, RequestError>
    where
        F: Future<Output = Result<T, RequestError>> + Send + 'static,
        T: Send + 'static,
    {
        let turn = timeout(bulk.patience, self.slots.ask(bulk.owner)).await;
        let Ok(Ok(turn)) = turn else {
            return Err(RequestError::Busy);
        };
        turn.charge(turn.lane(), bulk.size as u64);
        let (runtime, work) = (Handle::current(), work.in_current_span());
        let running = spawn_blocking(move || (runtime.block_on(work), turn));
        match running.await {
            Ok((done, turn)) => {
                self.keep_pace(store.revision(), turn);
                done
            }
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => Err(RequestError::Busy),
        }
    }

    /// Keeps the turn until hosts are being told of the revision.
    fn keep_pace(&self, revision: Revision, turn: Slot<ProjectId>) {
        let Some(mut progress) = self.progress.clone() else {
            return;
        };
        tokio::spawn(async move {
            let told = progress.wait_for(|at| *at >= revision);
            if timeout(PACE, told).await.is_err() {
                tracing::warn!(%revision, "hosts are told late of what is written");
            }
            drop(turn);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(owner: &str, patience: Duration) -> Bulk {
        Bulk {
            owner: owner.into(),
            size: 100,
            patience,
        }
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn bulks_keep_the_pace_of_those_who_tell_hosts() {
        let (progress, told) = watch::channel(Revision::ZERO);
        let (bulks, store) = (Bulks::paced_by(told), Store::ephemeral());
        let write = |store: Store| async move {
            let put = |txn: &mut alcor_store::Txn<'_>| {
                txn.put("row", "");
                Ok::<_, alcor_managers::ApiError>(())
            };
            store.transact(put).await.map_err(RequestError::from)
        };
        for _ in 0..AT_ONCE {
            let work = write(store.clone());
            bulks.run(bulk("a", LONG), &store, work).await.unwrap();
        }
        let refused = bulks.run(bulk("a", Duration::ZERO), &store, write(store.clone()));
        assert!(matches!(refused.await, Err(RequestError::Busy)));
        progress.send_replace(store.revision());
        let work = write(store.clone());
        bulks.run(bulk("a", LONG), &store, work).await.unwrap();
    }

    #[tokio::test]
    #[should_panic(expected = "of a rule")]
    async fn a_panic_is_the_requests() {
        let work = async { panic!("of a rule") };
        let (bulks, store) = (Bulks::default(), Store::ephemeral());
        let _: Result<(), _> = bulks.run(bulk("a", LONG), &store, work).await;
    }
}
