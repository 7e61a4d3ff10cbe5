//! How records lie in the key space. This is the on-disk format: change it only together with the
//! format number in the disk back end.
//!
//! - primary row: table, 0, key -> version, postcard body
//! - index entry: table, index, parts, primary key -> nothing
//! - unique index entry: table, index, parts -> primary key
//!
//! Each part is escaped (0x00 becomes 0x00 0xff) and ended by 0x00 0x01, which keeps the order of
//! the parts and lets no value be the prefix of another.

use super::{Index, Record, RecordError, Table};
use crate::change::Key;
use crate::value::Value;

/// In place of an index number: the primary rows.
pub(super) const PRIMARY: u8 = 0;

/// One index entry as a record names it, still without the primary key.
#[derive(Debug)]
pub(super) struct EntryKey {
    pub(super) index: Index,
    pub(super) key: Vec<u8>,
    pub(super) unique: bool,
}

impl EntryKey {
    /// The entry's row.
    pub(super) fn row(self, primary: &[u8]) -> (Key, Value) {
        let mut key = self.key;
        if self.unique {
            return (key.into(), Value::copy_of(primary));
        }
        key.extend_from_slice(primary);
        (key.into(), Value::new())
    }
}

/// The beginning of all primary rows.
pub(super) fn primary_prefix(table: Table) -> [u8; 2] {
    [table.id, PRIMARY]
}

/// A primary row's key.
pub(super) fn primary_row(table: Table, key: &[u8]) -> Vec<u8> {
    [&primary_prefix(table), key].concat()
}

/// The beginning of all entries of one index value; the whole key in a unique index.
pub(super) fn index_prefix(table: Table, index: Index, parts: &[&[u8]]) -> Vec<u8> {
    let size: usize = parts.iter().map(|part| part.len() + 2).sum();
    // Room for a uuid as the primary key, which follows in most entries.
    let mut key = Vec::with_capacity(2 + size + 16);
    key.extend_from_slice(&[table.id, index.id]);
    for part in parts {
        for byte in *part {
            key.push(*byte);
            if *byte == 0 {
                key.push(u8::MAX);
            }
        }
        key.extend_from_slice(&[0, 1]);
    }
    key
}

/// A primary row's value.
pub(super) fn encode<R: Record>(record: &R) -> Result<Value, RecordError> {
    let body = postcard::to_extend(record, vec![R::TABLE.version]);
    body.map(Value::from).map_err(|error| RecordError::Encode {
        table: R::TABLE.name,
        what: error.to_string(),
    })
}

/// The record in a primary row's value.
pub(super) fn decode<R: Record>(value: &[u8]) -> Result<R, RecordError> {
    let table = R::TABLE.name;
    let damaged = |what: String| RecordError::Damaged { table, what };
    let Some((version, body)) = value.split_first() else {
        return Err(damaged("the row is empty".to_owned()));
    };
    if *version != R::TABLE.version {
        return R::migrate(*version, body).ok_or(RecordError::Version {
            table,
            found: *version,
            supported: R::TABLE.version,
        });
    }
    postcard::from_bytes(body).map_err(|error| damaged(error.to_string()))
}
