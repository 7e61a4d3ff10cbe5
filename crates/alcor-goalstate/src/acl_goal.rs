//! Network ACLs as hosts know them: which subnets one guards, and its rules in their order.

use alcor_types::{AclAction, AclProtocol, Direction, NetworkAclId, NetworkId, Revision, SubnetId};
use ipnet::IpNet;

/// A network ACL that guards at least one subnet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AclGoal {
    /// The ACL.
    pub id: NetworkAclId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Its network.
    pub vpc: NetworkId,
    /// The subnets that it guards, sorted; also those that it guards as the network's default.
    pub subnets: Vec<SubnetId>,
    /// Its rules, sorted by direction and number, each number once in a direction.
    pub rules: Vec<AclRule>,
}

/// One rule of a network ACL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AclRule {
    /// Its place: the lowest number whose rule is about a packet decides.
    pub number: u16,
    /// Which way, as the subnet's VMs see it.
    pub direction: Direction,
    /// Whose packets: sources of ingress, destinations of egress.
    pub prefix: IpNet,
    /// Which packets.
    pub protocol: AclProtocol,
    /// What happens to them.
    pub action: AclAction,
}
