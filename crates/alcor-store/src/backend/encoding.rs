//! How a commit lies in the change log: for each change the lengths, key and value.

use crate::change::Change;
use crate::error::BackendError;
use crate::value::Value;
use bytes::{Buf, BufMut, Bytes};
use std::sync::Arc;

/// In place of a value's length: the row was deleted. No value can be this long.
const DELETED: u32 = u32::MAX;

/// Bytes of a change besides key and value.
const OVERHEAD: usize = 8;

/// The log entry of a commit.
pub(super) fn encode(changes: &[Change]) -> Result<Vec<u8>, BackendError> {
    let size = changes.iter().map(|change| change.size() + OVERHEAD).sum();
    let mut entry = Vec::with_capacity(size);
    for change in changes {
        entry.put_u32(length(&change.key)?);
        entry.put_u32(
            change
                .value
                .as_ref()
                .map_or(Ok(DELETED), |value| length(value))?,
        );
        entry.put_slice(&change.key);
        entry.put_slice(change.value.as_deref().unwrap_or_default());
    }
    Ok(entry)
}

/// The changes of a log entry.
pub(super) fn decode(entry: &[u8]) -> Result<Arc<[Change]>, BackendError> {
    let mut rest = entry;
    let mut changes = Vec::new();
    while !rest.is_empty() {
        changes.push(
            decode_change(&mut rest).ok_or_else(|| BackendError::Corrupt {
                what: "a change log entry ends early".to_owned(),
            })?,
        );
    }
    Ok(changes.into())
}

fn decode_change(rest: &mut &[u8]) -> Option<Change> {
    let key = rest.try_get_u32().ok()?;
    let value = rest.try_get_u32().ok()?;
    let key = Bytes::copy_from_slice(take(rest, key)?);
    let value = if value == DELETED {
        None
    } else {
        Some(Value::copy_of(take(rest, value)?))
    };
    Some(Change { key, value })
}

fn take<'a>(rest: &mut &'a [u8], length: u32) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = left;
    Some(taken)
}

fn length(bytes: &[u8]) -> Result<u32, BackendError> {
    let length = u32::try_from(bytes.len())
        .ok()
        .filter(|length| *length != DELETED);
    length.ok_or_else(|| BackendError::Corrupt {
        what: "a key or value exceeds 4 GiB".to_owned(),
    })
}
