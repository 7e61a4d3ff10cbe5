//! How nodes lie in the store, and by what they are found.

use super::table::NODES;
use super::{add_text, ip_part};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::Node;

/// Parts: name. Unique.
pub const NODE_BY_NAME: Index = Index {
    id: 1,
    name: "node_name",
};
/// Parts: the tunnel address (see [`ip_part`]).
pub const NODE_BY_IP: Index = Index {
    id: 2,
    name: "local_ip",
};
/// Parts: the network config manager's id; only nodes that name one have an entry.
pub const NODE_BY_NCM: Index = Index {
    id: 40,
    name: "ncm_id",
};

impl Record for Node {
    const TABLE: Table = NODES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.unique(NODE_BY_NAME, &[self.name.as_str().as_bytes()]);
        add_text(to, NODE_BY_NCM, &self.ncm_id);
        to.add(NODE_BY_IP, &[&ip_part(self.local_ip)]);
    }
}
