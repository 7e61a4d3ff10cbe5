//! Typed rows with secondary indexes, so that managers speak of ports and networks while the
//! store knows only bytes.
//!
//! A record is one primary row, whose value is a version byte and a postcard body, and one row
//! for each index entry. All of them change in the same transaction. A record is decoded when
//! it is read; lookups touch only the rows they yield.

pub(crate) mod derived;
mod layout;
pub(crate) mod loading;
mod query;
mod write;

pub use derived::{Derivation, Mismatch};
pub use query::{
    Changed, count, decode_change, exists, get, keys_in, lookup, lookup_keys, present, scan,
    scan_keys,
};
pub use write::{delete, insert, put};

use layout::EntryKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The first byte of all of the table's keys; unique and never reused.
    pub id: u8,
    /// For messages.
    pub name: &'static str,
    /// The version of the record's encoding, stored with each row.
    pub version: u8,
}

/// A secondary index of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The second byte of the index's keys: at least 1, unique in its table and never reused.
    pub id: u8,
    /// For messages.
    pub name: &'static str,
}

/// A type that lives in a table.
///
/// The body is postcard, which is not self-describing: serde attributes that leave fields out or
/// guess types (`skip_serializing_if`, `flatten`, `untagged`) do not work in a record.
pub trait Record: Serialize + DeserializeOwned + Clone {
    /// The table.
    const TABLE: Table;

    /// The primary key: not empty, and never changed for a living record.
    fn key(&self) -> Vec<u8>;

    /// Names the record's index entries. They must follow from the record alone.
    fn indexes(&self, to: &mut Indexes);

    /// Reads a body written by an older version; `None` when this build no longer can.
    fn migrate(_version: u8, _body: &[u8]) -> Option<Self> {
        None
    }
}

/// The index entries of one record.
#[derive(Debug)]
pub struct Indexes {
    table: Table,
    entries: Vec<EntryKey>,
}

impl Indexes {
    fn of<R: Record>(record: &R) -> Self {
        let mut indexes = Self {
            table: R::TABLE,
            entries: Vec::new(),
        };
        record.indexes(&mut indexes);
        indexes
    }

    /// Makes the record found by `parts` in an index that many records may share.
    pub fn add(&mut self, index: Index, parts: &[&[u8]]) {
        self.push(index, parts, false);
    }

    /// Makes the record found by `parts`, which no other record of the table may have.
    pub fn unique(&mut self, index: Index, parts: &[&[u8]]) {
        self.push(index, parts, true);
    }

    fn push(&mut self, index: Index, parts: &[&[u8]], unique: bool) {
        let key = layout::index_prefix(self.table, index, parts);
        self.entries.push(EntryKey { index, key, unique });
    }
}

/// Why a record could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Another record has the same value in a unique index, or the same primary key (index
    /// `"primary"`).
    #[error("{table} already has a record with this {index}")]
    Duplicate {
        /// The table's name.
        table: &'static str,
        /// The index's name.
        index: &'static str,
    },
    /// The row was written by a version that this build cannot read.
    #[error("{table} row has encoding version {found}, this build reads {supported}")]
    Version {
        /// The table's name.
        table: &'static str,
        /// The row's version.
        found: u8,
        /// This build's version.
        supported: u8,
    },
    /// The row's body does not decode, or an index entry leads nowhere.
    #[error("{table} row is damaged: {what}")]
    Damaged {
        /// The table's name.
        table: &'static str,
        /// What was found wrong.
        what: String,
    },
    /// The record cannot be encoded.
    #[error("{table} record cannot be encoded: {what}")]
    Encode {
        /// The table's name.
        table: &'static str,
        /// The encoder's message.
        what: String,
    },
}
