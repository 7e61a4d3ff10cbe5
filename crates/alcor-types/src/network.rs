//! A network: one layer-2 broadcast domain of a tenant (the first Alcor's VPC).

use crate::{NetworkId, ProjectId, QosPolicyId, Sharing, Standard, Vni};
use serde::{Deserialize, Serialize};

/// What a network offers its VMs when nobody asked for less: 1500 bytes of underlay less
/// the tunnel's headers.
pub const DEFAULT_MTU: u16 = 1500 - VXLAN_OVERHEAD;

/// Outer Ethernet, IPv4, UDP and VXLAN headers, in bytes (RFC 7348, section 5).
pub const VXLAN_OVERHEAD: u16 = 50;

/// How a network's frames cross the underlay (Neutron's `provider:network_type`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkType {
    /// VXLAN, RFC 7348.
    Vxlan,
}

/// A network as the store holds it. Which subnets it has is an index, not a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// While false, its ports forward nothing.
    pub admin_state_up: bool,
    /// Which projects may plug ports into it (`shared`: every one).
    pub shared: Sharing,
    /// Which projects may use it as the outside of their routers (`router:external`: any).
    pub external: Sharing,
    /// The largest IP packet a VM may send, in bytes.
    pub mtu: u16,
    /// How its frames travel between hosts.
    pub network_type: NetworkType,
    /// Its tunnel id (`provider:segmentation_id`); unique in the region.
    pub vni: Vni,
    /// The default of its ports' `port_security_enabled`.
    pub port_security_enabled: bool,
    /// The domain of its ports' names; empty when none.
    pub dns_domain: String,
    /// Where the tenant would like its DHCP and routing to be; kept and shown.
    pub availability_zone_hints: Vec<String>,
    /// What its ports' traffic gets where they name no policy of their own.
    pub qos_policy_id: Option<QosPolicyId>,
}
