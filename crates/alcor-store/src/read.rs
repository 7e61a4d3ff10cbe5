//! Reading: the one interface that snapshots and transactions share.

use crate::range::Range;
use crate::value::Value;
use std::ops::Bound;

/// A consistent view of the store.
pub trait Read {
    /// The row's value, if it exists.
    fn get(&self, key: &[u8]) -> Option<Value>;

    /// The rows between two bounds in key order; bounds that cross give no rows. Iterate from
    /// the back (`rev`) for descending order. Rows are found as they are asked for, so a page
    /// costs what it yields, whatever the table's size.
    fn range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Range<'_>;

    /// The rows whose key begins with `prefix`.
    fn prefix(&self, prefix: &[u8]) -> Range<'_> {
        let end = after_prefix(prefix);
        self.range(
            Bound::Included(prefix),
            end.as_deref().map_or(Bound::Unbounded, Bound::Excluded),
        )
    }
}

/// The first key after all keys that begin with `prefix`; `None` when there is none, because
/// the prefix is empty or all 0xff.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}
