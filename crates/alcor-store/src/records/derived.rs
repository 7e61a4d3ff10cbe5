//! Index rows follow from records, so the medium need not keep them: a store that is told of
//! the tables writes only primary rows, and makes the index rows anew when it is opened. A port
//! is then one row on the disk instead of ten.

use super::layout::{PRIMARY, decode};
use super::write::entries;
use super::{Record, RecordError, Table};
use crate::change::{Change, Key};
use crate::read::Read;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The index rows that follow from a primary row.
type Derive = fn(&[u8], &Value) -> Result<Vec<(Key, Value)>, RecordError>;

/// An index row that is not as the records say: table, key, what is wrong.
pub type Mismatch = (&'static str, Key, &'static str);

/// How the index rows of one table follow from its primary rows.
#[derive(Clone, Copy, Debug)]
pub struct Derivation {
    table: Table,
    derive: Derive,
}

impl Derivation {
    /// That of `R`'s table.
    pub const fn of<R: Record>() -> Self {
        Self {
            table: R::TABLE,
            derive: |key, value| Ok(entries(&decode::<R>(value)?, key).into_iter().collect()),
        }
    }

    /// Which of the table's index rows are not as its records say: the table's name, the row's
    /// key and what is wrong with it. None, unless there is a defect.
    pub fn check(&self, read: &dyn Read) -> Result<Vec<Mismatch>, RecordError> {
        let rows = read.prefix(&[self.table.id]);
        let rows = rows.map(|(key, value)| (Key::copy_from_slice(key), value.clone()));
        let (primary, mut there): (BTreeMap<_, _>, BTreeMap<_, _>) =
            rows.partition(|(key, _)| key.get(1) == Some(&PRIMARY));
        let mut missing = Vec::new();
        for (row, value) in primary {
            let key = primary_key(&row).unwrap_or_default();
            for (entry, value) in (self.derive)(key, &value)? {
                if there.remove(&entry) != Some(value) {
                    missing.push((self.table.name, entry, "is missing or leads elsewhere"));
                }
            }
        }
        let stray = there.into_keys();
        missing.extend(stray.map(|entry| (self.table.name, entry, "leads to nothing")));
        Ok(missing)
    }
}

/// The tables whose index rows only memory holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Derivations(pub(crate) &'static [Derivation]);

impl Derivations {
    fn of_table(self, id: u8) -> Option<&'static Derivation> {
        self.0.iter().find(|one| one.table.id == id)
    }

    /// What index rows follow from this one, where any do, and its primary key.
    fn of_key(self, key: &[u8]) -> Option<(&'static Derivation, &[u8])> {
        let primary = primary_key(key)?;
        Some((self.of_table(*key.first()?)?, primary))
    }

    /// Whether index rows follow from this one.
    pub(super) fn follow(self, key: &[u8]) -> bool {
        self.of_key(key).is_some()
    }

    /// The index rows that follow from a row.
    pub(super) fn of_row(
        self,
        key: &[u8],
        value: &Value,
    ) -> Result<Vec<(Key, Value)>, RecordError> {
        match self.of_key(key) {
            Some((of, primary)) => (of.derive)(primary, value),
            None => Ok(Vec::new()),
        }
    }

    /// Whether the row is an index row that is made anew at the start.
    fn covers(self, key: &[u8]) -> bool {
        let &[table, index, ..] = key else {
            return false;
        };
        index != PRIMARY && self.of_table(table).is_some()
    }

    /// The changes that the medium and the log keep.
    pub(crate) fn kept(self, changes: &Arc<[Change]>) -> Arc<[Change]> {
        if self.0.is_empty() {
            return Arc::clone(changes);
        }
        let kept = changes.iter().filter(|change| !self.covers(&change.key));
        kept.cloned().collect()
    }
}

/// The primary key in a primary row's key.
fn primary_key(row: &[u8]) -> Option<&[u8]> {
    match row {
        [_, PRIMARY, key @ ..] if !key.is_empty() => Some(key),
        _ => None,
    }
}
