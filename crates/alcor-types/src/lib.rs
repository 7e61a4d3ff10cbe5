//! The nouns of a region as plain data: identifiers, addresses, and the resources that
//! every other crate speaks of.
//!
//! Nothing here does I/O or holds rules; a rule that spans several resources belongs to
//! `alcor-managers`. All types serialise with serde: people-readable forms (JSON) use the
//! text forms of Neutron, binary forms (the store) the compact ones.

mod address;
mod id;
mod network;
mod node;
mod port;
mod revision;
mod standard;
mod subnet;

pub use address::{IpPool, MacAddr, ParseAddressError, Vni};
pub use id::{HostName, NetworkId, NodeId, PortId, ProjectId, SubnetId};
pub use network::{DEFAULT_MTU, Network, NetworkType, VXLAN_OVERHEAD};
pub use node::Node;
pub use port::{AllowedAddressPair, ExtraDhcpOption, FixedIp, Port, PortState, PortStatus};
pub use revision::Revision;
pub use standard::{Standard, Timestamp};
pub use subnet::{HostRoute, Ipv6Mode, Subnet};
