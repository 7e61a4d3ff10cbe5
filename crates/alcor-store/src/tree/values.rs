//! A page's values. Most rows are entries of indexes and empty, so that a value takes the room of a pointer
//! and an empty one nothing else; it also makes pages quicker to copy.

use crate::change::Value;
use std::sync::Arc;

static EMPTY: Value = Value::new();

/// Values by their places.
#[derive(Clone, Default)]
pub(super) struct Values(Vec<Option<Arc<Value>>>);

impl Values {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value at a place below `len`.
    pub(super) fn at(&self, at: usize) -> &Value {
        self.0[at].as_deref().unwrap_or(&EMPTY)
    }

    pub(super) fn set(&mut self, at: usize, value: Value) {
        self.0[at] = pack(value);
    }

    pub(super) fn insert(&mut self, at: usize, value: Value) {
        // As for keys, no room to spare.
        self.0.reserve_exact(1);
        self.0.insert(at, pack(value));
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.0.remove(at);
    }

    /// Keeps the values before `at` and returns the others.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }

    /// Adds values after the present ones.
    pub(super) fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
}

fn pack(value: Value) -> Option<Arc<Value>> {
    (!value.is_empty()).then(|| Arc::new(value))
}
