//! Whole messages, header included.

mod decode;
mod encode;

pub use encode::EncodeError;
pub(crate) use encode::encode_bundle_add;

use crate::{
    BundleControl, Continuation, FlowMod, FlowRemoved, GroupMod, MeterMod, MultipartReply,
    MultipartRequest, PacketIn, PacketOut, PortStatus, SwitchError,
};
use bytes::Bytes;

/// Message types of OpenFlow 1.3.
pub(crate) mod kind {
    pub(crate) const HELLO: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const ECHO_REQUEST: u8 = 2;
    pub(crate) const ECHO_REPLY: u8 = 3;
    pub(crate) const EXPERIMENTER: u8 = 4;
    pub(crate) const FEATURES_REQUEST: u8 = 5;
    pub(crate) const FEATURES_REPLY: u8 = 6;
    pub(crate) const SET_CONFIG: u8 = 9;
    pub(crate) const PACKET_IN: u8 = 10;
    pub(crate) const FLOW_REMOVED: u8 = 11;
    pub(crate) const PORT_STATUS: u8 = 12;
    pub(crate) const PACKET_OUT: u8 = 13;
    pub(crate) const FLOW_MOD: u8 = 14;
    pub(crate) const GROUP_MOD: u8 = 15;
    pub(crate) const MULTIPART_REQUEST: u8 = 18;
    pub(crate) const MULTIPART_REPLY: u8 = 19;
    pub(crate) const BARRIER_REQUEST: u8 = 20;
    pub(crate) const BARRIER_REPLY: u8 = 21;
    pub(crate) const ROLE_REQUEST: u8 = 24;
    pub(crate) const ROLE_REPLY: u8 = 25;
    pub(crate) const SET_ASYNC: u8 = 28;
    pub(crate) const METER_MOD: u8 = 29;
}

/// Experimenter messages: (experimenter, type).
pub(crate) mod extension {
    pub(crate) const NICIRA: u32 = 0x0000_2320;
    pub(crate) const ONF: u32 = 0x4f4e_4600;
    pub(crate) const SET_PACKET_IN_FORMAT: u32 = 16;
    pub(crate) const RESUME: u32 = 28;
    pub(crate) const CT_FLUSH_ZONE: u32 = 29;
    pub(crate) const PACKET_IN2: u32 = 30;
    pub(crate) const BUNDLE_CONTROL: u32 = 2300;
    pub(crate) const BUNDLE_ADD: u32 = 2301;
}

/// The first bytes of a PACKET_IN2 after the OpenFlow header: experimenter and type.
pub(crate) const PACKET_IN2_HEAD: [u8; 8] = [0, 0, 0x23, 0x20, 0, 0, 0, 30];

/// What a switch is, from its features reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Datapath id.
    pub datapath_id: u64,
    /// Packets it buffers.
    pub buffers: u32,
    /// Flow tables.
    pub tables: u8,
    /// Capability bits.
    pub capabilities: u32,
}

/// A controller's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Do not change it.
    NoChange,
    /// Full access, one among many.
    Equal,
    /// Full access; the only primary.
    Primary,
    /// Read only.
    Secondary,
}

impl Role {
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::NoChange => 0,
            Self::Equal => 1,
            Self::Primary => 2,
            Self::Secondary => 3,
        }
    }
}

/// Which asynchronous messages a connection gets, as bits of the reasons; first of each pair as
/// equal or primary, second as secondary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsyncMasks {
    /// Packet-ins.
    pub packet_in: [u32; 2],
    /// Port statuses.
    pub port_status: [u32; 2],
    /// Flow removals.
    pub flow_removed: [u32; 2],
}

impl AsyncMasks {
    /// Every message for every reason.
    pub const ALL: Self = Self {
        packet_in: [0x3f; 2],
        port_status: [0x7; 2],
        flow_removed: [0xf; 2],
    };
}

/// What a controller sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// First on a connection: OpenFlow 1.3 is spoken here.
    Hello,
    /// Are you there?
    EchoRequest(Bytes),
    /// I am; with the bytes of the request.
    EchoReply(Bytes),
    /// What are you?
    FeaturesRequest,
    /// Bytes of a packet-in for a table miss. First fragments keep their ports, later ones have none.
    SetConfig {
        /// Bytes; 0xffff for all.
        miss_send_len: u16,
    },
    /// Send a packet.
    PacketOut(PacketOut),
    /// Change a flow.
    FlowMod(FlowMod),
    /// Change a group.
    GroupMod(GroupMod),
    /// Change a meter.
    MeterMod(MeterMod),
    /// Finish all before; then say so.
    BarrierRequest,
    /// Take this role; the number orders elections.
    RoleRequest(Role, u64),
    /// Which asynchronous messages to send.
    SetAsync(AsyncMasks),
    /// A question.
    MultipartRequest(MultipartRequest),
    /// Packet-ins as Nicira's PACKET_IN2, with user data and continuation.
    SetPacketIn2,
    /// Let a paused packet go on.
    Resume(Continuation),
    /// Forget the connections of this zone.
    CtFlushZone(u16),
    /// A step of a bundle.
    BundleControl(BundleControl),
}

/// What a switch sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// First on a connection: the versions spoken, one bit each by version number.
    Hello(u32),
    /// A refusal.
    Error(SwitchError),
    /// Are you there?
    EchoRequest(Bytes),
    /// I am.
    EchoReply(Bytes),
    /// I am this.
    Features(Features),
    /// A packet, in OpenFlow's or Nicira's format.
    PacketIn(PacketIn),
    /// A flow has gone.
    FlowRemoved(FlowRemoved),
    /// A port has changed.
    PortStatus(PortStatus),
    /// All before the request is finished.
    BarrierReply,
    /// The role is this.
    Role(Role, u64),
    /// Part of an answer.
    Multipart(MultipartReply),
    /// A step of a bundle is done.
    BundleControl(BundleControl),
    /// A message that this crate does not know.
    Other {
        /// Its type.
        kind: u8,
        /// Everything after the header.
        body: Bytes,
    },
}
