//! What a flow does with a packet: OpenFlow 1.3's own actions and Nicira's.

mod connection;
mod controller;
mod decode;
mod encode;
mod learn;

pub use connection::{Ct, Nat, NatKind, NatRange, Zone};
pub use controller::Controller;
pub use learn::{Learn, LearnSource, LearnSpec};

use crate::field::Value;
use crate::{Field, PortNo, Subfield};
use bytes::Bytes;
pub(crate) use decode::decode_list;
pub(crate) use encode::encode_list;

/// Packet bytes without limit, for [`Action::ToController`].
pub const NO_BUFFER: u16 = 0xffff;

/// One action of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Send out of a port. For the controller use [`Action::ToController`] or
    /// [`Action::Controller`].
    Output(PortNo),
    /// Send to the controllers, at most `max_len` bytes of the packet.
    ToController {
        /// Bytes of the packet to send; [`NO_BUFFER`] for all.
        max_len: u16,
    },
    /// Send out of the port whose number stands in a field.
    OutputReg {
        /// Where the port number stands.
        port: Subfield,
        /// Bytes to send when that is the controller.
        max_len: u16,
    },
    /// Send at most so many bytes out of a port.
    OutputTrunc {
        /// The port; none of those that are no interface.
        port: PortNo,
        /// Bytes, from 14 on.
        max_len: u32,
    },
    /// Run a group.
    Group(u32),
    /// Push a VLAN tag with this Ethernet type (0x8100 or 0x88a8).
    PushVlan(u16),
    /// Take off the outer VLAN tag.
    PopVlan,
    /// Set a whole field; build it with [`Action::set`].
    SetField {
        /// The field.
        field: Field,
        /// Its new value.
        value: u128,
    },
    /// Decrement TTL or hop limit; a packet that would reach 0 goes to the controller.
    DecTtl,
    /// Look the packet up in another table, and come back.
    Resubmit {
        /// In-port for that lookup; [`PortNo::IN_PORT`] keeps it.
        in_port: PortNo,
        /// The table; 255 is the current one.
        table: u8,
    },
    /// Copy bits from one field to another; both runs have the same length.
    Move {
        /// From here.
        src: Subfield,
        /// To here.
        dst: Subfield,
    },
    /// Write an immediate value into some bits (at most 64) of a field.
    Load {
        /// The bits.
        dst: Subfield,
        /// Their new value.
        value: u64,
    },
    /// Push bits on the stack.
    Push(Subfield),
    /// Pop bits from the stack.
    Pop(Subfield),
    /// Add a flow made from the packet.
    Learn(Box<Learn>),
    /// One clause of a conjunctive match; the only action of its flow.
    Conjunction {
        /// Which conjunction.
        id: u32,
        /// Which clause, 0..clauses.
        clause: u8,
        /// How many clauses it has, 2..=64.
        clauses: u8,
    },
    /// Through the connection tracker.
    Ct(Box<Ct>),
    /// Translate addresses; only inside [`Ct::exec`].
    Nat(Box<Nat>),
    /// Forget the connection tracking state of the packet.
    CtClear,
    /// Send to a controller with user data, perhaps paused.
    Controller(Box<Controller>),
    /// Run these on a copy of the packet.
    Clone(Vec<Action>),
    /// Set a bit if the packet is larger than this.
    CheckPktLarger {
        /// Bytes, layer 2 header included.
        length: u16,
        /// The single bit that takes the answer.
        dst: Subfield,
    },
    /// An action that this crate does not know, header included. It is kept so that a flow
    /// read from a switch compares unequal to ours instead of failing the whole dump.
    Other(Bytes),
}

impl Action {
    /// Send out of `port`, also when that is the controller (then the whole packet).
    pub fn output(port: PortNo) -> Self {
        if port == PortNo::CONTROLLER {
            Self::ToController { max_len: NO_BUFFER }
        } else {
            Self::Output(port)
        }
    }

    /// Set the whole of `field`; bits beyond its width are ignored.
    pub fn set(field: Field, value: impl Into<Value>) -> Self {
        let value = value.into().0 & field.full_mask();
        Self::SetField { field, value }
    }

    /// Write `value` into some bits of a field; bits beyond the run are ignored.
    pub fn load(dst: impl Into<Subfield>, value: u64) -> Self {
        let dst = dst.into();
        let unused = 64u32.saturating_sub(dst.bits.into());
        Self::Load {
            dst,
            value: value & u64::MAX.checked_shr(unused).unwrap_or(0),
        }
    }

    /// Copy bits.
    pub fn copy(src: impl Into<Subfield>, dst: impl Into<Subfield>) -> Self {
        Self::Move {
            src: src.into(),
            dst: dst.into(),
        }
    }

    /// Look the packet up in `table` under its own in-port, and come back.
    pub fn resubmit(table: u8) -> Self {
        Self::Resubmit {
            in_port: PortNo::IN_PORT,
            table,
        }
    }

    /// Put a VLAN id into the (outer) tag.
    pub fn set_vlan_vid(vid: u16) -> Self {
        Self::set(Field::VlanVid, 0x1000 | (vid & 0xfff))
    }
}

impl From<Controller> for Action {
    fn from(controller: Controller) -> Self {
        Self::Controller(Box::new(controller))
    }
}

impl From<Ct> for Action {
    fn from(ct: Ct) -> Self {
        Self::Ct(Box::new(ct))
    }
}

impl From<Nat> for Action {
    fn from(nat: Nat) -> Self {
        Self::Nat(Box::new(nat))
    }
}

impl From<Learn> for Action {
    fn from(learn: Learn) -> Self {
        Self::Learn(Box::new(learn))
    }
}
