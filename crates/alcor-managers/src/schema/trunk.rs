//! How trunks lie in the store, and by what they are found.

use super::table::TRUNKS;
use super::{Usual, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::Trunk;

/// Parts: project.
pub const TRUNK_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const TRUNK_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const TRUNK_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: parent port id. Unique: a port is the parent of one trunk.
pub const TRUNK_BY_PORT: Index = Index {
    id: 4,
    name: "port_id",
};
/// Parts: sub-port id. Unique: a port is carried by one trunk.
pub const TRUNK_BY_SUB_PORT: Index = Index {
    id: 5,
    name: "sub_ports port_id",
};

const USUAL: Usual = Usual {
    project: TRUNK_BY_PROJECT,
    name: TRUNK_BY_NAME,
    tag: TRUNK_BY_TAG,
};

impl Record for Trunk {
    const TABLE: Table = TRUNKS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.unique(TRUNK_BY_PORT, &[self.port_id.as_bytes()]);
        for sub_port in &self.sub_ports {
            to.unique(TRUNK_BY_SUB_PORT, &[sub_port.port_id.as_bytes()]);
        }
    }
}
