//! The back ends under test, and small helpers to write the tests with.

use alcor_store::{
    Backend, BackendError, Batch, Commit, Key, Loaded, Options, Read, Revision, Store,
    TransactError, Txn, Value,
};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinError;

/// Far longer than anything here takes; reached only when something hangs.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Something a store can be opened on, closed, and opened on again.
pub enum Medium {
    Disk(TempDir),
    Memory(Kept),
}

impl Medium {
    pub fn disk() -> Self {
        Self::Disk(tempfile::tempdir().unwrap())
    }

    pub fn memory() -> Self {
        Self::Memory(Kept::default())
    }

    pub fn open(&self, options: Options) -> Store {
        match self {
            Self::Disk(dir) => Store::open(dir.path(), options).unwrap(),
            Self::Memory(kept) => Store::with_backend(kept.clone(), options).unwrap(),
        }
    }

    pub fn fresh(&self) -> Store {
        self.open(Options::default())
    }
}

/// A medium in memory that outlives the store, checks what it is given, and can be told to fail.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    rows: BTreeMap<Key, Value>,
    revision: Revision,
    changes: Vec<Commit>,
    broken: bool,
}

impl Kept {
    pub fn break_down(&self) {
        self.0.lock().unwrap().broken = true;
    }

    pub fn repair(&self) {
        self.0.lock().unwrap().broken = false;
    }

    pub fn rows(&self) -> usize {
        self.0.lock().unwrap().rows.len()
    }

    pub fn logged(&self) -> usize {
        self.0.lock().unwrap().changes.len()
    }
}

impl Backend for Kept {
    fn load(&mut self, row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError> {
        let content = self.0.lock().unwrap();
        for (key, value) in &content.rows {
            row(key.clone(), value.clone());
        }
        Ok(Loaded {
            revision: content.revision,
            changes: content.changes.clone(),
        })
    }

    fn commit(&mut self, batch: Batch<'_>) -> Result<(), BackendError> {
        let mut content = self.0.lock().unwrap();
        if content.broken {
            let source = Arc::new(std::io::Error::other("told to fail"));
            return Err(BackendError::Io {
                doing: "writing a batch",
                source,
            });
        }
        for commit in batch.commits {
            assert_eq!(commit.revision, content.revision.next());
            content.revision = commit.revision;
            for change in commit.changes.iter() {
                match change.value.clone() {
                    Some(value) => content.rows.insert(change.key.clone(), value),
                    None => content.rows.remove(&change.key),
                };
            }
            content.changes.push(commit.clone());
        }
        content
            .changes
            .retain(|commit| commit.revision > batch.trim);
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        Ok(())
    }
}

/// Writes one row.
pub async fn put(store: &Store, key: &str, value: &str) -> Revision {
    let (key, value) = (key.to_owned(), value.to_owned());
    store
        .transact(move |txn| {
            txn.put(key.clone(), value.clone());
            Ok::<_, Infallible>(())
        })
        .await
        .unwrap()
        .revision
}

/// A row as text.
pub fn text(view: &dyn Read, key: &str) -> Option<String> {
    view.get(key.as_bytes())
        .map(|value| String::from_utf8(value.to_vec()).unwrap())
}

/// A row as a number; a missing row is 0.
pub fn number(view: &dyn Read, key: &str) -> u64 {
    text(view, key).map_or(0, |text| text.parse().unwrap())
}

/// The keys under a prefix.
pub fn keys(view: &dyn Read, prefix: &str) -> Vec<String> {
    let rows = view.prefix(prefix.as_bytes());
    rows.map(|(key, _)| String::from_utf8(key.to_vec()).unwrap())
        .collect()
}

/// All rows.
pub fn everything(view: &dyn Read) -> Vec<(Vec<u8>, Value)> {
    view.prefix(b"")
        .map(|(key, value)| (key.to_vec(), value.clone()))
        .collect()
}

/// How an interleaved transaction ended.
pub struct Interleaved<T, E> {
    pub outcome: Result<T, E>,
    /// How often its closure ran.
    pub runs: u32,
}

/// Runs `first`, holds its first run at its end, runs `second` to its commit, and lets `first` go
/// on. `first` is told how often it ran before; its panic is the error. To be called from the
/// test's own task only: a worker that is held cannot run another task.
pub async fn try_interleave<T, E, F, G>(
    store: &Store,
    mut first: F,
    second: G,
) -> Result<Interleaved<T, E>, JoinError>
where
    F: FnMut(&mut Txn<'_>, u32) -> Result<T, E> + Send + 'static,
    G: FnMut(&mut Txn<'_>) -> Result<(), Infallible> + Send + 'static,
    T: Send + 'static,
    E: std::fmt::Debug + Send + 'static,
{
    let runs = Arc::new(AtomicU32::new(0));
    let (arrived, arrival) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let (mut arrived, released) = (Some(arrived), Mutex::new(released));
    let held = {
        let (store, runs) = (store.clone(), Arc::clone(&runs));
        tokio::spawn(async move {
            let closure = move |txn: &mut Txn<'_>| {
                let outcome = first(txn, runs.fetch_add(1, Ordering::SeqCst));
                if let Some(arrived) = arrived.take() {
                    arrived.send(()).unwrap();
                    released.lock().unwrap().recv_timeout(DEADLINE).unwrap();
                }
                outcome
            };
            store.transact(closure).await
        })
    };
    arrival.await.unwrap();
    store.transact(second).await.unwrap();
    release.send(()).unwrap();
    let outcome = match held.await? {
        Ok(committed) => Ok(committed.value),
        Err(TransactError::Aborted(error)) => Err(error),
        Err(TransactError::Store(error)) => panic!("{error}"),
    };
    Ok(Interleaved {
        outcome,
        runs: runs.load(Ordering::SeqCst),
    })
}

/// As [`try_interleave`] for a closure that does not panic.
pub async fn interleave<T, E, F, G>(store: &Store, first: F, second: G) -> Interleaved<T, E>
where
    F: FnMut(&mut Txn<'_>, u32) -> Result<T, E> + Send + 'static,
    G: FnMut(&mut Txn<'_>) -> Result<(), Infallible> + Send + 'static,
    T: Send + 'static,
    E: std::fmt::Debug + Send + 'static,
{
    try_interleave(store, first, second).await.unwrap()
}
