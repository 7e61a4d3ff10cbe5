//! What a caller may say of a subnet pool. An absent member means "not sent".

use alcor_types::{AddressScopeId, ProjectId, SubnetPoolId};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// `POST /v2.0/subnetpools`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateSubnetPool {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<SubnetPoolId>,
    /// The owner, where it is not the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; 1 to 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Its space, of one family; at least one.
    pub prefixes: Vec<IpNet>,
    /// Default: 8 for IPv4, 64 for IPv6.
    pub min_prefixlen: Option<u8>,
    /// Default: 32 for IPv4, 128 for IPv6.
    pub max_prefixlen: Option<u8>,
    /// Default: the minimum.
    pub default_prefixlen: Option<u8>,
    /// In addresses of IPv4 and in /64 of IPv6. Default: no limit.
    pub default_quota: Option<u32>,
    /// Whether every project may use it. Default: false.
    pub shared: bool,
    /// Whether it is the family's default pool. Default: false.
    pub is_default: bool,
    /// The scope that it is in.
    pub address_scope_id: Option<AddressScopeId>,
}

/// `PUT /v2.0/subnetpools/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateSubnetPool {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// All prefixes anew; those that it has must be among them.
    pub prefixes: Option<Vec<IpNet>>,
    /// The largest block from now on.
    pub min_prefixlen: Option<u8>,
    /// The smallest block from now on.
    pub max_prefixlen: Option<u8>,
    /// The block when nobody says.
    pub default_prefixlen: Option<u8>,
    /// How much one project may have, or no limit.
    pub default_quota: Option<Option<u32>>,
    /// Whether it is the family's default pool.
    pub is_default: Option<bool>,
    /// Another scope, or none.
    pub address_scope_id: Option<Option<AddressScopeId>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
