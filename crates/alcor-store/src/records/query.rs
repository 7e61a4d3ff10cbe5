//! Finding records: by key, in key order, by index.

use super::layout::{decode, index_prefix, primary_prefix, primary_row};
use super::{Index, Record, RecordError, Table};
use crate::change::{Change, Key};
use crate::range::Range;
use crate::read::{Read, after_prefix};
use crate::value::Value;
use std::ops::Bound;

/// The record with this primary key.
pub fn get<R: Record>(read: &dyn Read, key: &[u8]) -> Result<Option<R>, RecordError> {
    read.get(&primary_row(R::TABLE, key))
        .map(|value| decode(&value))
        .transpose()
}

/// Whether there is a record with this primary key. Decodes nothing.
pub fn exists<R: Record>(read: &dyn Read, key: &[u8]) -> bool {
    read.get(&primary_row(R::TABLE, key)).is_some()
}

/// As [`exists`], of a table alone, where the record's type is not at hand.
pub fn present(read: &dyn Read, table: Table, key: &[u8]) -> bool {
    read.get(&primary_row(table, key)).is_some()
}

/// All records in primary key order, or in the reverse. With `after`, only those that come after
/// that key in the chosen order; the key need not exist.
pub fn scan<'a, R: Record>(
    read: &'a dyn Read,
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Result<R, RecordError>> + use<'a, R> {
    rows(read, &primary_prefix(R::TABLE), after, reverse).map(|(_, value)| decode(value))
}

/// As [`scan`], the primary keys only. Decodes nothing.
pub fn scan_keys<'a, R: Record>(
    read: &'a dyn Read,
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Key> + use<'a, R> {
    let prefix = primary_prefix(R::TABLE);
    rows(read, &prefix, after, reverse).map(move |(key, _)| copy_from(key, prefix.len()))
}

/// The records with this index value, in primary key order or in the reverse. `parts` must be
/// all the parts that the record gave. `after` as in [`scan`].
pub fn lookup<'a, R: Record>(
    read: &'a dyn Read,
    index: Index,
    parts: &[&[u8]],
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Result<R, RecordError>> + use<'a, R> {
    lookup_keys::<R>(read, index, parts, after, reverse).map(move |key| {
        get(read, &key)?.ok_or_else(|| RecordError::Damaged {
            table: R::TABLE.name,
            what: format!("an entry of index {} leads nowhere", index.name),
        })
    })
}

/// As [`lookup`], the primary keys only. Decodes nothing and reads no primary row.
pub fn lookup_keys<'a, R: Record>(
    read: &'a dyn Read,
    index: Index,
    parts: &[&[u8]],
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Key> + use<'a, R> {
    keys_in(read, R::TABLE, index, parts, after, reverse)
}

/// As [`lookup_keys`], of a table alone, where the records that are wanted lie in another table
/// under the same keys.
pub fn keys_in<'a>(
    read: &'a dyn Read,
    table: Table,
    index: Index,
    parts: &[&[u8]],
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Key> + use<'a> {
    let prefix = index_prefix(table, index, parts);
    let from = after.map(<[u8]>::to_vec);
    // A unique entry is the prefix itself. It sorts before every `after`, so a forward range
    // that begins later would miss it.
    let single = after.filter(|_| !reverse).and_then(|_| read.get(&prefix));
    let single = single.map(|key| Key::copy_from_slice(&key));
    let many = rows(read, &prefix, after, reverse);
    let size = prefix.len();
    single
        .into_iter()
        .chain(many.map(move |(key, value)| primary_key(key, value, size)))
        .filter(move |key| {
            from.as_ref()
                .is_none_or(|from| (key < from) == reverse && key != from)
        })
}

/// How many records have this index value. Decodes nothing.
pub fn count<R: Record>(read: &dyn Read, index: Index, parts: &[&[u8]]) -> usize {
    read.prefix(&index_prefix(R::TABLE, index, parts)).count()
}

/// A primary key and its record; no record when it was deleted.
pub type Changed<R> = (Vec<u8>, Option<R>);

/// The record a change is about: its primary key, and the record unless it was deleted. `None`
/// when the change is not of `R`'s primary rows.
pub fn decode_change<R: Record>(change: &Change) -> Option<Result<Changed<R>, RecordError>> {
    let key = change.key.strip_prefix(&primary_prefix(R::TABLE))?.to_vec();
    let record = change.value.as_ref().map(|value| decode(value)).transpose();
    Some(record.map(|record| (key, record)))
}

/// The primary key an index entry leads to.
fn primary_key(key: &[u8], value: &Value, prefix: usize) -> Key {
    if key.len() > prefix {
        copy_from(key, prefix)
    } else {
        Key::copy_from_slice(value)
    }
}

fn copy_from(key: &[u8], start: usize) -> Key {
    key.get(start..)
        .map(Key::copy_from_slice)
        .unwrap_or_default()
}

/// The rows under a prefix, beyond `after` in the chosen order.
fn rows<'a>(
    read: &'a dyn Read,
    prefix: &[u8],
    after: Option<&[u8]>,
    reverse: bool,
) -> Direction<'a> {
    let limit = after.map(|after| [prefix, after].concat());
    let end = after_prefix(prefix);
    let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    match (limit.as_deref(), reverse) {
        (None, false) => Direction::Forward(read.range(Bound::Included(prefix), end)),
        (None, true) => Direction::Backward(read.range(Bound::Included(prefix), end)),
        (Some(limit), false) => Direction::Forward(read.range(Bound::Excluded(limit), end)),
        (Some(limit), true) => {
            Direction::Backward(read.range(Bound::Included(prefix), Bound::Excluded(limit)))
        }
    }
}

/// A range walked one way.
enum Direction<'a> {
    Forward(Range<'a>),
    Backward(Range<'a>),
}

impl<'a> Iterator for Direction<'a> {
    type Item = (&'a [u8], &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Forward(range) => range.next(),
            Self::Backward(range) => range.next_back(),
        }
    }
}
