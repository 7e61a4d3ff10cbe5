//! Writes what the switches say of ports into the store: many words, one transaction.

use crate::Metrics;
use alcor_managers::port;
use alcor_store::{Store, TransactError};
use alcor_types::PortState;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Words that may wait. A session that finds the queue full waits, and with it its agent.
const QUEUE: usize = 16_384;

/// Words written in one transaction.
const BATCH: usize = 512;

/// How long to wait before a failed write is tried again. The words are kept meanwhile.
const RETRY: Duration = Duration::from_millis(200);

/// Where sessions hand in port states.
pub(crate) type StatusSender = mpsc::Sender<PortState>;

/// The one writer of port states.
pub(crate) struct StatusWriter {
    store: Store,
    queue: mpsc::Receiver<PortState>,
    metrics: Metrics,
}

impl StatusWriter {
    /// The writer and the door to it.
    pub(crate) fn new(store: Store, metrics: Metrics) -> (StatusSender, Self) {
        let (sender, queue) = mpsc::channel(QUEUE);
        (
            sender,
            Self {
                store,
                queue,
                metrics,
            },
        )
    }

    /// Writes until all senders are gone or it is told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = self.queue.recv_many(&mut batch, BATCH) => if count == 0 { return },
                () = stop.cancelled() => return,
            }
            while !self.write(&batch).await {
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = stop.cancelled() => return,
                }
            }
            batch.clear();
        }
    }

    /// Whether the batch is settled: written, or refused for good by the rules.
    async fn write(&self, batch: &[PortState]) -> bool {
        let states = batch.to_vec();
        let count = states.len();
        match self
            .store
            .transact(move |txn| port::record_states(txn, &states))
            .await
        {
            Ok(_) => {
                self.metrics.port_states.inc_by(count as u64);
                true
            }
            Err(TransactError::Aborted(error)) => {
                tracing::error!(%error, count, "port states refused");
                true
            }
            Err(TransactError::Store(error)) => {
                tracing::error!(%error, count, "port states not written; trying again");
                false
            }
        }
    }
}
