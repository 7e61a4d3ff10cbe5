//! What a transaction looked at, so that the writer can tell whether it would still see the
//! same.

use crate::change::Key;
use crate::tree::Bounds;
use std::cell::RefCell;
use std::ops::Bound;

/// The rows and ranges a transaction has read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) keys: Vec<Key>,
    pub(crate) ranges: Vec<Bounds>,
}

/// Notes how much of a range an iterator has really shown, so that a page of a large table
/// conflicts with changes in that page only.
pub(crate) struct Observer<'a> {
    reads: &'a RefCell<Reads>,
    bounds: Bounds,
    front: Option<&'a [u8]>,
    back: Option<&'a [u8]>,
    exhausted: bool,
}

impl<'a> Observer<'a> {
    pub(crate) fn new(reads: &'a RefCell<Reads>, bounds: Bounds) -> Self {
        Self {
            reads,
            bounds,
            front: None,
            back: None,
            exhausted: false,
        }
    }

    /// The iterator has shown this row at its front, or that there is none.
    pub(crate) fn front(&mut self, key: Option<&'a [u8]>) {
        self.exhausted |= key.is_none();
        self.front = key.or(self.front);
    }

    /// The iterator has shown this row at its back, or that there is none.
    pub(crate) fn back(&mut self, key: Option<&'a [u8]>) {
        self.exhausted |= key.is_none();
        self.back = key.or(self.back);
    }
}

impl Drop for Observer<'_> {
    fn drop(&mut self) {
        let mut reads = self.reads.borrow_mut();
        let (from, to) = self.bounds.clone();
        if self.exhausted {
            reads.ranges.push((from, to));
            return;
        }
        if let Some(key) = self.front {
            reads
                .ranges
                .push((from, Bound::Included(Key::copy_from_slice(key))));
        }
        if let Some(key) = self.back {
            reads
                .ranges
                .push((Bound::Included(Key::copy_from_slice(key)), to));
        }
    }
}
