//! What goes into the compiler, and its word on whom it concerns.

use alcor_goalstate::ScopeId;
use alcor_types::{
    AddressGroup, AddressGroupId, FloatingIp, FloatingIpId, HostName, Network, NetworkAcl,
    NetworkAclId, NetworkAclRule, NetworkAclRuleId, NetworkId, Node, Port, PortForwarding,
    PortForwardingId, PortId, QosRule, QosRuleId, RouteTable, RouteTableId, Router, RouterId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId,
    SubnetPool, SubnetPoolId, TapFlow, TapFlowId, TapService, TapServiceId, Trunk, TrunkId,
};
use std::sync::Arc;

/// One resource as the store holds it after a write; `None` where it was deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A network.
    Network(NetworkId, Option<Arc<Network>>),
    /// A subnet.
    Subnet(SubnetId, Option<Arc<Subnet>>),
    /// A pool that subnets' blocks are from.
    SubnetPool(SubnetPoolId, Option<Arc<SubnetPool>>),
    /// A port.
    Port(PortId, Option<Arc<Port>>),
    /// A node, by the name that ports are bound with.
    Node(HostName, Option<Arc<Node>>),
    /// A router. Its interfaces are ports.
    Router(RouterId, Option<Arc<Router>>),
    /// A route table of a network or of one of its subnets.
    RouteTable(RouteTableId, Option<Arc<RouteTable>>),
    /// A security group.
    SecurityGroup(SecurityGroupId, Option<Arc<SecurityGroup>>),
    /// A rule of a security group.
    SecurityGroupRule(SecurityGroupRuleId, Option<Arc<SecurityGroupRule>>),
    /// An address group.
    AddressGroup(AddressGroupId, Option<Arc<AddressGroup>>),
    /// An address outside.
    FloatingIp(FloatingIpId, Option<Arc<FloatingIp>>),
    /// Ports of an address outside that lead inside.
    PortForwarding(PortForwardingId, Option<Arc<PortForwarding>>),
    /// A network ACL.
    NetworkAcl(NetworkAclId, Option<Arc<NetworkAcl>>),
    /// A rule of a network ACL.
    NetworkAclRule(NetworkAclRuleId, Option<Arc<NetworkAclRule>>),
    /// A tap service.
    TapService(TapServiceId, Option<Arc<TapService>>),
    /// What is copied to a tap service.
    TapFlow(TapFlowId, Option<Arc<TapFlow>>),
    /// A trunk.
    Trunk(TrunkId, Option<Arc<Trunk>>),
    /// A rule of a QoS policy. Of the policy itself no data plane need know.
    QosRule(QosRuleId, Option<Arc<QosRule>>),
}

/// A scope that has news for its hosts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touch {
    /// The scope.
    pub scope: ScopeId,
    /// Hosts that need the scope from now on: they want a snapshot. Sorted.
    pub joined: Vec<HostName>,
    /// Hosts that need it no more: they forget all of it. Sorted.
    pub left: Vec<HostName>,
    /// Where only ports of a large network have news: these. All members of the scope have news where
    /// nothing is said.
    pub only: Option<Narrow>,
    /// Ports of a large network with news, whether or not others have any: there may be hosts that were told
    /// that nobody has their addresses. Sorted.
    pub newcomers: Vec<PortId>,
}

/// News of single ports of a large network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Narrow {
    /// The ports: whoever holds one of them as a neighbour must hear. Sorted.
    pub ports: Vec<PortId>,
    /// The hosts that the ports are or were bound to. Sorted.
    pub places: Vec<HostName>,
}
