//! Meters: the rate limits of the data plane.

use crate::DecodeError;
use crate::wire::Reader;
use bytes::{BufMut, BytesMut};

const KBPS: u16 = 1;
const PKTPS: u16 = 2;
const BURST: u16 = 4;
const STATS: u16 = 8;
const DROP_BAND: u16 = 1;
const BAND_LENGTH: u16 = 16;
/// Every meter, in a delete or a request.
pub(crate) const ALL: u32 = 0xffff_ffff;

/// What a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeterUnit {
    /// Thousands of bits a second.
    Kilobits,
    /// Packets a second.
    Packets,
}

/// A meter that drops what exceeds its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meter {
    /// Its number, from 1.
    pub id: u32,
    /// What it counts.
    pub unit: MeterUnit,
    /// Units a second that may pass.
    pub rate: u32,
    /// Units that may pass at once; the switch chooses when it is none.
    pub burst: Option<u32>,
}

impl Meter {
    fn flags(&self) -> u16 {
        let unit = match self.unit {
            MeterUnit::Kilobits => KBPS,
            MeterUnit::Packets => PKTPS,
        };
        let burst = if self.burst.is_some() { BURST } else { 0 };
        unit | burst | STATS
    }

    fn encode_band(&self, to: &mut BytesMut) {
        to.put_u16(DROP_BAND);
        to.put_u16(BAND_LENGTH);
        to.put_u32(self.rate);
        to.put_u32(self.burst.unwrap_or(0));
        to.put_u32(0);
    }

    /// What follows the command (or length): flags, number, one band.
    fn decode_rest(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = from.u16()?;
        let id = from.u32()?;
        let kind = from.u16()?;
        let length = from.u16()?;
        if kind != DROP_BAND || length != BAND_LENGTH {
            return Err(DecodeError::Unknown {
                what: "meter band",
                number: kind.into(),
            });
        }
        let unit = if flags & PKTPS != 0 {
            MeterUnit::Packets
        } else {
            MeterUnit::Kilobits
        };
        let rate = from.u32()?;
        let burst = Some(from.u32()?).filter(|_| flags & BURST != 0);
        Ok(Self {
            id,
            unit,
            rate,
            burst,
        })
    }

    /// Reads one entry of a METER_CONFIG multipart reply.
    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(from.u16()?);
        let size = length
            .checked_sub(2)
            .ok_or_else(|| from.bad_length(length))?;
        Self::decode_rest(&mut from.part("meter", size)?)
    }
}

/// One change of the meter table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeterMod {
    /// Add; refused if it exists.
    Add(Meter),
    /// Replace; refused if it does not exist.
    Modify(Meter),
    /// Delete, with the flows that use it.
    Delete(u32),
    /// Delete every meter.
    DeleteAll,
}

impl MeterMod {
    pub(crate) fn encode(&self, to: &mut BytesMut) {
        let (command, id, meter) = match self {
            Self::Add(meter) => (0, meter.id, Some(meter)),
            Self::Modify(meter) => (1, meter.id, Some(meter)),
            Self::Delete(id) => (2, *id, None),
            Self::DeleteAll => (2, ALL, None),
        };
        to.put_u16(command);
        to.put_u16(meter.map_or(0, Meter::flags));
        to.put_u32(id);
        if let Some(meter) = meter {
            meter.encode_band(to);
        }
    }

    /// Reads the body of such a message, as the connection of a switch would.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("meter mod", body);
        match from.u16()? {
            0 => Ok(Self::Add(Meter::decode_rest(&mut from)?)),
            1 => Ok(Self::Modify(Meter::decode_rest(&mut from)?)),
            2 => {
                from.skip(2)?;
                match from.u32()? {
                    ALL => Ok(Self::DeleteAll),
                    id => Ok(Self::Delete(id)),
                }
            }
            other => Err(DecodeError::Unknown {
                what: "meter mod command",
                number: other.into(),
            }),
        }
    }
}
