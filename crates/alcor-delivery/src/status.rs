//! Writes what the switches say of ports into the store: many words, few transactions. Where more words wait
//! than one takes, the owners of the ports have their turns, so that one project's thousands do not
//! hold up another's one; and several transactions are under way, so that it waits for a part of them only.

use crate::Metrics;
use alcor_compiler::Compiler;
use alcor_managers::port;
use alcor_store::{Store, TransactError, Turns};
use alcor_types::{PortId, PortState, ProjectId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Words on their way from the sessions. A session that finds the queue full waits, and with it its agent.
const QUEUE: usize = 1_024;

/// Ports whose words wait for their turn: some tens of megabytes. Beyond them the queue fills.
const WAITING: usize = 262_144;

/// Words written in one transaction: some milliseconds of the store's writer.
const BATCH: usize = 128;

/// Transactions under way. While the writer has one, the next is made ready.
const AT_ONCE: usize = 4;

/// How long to wait before a failed write is tried again. The words are kept meanwhile.
const RETRY: Duration = Duration::from_millis(200);

/// Where sessions hand in port states.
pub(crate) type StatusSender = mpsc::Sender<PortState>;

/// The one writer of port states.
pub(crate) struct StatusWriter {
    queue: mpsc::Receiver<PortState>,
    waiting: Waiting,
    pen: Pen,
}

/// Words that wait, by the ports' owners; those of ports that are not there any more have a turn too.
#[derive(Default)]
struct Waiting {
    /// Of each port the newest, which is all that matters.
    newest: HashMap<PortId, PortState>,
    turns: Turns<Option<ProjectId>, PortId>,
    /// Ports whose words are being written. Of these nothing newer is, or it could come to lie below.
    written: HashSet<PortId>,
}

impl Waiting {
    fn add(&mut self, owner: Option<ProjectId>, word: PortState) {
        let id = word.id;
        if self.newest.insert(id, word).is_none() {
            self.turns.push(owner, id);
        }
    }

    /// The next words to write. Those of which something older is being written stay where they are.
    fn batch(&mut self) -> Vec<PortState> {
        let (mut batch, mut passed_over) = (Vec::new(), 0);
        while batch.len() < BATCH
            && passed_over <= self.written.len()
            && let Some((owner, id)) = self.turns.take()
        {
            self.turns.charge(&owner, 1);
            if self.written.contains(&id) {
                self.turns.push(owner, id);
                passed_over += 1;
            } else {
                batch.extend(self.newest.remove(&id));
            }
        }
        self.written.extend(batch.iter().map(|word| word.id));
        batch
    }

    fn is_written(&mut self, batch: &[PortState]) {
        for word in batch {
            self.written.remove(&word.id);
        }
    }

    fn has_room(&self) -> bool {
        self.newest.len() < WAITING
    }

    fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }
}

/// What writes a batch.
#[derive(Clone)]
struct Pen {
    store: Store,
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
        let pen = Pen {
            store,
            compiler,
            metrics,
        };
        let waiting = Waiting::default();
        (
            sender,
            Self {
                queue,
                waiting,
                pen,
            },
        )
    }

    /// Writes until all senders are gone and all they said is written, or until it is told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let (mut writing, mut open) = (JoinSet::new(), true);
        while open || !writing.is_empty() || !self.waiting.is_empty() {
            self.begin(&mut writing);
            tokio::select! {
                word = self.queue.recv(), if open && self.waiting.has_room() => match word {
                    Some(word) => self.receive(word).await,
                    None => open = false,
                },
                Some(done) = writing.join_next() => match done {
                    Ok(batch) => self.waiting.is_written(&batch),
                    Err(error) => return tracing::error!(%error, "port states are not written any more"),
                },
                () = stop.cancelled() => return,
            }
        }
    }

    /// Has as much written at once as may be.
    fn begin(&mut self, writing: &mut JoinSet<Vec<PortState>>) {
        while writing.len() < AT_ONCE {
            let batch = self.waiting.batch();
            if batch.is_empty() {
                return;
            }
            writing.spawn(self.pen.clone().write(batch));
        }
    }

    /// Takes in a word, and those that have come with it.
    async fn receive(&mut self, first: PortState) {
        let mut words = vec![first];
        while words.len() < QUEUE
            && let Ok(word) = self.queue.try_recv()
        {
            words.push(word);
        }
        let compiler = self.pen.compiler.read().await;
        for word in words {
            self.waiting.add(compiler.owner(word.id).cloned(), word);
        }
    }
}

impl Pen {
    /// Writes a batch, unless the rules refuse it for good, and gives it back.
    async fn write(self, batch: Vec<PortState>) -> Vec<PortState> {
        while !self.try_write(&batch).await {
            tokio::time::sleep(RETRY).await;
        }
        batch
    }

    /// Whether the batch is settled: written, or refused for good by the rules.
    async fn try_write(&self, batch: &[PortState]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::{PortStatus, Revision};
    use uuid::Uuid;

    fn word(port: u128, status: PortStatus) -> PortState {
        PortState {
            id: PortId(Uuid::from_u128(port)),
            host: "a".into(),
            status,
            reason: String::new(),
            revision: Revision(1),
        }
    }

    fn busy() -> ProjectId {
        "busy".into()
    }

    #[test]
    fn one_owners_word_is_in_the_next_batch_however_many_another_has() {
        let mut waiting = Waiting::default();
        for port in 0..10 * BATCH as u128 {
            waiting.add(Some(busy()), word(port, PortStatus::Active));
        }
        assert_eq!(waiting.batch().len(), BATCH);
        let late = word(1 << 64, PortStatus::Active);
        waiting.add(Some("quiet".into()), late.clone());
        assert!(waiting.batch().contains(&late));
    }

    #[test]
    fn of_a_port_only_the_newest_word_is_written_and_none_beside_another() {
        let mut waiting = Waiting::default();
        waiting.add(None, word(1, PortStatus::Down));
        waiting.add(Some(busy()), word(1, PortStatus::Active));
        let first = waiting.batch();
        assert_eq!(first, [word(1, PortStatus::Active)]);
        waiting.add(Some(busy()), word(1, PortStatus::Down));
        waiting.add(Some(busy()), word(2, PortStatus::Active));
        assert_eq!(waiting.batch(), [word(2, PortStatus::Active)]);
        assert!(waiting.batch().is_empty());
        waiting.add(Some("quiet".into()), word(3, PortStatus::Active));
        assert_eq!(waiting.batch(), [word(3, PortStatus::Active)]);
        waiting.is_written(&first);
        assert_eq!(waiting.batch(), [word(1, PortStatus::Down)]);
        assert!(waiting.is_empty());
    }
}
