//! The rows of a medium taken into a tree, when a store is opened, with the index rows that the medium does not
//! keep. These are many times as many, and in another order: they are made and sorted in runs, by several
//! threads while the medium is read, and then all runs become one tree at once.

use super::RecordError;
use super::derived::Derivations;
use crate::change::Key;
use crate::tree::{Builder, Tree};
use crate::value::Value;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::num::NonZero;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Rows that a thread is handed at once.
const BATCH: usize = 4_096;

/// Batches that wait for a thread.
const AHEAD: usize = 4;

/// Index rows that are sorted at once: about as many as a processor's cache holds.
const RUN: usize = 1 << 18;

/// Threads that make index rows, at most.
const THREADS: usize = 8;

type Row = (Key, Value);

/// Rows in order, packed: there are very many of them for a while.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    /// Where each key ends; it begins where the one before ends.
    ends: Vec<usize>,
    values: Vec<Value>,
}

/// A store's rows as they come from the medium.
pub(crate) struct Loading {
    /// The medium's own rows, which come in order.
    stored: Run,
    /// The others, if there are any.
    unordered: Vec<Row>,
    /// Rows whose index rows are still to be made.
    batch: Vec<Row>,
    /// What no thread makes.
    here: Making,
    workers: Vec<Worker>,
    /// Batches handed out so far.
    turn: usize,
}

/// A thread that makes index rows.
struct Worker {
    batches: SyncSender<Vec<Row>>,
    thread: JoinHandle<Result<Vec<Run>, RecordError>>,
}

impl Run {
    /// Sorts rows. Of equal keys the later row stays the later.
    fn sorted(mut rows: Vec<Row>) -> Self {
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        let mut run = Self::default();
        run.bytes
            .reserve_exact(rows.iter().map(|(key, _)| key.len()).sum());
        run.ends.reserve_exact(rows.len());
        run.values.reserve_exact(rows.len());
        for (key, value) in rows {
            run.push(&key, value);
        }
        run
    }

    fn push(&mut self, key: &[u8], value: Value) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        self.values.push(value);
    }

    fn key(&self, at: usize) -> Option<&[u8]> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..*self.ends.get(at)?])
    }

    fn last(&self) -> Option<&[u8]> {
        self.key(self.ends.len().checked_sub(1)?)
    }
}

impl Loading {
    pub(crate) fn new(derivations: Derivations) -> Self {
        Self {
            stored: Run::default(),
            unordered: Vec::new(),
            batch: Vec::new(),
            here: Making::new(derivations),
            workers: Vec::new(),
            turn: 0,
        }
    }

    /// Takes one row.
    pub(crate) fn take(&mut self, key: Key, value: Value) {
        if self.stored.last().is_none_or(|last| last < &*key) {
            self.stored.push(&key, value.clone());
        } else {
            self.unordered.push((key.clone(), value.clone()));
        }
        if self.here.derivations.follow(&key) {
            self.batch.push((key, value));
        }
        if self.batch.len() >= BATCH {
            self.hand_out();
        }
    }

    fn hand_out(&mut self) {
        if self.turn == 0 {
            self.workers = Worker::start_all(self.here.derivations);
        }
        let batch = std::mem::take(&mut self.batch);
        let count = self.workers.len().max(1);
        match self.workers.get(self.turn % count) {
            // It takes all there is, unless it panics, and then so will whoever asks what came of it.
            Some(worker) => drop(worker.batches.send(batch)),
            None => self.here.take(batch),
        }
        self.turn += 1;
    }

    /// The tree, once every row was taken.
    pub(crate) fn finish(mut self) -> Result<Tree, RecordError> {
        self.here.take(self.batch);
        let mut runs = vec![self.stored, Run::sorted(self.unordered)];
        runs.extend(self.here.finish()?);
        for worker in self.workers {
            drop(worker.batches);
            match worker.thread.join() {
                Ok(made) => runs.extend(made?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(merge(runs))
    }
}

impl Worker {
    /// As many as there are processors; fewer where the system gives no more threads.
    fn start_all(derivations: Derivations) -> Vec<Self> {
        let count = std::thread::available_parallelism().map_or(1, NonZero::get);
        let workers = (0..count.min(THREADS)).map_while(|_| Self::start(derivations));
        workers.collect()
    }

    fn start(derivations: Derivations) -> Option<Self> {
        let (batches, receiver) = sync_channel(AHEAD);
        let run = move || {
            let mut making = Making::new(derivations);
            for batch in receiver {
                making.take(batch);
            }
            making.finish()
        };
        let thread = std::thread::Builder::new().name("store-loader".to_owned());
        let thread = thread.spawn(run).ok()?;
        Some(Self { batches, thread })
    }
}

/// Index rows in the making.
struct Making {
    derivations: Derivations,
    rows: Vec<Row>,
    runs: Vec<Run>,
    error: Option<RecordError>,
}

impl Making {
    fn new(derivations: Derivations) -> Self {
        Self {
            derivations,
            rows: Vec::new(),
            runs: Vec::new(),
            error: None,
        }
    }

    fn take(&mut self, batch: Vec<Row>) {
        for (key, value) in batch {
            match self.derivations.of_row(&key, &value) {
                Ok(rows) => self.rows.extend(rows),
                Err(error) => self.error = Some(error),
            }
        }
        if self.rows.len() >= RUN {
            self.end_run();
        }
    }

    fn end_run(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.runs.push(Run::sorted(rows));
    }

    fn finish(mut self) -> Result<Vec<Run>, RecordError> {
        self.end_run();
        self.error.map_or(Ok(self.runs), Err)
    }
}

/// One tree of all runs. Of equal keys the row of the later run counts.
fn merge(mut runs: Vec<Run>) -> Tree {
    let mut values: Vec<_> = runs
        .iter_mut()
        .map(|run| std::mem::take(&mut run.values).into_iter())
        .collect();
    let heads = runs.iter().enumerate();
    let heads = heads.filter_map(|(number, run)| Some(Reverse((run.key(0)?, number, 0))));
    let mut heads: BinaryHeap<_> = heads.collect();
    let mut tree = Builder::default();
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((key, number, at)) = *head;
        tree.push(key, values[number].next().unwrap_or_default());
        match runs[number].key(at + 1) {
            Some(next) => *head = Reverse((next, number, at + 1)),
            None => drop(PeekMut::pop(head)),
        }
    }
    tree.finish()
}
