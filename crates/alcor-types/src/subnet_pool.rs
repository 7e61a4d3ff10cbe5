//! A subnet pool: address space from which subnets get their blocks.

use crate::{AddressScopeId, IpVersion, ProjectId, Sharing, Standard, SubnetPoolId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A subnet pool as the store holds it. Which of its space is free is rows of their own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubnetPool {
    /// Its id.
    pub id: SubnetPoolId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// The family of its prefixes; never changes.
    pub ip_version: IpVersion,
    /// Its space: sorted, without overlap, neighbours joined.
    pub prefixes: Vec<IpNet>,
    /// The largest block it gives, by prefix length.
    pub min_prefixlen: u8,
    /// The smallest block it gives, by prefix length.
    pub max_prefixlen: u8,
    /// The block it gives when nobody says how large.
    pub default_prefixlen: u8,
    /// How much of it one project may have, in addresses of IPv4 and in /64 of IPv6; none or 0
    /// is no limit.
    pub default_quota: Option<u32>,
    /// Which projects may take subnets from it.
    pub shared: Sharing,
    /// Whether it serves those who ask for the default pool; one of each family does.
    pub is_default: bool,
    /// The scope in which its addresses are unique.
    pub address_scope_id: Option<AddressScopeId>,
}
