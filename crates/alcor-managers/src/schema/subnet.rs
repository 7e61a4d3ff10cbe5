//! How subnets lie in the store, and by what they are found.

use super::table::SUBNETS;
use super::{Usual, add_text, add_usual, ip_part};
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

/// Parts: subnet pool id; only subnets from a pool have an entry.
pub const SUBNET_BY_POOL: Index = Index {
    id: 6,
    name: "subnetpool_id",
};
/// Parts: segment id; only subnets of a segment have an entry.
pub const SUBNET_BY_SEGMENT: Index = Index {
    id: 7,
    name: "segment_id",
};
/// Parts: the gateway's address (see [`ip_part`]); only subnets with a gateway have an entry.
pub const SUBNET_BY_GATEWAY: Index = Index {
    id: 8,
    name: "gateway_ip",
};
/// Parts: 4 or 6 in four bytes, most significant first.
pub const SUBNET_BY_VERSION: Index = Index {
    id: 9,
    name: "ip_version",
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
        if let Some(pool) = &self.subnetpool_id {
            to.add(SUBNET_BY_POOL, &[pool.as_bytes()]);
        }
        if let Some(segment) = &self.segment_id {
            to.add(SUBNET_BY_SEGMENT, &[segment.as_bytes()]);
        }
        if let Some(gateway) = self.gateway_ip {
            to.add(SUBNET_BY_GATEWAY, &[&ip_part(gateway)]);
        }
        let version = u32::from(self.ip_version().number());
        to.add(SUBNET_BY_VERSION, &[&version.to_be_bytes()]);
    }
}
