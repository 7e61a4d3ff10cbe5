//! How gateways lie in the store, and by what they are found.

use super::add_text;
use super::table::GATEWAYS;
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::Gateway;

/// Parts: project.
pub const GATEWAY_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: network id.
pub const GATEWAY_BY_NETWORK: Index = Index {
    id: 2,
    name: "vpc_id",
};

impl Record for Gateway {
    const TABLE: Table = GATEWAYS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, GATEWAY_BY_PROJECT, self.project_id.as_str());
        to.add(GATEWAY_BY_NETWORK, &[self.network_id.as_bytes()]);
    }
}
