//! A subnet: a block of addresses on a network, and what DHCP tells about it.

use crate::{IpPool, IpVersion, NetworkId, ProjectId, SegmentId, Standard, SubnetId, SubnetPoolId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A static route that VMs learn by DHCP (option 121).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct HostRoute {
    /// Where to.
    pub destination: IpNet,
    /// By way of whom.
    pub nexthop: IpAddr,
}

/// How IPv6 addresses reach VMs (Neutron's `ipv6_address_mode`, `ipv6_ra_mode`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ipv6Mode {
    /// Addresses and options by DHCPv6.
    #[serde(rename = "dhcpv6-stateful")]
    Dhcpv6Stateful,
    /// Addresses by router advertisement, options by DHCPv6.
    #[serde(rename = "dhcpv6-stateless")]
    Dhcpv6Stateless,
    /// Addresses and options by router advertisement.
    Slaac,
}

/// A subnet as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// The network it belongs to; never changes.
    pub network_id: NetworkId,
    /// Its block, with the host bits cleared; overlaps no other subnet of the network.
    pub cidr: IpNet,
    /// The pool its block is from.
    pub subnetpool_id: Option<SubnetPoolId>,
    /// The router's address, outside every pool; none when there is no router. It may lie
    /// outside `cidr`, where the router is reached on the link all the same.
    pub gateway_ip: Option<IpAddr>,
    /// Whether its ports are answered by DHCP.
    pub enable_dhcp: bool,
    /// Name servers to tell VMs of, in order of preference.
    pub dns_nameservers: Vec<IpAddr>,
    /// Where automatic addresses come from; sorted, without overlap.
    pub allocation_pools: Vec<IpPool>,
    /// Further routes to tell VMs of.
    pub host_routes: Vec<HostRoute>,
    /// How VMs get IPv6 addresses; none on IPv4 and on static IPv6.
    pub ipv6_address_mode: Option<Ipv6Mode>,
    /// How routers advertise; none on IPv4 and where nobody advertises.
    pub ipv6_ra_mode: Option<Ipv6Mode>,
    /// Device owners whose ports get automatic addresses here; empty means all.
    pub service_types: Vec<String>,
    /// Whether fixed IPs from here are published in an external DNS.
    pub dns_publish_fixed_ip: bool,
    /// The segment of the network that it is on; none where the network is one segment.
    pub segment_id: Option<SegmentId>,
}

impl Subnet {
    /// A subnet of nobody without a router, with every other attribute at its default.
    pub fn new(id: SubnetId, network_id: NetworkId, cidr: IpNet) -> Self {
        Self {
            id,
            project_id: ProjectId::from(""),
            standard: Standard::default(),
            network_id,
            cidr,
            subnetpool_id: None,
            gateway_ip: None,
            enable_dhcp: true,
            dns_nameservers: Vec::new(),
            allocation_pools: Vec::new(),
            host_routes: Vec::new(),
            ipv6_address_mode: None,
            ipv6_ra_mode: None,
            service_types: Vec::new(),
            dns_publish_fixed_ip: false,
            segment_id: None,
        }
    }

    /// The family of its block.
    pub fn ip_version(&self) -> IpVersion {
        IpVersion::of(self.cidr.addr())
    }
}
