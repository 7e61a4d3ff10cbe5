//! What a caller may say of a subnet. An absent member means "not sent".

use alcor_types::{
    HostRoute, IpPool, IpVersion, Ipv6Mode, NetworkId, ProjectId, SegmentId, SubnetId, SubnetPoolId,
};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `POST /v2.0/subnets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSubnet {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<SubnetId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// The network it is to be on.
    pub network_id: NetworkId,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Must agree with `cidr` and the pool.
    pub ip_version: Option<IpVersion>,
    /// The block; host bits are cleared, as Neutron does. Absent: a pool chooses one.
    pub cidr: Option<IpNet>,
    /// How large a block the pool is to choose. Default: the pool's own.
    pub prefixlen: Option<u8>,
    /// The pool that the block is from.
    pub subnetpool_id: Option<SubnetPoolId>,
    /// Whether the pool is the family's default one.
    pub use_default_subnetpool: bool,
    /// The router's address: absent means the first host address, `Some(None)` means none.
    pub gateway_ip: Option<Option<IpAddr>>,
    /// Default: true.
    pub enable_dhcp: Option<bool>,
    /// In order of preference.
    pub dns_nameservers: Vec<IpAddr>,
    /// Absent means every host address but the gateway's.
    pub allocation_pools: Option<Vec<IpPool>>,
    /// Routes to tell VMs of.
    pub host_routes: Vec<HostRoute>,
    /// IPv6 with DHCP only.
    pub ipv6_address_mode: Option<Ipv6Mode>,
    /// IPv6 with DHCP only.
    pub ipv6_ra_mode: Option<Ipv6Mode>,
    /// Device owners it serves; empty means all.
    pub service_types: Vec<String>,
    /// Default: false.
    pub dns_publish_fixed_ip: bool,
    /// The segment of the network that it is on.
    pub segment_id: Option<SegmentId>,
}

impl CreateSubnet {
    /// A request with only what every subnet needs.
    pub fn new(network_id: NetworkId, cidr: IpNet) -> Self {
        Self {
            cidr: Some(cidr),
            ..Self::on(network_id)
        }
    }

    /// A request for whatever block a pool gives.
    pub fn from_pool(network_id: NetworkId, pool: SubnetPoolId) -> Self {
        Self {
            subnetpool_id: Some(pool),
            ..Self::on(network_id)
        }
    }

    fn on(network_id: NetworkId) -> Self {
        Self {
            id: None,
            project_id: None,
            network_id,
            name: String::new(),
            description: String::new(),
            tags: BTreeSet::new(),
            ip_version: None,
            cidr: None,
            prefixlen: None,
            subnetpool_id: None,
            use_default_subnetpool: false,
            gateway_ip: None,
            enable_dhcp: None,
            dns_nameservers: Vec::new(),
            allocation_pools: None,
            host_routes: Vec::new(),
            ipv6_address_mode: None,
            ipv6_ra_mode: None,
            service_types: Vec::new(),
            dns_publish_fixed_ip: false,
            segment_id: None,
        }
    }
}

/// `PUT /v2.0/subnets/{id}`, and the tag calls. The block, the network and the IPv6 modes
/// never change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateSubnet {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// A new gateway, or none.
    pub gateway_ip: Option<Option<IpAddr>>,
    /// Whether DHCP answers.
    pub enable_dhcp: Option<bool>,
    /// All name servers anew.
    pub dns_nameservers: Option<Vec<IpAddr>>,
    /// All pools anew; addresses in use outside them stay in use.
    pub allocation_pools: Option<Vec<IpPool>>,
    /// All host routes anew.
    pub host_routes: Option<Vec<HostRoute>>,
    /// All service types anew.
    pub service_types: Option<Vec<String>>,
    /// Whether fixed IPs are published in an external DNS.
    pub dns_publish_fixed_ip: Option<bool>,
    /// The segment that a subnet without one is on.
    pub segment_id: Option<Option<SegmentId>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
