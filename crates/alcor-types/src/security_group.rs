//! Security groups: named sets of rules about what traffic the ports in them may exchange.

use crate::{AddressGroupId, ProjectId, SecurityGroupId, SecurityGroupRuleId, Sharing, Standard};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A security group as the store holds it. Its rules are records of their own, and which ports
/// are in it is an index of the ports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times. Every change of a rule counts as a write.
    pub standard: Standard,
    /// Whether it is the group that the project's ports get when none is named.
    pub is_default: bool,
    /// Whether answers to allowed traffic are allowed too.
    pub stateful: bool,
    /// Which projects may put ports into it and name it in rules.
    pub shared: Sharing,
}

/// Which way traffic goes, as the port sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// To the port.
    Ingress,
    /// From the port.
    Egress,
}

impl Direction {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// The family of the packets that a rule speaks of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum EtherType {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl EtherType {
    /// Both, in the order in which built-in rules are made.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }
}

/// Whom the traffic is exchanged with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Remote {
    /// Anybody.
    Any,
    /// Addresses of a block, written as the owner wrote it, host bits included.
    Prefix(IpNet),
    /// The ports of a security group.
    Group(SecurityGroupId),
    /// The addresses of an address group.
    AddressGroup(AddressGroupId),
    /// The ports of the rule's own group. Only templates have it.
    OwnGroup,
}

/// What traffic a rule allows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TrafficMatch {
    /// Which way it goes.
    pub direction: Direction,
    /// Its family.
    pub ethertype: EtherType,
    /// The IP protocol, by the name or number that the owner gave; none means every one.
    pub protocol: Option<String>,
    /// The lowest port, or the ICMP type. Open vSwitch sees the ports of TCP, UDP and SCTP; a rule
    /// that restricts those of DCCP or UDP-Lite allows nothing, because nobody could check it.
    pub port_range_min: Option<u16>,
    /// The highest port, or the ICMP code.
    pub port_range_max: Option<u16>,
    /// Whom it is exchanged with.
    pub remote: Remote,
}

/// A rule of a security group. It never changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// Its id.
    pub id: SecurityGroupRuleId,
    /// Who made it.
    pub project_id: ProjectId,
    /// Description, revision, times; no name and no tags.
    pub standard: Standard,
    /// The group it belongs to.
    pub security_group_id: SecurityGroupId,
    /// What it allows.
    pub traffic: TrafficMatch,
}

/// A template of a rule that new security groups begin with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DefaultSecurityGroupRule {
    /// Its id.
    pub id: SecurityGroupRuleId,
    /// Description and times; no name and no tags.
    pub standard: Standard,
    /// What the rule allows.
    pub traffic: TrafficMatch,
    /// Whether default groups get it.
    pub used_in_default_sg: bool,
    /// Whether other groups get it.
    pub used_in_non_default_sg: bool,
}
