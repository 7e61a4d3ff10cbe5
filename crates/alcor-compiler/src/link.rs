//! Indexes from one thing to many.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Notes that one thing has, or no longer has, another.
pub(crate) fn link<K: Eq + Hash, V: Ord>(
    index: &mut HashMap<K, BTreeSet<V>>,
    key: K,
    value: V,
    has: bool,
) {
    if has {
        index.entry(key).or_default().insert(value);
    } else if let Some(values) = index.get_mut(&key) {
        values.remove(&value);
        if values.is_empty() {
            index.remove(&key);
        }
    }
}
