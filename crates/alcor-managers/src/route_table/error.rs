//! Why a request about route tables and the routers of VPCs is refused.

use alcor_types::{NetworkId, RouteTableId, RouterId, SubnetId};

/// A refused request about route tables.
#[derive(Debug, thiserror::Error)]
pub enum RouteTableError {
    /// The table does not exist, or not for this caller.
    #[error("Route table {0} could not be found.")]
    NotFound(RouteTableId),
    /// The VPC has no router yet.
    #[error("VPC {0} has no router yet: a member's GET or POST of its router makes one.")]
    NoRouter(NetworkId),
    /// The VPC has no table yet.
    #[error("VPC {0} has no route table yet: a member's GET or POST of it makes one.")]
    NoTable(NetworkId),
    /// The subnet uses the table of its VPC.
    #[error("Subnet {0} has no route table of its own: it uses the one of its VPC.")]
    NotOwn(SubnetId),
    /// The VPC has a router.
    #[error("VPC {network} has the router {router}: use that, or delete it first.")]
    RouterExists {
        /// The VPC.
        network: NetworkId,
        /// Its router.
        router: RouterId,
    },
    /// The VPC has a default table.
    #[error("VPC {network} has the route table {table}: change that by PUT.")]
    TableExists {
        /// The VPC.
        network: NetworkId,
        /// Its default table.
        table: RouteTableId,
    },
    /// The subnet has a table of its own.
    #[error("Subnet {subnet} has the route table {table}: change that by PUT, or delete it first.")]
    SubnetTableExists {
        /// The subnet.
        subnet: SubnetId,
        /// Its table.
        table: RouteTableId,
    },
    /// The subnet is of another network.
    #[error("Subnet {subnet} is not on VPC {network}: name its own VPC, or none.")]
    ForeignSubnet {
        /// The subnet.
        subnet: SubnetId,
        /// The network that was named.
        network: NetworkId,
    },
    /// The VPC's subnets need its router.
    #[error("The router of VPC {network} is in use: delete the VPC's subnet {subnet} first.")]
    RouterInUse {
        /// The VPC.
        network: NetworkId,
        /// One of its subnets.
        subnet: SubnetId,
    },
    /// The default table goes with its VPC.
    #[error(
        "Route table {table} is the default of VPC {network} and goes with it: clear its routes by PUT."
    )]
    IsDefault {
        /// The table.
        table: RouteTableId,
        /// The VPC.
        network: NetworkId,
    },
}

impl RouteTableError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) | Self::NoTable(_) | Self::NotOwn(_) => "RouteTableNotFound",
            Self::NoRouter(_) => "VpcRouterNotFound",
            Self::RouterExists { .. } => "VpcRouterExists",
            Self::TableExists { .. } | Self::SubnetTableExists { .. } => "RouteTableExists",
            Self::ForeignSubnet { .. } => "RouteTableForeignSubnet",
            Self::RouterInUse { .. } => "VpcRouterInUse",
            Self::IsDefault { .. } => "RouteTableInUse",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::NoRouter(_) | Self::NoTable(_) | Self::NotOwn(_) => 404,
            Self::ForeignSubnet { .. } => 400,
            _ => 409,
        }
    }
}
