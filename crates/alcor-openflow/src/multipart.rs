//! Multipart requests, and the entries of their replies.

use crate::port::decode_text;
use crate::wire::Reader;
use crate::{
    DecodeError, FlowRequest, FlowStats, Group, Meter, PortDesc, PortNo, PortStats, meter,
};
use bytes::{BufMut, Bytes, BytesMut};

/// "More replies follow."
const MORE: u16 = 1;

/// A question about the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultipartRequest {
    /// Who made it.
    Desc,
    /// The flows.
    Flows(FlowRequest),
    /// The sum over flows.
    Aggregate(FlowRequest),
    /// Counters of all tables.
    Tables,
    /// Counters of one port, or of all ([`PortNo::ANY`]).
    PortStats(PortNo),
    /// All groups.
    Groups,
    /// All meters.
    Meters,
    /// All ports.
    Ports,
}

impl MultipartRequest {
    pub(crate) fn number(&self) -> u16 {
        match self {
            Self::Desc => 0,
            Self::Flows(_) => 1,
            Self::Aggregate(_) => 2,
            Self::Tables => 3,
            Self::PortStats(_) => 4,
            Self::Groups => 7,
            Self::Meters => 10,
            Self::Ports => 13,
        }
    }

    pub(crate) fn encode(&self, to: &mut BytesMut) {
        to.put_u16(self.number());
        to.put_bytes(0, 6);
        match self {
            Self::Flows(request) | Self::Aggregate(request) => request.encode(to),
            Self::PortStats(port) => {
                to.put_u32(port.0);
                to.put_u32(0);
            }
            Self::Meters => {
                to.put_u32(meter::ALL);
                to.put_u32(0);
            }
            Self::Desc | Self::Tables | Self::Groups | Self::Ports => {}
        }
    }
}

/// One message of an answer, its entries still to be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartReply {
    /// Which kind of request it answers.
    pub number: u16,
    /// Whether more messages follow.
    pub more: bool,
    /// The entries.
    pub body: Bytes,
}

impl MultipartReply {
    pub(crate) fn decode(body: &Bytes) -> Result<Self, DecodeError> {
        let mut from = Reader::new("multipart reply", body);
        let number = from.u16()?;
        let more = from.u16()? & MORE != 0;
        from.skip(4)?;
        let body = body.slice_ref(from.rest());
        Ok(Self { number, more, body })
    }

    /// Decodes the entries of this message.
    pub fn entries<T: MultipartEntry>(&self) -> Result<Vec<T>, DecodeError> {
        let mut from = Reader::new("multipart entries", &self.body);
        let mut entries = Vec::new();
        while !from.is_empty() {
            entries.push(T::read(&mut Entries(&mut from))?);
        }
        Ok(entries)
    }
}

/// Where the next entry of a reply is read from.
pub struct Entries<'a, 'b>(&'a mut Reader<'b>);

/// Something of which a multipart reply is a list.
pub trait MultipartEntry: Sized {
    /// Reads the next one.
    fn read(from: &mut Entries<'_, '_>) -> Result<Self, DecodeError>;
}

macro_rules! entries {
    ($($kind:ty),*) => {
        $(impl MultipartEntry for $kind {
            fn read(from: &mut Entries<'_, '_>) -> Result<Self, DecodeError> {
                Self::decode(from.0)
            }
        })*
    };
}

entries!(
    FlowStats, Group, Meter, PortDesc, PortStats, TableStats, Aggregate, SwitchDesc
);

/// Who made the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchDesc {
    /// Manufacturer.
    pub manufacturer: String,
    /// Hardware.
    pub hardware: String,
    /// Software and its version.
    pub software: String,
    /// Serial number.
    pub serial: String,
    /// A name for people.
    pub datapath: String,
}

impl SwitchDesc {
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            manufacturer: decode_text(from.take(256)?),
            hardware: decode_text(from.take(256)?),
            software: decode_text(from.take(256)?),
            serial: decode_text(from.take(32)?),
            datapath: decode_text(from.take(256)?),
        })
    }
}

/// Counters of one flow table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableStats {
    /// Which table.
    pub table: u8,
    /// Flows in it.
    pub active: u32,
    /// Packets looked up.
    pub lookups: u64,
    /// Packets that matched a flow.
    pub matched: u64,
}

impl TableStats {
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let table = from.u8()?;
        from.skip(3)?;
        Ok(Self {
            table,
            active: from.u32()?,
            lookups: from.u64()?,
            matched: from.u64()?,
        })
    }
}

/// The sum over the flows of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregate {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Flows.
    pub flows: u32,
}

impl Aggregate {
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let packets = from.u64()?;
        let bytes = from.u64()?;
        let flows = from.u32()?;
        from.skip(4)?;
        Ok(Self {
            packets,
            bytes,
            flows,
        })
    }
}
