//! How route tables lie in the store, and by what they are found.

use super::table::ROUTE_TABLES;
use super::{Usual, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::RouteTable;

/// Parts: project.
pub const ROUTE_TABLE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const ROUTE_TABLE_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const ROUTE_TABLE_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: network id.
pub const ROUTE_TABLE_BY_NETWORK: Index = Index {
    id: 4,
    name: "vpc_id",
};
/// Parts: subnet id. Unique: a subnet has one table of its own.
pub const ROUTE_TABLE_BY_SUBNET: Index = Index {
    id: 5,
    name: "subnet_id",
};
/// Parts: network id. Unique: a VPC has one default table.
pub const ROUTE_TABLE_DEFAULT: Index = Index {
    id: 6,
    name: "vpc_id, without a subnet",
};
/// Parts: router id. Unique: a router follows the tables of one VPC.
pub const ROUTE_TABLE_BY_ROUTER: Index = Index {
    id: 7,
    name: "router_id",
};

const USUAL: Usual = Usual {
    project: ROUTE_TABLE_BY_PROJECT,
    name: ROUTE_TABLE_BY_NAME,
    tag: ROUTE_TABLE_BY_TAG,
};

impl Record for RouteTable {
    const TABLE: Table = ROUTE_TABLES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let network = self.network_id.as_bytes();
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.add(ROUTE_TABLE_BY_NETWORK, &[network]);
        match self.subnet_id {
            Some(subnet) => to.unique(ROUTE_TABLE_BY_SUBNET, &[subnet.as_bytes()]),
            None => to.unique(ROUTE_TABLE_DEFAULT, &[network]),
        }
        if let Some(router) = self.router_id {
            to.unique(ROUTE_TABLE_BY_ROUTER, &[router.as_bytes()]);
        }
    }
}
