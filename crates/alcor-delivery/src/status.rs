//! Writes what the switches say of ports into the store: many words, one transaction. Where more words wait
//! than that, the owners of the ports have their turns, so that one project's thousands do not
//! hold up another's one.

use crate::Metrics;
use alcor_compiler::Compiler;
use alcor_managers::port;
use alcor_store::{Store, TransactError, Turns};
use alcor_types::{PortState, ProjectId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, mpsc};
use tokio_util::sync::CancellationToken;

/// Words on their way from the sessions. A session that finds the queue full waits, and with it its agent.
const QUEUE: usize = 1_024;

/// Words that wait for their turn: some tens of megabytes. Beyond them the queue fills.
const WAITING: usize = 262_144;

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
    /// Words by the ports' owners; those of ports that are not there any more have a turn too.
    waiting: Turns<Option<ProjectId>, PortState>,
    compiler: Arc<RwLock<Compiler>>,
    metrics: Metrics,
}

impl StatusWriter {
    /// The writer and the door to it.
    pub(crate) fn new(
        store: Store,
        compiler: Arc<RwLock<Compiler>>,
        metrics: Metrics,
    ) -> (StatusSender, Self) {
        let (sender, queue) = mpsc::channel(QUEUE);
        (
            sender,
            Self {
                store,
                queue,
                waiting: Turns::default(),
                compiler,
                metrics,
            },
        )
    }

    /// Writes until all senders are gone or it is told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let batch = tokio::select! {
                batch = self.next() => batch,
                () = stop.cancelled() => return,
            };
            if batch.is_empty() {
                return;
            }
            while !self.write(&batch).await {
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    /// The next words to write; none when all senders are gone.
    async fn next(&mut self) -> Vec<PortState> {
        let mut words = Vec::new();
        if self.waiting.is_empty() {
            words.extend(self.queue.recv().await);
        }
        while self.waiting.len() + words.len() < WAITING
            && let Ok(word) = self.queue.try_recv()
        {
            words.push(word);
        }
        self.sort_in(words).await;
        let mut batch = Vec::new();
        while batch.len() < BATCH
            && let Some((owner, word)) = self.waiting.take()
        {
            self.waiting.charge(&owner, 1);
            batch.push(word);
        }
        batch
    }

    async fn sort_in(&mut self, words: Vec<PortState>) {
        let compiler = self.compiler.read().await;
        for word in words {
            let owner = compiler.owner(word.id).cloned();
            self.waiting.push(owner, word);
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
