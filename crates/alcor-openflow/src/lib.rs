//! OpenFlow 1.3 and the Nicira extensions that Open vSwitch needs to be driven well.
//!
//! The codec is pure: types that say what flows, groups, meters and packets are, and how they
//! look on the wire. [`Match`], [`Action`] and [`Instructions`] are canonical, so that a flow
//! that was sent and the same flow read back compare equal. No Rust crate covered bundles,
//! packet-in with user data and the register fields, and no library with a stable interface
//! offers them to C callers either, hence this one.

pub mod ct_state;

mod action;
mod bundle;
mod connection;
mod error;
mod field;
mod flow;
mod frame;
mod group;
mod matching;
mod message;
mod meter;
mod multipart;
mod oxm;
mod packet;
mod port;
mod port_no;
mod subfield;
mod switch_error;
mod wire;

pub use action::{
    Action, Controller, Ct, Learn, LearnSource, LearnSpec, NO_BUFFER, Nat, NatKind, NatRange, Zone,
};
pub use bundle::{BundleControl, BundleItem, BundleStep};
pub use connection::{
    Client, CommitError, ConnectError, Connection, Disconnect, Endpoint, Event, Events,
    ParseEndpointError, RequestError, Settings,
};
pub use error::DecodeError;
pub use field::{Field, Value};
pub use flow::{
    Flow, FlowCommand, FlowFlags, FlowKey, FlowMod, FlowRemoved, FlowRequest, FlowStats,
    Instructions, RemovedReason,
};
pub use frame::Frame;
pub use group::{Bucket, Group, GroupKind, GroupMod};
pub use matching::Match;
pub use message::{AsyncMasks, EncodeError, Features, Message, Received, Role};
pub use meter::{Meter, MeterMod, MeterUnit};
pub use multipart::{
    Aggregate, MultipartEntry, MultipartReply, MultipartRequest, SwitchDesc, TableStats,
};
pub use packet::{Continuation, PacketIn, PacketOut};
pub use port::{PortChange, PortDesc, PortStats, PortStatus};
pub use port_no::PortNo;
pub use subfield::Subfield;
pub use switch_error::SwitchError;
