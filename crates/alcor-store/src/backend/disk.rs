//! The embedded back end: fjall, an LSM tree with a write-ahead log, in one directory.

use super::{Backend, Batch, Loaded, encoding};
use crate::change::{Commit, Key};
use crate::error::BackendError;
use crate::value::Value;
use alcor_types::Revision;
use bytes::Bytes;
use fjall::config::FilterPolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::path::Path;
use std::sync::Arc;

/// The layout this build reads and writes. Raise it with any change to the layout of keyspaces,
/// log entries or record keys.
const FORMAT: u32 = 2;
const FORMAT_KEY: &str = "format";
const REVISION_KEY: &str = "revision";

/// Rows are read once, at the start, and then served from memory.
const CACHE_BYTES: u64 = 8 << 20;
/// What fjall holds in memory of a keyspace before it writes it out. Nothing is read from
/// there, so it is small: measured, 8 MiB instead of 64 costs no writes per second.
const MEMTABLE_BYTES: u64 = 8 << 20;
/// What is at most replayed at the start after a crash.
const JOURNAL_BYTES: u64 = 64 << 20;

/// A store directory, held by this process alone.
pub struct Disk {
    database: Database,
    rows: Keyspace,
    changes: Keyspace,
    meta: Keyspace,
    /// Log entries up to here are gone from the disk.
    trimmed: Revision,
}

impl Disk {
    /// Opens the directory, or creates it.
    pub fn open(dir: &Path) -> Result<Self, BackendError> {
        let database = Database::builder(dir)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .open();
        let database = database.map_err(|error| match error {
            fjall::Error::Locked => BackendError::Locked {
                dir: dir.to_owned(),
            },
            error => failed("opening the data directory")(error),
        })?;
        let meta = keyspace(&database, "meta")?;
        check_format(dir, &database, &meta)?;
        let rows = keyspace(&database, "data")?;
        let changes = keyspace(&database, "changes")?;
        Ok(Self {
            rows,
            changes,
            meta,
            database,
            trimmed: Revision::ZERO,
        })
    }

    fn load_revision(&self) -> Result<Revision, BackendError> {
        let stored = self
            .meta
            .get(REVISION_KEY)
            .map_err(failed("reading the revision"))?;
        stored.map_or(Ok(Revision::ZERO), |bytes| decode_revision(&bytes))
    }

    fn load_changes(&self) -> Result<Vec<Commit>, BackendError> {
        let mut commits = Vec::new();
        for entry in self.changes.iter() {
            let (key, value) = entry
                .into_inner()
                .map_err(failed("reading the change log"))?;
            let revision = decode_revision(&key)?;
            commits.push(Commit {
                revision,
                changes: encoding::decode(&value)?,
            });
        }
        Ok(commits)
    }
}

impl Backend for Disk {
    fn load(&mut self, row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError> {
        for entry in self.rows.iter() {
            let (key, value) = entry.into_inner().map_err(failed("reading the rows"))?;
            row(Bytes::copy_from_slice(&key), Value::copy_of(&value));
        }
        let loaded = Loaded {
            revision: self.load_revision()?,
            changes: self.load_changes()?,
        };
        let oldest = loaded
            .changes
            .first()
            .map_or(loaded.revision.next(), |commit| commit.revision);
        self.trimmed = Revision(oldest.0.saturating_sub(1));
        Ok(loaded)
    }

    fn commit(&mut self, batch: Batch<'_>) -> Result<(), BackendError> {
        let Some(newest) = batch.commits.last() else {
            return Ok(());
        };
        let mut write = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        for commit in batch.commits {
            for change in commit.changes.iter() {
                match &change.value {
                    Some(value) => write.insert(&self.rows, &*change.key, &**value),
                    None => write.remove(&self.rows, &*change.key),
                }
            }
            let entry = encoding::encode(&commit.changes)?;
            write.insert(&self.changes, encode_revision(commit.revision), entry);
        }
        for revision in self.trimmed.0..batch.trim.0 {
            write.remove(&self.changes, encode_revision(Revision(revision + 1)));
        }
        write.insert(&self.meta, REVISION_KEY, encode_revision(newest.revision));
        write.commit().map_err(failed("writing a batch"))?;
        self.trimmed = self.trimmed.max(batch.trim);
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        self.database
            .persist(PersistMode::SyncAll)
            .map_err(failed("closing the data directory"))
    }
}

/// A keyspace without bloom filters: nothing is looked up by key.
fn keyspace(database: &Database, name: &str) -> Result<Keyspace, BackendError> {
    let options = || {
        KeyspaceCreateOptions::default()
            .filter_policy(FilterPolicy::disabled())
            .max_memtable_size(MEMTABLE_BYTES)
    };
    database
        .keyspace(name, options)
        .map_err(failed("opening a keyspace"))
}

fn check_format(dir: &Path, database: &Database, meta: &Keyspace) -> Result<(), BackendError> {
    let Some(found) = meta.get(FORMAT_KEY).map_err(failed("reading the format"))? else {
        let mut write = database.batch().durability(Some(PersistMode::SyncAll));
        write.insert(meta, FORMAT_KEY, FORMAT.to_be_bytes());
        return write.commit().map_err(failed("writing the format"));
    };
    let found = <[u8; 4]>::try_from(&*found).map_or(0, u32::from_be_bytes);
    if found == FORMAT {
        return Ok(());
    }
    Err(BackendError::Format {
        dir: dir.to_owned(),
        found,
        supported: FORMAT,
    })
}

fn encode_revision(revision: Revision) -> [u8; 8] {
    revision.0.to_be_bytes()
}

fn decode_revision(bytes: &[u8]) -> Result<Revision, BackendError> {
    <[u8; 8]>::try_from(bytes)
        .map(|bytes| Revision(u64::from_be_bytes(bytes)))
        .map_err(|_| BackendError::Corrupt {
            what: "a revision is not 8 bytes".to_owned(),
        })
}

fn failed(doing: &'static str) -> impl FnOnce(fjall::Error) -> BackendError {
    move |error| BackendError::Io {
        doing,
        source: Arc::new(error),
    }
}
