//! A page's values. Most rows are entries of indexes and have empty ones, and such rows lie together: a page of
//! them keeps nothing but their number. That also makes it quicker to copy.

use crate::value::Value;

static EMPTY: Value = Value::new();

/// Values by their places.
#[derive(Clone, Default)]
pub(super) struct Values {
    len: usize,
    /// None while all are empty, otherwise as many as there are.
    all: Vec<Value>,
}

impl Values {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The value at a place below `len`.
    pub(super) fn at(&self, at: usize) -> &Value {
        self.all.get(at).unwrap_or(&EMPTY)
    }

    pub(super) fn set(&mut self, at: usize, value: Value) {
        if self.needs_room(&value) {
            self.all[at] = value;
        }
    }

    pub(super) fn insert(&mut self, at: usize, value: Value) {
        if self.needs_room(&value) {
            // As for keys, no room to spare.
            self.all.reserve_exact(1);
            self.all.insert(at, value);
        }
        self.len += 1;
    }

    pub(super) fn remove(&mut self, at: usize) {
        if !self.all.is_empty() {
            self.all.remove(at);
        }
        self.len -= 1;
    }

    /// Keeps the values before `at` and returns the others.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let right = self.all.split_off(at.min(self.all.len()));
        let len = self.len - at;
        self.len = at;
        Self { len, all: right }
    }

    /// Adds values after the present ones.
    pub(super) fn append(&mut self, other: &Self) {
        if !self.all.is_empty() || !other.all.is_empty() {
            self.all.resize(self.len, Value::new());
            let more = (0..other.len).map(|at| other.at(at).clone());
            self.all.extend(more);
        }
        self.len += other.len;
    }

    /// Whether values have places, which they get with the first that is not empty.
    fn needs_room(&mut self, value: &Value) -> bool {
        if self.all.is_empty() && !value.is_empty() {
            self.all.resize(self.len, Value::new());
        }
        !self.all.is_empty() || !value.is_empty()
    }
}
