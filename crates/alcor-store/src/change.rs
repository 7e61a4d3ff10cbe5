//! What a commit did: the unit that is written to disk, kept in the log and handed to watchers.

use crate::value::Value;
use alcor_types::Revision;
use bytes::Bytes;
use std::sync::Arc;

/// A row's key; rows are ordered by its bytes.
pub type Key = Bytes;

/// One row a transaction wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The row.
    pub key: Key,
    /// Its new value; `None` when it was deleted.
    pub value: Option<Value>,
}

/// One committed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its place in history; the previous commit has the number before it.
    pub revision: Revision,
    /// What it wrote, in key order.
    pub changes: Arc<[Change]>,
}

impl Change {
    /// Bytes of key and value, the measure by which the log is bounded.
    pub(crate) fn size(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, |value| value.len())
    }
}

impl Commit {
    /// Bytes of all changes.
    pub(crate) fn size(&self) -> usize {
        self.changes.iter().map(Change::size).sum()
    }

    /// The commit as a watcher of `prefixes` sees it; `None` when it touches none of them.
    /// No prefixes at all means everything.
    pub(crate) fn filtered(&self, prefixes: &[Bytes]) -> Option<Self> {
        let wanted =
            |change: &&Change| prefixes.iter().any(|prefix| change.key.starts_with(prefix));
        if prefixes.is_empty() || self.changes.iter().all(|change| wanted(&change)) {
            return Some(self.clone());
        }
        let changes: Arc<[Change]> = self.changes.iter().filter(wanted).cloned().collect();
        (!changes.is_empty()).then_some(Self {
            revision: self.revision,
            changes,
        })
    }
}
