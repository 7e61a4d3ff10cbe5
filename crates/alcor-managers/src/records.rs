//! The store's typed rows, for the resources of `alcor-types`.
//!
//! Resources are plain data that know of no store, and the store knows of no resource, so
//! Rust lets neither side say how the one lies in the other. This module does: [`Record`]
//! here is the counterpart of the store's trait for resources, and the functions are the
//! store's own under the same names.

use alcor_store::records::{Changed, Indexes, Record as StoreRecord, RecordError, Table};
use alcor_store::{Change, Key, Read, Txn, records as rows};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use alcor_store::records::{Derivation, Index, keys_in};

/// A resource that lives in a table.
pub trait Record: Serialize + DeserializeOwned + Clone {
    /// The table.
    const TABLE: Table;

    /// The primary key; never changes.
    fn key(&self) -> Vec<u8>;

    /// Names the index entries of the resource.
    fn indexes(&self, to: &mut Indexes);

    /// Reads a body written by an older version; `None` when this build no longer can.
    fn migrate(_version: u8, _body: &[u8]) -> Option<Self> {
        None
    }
}

/// A resource as the store sees it. In the store's encoding the wrapper has no trace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "R: DeserializeOwned"))]
struct Row<R>(R);

impl<R: Record> StoreRecord for Row<R> {
    const TABLE: Table = R::TABLE;

    fn key(&self) -> Vec<u8> {
        self.0.key()
    }

    fn indexes(&self, to: &mut Indexes) {
        self.0.indexes(to);
    }

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        R::migrate(version, body).map(Self)
    }
}

/// How the index rows of `R`'s table follow from its records.
pub const fn derivation<R: Record>() -> Derivation {
    Derivation::of::<Row<R>>()
}

fn unwrap<R>(row: Row<R>) -> R {
    row.0
}

/// The resource with this primary key.
pub fn get<R: Record>(read: &dyn Read, key: &[u8]) -> Result<Option<R>, RecordError> {
    Ok(rows::get(read, key)?.map(unwrap))
}

/// Whether there is a resource with this primary key. Decodes nothing.
pub fn exists<R: Record>(read: &dyn Read, key: &[u8]) -> bool {
    rows::exists::<Row<R>>(read, key)
}

/// All resources in primary key order, or in the reverse; with `after`, those beyond that key.
pub fn scan<'a, R: Record + 'a>(
    read: &'a dyn Read,
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Result<R, RecordError>> + use<'a, R> {
    rows::scan(read, after, reverse).map(|row| row.map(unwrap))
}

/// As [`scan`], the primary keys only. Decodes nothing.
pub fn scan_keys<'a, R: Record + 'a>(
    read: &'a dyn Read,
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Key> + use<'a, R> {
    rows::scan_keys::<Row<R>>(read, after, reverse)
}

/// The resources with this index value, in primary key order or in the reverse. `parts` must
/// be all the parts of the index. `after` as in [`scan`].
pub fn lookup<'a, R: Record + 'a>(
    read: &'a dyn Read,
    index: Index,
    parts: &[&[u8]],
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Result<R, RecordError>> + use<'a, R> {
    rows::lookup(read, index, parts, after, reverse).map(|row| row.map(unwrap))
}

/// As [`lookup`], the primary keys only. Decodes nothing and reads no primary row.
pub fn lookup_keys<'a, R: Record + 'a>(
    read: &'a dyn Read,
    index: Index,
    parts: &[&[u8]],
    after: Option<&[u8]>,
    reverse: bool,
) -> impl Iterator<Item = Key> + use<'a, R> {
    rows::lookup_keys::<Row<R>>(read, index, parts, after, reverse)
}

/// Whether any resource has this index value. Decodes nothing.
pub fn any<R: Record>(read: &dyn Read, index: Index, parts: &[&[u8]]) -> bool {
    lookup_keys::<R>(read, index, parts, None, false)
        .next()
        .is_some()
}

/// How many resources have this index value. Decodes nothing.
pub fn count<R: Record>(read: &dyn Read, index: Index, parts: &[&[u8]]) -> usize {
    rows::count::<Row<R>>(read, index, parts)
}

/// The resource a change is about: its primary key, and the resource unless it was deleted.
/// `None` when the change is not of `R`'s primary rows.
pub fn decode_change<R: Record>(change: &Change) -> Option<Result<Changed<R>, RecordError>> {
    let changed = rows::decode_change::<Row<R>>(change)?;
    Some(changed.map(|(key, row)| (key, row.map(unwrap))))
}

/// Writes a resource, replacing the one with the same primary key. Index entries move by
/// difference.
pub fn put<R: Record>(txn: &mut Txn<'_>, record: &R) -> Result<(), RecordError> {
    rows::put(txn, &Row(record.clone()))
}

/// Writes a new resource; a duplicate when its primary key is taken.
pub fn insert<R: Record>(txn: &mut Txn<'_>, record: &R) -> Result<(), RecordError> {
    rows::insert(txn, &Row(record.clone()))
}

/// Removes a resource and its index entries, and returns it.
pub fn delete<R: Record>(txn: &mut Txn<'_>, key: &[u8]) -> Result<Option<R>, RecordError> {
    Ok(rows::delete(txn, key)?.map(unwrap))
}
