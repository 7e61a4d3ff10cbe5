//! How ranges of elastic IPs lie in the store, and by what they are found.

use super::table::ADDRESS_RANGES;
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::ElasticRange;

/// Parts: subnet id; one entry for each subnet that the range has addresses of.
pub const ELASTIC_RANGE_BY_SUBNET: Index = Index {
    id: 1,
    name: "subnet_id",
};

impl Record for ElasticRange {
    const TABLE: Table = ADDRESS_RANGES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let mut subnets: Vec<_> = self.parts.iter().map(|part| part.subnet_id).collect();
        subnets.sort_unstable();
        subnets.dedup();
        for subnet in subnets {
            to.add(ELASTIC_RANGE_BY_SUBNET, &[subnet.as_bytes()]);
        }
    }
}
