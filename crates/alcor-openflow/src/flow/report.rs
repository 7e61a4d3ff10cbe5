//! What a switch says of its flows: statistics, and notice of a removal.

use super::{Flow, FlowFlags, FlowKey, Instructions};
use crate::flow::modify::ALL_TABLES;
use crate::wire::Reader;
use crate::{DecodeError, Match, PortNo};
use bytes::{BufMut, BytesMut};
use std::time::Duration;

/// Which flows a dump or an aggregate is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRequest {
    /// One table, or all.
    pub table: Option<u8>,
    /// Cookie and mask; a zero mask takes all.
    pub cookie: (u64, u64),
    /// Only flows at least as specific as this.
    pub matching: Match,
}

impl FlowRequest {
    /// Every flow of every table.
    pub fn all() -> Self {
        Self {
            table: None,
            cookie: (0, 0),
            matching: Match::new(),
        }
    }

    pub(crate) fn encode(&self, to: &mut BytesMut) {
        to.put_u8(self.table.unwrap_or(ALL_TABLES));
        to.put_bytes(0, 3);
        to.put_u32(PortNo::ANY.0);
        to.put_u32(PortNo::ANY.0);
        to.put_u32(0);
        to.put_u64(self.cookie.0);
        to.put_u64(self.cookie.1);
        self.matching.encode(to);
    }
}

/// A flow that is in a switch, with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowStats {
    /// The flow.
    pub flow: Flow,
    /// For how long it has been there.
    pub age: Duration,
    /// Packets that matched.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl FlowStats {
    /// Reads one entry of a FLOW multipart reply.
    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(from.u16()?);
        let size = length
            .checked_sub(2)
            .ok_or_else(|| from.bad_length(length))?;
        let mut body = from.part("flow statistics", size)?;
        let table = body.u8()?;
        body.skip(1)?;
        let age = decode_age(&mut body)?;
        let priority = body.u16()?;
        let idle_timeout = body.u16()?;
        let hard_timeout = body.u16()?;
        let flags = FlowFlags(body.u16()?);
        body.skip(4)?;
        let cookie = body.u64()?;
        let packets = body.u64()?;
        let bytes = body.u64()?;
        let key = FlowKey {
            table,
            priority,
            matching: Match::decode(&mut body)?,
        };
        let flow = Flow {
            key,
            cookie,
            idle_timeout,
            hard_timeout,
            flags,
            instructions: Instructions::decode(body.rest())?,
        };
        Ok(Self {
            flow,
            age,
            packets,
            bytes,
        })
    }
}

/// Seconds and nanoseconds. Nanoseconds of more than a second are the switch's mistake; they
/// are clamped.
pub(crate) fn decode_age(from: &mut Reader<'_>) -> Result<Duration, DecodeError> {
    let seconds = from.u32()?;
    let nanoseconds = from.u32()?.min(999_999_999);
    Ok(Duration::new(seconds.into(), nanoseconds))
}

/// Why a flow went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemovedReason {
    /// No packet for too long.
    IdleTimeout,
    /// Its time was over.
    HardTimeout,
    /// A controller deleted it.
    Delete,
    /// Its group was deleted.
    GroupDelete,
    /// Another, by number.
    Other(u8),
}

impl From<u8> for RemovedReason {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::IdleTimeout,
            1 => Self::HardTimeout,
            2 => Self::Delete,
            3 => Self::GroupDelete,
            other => Self::Other(other),
        }
    }
}

/// A flow with [`FlowFlags::SEND_FLOW_REMOVED`] has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRemoved {
    /// Which flow.
    pub key: FlowKey,
    /// Its cookie.
    pub cookie: u64,
    /// Why.
    pub reason: RemovedReason,
    /// For how long it was there.
    pub age: Duration,
    /// Packets that matched.
    pub packets: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl FlowRemoved {
    pub(crate) fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("flow removed", body);
        let cookie = from.u64()?;
        let priority = from.u16()?;
        let reason = from.u8()?.into();
        let table = from.u8()?;
        let age = decode_age(&mut from)?;
        from.skip(4)?;
        let packets = from.u64()?;
        let bytes = from.u64()?;
        let key = FlowKey {
            table,
            priority,
            matching: Match::decode(&mut from)?,
        };
        Ok(Self {
            key,
            cookie,
            reason,
            age,
            packets,
            bytes,
        })
    }
}
