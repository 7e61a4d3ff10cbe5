//! What a caller may say of route tables. An absent member means "not sent".

use alcor_types::{NetworkId, ProjectId, RouteTableId, RouteTableKind, RouteTarget, SubnetId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A new table: of a subnet, or the default of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateRouteTable {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<RouteTableId>,
    /// The owner; it is the network's, and another one is refused.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// The VPC; may be left out where the subnet says it.
    pub network_id: Option<NetworkId>,
    /// The subnet that uses it; none: all of the VPC that have no table of their own.
    pub subnet_id: Option<SubnetId>,
    /// What it is for. Default: `vpc` without a subnet, `neutron_subnet` with one.
    pub kind: Option<RouteTableKind>,
    /// Its routes.
    pub routes: Vec<RouteRequest>,
}

/// A change of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateRouteTable {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// What it is for.
    pub kind: Option<RouteTableKind>,
    /// All routes anew.
    pub routes: Option<Vec<RouteRequest>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// A wished route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRequest {
    /// The id, where the caller chooses it.
    pub id: Option<Uuid>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Where to.
    pub destination: IpNet,
    /// Where it leads.
    pub target: RouteTarget,
    /// Its place among routes to the same destination. Default:
    /// [`STATIC_PRIORITY`](super::STATIC_PRIORITY).
    pub priority: Option<u32>,
}
