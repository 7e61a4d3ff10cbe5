//! Route tables of VPCs and of their subnets: where packets go that leave a subnet, in an order
//! of priorities.

use crate::{NetworkId, ProjectId, RouteTableId, RouterId, Standard, SubnetId};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use uuid::Uuid;

/// What a table is for, as the first Alcor's clients name it. Only [`RouteTableKind::Vpc`] has a
/// meaning to the region; the others are labels of a subnet's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTableKind {
    /// The default of all the VPC's subnets.
    Vpc,
    /// Of a subnet that has a way out and in.
    PublicSubnet,
    /// Of a subnet that has a way out only.
    PrivateSubnet,
    /// Of a subnet that Neutron's words made.
    NeutronSubnet,
    /// Of a subnet behind a router that Neutron's words made.
    NeutronRouter,
}

impl RouteTableKind {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vpc => "vpc",
            Self::PublicSubnet => "public_subnet",
            Self::PrivateSubnet => "private_subnet",
            Self::NeutronSubnet => "neutron_subnet",
            Self::NeutronRouter => "neutron_router",
        }
    }
}

/// Where a route leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum RouteTarget {
    /// Into the VPC: each subnet of it is reached directly.
    Local,
    /// Out by the VPC's router, with addresses of its own that the outside knows.
    InternetGateway,
    /// Out by the VPC's router, behind its address.
    NatGateway,
    /// To this neighbour, which knows the way.
    NextHop(IpAddr),
}

/// A route of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableRoute {
    /// Its id; stays while its destination and priority stay.
    pub id: Uuid,
    /// A label for people.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where to, with the host bits cleared. The longest prefix decides, then the priority.
    pub destination: IpNet,
    /// Where it leads.
    pub target: RouteTarget,
    /// The lowest of one destination decides. Unique in the table and destination.
    pub priority: u32,
}

/// A route table as the store holds it. The way into the VPC itself is in every table without
/// standing there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// Who owns it: the owner of the network.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times. A change of a route counts as a write.
    pub standard: Standard,
    /// The VPC it belongs to; never changes.
    pub network_id: NetworkId,
    /// The subnet that uses it; none: the default of the VPC's subnets. Never changes.
    pub subnet_id: Option<SubnetId>,
    /// The router that follows it; only the VPC's default names one.
    pub router_id: Option<RouterId>,
    /// What it is for.
    pub kind: RouteTableKind,
    /// Its routes, by destination and priority.
    pub routes: Vec<TableRoute>,
}
