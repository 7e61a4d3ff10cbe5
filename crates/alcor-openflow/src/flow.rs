//! Flows: what should be in a switch, how it gets there, and what a switch says is in it.

mod instructions;
mod modify;
mod report;

pub use instructions::Instructions;
pub use modify::{FlowCommand, FlowMod};
pub use report::{FlowRemoved, FlowRequest, FlowStats, RemovedReason};

use crate::{Action, Match};

/// What makes two flows of one bridge the same flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Table, 0..=254.
    pub table: u8,
    /// The highest matching one wins.
    pub priority: u16,
    /// Which packets.
    pub matching: Match,
}

/// Flags of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FlowFlags(pub u16);

impl FlowFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Tell the controllers when the flow goes.
    pub const SEND_FLOW_REMOVED: Self = Self(1);
    /// Refuse an add that overlaps a flow of the same priority.
    pub const CHECK_OVERLAP: Self = Self(2);
    /// Start counting from zero.
    pub const RESET_COUNTS: Self = Self(4);
}

/// A flow as it should be, or as it is, without its counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Identity within the bridge.
    pub key: FlowKey,
    /// The owner's mark.
    pub cookie: u64,
    /// Seconds without a packet after which the flow goes; 0 is never.
    pub idle_timeout: u16,
    /// Seconds after which the flow goes; 0 is never.
    pub hard_timeout: u16,
    /// Flags.
    pub flags: FlowFlags,
    /// What it does; nothing means drop.
    pub instructions: Instructions,
}

impl Flow {
    /// A flow that drops what it matches, for ever, with cookie 0.
    pub fn new(table: u8, priority: u16, matching: Match) -> Self {
        Self {
            key: FlowKey {
                table,
                priority,
                matching,
            },
            cookie: 0,
            idle_timeout: 0,
            hard_timeout: 0,
            flags: FlowFlags::NONE,
            instructions: Instructions::default(),
        }
    }

    /// With this cookie.
    pub fn cookie(self, cookie: u64) -> Self {
        Self { cookie, ..self }
    }

    /// With these actions, at once.
    pub fn apply(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.instructions.apply.extend(actions);
        self
    }

    /// Then continue in this table, which must come after the flow's own.
    pub fn goto(mut self, table: u8) -> Self {
        self.instructions.goto_table = Some(table);
        self
    }

    /// Write these bits of the metadata.
    pub fn write_metadata(mut self, value: u64, mask: u64) -> Self {
        self.instructions.write_metadata = Some((value & mask, mask));
        self
    }

    /// Through this meter first.
    pub fn meter(mut self, meter: u32) -> Self {
        self.instructions.meter = Some(meter);
        self
    }

    /// Gone after this many seconds without a packet.
    pub fn idle_timeout(self, seconds: u16) -> Self {
        Self {
            idle_timeout: seconds,
            ..self
        }
    }

    /// Gone after this many seconds.
    pub fn hard_timeout(self, seconds: u16) -> Self {
        Self {
            hard_timeout: seconds,
            ..self
        }
    }

    /// With these flags.
    pub fn flags(self, flags: FlowFlags) -> Self {
        Self { flags, ..self }
    }
}
