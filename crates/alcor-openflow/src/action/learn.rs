//! The `learn` action: a flow that the switch makes from a packet.

use crate::wire::{Reader, put_number};
use crate::{DecodeError, FlowFlags, Subfield, oxm};
use bytes::{BufMut, BytesMut};

const IMMEDIATE: u16 = 1 << 13;
const TO_MATCH: u16 = 0;
const TO_LOAD: u16 = 1 << 11;
const TO_OUTPUT: u16 = 2 << 11;
const DESTINATION: u16 = 3 << 11;
const BITS: u16 = 0x7ff;

/// Where a learned value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnSource {
    /// These bits of the packet that is being learned from.
    Field(Subfield),
    /// This number.
    Number(u128),
}

/// One part of the learned flow. Source and destination have the same number of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnSpec {
    /// The flow matches the value in these bits.
    Match(LearnSource, Subfield),
    /// The flow loads the value into these bits.
    Load(LearnSource, Subfield),
    /// The flow outputs to the port whose number stands here.
    Output(Subfield),
}

/// The flow to learn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Learn {
    /// Seconds without a packet after which the flow goes; 0 is never.
    pub idle_timeout: u16,
    /// Seconds after which the flow goes; 0 is never.
    pub hard_timeout: u16,
    /// Its priority.
    pub priority: u16,
    /// Its cookie.
    pub cookie: u64,
    /// [`FlowFlags::SEND_FLOW_REMOVED`] or nothing.
    pub flags: FlowFlags,
    /// Its table.
    pub table: u8,
    /// Idle timeout after a FIN or RST, if not 0.
    pub fin_idle_timeout: u16,
    /// Hard timeout after a FIN or RST, if not 0.
    pub fin_hard_timeout: u16,
    /// Its match and actions.
    pub specs: Vec<LearnSpec>,
}

impl Learn {
    pub(super) fn encode(&self, to: &mut BytesMut) {
        to.put_u16(self.idle_timeout);
        to.put_u16(self.hard_timeout);
        to.put_u16(self.priority);
        to.put_u64(self.cookie);
        to.put_u16(self.flags.0);
        to.put_u8(self.table);
        to.put_u8(0);
        to.put_u16(self.fin_idle_timeout);
        to.put_u16(self.fin_hard_timeout);
        for spec in &self.specs {
            spec.encode(to);
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut parsed = Self {
            idle_timeout: from.u16()?,
            hard_timeout: from.u16()?,
            priority: from.u16()?,
            cookie: from.u64()?,
            flags: FlowFlags(from.u16()?),
            table: from.u8()?,
            ..Self::default()
        };
        from.skip(1)?;
        parsed.fin_idle_timeout = from.u16()?;
        parsed.fin_hard_timeout = from.u16()?;
        while let Some(spec) = LearnSpec::decode(from)? {
            parsed.specs.push(spec);
        }
        Ok(parsed)
    }
}

impl LearnSpec {
    fn encode(&self, to: &mut BytesMut) {
        match self {
            Self::Match(source, dst) => encode_pair(to, TO_MATCH, source, *dst),
            Self::Load(source, dst) => encode_pair(to, TO_LOAD, source, *dst),
            Self::Output(source) => {
                to.put_u16(TO_OUTPUT | source.bits & BITS);
                encode_place(to, *source);
            }
        }
    }

    /// The next spec; none where the bytes end or the padding (a zero header) begins.
    fn decode(from: &mut Reader<'_>) -> Result<Option<Self>, DecodeError> {
        if from.remaining() < 2 {
            from.rest();
            return Ok(None);
        }
        let header = from.u16()?;
        let bits = header & BITS;
        if bits == 0 {
            from.rest();
            return Ok(None);
        }
        let source = if header & IMMEDIATE != 0 {
            LearnSource::Number(decode_number(from, bits)?)
        } else {
            LearnSource::Field(decode_place(from, bits)?)
        };
        match (header & DESTINATION, source) {
            (TO_MATCH, source) => Ok(Some(Self::Match(source, decode_place(from, bits)?))),
            (TO_LOAD, source) => Ok(Some(Self::Load(source, decode_place(from, bits)?))),
            (TO_OUTPUT, LearnSource::Field(port)) => Ok(Some(Self::Output(port))),
            _ => Err(DecodeError::Unknown {
                what: "learn specification",
                number: header.into(),
            }),
        }
    }
}

fn encode_pair(to: &mut BytesMut, kind: u16, source: &LearnSource, dst: Subfield) {
    let bits = dst.bits & BITS;
    match source {
        LearnSource::Field(src) => {
            to.put_u16(kind | bits);
            encode_place(to, *src);
        }
        LearnSource::Number(value) => {
            to.put_u16(IMMEDIATE | kind | bits);
            put_number(to, *value, number_width(bits).min(16));
        }
    }
    encode_place(to, dst);
}

fn encode_place(to: &mut BytesMut, place: Subfield) {
    oxm::encode_header(to, place.field);
    to.put_u16(place.offset);
}

fn decode_place(from: &mut Reader<'_>, bits: u16) -> Result<Subfield, DecodeError> {
    let field = oxm::decode_header(from)?;
    Ok(Subfield::new(field, from.u16()?, bits))
}

/// Immediate values fill whole 16-bit words.
fn number_width(bits: u16) -> usize {
    usize::from(bits.div_ceil(16)) * 2
}

fn decode_number(from: &mut Reader<'_>, bits: u16) -> Result<u128, DecodeError> {
    let width = number_width(bits);
    if width > 16 {
        return Err(from.bad_length(width));
    }
    from.number(width)
}
