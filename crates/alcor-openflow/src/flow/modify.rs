//! FLOW_MOD: adding, changing and deleting flows.

use super::{Flow, FlowFlags, FlowKey, Instructions};
use crate::wire::Reader;
use crate::{DecodeError, Match, PortNo};
use bytes::{BufMut, BytesMut};

/// No buffered packet.
const NO_BUFFER: u32 = 0xffff_ffff;
/// Any group, in a delete.
const ANY_GROUP: u32 = 0xffff_ffff;
/// Every table, in a delete.
pub(crate) const ALL_TABLES: u8 = 0xff;

/// What to do with the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowCommand {
    /// Add, replacing a flow of the same key.
    Add,
    /// Change the instructions of all flows that match; add nothing.
    Modify,
    /// Change the instructions of the flow of this key; keeps its counters.
    ModifyStrict,
    /// Delete all flows that match.
    Delete,
    /// Delete the flow of this key.
    DeleteStrict,
}

impl FlowCommand {
    const ALL: [Self; 5] = [
        Self::Add,
        Self::Modify,
        Self::ModifyStrict,
        Self::Delete,
        Self::DeleteStrict,
    ];

    fn number(self) -> u8 {
        match self {
            Self::Add => 0,
            Self::Modify => 1,
            Self::ModifyStrict => 2,
            Self::Delete => 3,
            Self::DeleteStrict => 4,
        }
    }
}

/// One change of the flow tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowMod {
    /// What to do.
    pub command: FlowCommand,
    /// To or with which flow. In a delete, timeouts, flags and instructions say nothing.
    pub flow: Flow,
    /// In a delete or modify: only flows whose cookie equals `flow.cookie` in these bits.
    pub cookie_mask: u64,
}

impl FlowMod {
    /// Add this flow, or replace the one of the same key.
    pub fn add(flow: Flow) -> Self {
        Self {
            command: FlowCommand::Add,
            flow,
            cookie_mask: 0,
        }
    }

    /// Change the instructions of the flow of this key. The cookie of the flow stays.
    pub fn modify_strict(flow: Flow) -> Self {
        Self {
            command: FlowCommand::ModifyStrict,
            flow,
            cookie_mask: 0,
        }
    }

    /// Delete the flow of this key.
    pub fn delete_strict(key: FlowKey) -> Self {
        Self {
            command: FlowCommand::DeleteStrict,
            flow: Flow::new(key.table, key.priority, key.matching),
            cookie_mask: 0,
        }
    }

    /// Delete all flows of a table, or of all tables, that are at least as specific as
    /// `matching`.
    pub fn delete(table: Option<u8>, matching: Match) -> Self {
        Self {
            command: FlowCommand::Delete,
            flow: Flow::new(table.unwrap_or(ALL_TABLES), 0, matching),
            cookie_mask: 0,
        }
    }

    /// Only flows whose cookie equals `cookie` in the bits of `mask`.
    pub fn only_cookie(mut self, cookie: u64, mask: u64) -> Self {
        self.flow.cookie = cookie;
        self.cookie_mask = mask;
        self
    }

    pub(crate) fn encode(&self, to: &mut BytesMut) {
        let flow = &self.flow;
        to.put_u64(flow.cookie);
        to.put_u64(self.cookie_mask);
        to.put_u8(flow.key.table);
        to.put_u8(self.command.number());
        to.put_u16(flow.idle_timeout);
        to.put_u16(flow.hard_timeout);
        to.put_u16(flow.key.priority);
        to.put_u32(NO_BUFFER);
        to.put_u32(PortNo::ANY.0);
        to.put_u32(ANY_GROUP);
        to.put_u16(flow.flags.0);
        to.put_u16(0);
        flow.key.matching.encode(to);
        flow.instructions.encode(to);
    }

    /// Reads the body of such a message, as the connection of a switch would.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("flow mod", body);
        let cookie = from.u64()?;
        let cookie_mask = from.u64()?;
        let table = from.u8()?;
        let number = from.u8()?;
        let command = FlowCommand::ALL
            .into_iter()
            .find(|command| command.number() == number)
            .ok_or(DecodeError::Unknown {
                what: "flow mod command",
                number: number.into(),
            })?;
        let idle_timeout = from.u16()?;
        let hard_timeout = from.u16()?;
        let priority = from.u16()?;
        from.skip(12)?;
        let flags = FlowFlags(from.u16()?);
        from.skip(2)?;
        let key = FlowKey {
            table,
            priority,
            matching: Match::decode(&mut from)?,
        };
        let flow = Flow {
            key,
            cookie,
            idle_timeout,
            hard_timeout,
            flags,
            instructions: Instructions::decode(from.rest())?,
        };
        Ok(Self {
            command,
            flow,
            cookie_mask,
        })
    }
}
