//! Goals of what leads out of the region: routers' gateways, and addresses outside that stand for
//! addresses inside.

use crate::{Carrier, Limits};
use alcor_types::{
    AddressScopeId, FloatingIpId, MacAddr, NetworkId, PortId, PortRange, Revision, RouterId,
};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};

/// A router's port in an external network, and all that a host needs to know of that network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouterGateway {
    /// The external network.
    pub network: NetworkId,
    /// What carries it.
    pub carrier: Carrier,
    /// Its largest IP packet, in bytes.
    pub mtu: u16,
    /// The router's port.
    pub port: PortId,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The external network's subnets.
    pub subnets: Vec<ExternalSubnet>,
    /// Whether what has no address of its own outside leaves with the router's.
    pub snat: bool,
    /// Where tunnels end of the host by which that leaves; none where no host does it.
    pub host_ip: Option<IpAddr>,
    /// Ports of further addresses that lead inside, at that host.
    pub forwardings: Vec<Forwarding>,
    /// Those of its addresses, its own and those of forwarded ports, that QoS policies bound.
    pub bounded: Vec<Bounded>,
}

/// What bounds the packets from and to an address outside. Marks are no business of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounded {
    /// The address.
    pub address: IpAddr,
    /// Egress leaves the region, ingress comes in.
    pub limits: Limits,
}

/// A subnet of an external network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExternalSubnet {
    /// Its block of addresses.
    pub cidr: IpNet,
    /// Who knows the way further out.
    pub gateway_ip: Option<IpAddr>,
    /// The scope in which its addresses are unique; none where nobody says so.
    pub address_scope: Option<AddressScopeId>,
}

/// Ports of an address outside that lead to ports of an address inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Forwarding {
    /// The address outside.
    pub address: IpAddr,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// The IP protocol's number.
    pub protocol: u8,
    /// The ports outside.
    pub external: PortRange,
    /// The address inside.
    pub internal_address: IpAddr,
    /// The ports inside: as many as outside, or one.
    pub internal: PortRange,
}

/// An address outside by which this host translates for a router, told by each of its interfaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutletGoal {
    /// The router's interface.
    pub interface: PortId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The router.
    pub router: RouterId,
    /// The external network.
    pub network: NetworkId,
    /// The port there.
    pub port: PortId,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// Its address.
    pub address: Ipv4Addr,
    /// What bounds it: egress leaves the region, ingress comes in.
    pub limits: Limits,
}

/// An address outside that stands for an address of a port of this host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FloatingGoal {
    /// The floating IP.
    pub id: FloatingIpId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The port inside.
    pub port: PortId,
    /// The router that translates.
    pub router: RouterId,
    /// The external network.
    pub network: NetworkId,
    /// The address outside.
    pub address: IpAddr,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// The port that holds it: what the host says of the floating IP it says of this.
    pub holder: PortId,
    /// The address inside.
    pub fixed: IpAddr,
    /// What bounds it: egress leaves the region, ingress comes in.
    pub limits: Limits,
}
