//! How subnets lie in the store, and by what they are found.

use super::table::SUBNETS;
use super::{Usual, add_text, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::Subnet;

/// Parts: project.
pub const SUBNET_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const SUBNET_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const SUBNET_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: network id.
pub const SUBNET_BY_NETWORK: Index = Index {
    id: 4,
    name: "network_id",
};
/// Parts: the block as text, host bits cleared.
pub const SUBNET_BY_CIDR: Index = Index {
    id: 5,
    name: "cidr",
};

const USUAL: Usual = Usual {
    project: SUBNET_BY_PROJECT,
    name: SUBNET_BY_NAME,
    tag: SUBNET_BY_TAG,
};

impl Record for Subnet {
    const TABLE: Table = SUBNETS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.add(SUBNET_BY_NETWORK, &[self.network_id.as_bytes()]);
        add_text(to, SUBNET_BY_CIDR, &self.cidr.to_string());
    }
}
