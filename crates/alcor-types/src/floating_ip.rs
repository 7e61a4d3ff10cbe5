//! A floating IP: an address of an external network that stands for an address of a port.

use crate::{
    FloatingIpId, NetworkId, PortForwardingId, PortId, ProjectId, QosPolicyId, RouterId, Standard,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// A floating IP as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FloatingIp {
    /// Its id.
    pub id: FloatingIpId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Description, tags, revision, times; it has no name.
    pub standard: Standard,
    /// The external network; never changes.
    pub floating_network_id: NetworkId,
    /// The address outside; never changes.
    pub floating_ip_address: IpAddr,
    /// The port that holds the address on the external network.
    pub floating_port_id: PortId,
    /// The address inside that it stands for; none while it is free.
    pub association: Option<Association>,
    /// The router that translates: that of the association, or that of the port forwardings.
    pub router_id: Option<RouterId>,
    /// Its host name in DNS; empty when none.
    pub dns_name: String,
    /// The domain of its host name; empty when none.
    pub dns_domain: String,
    /// The bandwidth limits of the address.
    pub qos_policy_id: Option<QosPolicyId>,
}

/// What a floating IP stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Association {
    /// The port inside.
    pub port_id: PortId,
    /// Its address.
    pub fixed_ip_address: IpAddr,
}

/// One or several ports of a floating IP that lead to ports of an address inside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PortForwarding {
    /// Its id.
    pub id: PortForwardingId,
    /// Who owns it: the owner of the floating IP.
    pub project_id: ProjectId,
    /// Description, revision, times; it has neither name nor tags.
    pub standard: Standard,
    /// The floating IP; never changes.
    pub floatingip_id: FloatingIpId,
    /// The protocol.
    pub protocol: ForwardedProtocol,
    /// The ports outside.
    pub external_ports: PortRange,
    /// The port of the network inside.
    pub internal_port_id: PortId,
    /// The address inside.
    pub internal_ip_address: Ipv4Addr,
    /// The ports inside: as many as outside, or one.
    pub internal_ports: PortRange,
}

/// A protocol that has ports to forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForwardedProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, by the identifier of its echo.
    Icmp,
    /// ICMP for IPv6.
    #[serde(rename = "ipv6-icmp")]
    Ipv6Icmp,
    /// SCTP.
    Sctp,
    /// DCCP.
    Dccp,
}

impl ForwardedProtocol {
    /// All of them, in the order in which messages name them.
    pub const ALL: [Self; 6] = [
        Self::Tcp,
        Self::Udp,
        Self::Icmp,
        Self::Ipv6Icmp,
        Self::Sctp,
        Self::Dccp,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Ipv6Icmp => "ipv6-icmp",
            Self::Sctp => "sctp",
            Self::Dccp => "dccp",
        }
    }
}

/// Transport ports from the first to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest; not below the lowest.
    pub last: u16,
}

impl PortRange {
    /// Just one port.
    pub fn one(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// The port, where it is only one.
    pub fn single(self) -> Option<u16> {
        (self.first == self.last).then_some(self.first)
    }

    /// How many ports lie after the first.
    pub fn span(self) -> u16 {
        self.last.saturating_sub(self.first)
    }

    /// Whether any port lies in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}
