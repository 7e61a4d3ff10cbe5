//! What a caller may say of a router. An absent member means "not sent".

use crate::port::FixedIpRequest;
use alcor_types::{
    FlavorId, HostRoute, NetworkId, PortId, ProjectId, QosPolicyId, RouterId, SubnetId,
};
use std::collections::BTreeSet;

/// An `external_gateway_info`, or one of `external_gateways`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRequest {
    /// The external network.
    pub network_id: NetworkId,
    /// Whether addresses are translated. Default: the region's.
    pub enable_snat: Option<bool>,
    /// The router's addresses there; absent or empty means automatic ones.
    pub external_fixed_ips: Vec<FixedIpRequest>,
    /// The bandwidth limits of its address; `Some(None)` removes them.
    pub qos_policy_id: Option<Option<QosPolicyId>>,
}

impl GatewayRequest {
    /// A gateway with only defaults.
    pub fn new(network_id: NetworkId) -> Self {
        Self {
            network_id,
            enable_snat: None,
            external_fixed_ips: Vec::new(),
            qos_policy_id: None,
        }
    }
}

/// `POST /v2.0/routers`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateRouter {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<RouterId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Default: true.
    pub admin_state_up: Option<bool>,
    /// Default: the region's.
    pub distributed: Option<bool>,
    /// Default: the region's.
    pub ha: Option<bool>,
    /// Its way out.
    pub gateway: Option<GatewayRequest>,
    /// Zones with nodes; checked, kept and shown.
    pub availability_zone_hints: Vec<String>,
    /// The flavor it is made of.
    pub flavor_id: Option<FlavorId>,
    /// Default: false.
    pub enable_ndp_proxy: Option<bool>,
    /// Default: false.
    pub enable_default_route_bfd: Option<bool>,
    /// Default: false.
    pub enable_default_route_ecmp: Option<bool>,
    /// Default: false.
    pub distributed_snat: Option<bool>,
}

/// `PUT /v2.0/routers/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateRouter {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Whether it forwards.
    pub admin_state_up: Option<bool>,
    /// Whether it is distributed; only while `admin_state_up` is false.
    pub distributed: Option<bool>,
    /// Whether it is highly available; only while `admin_state_up` is false.
    pub ha: Option<bool>,
    /// A new first gateway; `Some(None)` removes it.
    pub gateway: Option<Option<GatewayRequest>>,
    /// All extra routes anew.
    pub routes: Option<Vec<HostRoute>>,
    /// Whether it answers neighbour discovery for what is behind it.
    pub enable_ndp_proxy: Option<bool>,
    /// Whether default routes are watched by BFD.
    pub enable_default_route_bfd: Option<bool>,
    /// Whether all default routes are used.
    pub enable_default_route_ecmp: Option<bool>,
    /// Whether each host translates for its own VMs; changes while the router works.
    pub distributed_snat: Option<bool>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// `PUT /v2.0/routers/{id}/add_router_interface`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// A new interface with the subnet's gateway address.
    Subnet(SubnetId),
    /// This port becomes an interface.
    Port(PortId),
}

/// `PUT /v2.0/routers/{id}/remove_router_interface`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detachment {
    /// What the router has on this subnet.
    Subnet(SubnetId),
    /// This interface; where a subnet is named, it must be on it.
    Port(PortId, Option<SubnetId>),
}
