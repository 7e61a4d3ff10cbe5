//! Network ACLs: stateless rules at the edge of subnets, in an order of numbers.

use crate::{
    FlowDirection, NetworkAclId, NetworkAclRuleId, NetworkId, ProjectId, Standard, SubnetId,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A network ACL as the store holds it. Which rules it has is an index, not a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// Its id.
    pub id: NetworkAclId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times. A change of a rule counts as a write.
    pub standard: Standard,
    /// The network whose subnets it may guard; never changes.
    pub network_id: NetworkId,
    /// The subnets it guards; no other ACL guards them.
    pub subnets: BTreeSet<SubnetId>,
    /// Whether it guards the network's subnets that have no other; one of each network.
    pub is_default: bool,
}

/// What happens to a packet that a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AclAction {
    /// It passes.
    Allow,
    /// It is dropped.
    Deny,
}

/// Which packets a rule is about, by protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AclProtocol {
    /// All.
    All,
    /// TCP to these ports, the first not above the last; all ports where none are given.
    Tcp(Option<(u16, u16)>),
    /// UDP to these ports.
    Udp(Option<(u16, u16)>),
    /// ICMP of this type and code; all where none are given.
    Icmp(Option<(u8, u8)>),
    /// ICMPv6 of this type and code.
    Icmpv6(Option<(u8, u8)>),
}

/// A rule of a network ACL as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NetworkAclRule {
    /// Its id.
    pub id: NetworkAclRuleId,
    /// The ACL it belongs to; never changes.
    pub acl_id: NetworkAclId,
    /// A label for people.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Its place: the lowest number whose rule is about a packet decides. Unique in the ACL and
    /// direction.
    pub number: u16,
    /// Which way, as the subnet's VMs see it.
    pub direction: FlowDirection,
    /// Whose packets: sources of ingress, destinations of egress.
    pub prefix: IpNet,
    /// Which packets.
    pub protocol: AclProtocol,
    /// What happens to them.
    pub action: AclAction,
}
