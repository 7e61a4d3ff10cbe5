//! The ordered map that holds every row: cloning it is free, so that a snapshot is.

use crate::change::{Key, Value};
use rpds::RedBlackTreeMapSync;
use std::ops::Bound;

/// Owned bounds of a range of keys.
pub(crate) type Bounds = (Bound<Key>, Bound<Key>);
/// A row as it lies in the map.
pub(crate) type Row<'a> = (&'a Key, &'a Value);

/// A persistent map: a clone shares everything with its original until one of them changes.
#[derive(Clone)]
pub(crate) struct Tree(RedBlackTreeMapSync<Key, Value>);

impl Tree {
    /// A map without rows.
    pub(crate) fn new() -> Self {
        Self(RedBlackTreeMapSync::new_sync())
    }

    /// The row of `key`.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Row<'_>> {
        self.0.get_key_value(key)
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.0.size()
    }

    /// Sets a row, or removes it when there is no value.
    pub(crate) fn set(&mut self, key: Key, value: Option<Value>) {
        match value {
            Some(value) => self.0.insert_mut(key, value),
            None => {
                self.0.remove_mut(&key);
            }
        }
    }

    /// The rows between `bounds`, which must not cross. Nothing is read ahead: the first row
    /// costs one descent, each further one a step.
    pub(crate) fn range(
        &self,
        bounds: Bounds,
    ) -> Box<dyn DoubleEndedIterator<Item = Row<'_>> + '_> {
        Box::new(self.0.range(bounds))
    }
}
