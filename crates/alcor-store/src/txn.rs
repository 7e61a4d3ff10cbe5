//! A transaction in progress: a view with the transaction's own writes over it.

use crate::change::Key;
use crate::range::{Range, Writes};
use crate::read::Read;
use crate::reads::{Observer, Reads};
use crate::snapshot::Head;
use crate::value::Value;
use alcor_types::Revision;
use bytes::Bytes;
use std::cell::RefCell;
use std::ops::Bound;

/// The view handed to a transaction's closure. It sees its own writes.
pub struct Txn<'a> {
    base: &'a Head,
    writes: Writes,
    /// `None` when the writer runs the closure: nothing can come between.
    reads: Option<RefCell<Reads>>,
}

impl<'a> Txn<'a> {
    /// A transaction that records what it reads, to be checked later.
    pub(crate) fn tracked(base: &'a Head) -> Self {
        Self {
            base,
            writes: Writes::new(),
            reads: Some(RefCell::default()),
        }
    }

    /// A transaction on the newest state, run by the only one who changes it.
    pub(crate) fn exclusive(base: &'a Head) -> Self {
        Self {
            base,
            writes: Writes::new(),
            reads: None,
        }
    }

    /// The revision the transaction reads at.
    pub fn revision(&self) -> Revision {
        self.base.revision
    }

    /// Sets a row.
    pub fn put(&mut self, key: impl Into<Key>, value: impl Into<Value>) {
        self.writes.insert(key.into(), Some(value.into()));
    }

    /// Removes a row; removing a row that does not exist is no error.
    pub fn delete(&mut self, key: &[u8]) {
        self.writes.insert(Bytes::copy_from_slice(key), None);
    }

    /// What the transaction has read and written.
    pub(crate) fn into_parts(self) -> (Reads, Writes) {
        (
            self.reads.map(RefCell::into_inner).unwrap_or_default(),
            self.writes,
        )
    }
}

impl Read for Txn<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        if let Some(written) = self.writes.get(key) {
            return written.clone();
        }
        if let Some(reads) = &self.reads {
            reads.borrow_mut().keys.push(Bytes::copy_from_slice(key));
        }
        self.base.rows.get(key).cloned()
    }

    fn range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Range<'_> {
        let bounds = (
            from.map(Bytes::copy_from_slice),
            to.map(Bytes::copy_from_slice),
        );
        let observer = self
            .reads
            .as_ref()
            .map(|reads| Observer::new(reads, bounds.clone()));
        Range::new(&self.base.rows, Some(&self.writes), &bounds, observer)
    }
}
