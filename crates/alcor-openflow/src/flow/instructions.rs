//! Instructions of a flow. OpenFlow allows one of each kind and runs them in a fixed order,
//! so they are a record here and not a list: two flows that do the same compare equal.

use crate::action::{decode_list, encode_list};
use crate::wire::{Reader, fill_length};
use crate::{Action, DecodeError};
use bytes::{BufMut, BytesMut};

const GOTO_TABLE: u16 = 1;
const WRITE_METADATA: u16 = 2;
const WRITE_ACTIONS: u16 = 3;
const APPLY_ACTIONS: u16 = 4;
const CLEAR_ACTIONS: u16 = 5;
const METER: u16 = 6;

/// What a flow does, in the order of the members.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instructions {
    /// Through this meter.
    pub meter: Option<u32>,
    /// Run these at once.
    pub apply: Vec<Action>,
    /// Empty the action set.
    pub clear_actions: bool,
    /// Put these into the action set.
    pub write: Vec<Action>,
    /// Write metadata: value and mask.
    pub write_metadata: Option<(u64, u64)>,
    /// Continue in this table.
    pub goto_table: Option<u8>,
}

impl Instructions {
    pub(crate) fn encode(&self, to: &mut BytesMut) {
        if let Some(meter) = self.meter {
            put(to, METER, |to| to.put_u32(meter));
        }
        if !self.apply.is_empty() {
            put_actions(to, APPLY_ACTIONS, &self.apply);
        }
        if self.clear_actions {
            put_actions(to, CLEAR_ACTIONS, &[]);
        }
        if !self.write.is_empty() {
            put_actions(to, WRITE_ACTIONS, &self.write);
        }
        if let Some((value, mask)) = self.write_metadata {
            put(to, WRITE_METADATA, |to| {
                to.put_u32(0);
                to.put_u64(value);
                to.put_u64(mask);
            });
        }
        if let Some(table) = self.goto_table {
            put(to, GOTO_TABLE, |to| {
                to.put_u8(table);
                to.put_bytes(0, 3);
            });
        }
    }

    /// Reads instructions until the bytes end.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("instructions", bytes);
        let mut parsed = Self::default();
        while !from.is_empty() {
            let kind = from.u16()?;
            let length = usize::from(from.u16()?);
            let size = length
                .checked_sub(4)
                .ok_or_else(|| from.bad_length(length))?;
            parsed.decode_one(kind, from.part("instruction", size)?)?;
        }
        Ok(parsed)
    }

    fn decode_one(&mut self, kind: u16, mut body: Reader<'_>) -> Result<(), DecodeError> {
        match kind {
            METER => self.meter = Some(body.u32()?),
            APPLY_ACTIONS => self.apply = decode_actions(&mut body)?,
            CLEAR_ACTIONS => self.clear_actions = true,
            WRITE_ACTIONS => self.write = decode_actions(&mut body)?,
            WRITE_METADATA => {
                body.skip(4)?;
                self.write_metadata = Some((body.u64()?, body.u64()?));
            }
            GOTO_TABLE => self.goto_table = Some(body.u8()?),
            other => {
                return Err(DecodeError::Unknown {
                    what: "instruction",
                    number: other.into(),
                });
            }
        }
        Ok(())
    }
}

fn decode_actions(body: &mut Reader<'_>) -> Result<Vec<Action>, DecodeError> {
    body.skip(4)?;
    decode_list(body.rest(), 0)
}

fn put(to: &mut BytesMut, kind: u16, body: impl FnOnce(&mut BytesMut)) {
    let start = to.len();
    to.put_u16(kind);
    to.put_u16(0);
    body(to);
    fill_length(to, start + 2, to.len() - start);
}

fn put_actions(to: &mut BytesMut, kind: u16, actions: &[Action]) {
    put(to, kind, |to| {
        to.put_u32(0);
        encode_list(actions, to);
    });
}
