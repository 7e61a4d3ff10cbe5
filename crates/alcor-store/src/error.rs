//! What can go wrong between a caller and the store, told apart by what the caller can do.

use crate::lane::Lane;
use crate::records::RecordError;
use alcor_types::Revision;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// A failure of the store itself.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The change log no longer reaches back to the asked revision. Take a snapshot and
    /// watch from its revision.
    #[error("changes before revision {oldest} are gone; read a snapshot and watch from there")]
    Compacted {
        /// The oldest revision a watch can start from.
        oldest: Revision,
    },
    /// The asked revision has not happened in this store: the caller's bookmark belongs to
    /// another store, or to one that was restored from an older copy.
    #[error("revision {asked} is ahead of this store's newest revision {newest}")]
    Ahead {
        /// What the caller asked for.
        asked: Revision,
        /// What the store has.
        newest: Revision,
    },
    /// The store was closed, by `close` or because its last handle was dropped.
    #[error("the store is closed")]
    Closed,
    /// As many transactions of the lane wait as it has places for. Nothing was written.
    #[error("{waiting} transactions of {lane} wait already: try again when some are done")]
    Crowded {
        /// The lane.
        lane: Lane,
        /// How many wait in it.
        waiting: usize,
    },
    /// An earlier write did not reach the disk. Reads go on; writes are refused until the
    /// process is restarted, because what the disk holds is not known.
    #[error("the store is read-only after a failed write, restart to recover: {reason}")]
    ReadOnly {
        /// The failed write's error.
        reason: Arc<str>,
    },
    /// The writer thread could not be started.
    #[error("cannot start the store's writer thread: {0}")]
    Thread(Arc<std::io::Error>),
    /// A stored record cannot be read, so its index rows cannot be made.
    #[error("the data directory holds a record this build cannot read: {0}")]
    Record(#[from] RecordError),
    /// The back end failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// A failure of the medium behind the store.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// Another process has the directory open.
    #[error("{} is in use by another process; stop it, or choose another data directory", .dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory was written in a format this build does not read.
    #[error(
        "{} has data format {found}, this version reads format {supported}; \
         run the version that wrote it, or start with an empty data directory", .dir.display()
    )]
    Format {
        /// The data directory.
        dir: PathBuf,
        /// The format number found.
        found: u32,
        /// The format number this build reads and writes.
        supported: u32,
    },
    /// Stored bytes do not mean anything; restore the directory from a copy.
    #[error("stored data is damaged ({what}); restore the data directory from a copy")]
    Corrupt {
        /// What was found wrong.
        what: String,
    },
    /// Reading or writing failed.
    #[error("storage failed while {doing}: {source}")]
    Io {
        /// What the back end was doing.
        doing: &'static str,
        /// The engine's own error.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a transaction did not commit.
#[derive(Debug, Error)]
pub enum TransactError<E> {
    /// The closure returned an error; nothing was written.
    #[error("transaction refused: {0}")]
    Aborted(E),
    /// The store failed; nothing was acknowledged.
    #[error(transparent)]
    Store(StoreError),
}

impl<E> From<StoreError> for TransactError<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
