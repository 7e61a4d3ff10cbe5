//! What a caller may say of a port forwarding. An absent member means "not sent".

use alcor_types::{FloatingIpId, ForwardedProtocol, PortForwardingId, PortId, PortRange};
use std::net::Ipv4Addr;

/// `POST /v2.0/floatingips/{id}/port_forwardings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePortForwarding {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<PortForwardingId>,
    /// The floating IP.
    pub floatingip_id: FloatingIpId,
    /// Free text; at most 255 characters.
    pub description: String,
    /// The protocol.
    pub protocol: ForwardedProtocol,
    /// The ports outside.
    pub external_ports: PortRange,
    /// The port of the network inside.
    pub internal_port_id: PortId,
    /// The address inside; absent means the port's first of IPv4.
    pub internal_ip_address: Option<Ipv4Addr>,
    /// The ports inside: as many as outside, or one.
    pub internal_ports: PortRange,
}

/// `PUT /v2.0/floatingips/{id}/port_forwardings/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdatePortForwarding {
    /// A new description.
    pub description: Option<String>,
    /// The protocol.
    pub protocol: Option<ForwardedProtocol>,
    /// The ports outside.
    pub external_ports: Option<PortRange>,
    /// The port of the network inside.
    pub internal_port_id: Option<PortId>,
    /// The address inside.
    pub internal_ip_address: Option<Ipv4Addr>,
    /// The ports inside.
    pub internal_ports: Option<PortRange>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
