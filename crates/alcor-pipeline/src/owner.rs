//! Who a flow belongs to.

use crate::{North, Traffic};
use alcor_types::{
    Direction, MacAddr, NetworkAclId, NetworkId, PortId, RouterId, SecurityGroupRuleId, SubnetId,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// The thing that a flow is about. Owners never share a flow: the match of every flow speaks
/// of its owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// The bridge itself: what is there before any goal.
    Base,
    /// A network: frames that tunnels bring for it.
    Vpc(NetworkId),
    /// A plugged port of this host: the frames it sends.
    Port(PortId),
    /// A MAC address of a network: unicast to it. Of several ports that claim it, one of this
    /// host is first, then those of other hosts, then routers', then the lowest id.
    Mac(NetworkId, MacAddr),
    /// An IP address of a network: who has it, and what the host answers there. Ports that claim it
    /// come in the same order; the DHCP server's claim to its own address and the host's come last.
    Address(NetworkId, IpAddr),
    /// Broadcast and multicast in a network.
    Flood(NetworkId),
    /// A router: its routes.
    Router(RouterId),
    /// A subnet: what other hosts have routed into it.
    Subnet(SubnetId),
    /// A plugged port of this host: the addresses it may speak from, the rules of its groups,
    /// and the network ACLs of its subnets.
    Guard(PortId),
    /// Whom ports exchange packets with: a block that sets which rules name have among theirs.
    Remote(Direction, IpNet),
    /// Packets that rules speak of.
    Traffic(Direction, Traffic),
    /// A rule of which this host has a port.
    Rule(Direction, SecurityGroupRuleId),
    /// What leads out of the region.
    North(North),
    /// A network ACL of a subnet in which this host has a port: its rules.
    Acl(NetworkAclId),
}

impl Owner {
    /// Its number in the highest bits of cookies. 0 is left to flows that are not ours.
    pub(crate) fn kind(self) -> u8 {
        match self {
            Self::Base => 1,
            Self::Vpc(_) => 2,
            Self::Port(_) => 3,
            Self::Mac(..) => 4,
            Self::Address(..) => 5,
            Self::Flood(_) => 6,
            Self::Router(_) => 7,
            Self::Subnet(_) => 8,
            Self::Acl(_) => 9,
            Self::North(_) => 10,
            Self::Guard(_) => 11,
            Self::Remote(..) => 12,
            Self::Traffic(..) => 13,
            Self::Rule(..) => 14,
        }
    }
}
