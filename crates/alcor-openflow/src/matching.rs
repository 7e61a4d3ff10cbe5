//! Which packets a flow is about, in one canonical form.
//!
//! Two matches that mean the same compare equal, hash alike and sort alike, whether they were
//! built here or read back from a switch: entries are sorted by field, a full mask means
//! exact, an empty mask means no entry, bits outside the mask are zero, and the 128-bit
//! registers are split into the 32-bit ones. The agent's audit, a comparison of what should
//! be in the switch with what is, leans on this.

mod build;

use crate::oxm::{self, Entry};
use crate::wire::{Reader, fill_length, pad, padding};
use crate::{DecodeError, Field};
use bytes::{BufMut, Bytes, BytesMut};
use std::fmt;

/// Match type of OXM, the only one in OpenFlow 1.3.
const OXM_MATCH: u16 = 1;

/// Value and mask of one field. `mask` holds only meaningful bits and is never zero; `value`
/// has no bit outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Masked {
    field: Field,
    value: u128,
    mask: u128,
}

/// A set of fields with their values; the empty one matches every packet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Match {
    /// Sorted by field, each field at most once.
    fields: Vec<Masked>,
    /// Entries of fields unknown to this crate, verbatim and sorted, so that a foreign flow
    /// read from a switch can still be named in a strict delete.
    others: Vec<Bytes>,
}

impl Match {
    /// The match of every packet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether every packet matches.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.others.is_empty()
    }

    /// Whether some entry is of a field that this crate does not know.
    pub fn has_unknown_fields(&self) -> bool {
        !self.others.is_empty()
    }

    /// Value and mask of `field`, if the match speaks of it. The 128-bit registers are stored
    /// as 32-bit ones: ask for those.
    pub fn get(&self, field: Field) -> Option<(u128, u128)> {
        let at = self.position(field).ok()?;
        self.fields.get(at).map(|entry| (entry.value, entry.mask))
    }

    /// All entries in wire order: field, value, mask.
    pub fn iter(&self) -> impl Iterator<Item = (Field, u128, u128)> + '_ {
        self.fields.iter().map(|e| (e.field, e.value, e.mask))
    }

    fn position(&self, field: Field) -> Result<usize, usize> {
        self.fields
            .binary_search_by_key(&field, |entry| entry.field)
    }

    /// Sets one field, replacing what was said of it before.
    pub(crate) fn set(&mut self, field: Field, value: u128, mask: u128) {
        if let Some(registers) = parts_of_xxreg(field) {
            for (register, shift) in registers.into_iter().zip([96, 64, 32, 0]) {
                self.set(register, value >> shift, mask >> shift);
            }
            return;
        }
        let mask = mask & field.full_mask();
        let entry = Masked {
            field,
            value: value & mask,
            mask,
        };
        match (self.position(field), mask == 0) {
            (Ok(at), true) => drop(self.fields.remove(at)),
            (Ok(at), false) => self.fields[at] = entry,
            (Err(_), true) => {}
            (Err(at), false) => self.fields.insert(at, entry),
        }
    }

    /// Appends the match structure: type, length, entries, padding to eight bytes.
    pub(crate) fn encode(&self, to: &mut BytesMut) {
        let start = to.len();
        to.put_u16(OXM_MATCH);
        to.put_u16(0);
        self.encode_fields(to);
        fill_length(to, start + 2, to.len() - start);
        pad(to, start);
    }

    /// Appends the entries alone.
    pub(crate) fn encode_fields(&self, to: &mut BytesMut) {
        for entry in &self.fields {
            let exact = entry.mask == entry.field.full_mask();
            oxm::encode(to, entry.field, entry.value, (!exact).then_some(entry.mask));
        }
        for other in &self.others {
            to.put_slice(other);
        }
    }

    /// Reads the match structure with its padding.
    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = from.u16()?;
        if kind != OXM_MATCH {
            return Err(DecodeError::Unknown {
                what: "match type",
                number: kind.into(),
            });
        }
        let length = usize::from(from.u16()?);
        let body = length
            .checked_sub(4)
            .ok_or_else(|| from.bad_length(length))?;
        let parsed = Self::decode_fields(from.take(body)?)?;
        from.skip(padding(length))?;
        Ok(parsed)
    }

    /// Reads entries until the bytes end.
    pub(crate) fn decode_fields(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("match", bytes);
        let mut parsed = Self::new();
        while !from.is_empty() {
            match oxm::decode(&mut from)? {
                Entry::Known(field, value, mask) => {
                    parsed.set(field, value, mask.unwrap_or(u128::MAX));
                }
                Entry::Other(bytes) => parsed.others.push(bytes),
            }
        }
        parsed.others.sort();
        Ok(parsed)
    }
}

/// The four registers that make up a 128-bit one, most significant first.
fn parts_of_xxreg(field: Field) -> Option<[Field; 4]> {
    use Field::{
        Reg0, Reg1, Reg2, Reg3, Reg4, Reg5, Reg6, Reg7, Reg8, Reg9, Reg10, Reg11, Reg12, Reg13,
        Reg14, Reg15, XxReg0, XxReg1, XxReg2, XxReg3,
    };
    match field {
        XxReg0 => Some([Reg0, Reg1, Reg2, Reg3]),
        XxReg1 => Some([Reg4, Reg5, Reg6, Reg7]),
        XxReg2 => Some([Reg8, Reg9, Reg10, Reg11]),
        XxReg3 => Some([Reg12, Reg13, Reg14, Reg15]),
        _ => None,
    }
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for entry in &self.fields {
            if entry.mask == entry.field.full_mask() {
                map.entry(&entry.field, &format_args!("{:#x}", entry.value));
            } else {
                let text = format_args!("{:#x}/{:#x}", entry.value, entry.mask);
                map.entry(&entry.field, &text);
            }
        }
        for other in &self.others {
            map.entry(&"other", other);
        }
        map.finish()
    }
}
