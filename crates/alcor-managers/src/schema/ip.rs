//! How addresses kept by hand and the ranges of subnets lie in the store, and by what they are
//! found.

use super::ip_part;
use super::table::{IP_LEASES, IP_RANGES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{IpLease, IpRange};

/// Parts: subnet id.
pub const IP_LEASE_BY_SUBNET: Index = Index {
    id: 1,
    name: "subnet_id",
};
/// Parts: subnet id.
pub const IP_RANGE_BY_SUBNET: Index = Index {
    id: 1,
    name: "subnet_id",
};

impl Record for IpLease {
    const TABLE: Table = IP_LEASES;

    fn key(&self) -> Vec<u8> {
        let mut key = self.subnet_id.as_bytes().to_vec();
        key.extend(ip_part(self.address));
        key
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(IP_LEASE_BY_SUBNET, &[self.subnet_id.as_bytes()]);
    }
}

impl Record for IpRange {
    const TABLE: Table = IP_RANGES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(IP_RANGE_BY_SUBNET, &[self.subnet_id.as_bytes()]);
    }
}
