//! The store's state at one revision.

use crate::range::Range;
use crate::read::Read;
use crate::tree::Tree;
use crate::value::Value;
use alcor_types::Revision;
use bytes::Bytes;
use std::ops::Bound;
use std::sync::Arc;

/// All rows as of a revision.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) rows: Tree,
    pub(crate) revision: Revision,
}

/// A consistent view that no later write changes. Taking one is cheap; keeping one keeps the
/// rows it saw in memory.
#[derive(Clone)]
pub struct Snapshot(Arc<Head>);

impl Snapshot {
    pub(crate) fn new(head: Arc<Head>) -> Self {
        Self(head)
    }

    /// The newest commit that this view includes.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// Number of rows, index rows included.
    pub fn len(&self) -> usize {
        self.0.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn head(&self) -> &Head {
        &self.0
    }
}

impl Read for Snapshot {
    fn get(&self, key: &[u8]) -> Option<Value> {
        self.0.rows.get(key).cloned()
    }

    fn range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Range<'_> {
        let bounds = (
            from.map(Bytes::copy_from_slice),
            to.map(Bytes::copy_from_slice),
        );
        Range::new(&self.0.rows, None, &bounds, None)
    }
}
