//! A run of bits inside a field, the operand of Nicira's register actions.

use crate::wire::Reader;
use crate::{DecodeError, Field, oxm};

/// Bits `offset .. offset + bits` of a field, counted from its lowest bit. Open vSwitch writes
/// it `reg0[8..23]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subfield {
    /// The field.
    pub field: Field,
    /// Its lowest bit of the run.
    pub offset: u16,
    /// How many bits, at least one.
    pub bits: u16,
}

impl Subfield {
    /// All bits of `field`.
    pub fn whole(field: Field) -> Self {
        Self::new(field, 0, u16::try_from(field.bits()).unwrap_or(u16::MAX))
    }

    /// `bits` bits of `field` from bit `offset` on. The switch refuses a run that leaves the
    /// field.
    pub fn new(field: Field, offset: u16, bits: u16) -> Self {
        Self {
            field,
            offset,
            bits,
        }
    }

    /// Offset and length packed as the register actions carry them.
    pub(crate) fn packed(self) -> u16 {
        self.offset << 6 | self.bits.wrapping_sub(1) & 0x3f
    }

    /// Reads the packed form and then the field's header.
    pub(crate) fn decode_packed(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let packed = from.u16()?;
        let field = oxm::decode_header(from)?;
        Ok(Self::new(field, packed >> 6, (packed & 0x3f) + 1))
    }
}

impl From<Field> for Subfield {
    fn from(field: Field) -> Self {
        Self::whole(field)
    }
}
