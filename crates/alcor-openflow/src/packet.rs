//! Packets that visit the controller, and packets it sends.

use crate::action::{decode_list, encode_list};
use crate::wire::{Reader, padding};
use crate::{Action, DecodeError, Field, Match, PortNo};
use bytes::{BufMut, Bytes, BytesMut};

/// No buffered packet.
const NO_BUFFER: u32 = 0xffff_ffff;

mod property {
    pub(super) const PACKET: u16 = 0;
    pub(super) const FULL_LEN: u16 = 1;
    pub(super) const TABLE: u16 = 3;
    pub(super) const COOKIE: u16 = 4;
    pub(super) const REASON: u16 = 5;
    pub(super) const METADATA: u16 = 6;
    pub(super) const USERDATA: u16 = 7;
    pub(super) const CONTINUATION: u16 = 8;
}

/// The frozen state of a paused packet, opaque; good for one resume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation(pub(crate) Bytes);

impl From<Bytes> for Continuation {
    /// The properties of the packet-in that the packet waits by.
    fn from(properties: Bytes) -> Self {
        Self(properties)
    }
}

/// A packet that a flow sent to the controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PacketIn {
    /// The packet, perhaps shortened to what the flow asked for.
    pub data: Bytes,
    /// Length of the whole packet.
    pub total_len: u32,
    /// Why: 1 is an action, 0 a table miss, 2 an invalid TTL.
    pub reason: u8,
    /// Table of the flow.
    pub table: u8,
    /// Cookie of the flow; absent where the switch does not know it, as for a packet-out that
    /// was paused on its way through the tables.
    pub cookie: Option<u64>,
    /// Pipeline state: in-port, metadata, registers, tunnel fields.
    pub metadata: Match,
    /// What the action carried.
    pub userdata: Bytes,
    /// Present when the packet waits to be resumed.
    pub continuation: Option<Continuation>,
}

impl PacketIn {
    /// The port on which the packet came in.
    pub fn in_port(&self) -> Option<PortNo> {
        if let Some((port, _)) = self.metadata.get(Field::InPort) {
            return u32::try_from(port).ok().map(PortNo);
        }
        let (port, _) = self.metadata.get(Field::InPort16)?;
        u16::try_from(port).ok().map(PortNo::from_u16)
    }

    /// Reads the body of OpenFlow 1.3's PACKET_IN.
    pub(crate) fn decode(body: &Bytes) -> Result<Self, DecodeError> {
        let mut from = Reader::new("packet-in", body);
        from.skip(4)?;
        let total_len = from.u16()?.into();
        let reason = from.u8()?;
        let table = from.u8()?;
        let cookie = Some(from.u64()?);
        let metadata = Match::decode(&mut from)?;
        from.skip(2)?;
        Ok(Self {
            data: body.slice_ref(from.rest()),
            total_len,
            reason,
            table,
            cookie,
            metadata,
            ..Self::default()
        })
    }

    /// Reads the properties of Nicira's PACKET_IN2.
    pub(crate) fn decode_properties(body: &Bytes) -> Result<Self, DecodeError> {
        let mut from = Reader::new("packet-in2", body);
        let mut parsed = Self::default();
        while !from.is_empty() {
            let kind = from.u16()?;
            let length = usize::from(from.u16()?);
            let size = length
                .checked_sub(4)
                .ok_or_else(|| from.bad_length(length))?;
            let value = from.part("packet-in2 property", size)?;
            from.skip(padding(length).min(from.remaining()))?;
            parsed.take_property(kind, value, body)?;
        }
        let length = u32::try_from(parsed.data.len()).unwrap_or(u32::MAX);
        parsed.total_len = parsed.total_len.max(length);
        Ok(parsed)
    }

    fn take_property(
        &mut self,
        kind: u16,
        mut value: Reader<'_>,
        body: &Bytes,
    ) -> Result<(), DecodeError> {
        match kind {
            property::PACKET => self.data = body.slice_ref(value.rest()),
            property::FULL_LEN => self.total_len = value.u32()?,
            property::TABLE => self.table = value.u8()?,
            property::COOKIE => {
                value.skip(4)?;
                self.cookie = Some(value.u64()?);
            }
            property::REASON => self.reason = value.u8()?,
            property::METADATA => self.metadata = Match::decode_fields(value.rest())?,
            property::USERDATA => self.userdata = body.slice_ref(value.rest()),
            // A resume sends every property back, so all of them are the continuation.
            property::CONTINUATION => self.continuation = Some(Continuation(body.clone())),
            _ => {}
        }
        Ok(())
    }
}

/// A packet for the switch to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketOut {
    /// The port it pretends to have come from; [`PortNo::CONTROLLER`] for none.
    pub in_port: PortNo,
    /// What to do with it; output to [`PortNo::TABLE`] runs it through the flows.
    pub actions: Vec<Action>,
    /// The packet from its Ethernet header on.
    pub data: Bytes,
}

impl PacketOut {
    /// Send `data` out of `port`.
    pub fn to_port(port: PortNo, data: impl Into<Bytes>) -> Self {
        Self::to_ports(&[port], data)
    }

    /// Send `data` out of all these ports.
    pub fn to_ports(ports: &[PortNo], data: impl Into<Bytes>) -> Self {
        Self {
            in_port: PortNo::CONTROLLER,
            actions: ports.iter().map(|port| Action::output(*port)).collect(),
            data: data.into(),
        }
    }

    pub(crate) fn encode(&self, to: &mut BytesMut) {
        let mut actions = BytesMut::new();
        encode_list(&self.actions, &mut actions);
        to.put_u32(NO_BUFFER);
        to.put_u32(self.in_port.0);
        to.put_u16(u16::try_from(actions.len()).unwrap_or(u16::MAX));
        to.put_bytes(0, 6);
        to.put_slice(&actions);
        to.put_slice(&self.data);
    }

    /// Reads the body of such a message, as the connection of a switch would.
    pub fn decode(body: &Bytes) -> Result<Self, DecodeError> {
        let mut from = Reader::new("packet-out", body);
        from.skip(4)?;
        let in_port = PortNo(from.u32()?);
        let length = usize::from(from.u16()?);
        from.skip(6)?;
        let actions = decode_list(from.take(length)?, 0)?;
        let data = body.slice_ref(from.rest());
        Ok(Self {
            in_port,
            actions,
            data,
        })
    }
}
