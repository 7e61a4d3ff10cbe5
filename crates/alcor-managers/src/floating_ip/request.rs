//! What a caller may say of a floating IP. An absent member means "not sent".

use alcor_types::{FloatingIpId, NetworkId, PortId, ProjectId, QosPolicyId, SubnetId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `POST /v2.0/floatingips`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateFloatingIp {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<FloatingIpId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// The external network.
    pub floating_network_id: NetworkId,
    /// The subnet to take the address from; absent means any.
    pub subnet_id: Option<SubnetId>,
    /// The address; absent means a free one.
    pub floating_ip_address: Option<IpAddr>,
    /// The port that it stands for; absent means none yet.
    pub port_id: Option<PortId>,
    /// Which address of the port; needed where the port has several.
    pub fixed_ip_address: Option<IpAddr>,
    /// Its host name in DNS; empty when none.
    pub dns_name: String,
    /// The domain of its host name; empty when none.
    pub dns_domain: String,
    /// The bandwidth limits of the address.
    pub qos_policy_id: Option<QosPolicyId>,
}

impl CreateFloatingIp {
    /// A request with only what every floating IP needs.
    pub fn new(floating_network_id: NetworkId) -> Self {
        Self {
            id: None,
            project_id: None,
            description: String::new(),
            tags: BTreeSet::new(),
            floating_network_id,
            subnet_id: None,
            floating_ip_address: None,
            port_id: None,
            fixed_ip_address: None,
            dns_name: String::new(),
            dns_domain: String::new(),
            qos_policy_id: None,
        }
    }
}

/// `PUT /v2.0/floatingips/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateFloatingIp {
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// The port that it is to stand for; `Some(None)` frees it.
    pub port_id: Option<Option<PortId>>,
    /// Which address of the port; `Some(None)` leaves the choice where there is one.
    pub fixed_ip_address: Option<Option<IpAddr>>,
    /// New bandwidth limits; `Some(None)` removes them.
    pub qos_policy_id: Option<Option<QosPolicyId>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
