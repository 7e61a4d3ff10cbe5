//! Cursors over bytes in network order: a checked reader, and helpers for the paddings and
//! late-filled lengths of which OpenFlow is full.

use crate::DecodeError;
use bytes::{BufMut, BytesMut};

/// Reads one structure from the front of a byte slice; `what` names it in errors.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, left: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.left.len()
    }

    /// Everything that has not been read yet; the reader is empty afterwards.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.left)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, tail)) = self.left.split_at_checked(count) else {
            return Err(DecodeError::Truncated {
                what: self.what,
                needed: count,
                left: self.left.len(),
            });
        };
        self.left = tail;
        Ok(head)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), DecodeError> {
        self.take(count).map(drop)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A big-endian number of `width` bytes, at most 16.
    pub(crate) fn number(&mut self, width: usize) -> Result<u128, DecodeError> {
        let bytes = self.take(width)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
    }

    /// A reader over the next `count` bytes, under a name of its own.
    pub(crate) fn part(&mut self, what: &'static str, count: usize) -> Result<Self, DecodeError> {
        Ok(Reader::new(what, self.take(count)?))
    }

    /// An error about a length found inside this structure.
    pub(crate) fn bad_length(&self, length: usize) -> DecodeError {
        DecodeError::Length {
            what: self.what,
            length,
        }
    }
}

/// How many zero bytes bring `length` to a multiple of eight.
pub(crate) fn padding(length: usize) -> usize {
    length.wrapping_neg() % 8
}

/// Appends zeros until the bytes written since `start` fill a multiple of eight.
pub(crate) fn pad(to: &mut BytesMut, start: usize) {
    let written = to.len() - start;
    to.put_bytes(0, padding(written));
}

/// Overwrites the 16-bit length field at `at`. Lengths beyond 16 bits saturate: the caller
/// checks message sizes once, where a message is finished.
pub(crate) fn fill_length(to: &mut BytesMut, at: usize, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    if let Some(field) = to.get_mut(at..at + 2) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends the low `width` bytes of `number`, most significant first.
pub(crate) fn put_number(to: &mut BytesMut, number: u128, width: usize) {
    to.put_slice(&number.to_be_bytes()[16 - width.min(16)..]);
}
