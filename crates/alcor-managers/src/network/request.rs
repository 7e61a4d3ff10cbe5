//! What a caller may say of a network. An absent member means "not sent".

use crate::segment::TransportRequest;
use alcor_types::{NetworkId, ProjectId, QosPolicyId};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// `POST /v2.0/networks`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateNetwork {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<NetworkId>,
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
    /// Whether every project may use it (true: administrators only). Default: false.
    pub shared: Option<bool>,
    /// `router:external` (true: administrators only). Default: false.
    pub external: Option<bool>,
    /// In bytes; absent or 0 means the region's largest.
    pub mtu: Option<u32>,
    /// Its one segment, by the provider attributes.
    pub provider: TransportRequest,
    /// Its segments, where there are several.
    pub segments: Vec<TransportRequest>,
    /// Whether topologies made on request get out by it; only external networks can be. Default:
    /// false.
    pub is_default: Option<bool>,
    /// The block that its subnets must lie within. Default: any.
    pub cidr: Option<IpNet>,
    /// Whether VMs may send VLAN tags; true works nowhere yet.
    pub vlan_transparent: Option<bool>,
    /// Whether VMs may send two VLAN tags; true works nowhere yet.
    pub qinq: Option<bool>,
    /// From how many ports on it is told on demand; the region's own number where nothing is said.
    pub on_demand_above: Option<u32>,
    /// What its ports get where they do not say. Default: true.
    pub port_security_enabled: Option<bool>,
    /// The domain of its ports' names; empty when none.
    pub dns_domain: String,
    /// Zones with nodes; checked, kept and shown.
    pub availability_zone_hints: Vec<String>,
    /// Absent means the project's default policy, `Some(None)` means none.
    pub qos_policy_id: Option<Option<QosPolicyId>>,
}

/// `PUT /v2.0/networks/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateNetwork {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Whether its ports forward.
    pub admin_state_up: Option<bool>,
    /// Administrators only; cannot be withdrawn while other projects have ports on it.
    pub shared: Option<bool>,
    /// `router:external`, administrators only.
    pub external: Option<bool>,
    /// In bytes.
    pub mtu: Option<u32>,
    /// Another VLAN tag; networks of other types keep their numbers.
    pub segmentation_id: Option<i64>,
    /// Whether topologies made on request get out by it; only external networks can be.
    pub is_default: Option<bool>,
    /// Another block, or none, that its subnets must lie within.
    pub cidr: Option<Option<IpNet>>,
    /// The default of ports made from now on.
    pub port_security_enabled: Option<bool>,
    /// The domain of its ports' names.
    pub dns_domain: Option<String>,
    /// Another QoS policy, or none.
    pub qos_policy_id: Option<Option<QosPolicyId>>,
    /// Another number of ports from which on it is told on demand, or the region's own.
    pub on_demand_above: Option<Option<u32>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
