//! How resources lie in the store: tables, and the indexes that listings and rules look up.
//!
//! **Every number here is on-disk format.** Never change one or give one to another purpose;
//! a retired number stays retired, and new tables and indexes take new numbers.
//!
//! An index whose part is an empty text has no entry for that resource (a port without
//! `device_id` is not in [`PORT_BY_DEVICE`]): most resources leave such attributes empty, and
//! a bucket of "all the rest" would select nothing. A listing that filters by an empty text
//! must therefore pick another index.

mod address_group;
mod agent;
mod binding;
mod elastic_range;
mod flavor;
mod floating_ip;
mod gateway;
mod ip;
mod mac;
mod metering;
mod ncm;
mod network;
mod network_acl;
mod node;
mod port;
mod qos;
mod rbac_policy;
mod route_table;
mod router;
mod security_group;
mod segment;
mod subnet;
mod subnet_pool;
mod table;
mod tap;
mod topology;
mod trunk;

pub use address_group::*;
pub use agent::*;
pub use binding::*;
pub use elastic_range::*;
pub use flavor::*;
pub use floating_ip::*;
pub use gateway::*;
pub use ip::*;
pub use mac::*;
pub use metering::*;
pub use network::*;
pub use network_acl::*;
pub use node::*;
pub use port::*;
pub use qos::*;
pub use rbac_policy::*;
pub use route_table::*;
pub use router::*;
pub use security_group::*;
pub use segment::*;
pub use subnet::*;
pub use subnet_pool::*;
pub use table::*;
pub use tap::*;
pub use trunk::*;

use crate::records::{self, Derivation};
use alcor_store::Options;
use alcor_store::records::{Index, Indexes};
use alcor_types::{
    AddressGroup, AddressScope, ConntrackHelper, FloatingIp, Network, Node, Port, PortForwarding,
    ProjectId, RbacPolicy, Router, SecurityGroup, SecurityGroupRule, Segment, SegmentRange,
    Sharing, Standard, Subnet, SubnetPool,
};
use std::net::IpAddr;

/// The tables whose index rows the region makes anew at its start and does not store. Every
/// table with indexes belongs here; one that is missing only costs disk.
pub(crate) const DERIVED: &[Derivation] = &[
    records::derivation::<ConntrackHelper>(),
    records::derivation::<FloatingIp>(),
    records::derivation::<Network>(),
    records::derivation::<Node>(),
    records::derivation::<Port>(),
    records::derivation::<alcor_types::PortState>(),
    records::derivation::<alcor_types::PortBinding>(),
    records::derivation::<alcor_types::Trunk>(),
    records::derivation::<alcor_types::TapService>(),
    records::derivation::<alcor_types::TapFlow>(),
    records::derivation::<alcor_types::Agent>(),
    records::derivation::<alcor_types::Schedule>(),
    records::derivation::<PortForwarding>(),
    records::derivation::<Router>(),
    records::derivation::<Segment>(),
    records::derivation::<SegmentRange>(),
    records::derivation::<Subnet>(),
    records::derivation::<SubnetPool>(),
    records::derivation::<AddressScope>(),
    records::derivation::<SecurityGroup>(),
    records::derivation::<SecurityGroupRule>(),
    records::derivation::<AddressGroup>(),
    records::derivation::<RbacPolicy>(),
    records::derivation::<alcor_types::QosPolicy>(),
    records::derivation::<alcor_types::QosRule>(),
    records::derivation::<alcor_types::MeteringLabel>(),
    records::derivation::<alcor_types::MeteringRule>(),
    records::derivation::<alcor_types::Flavor>(),
    records::derivation::<alcor_types::NetworkAcl>(),
    records::derivation::<alcor_types::NetworkAclRule>(),
    records::derivation::<alcor_types::RouteTable>(),
    records::derivation::<alcor_types::MacLease>(),
    records::derivation::<alcor_types::ElasticRange>(),
    records::derivation::<alcor_types::Gateway>(),
    records::derivation::<alcor_types::IpLease>(),
    records::derivation::<alcor_types::IpRange>(),
];

/// How a region opens its store.
pub fn store_options() -> Options {
    Options {
        derived: DERIVED,
        ..Options::default()
    }
}

/// An address as an index part: four or sixteen bytes, most significant first.
pub fn ip_part(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Adds an entry unless its text is empty.
fn add_text(to: &mut Indexes, index: Index, text: &str) {
    if !text.is_empty() {
        to.add(index, &[text.as_bytes()]);
    }
}

/// The three indexes that every resource of a project has: by project, by name and by tag.
#[derive(Clone, Copy)]
struct Usual {
    project: Index,
    name: Index,
    tag: Index,
}

/// Adds the entries of the usual three indexes.
fn add_usual(to: &mut Indexes, usual: Usual, project: &ProjectId, standard: &Standard) {
    add_text(to, usual.project, project.as_str());
    add_text(to, usual.name, &standard.name);
    for tag in &standard.tags {
        add_text(to, usual.tag, tag);
    }
}

/// Adds an entry for each project that a resource is shared with.
fn add_sharing(to: &mut Indexes, index: Index, sharing: &Sharing) {
    for target in sharing.targets() {
        add_text(to, index, target.as_str());
    }
}
