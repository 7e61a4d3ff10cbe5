//! Goal states: what a host must hold, in the types of this workspace and on the wire.
//!
//! * [`wire`] is the protobuf schema: the messages and services that the first Alcor
//!   published (package `alcor.schema`, same names and numbers) and the host session, which
//!   is ours. It is generated; nothing else of the workspace speaks protobuf.
//! * [`Goal`] and [`GoalChange`] are the same facts with types that cannot hold nonsense.
//!   The compiler makes them, the pipeline turns them into flows.
//! * [`encode`] and [`decode`] lead from one to the other; [`digest`] lets region and agent
//!   compare what they hold without sending it.

mod acl_goal;
mod carrier;
mod codec;
pub mod decode;
pub mod digest;
pub mod encode;
mod goal;
mod group_goal;
mod limits;
mod north_goal;
mod peer_goal;
mod scope;
mod scope_id;
mod sought;
mod taps;
mod trunk;
pub mod wire;

pub use acl_goal::{AclGoal, AclRule};
pub use carrier::{Carrier, TunnelKind};
pub use decode::DecodeError;
pub use goal::{
    DhcpGoal, Goal, GoalChange, GoalKey, InterfaceGoal, NeighborGoal, PortGoal, PortIdentity,
    SubnetGoal, SubnetRoute, SubnetRoutes, VpcGoal,
};
pub use group_goal::{AddressGroupGoal, GroupGoal, GroupRule, MemberGoal, RuleRemote};
pub use limits::{Bounds, Limits, Rate};
pub use north_goal::{
    Bounded, ExternalSubnet, FloatingGoal, Forwarding, OutletGoal, RouterGateway,
};
pub use peer_goal::PeerGoal;
pub use scope::{Applied, ScopeGoals};
pub use scope_id::{ParseScopeError, ScopeId};
pub use sought::Sought;
pub use taps::{TapCopy, Taps};
pub use trunk::TrunkPart;
