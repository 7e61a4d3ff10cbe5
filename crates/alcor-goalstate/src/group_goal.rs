//! Goals of security groups: who is in a set, and what the rules allow. Rules name sets, and
//! sets travel member by member, so that a port that comes or goes is one small change whatever
//! the number of rules.

use alcor_types::{
    AddressGroupId, Direction, EtherType, PortId, Revision, SecurityGroupId, SecurityGroupRuleId,
};
use ipnet::IpNet;

/// A security group as a host must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupGoal {
    /// The group; also the scope of its goals.
    pub id: SecurityGroupId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Whether answers to allowed traffic are allowed too.
    pub stateful: bool,
    /// Its rules, sorted by id.
    pub rules: Vec<GroupRule>,
}

/// What one rule allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRule {
    /// The rule.
    pub id: SecurityGroupRuleId,
    /// Which way the traffic goes, as the port sees it.
    pub direction: Direction,
    /// Its family.
    pub ethertype: EtherType,
    /// The IP protocol; none means every one.
    pub protocol: Option<u8>,
    /// The lowest port, or the ICMP type.
    pub port_min: Option<u16>,
    /// The highest port, or the ICMP code.
    pub port_max: Option<u16>,
    /// Whom it is exchanged with.
    pub remote: RuleRemote,
}

/// Whom a rule's traffic is exchanged with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RuleRemote {
    /// Anybody.
    Any,
    /// The addresses of a block.
    Prefix(IpNet),
    /// The ports of a security group.
    Group(SecurityGroupId),
    /// The addresses of an address group.
    AddressGroup(AddressGroupId),
}

/// A port of a security group, wherever it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberGoal {
    /// The group.
    pub group: SecurityGroupId,
    /// The port.
    pub port: PortId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The blocks that the port may send from, sorted, each once.
    pub addresses: Vec<IpNet>,
}

/// An address group as a host must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddressGroupGoal {
    /// The group; also the scope of this goal.
    pub id: AddressGroupId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Its blocks, sorted.
    pub addresses: Vec<IpNet>,
}
