//! What goes into the compiler, and its word on whom it concerns.

use alcor_types::{
    HostName, Network, NetworkId, Node, Port, PortId, RouteTable, RouteTableId, Router, RouterId,
    Subnet, SubnetId,
};
use std::sync::Arc;

/// One resource as the store holds it after a write; `None` where it was deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A network.
    Network(NetworkId, Option<Arc<Network>>),
    /// A subnet.
    Subnet(SubnetId, Option<Arc<Subnet>>),
    /// A port.
    Port(PortId, Option<Arc<Port>>),
    /// A node, by the name that ports are bound with.
    Node(HostName, Option<Arc<Node>>),
    /// A router. Its interfaces are ports.
    Router(RouterId, Option<Arc<Router>>),
    /// A route table of a network or of one of its subnets.
    RouteTable(RouteTableId, Option<Arc<RouteTable>>),
}

/// A scope that has news for its hosts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touch {
    /// The network.
    pub scope: NetworkId,
    /// Hosts that need the scope from now on: they want a snapshot. Sorted.
    pub joined: Vec<HostName>,
    /// Hosts that need it no more: they forget all of it. Sorted.
    pub left: Vec<HostName>,
}
