//! Sends notices to Nova, in order, until it takes them.

use crate::NotifierError;
use crate::event::Event;
use crate::nova::{Nova, Tokens};
use crate::told;
use crate::tracker::Notice;
use alcor_store::Store;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Events in one request.
const BATCH: usize = 64;

/// The first wait after a failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The one sender.
pub(crate) struct Courier<T> {
    store: Store,
    nova: Nova<T>,
    queue: mpsc::Receiver<Notice>,
}

impl<T: Tokens> Courier<T> {
    pub(crate) fn new(store: Store, nova: Nova<T>, queue: mpsc::Receiver<Notice>) -> Self {
        Self { store, nova, queue }
    }

    /// Sends until the queue ends or it is told to stop. What is not sent by then is found again
    /// at the next start, because nothing notes that Nova knows it.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = self.queue.recv_many(&mut batch, BATCH) => if count == 0 { return },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = self.settle(&batch) => batch.clear(),
                () = stop.cancelled() => return,
            }
        }
    }

    async fn settle(&self, batch: &[Notice]) {
        let events: Vec<Event> = batch.iter().map(|notice| notice.event.clone()).collect();
        let mut wait = FIRST_WAIT;
        while let Err(error) = self.nova.send(&events).await {
            tracing::warn!(%error, events = events.len(), ?wait, "nova not told; trying again");
            tokio::time::sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
        if let Err(error) = self.note(batch).await {
            // Nova hears these events again after the next start, which does no harm.
            tracing::error!(%error, events = events.len(), "cannot note what nova was told");
        }
    }

    async fn note(&self, batch: &[Notice]) -> Result<(), NotifierError> {
        let notes = batch.iter().map(|notice| notice.note.clone()).collect();
        told::write(&self.store, notes).await
    }
}
