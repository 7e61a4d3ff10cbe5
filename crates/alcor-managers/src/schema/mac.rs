//! How leases and ranges of MAC addresses lie in the store, and by what they are found.

use super::add_text;
use super::table::{MAC_LEASES, MAC_RANGES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{MacLease, MacRange};

/// Parts: project.
pub const MAC_LEASE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: network id.
pub const MAC_LEASE_BY_NETWORK: Index = Index {
    id: 2,
    name: "vpc_id",
};

impl Record for MacLease {
    const TABLE: Table = MAC_LEASES;

    fn key(&self) -> Vec<u8> {
        self.mac.0.to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, MAC_LEASE_BY_PROJECT, self.project_id.as_str());
        to.add(MAC_LEASE_BY_NETWORK, &[self.network_id.as_bytes()]);
    }
}

impl Record for MacRange {
    const TABLE: Table = MAC_RANGES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}
}
