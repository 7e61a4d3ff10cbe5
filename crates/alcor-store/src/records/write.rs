//! Writing records and keeping their index entries in step.

use super::layout::{decode, encode, primary_row};
use super::{Indexes, Record, RecordError};
use crate::change::Key;
use crate::read::Read;
use crate::txn::Txn;
use crate::value::Value;
use std::collections::BTreeMap;

/// Writes a record, replacing the one with the same primary key. Index entries move by
/// difference: those that stay the same are not written.
///
/// When a unique index already leads to another record, nothing is written.
pub fn put<R: Record>(txn: &mut Txn<'_>, record: &R) -> Result<(), RecordError> {
    let key = record.key();
    let row = primary_row(R::TABLE, &key);
    let old = txn.get(&row).map(|value| decode::<R>(&value)).transpose()?;
    write(txn, record, &key, row, old.as_ref())
}

/// Writes a new record; [`RecordError::Duplicate`] (index `"primary"`) when its primary key is
/// taken.
pub fn insert<R: Record>(txn: &mut Txn<'_>, record: &R) -> Result<(), RecordError> {
    let key = record.key();
    let row = primary_row(R::TABLE, &key);
    if txn.get(&row).is_some() {
        return Err(RecordError::Duplicate {
            table: R::TABLE.name,
            index: "primary",
        });
    }
    write(txn, record, &key, row, None)
}

/// Removes a record and its index entries, and returns it.
pub fn delete<R: Record>(txn: &mut Txn<'_>, key: &[u8]) -> Result<Option<R>, RecordError> {
    let row = primary_row(R::TABLE, key);
    let Some(value) = txn.get(&row) else {
        return Ok(None);
    };
    let old = decode::<R>(&value)?;
    for entry in entries(&old, key).into_keys() {
        txn.delete(&entry);
    }
    txn.delete(&row);
    Ok(Some(old))
}

fn write<R: Record>(
    txn: &mut Txn<'_>,
    record: &R,
    key: &[u8],
    row: Vec<u8>,
    old: Option<&R>,
) -> Result<(), RecordError> {
    let value = encode(record)?;
    check_unique(txn, record, key)?;
    let mut stale = old.map(|old| entries(old, key)).unwrap_or_default();
    for (entry, value) in entries(record, key) {
        if stale.remove(&entry).as_ref() != Some(&value) {
            txn.put(entry, value);
        }
    }
    for entry in stale.into_keys() {
        txn.delete(&entry);
    }
    txn.put(row, value);
    Ok(())
}

/// The record's index rows.
pub(super) fn entries<R: Record>(record: &R, key: &[u8]) -> BTreeMap<Key, Value> {
    Indexes::of(record)
        .entries
        .into_iter()
        .map(|entry| entry.row(key))
        .collect()
}

fn check_unique<R: Record>(txn: &Txn<'_>, record: &R, key: &[u8]) -> Result<(), RecordError> {
    for entry in Indexes::of(record)
        .entries
        .iter()
        .filter(|entry| entry.unique)
    {
        if txn.get(&entry.key).is_some_and(|owner| *owner != *key) {
            return Err(RecordError::Duplicate {
                table: R::TABLE.name,
                index: entry.index.name,
            });
        }
    }
    Ok(())
}
