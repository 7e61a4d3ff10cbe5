//! How networks lie in the store, and by what they are found.

use super::table::NETWORKS;
use super::{Usual, add_sharing, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::Network;

/// Parts: project.
pub const NETWORK_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const NETWORK_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const NETWORK_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const NETWORK_BY_SHARED: Index = Index {
    id: 4,
    name: "shared",
};
/// Parts: VNI, four bytes, most significant first. Unique.
pub const NETWORK_BY_VNI: Index = Index {
    id: 5,
    name: "provider:segmentation_id",
};
/// Parts: a project it is external to, or `*`; one entry for each.
pub const NETWORK_BY_EXTERNAL: Index = Index {
    id: 6,
    name: "router:external",
};
/// No parts; only networks that are external to anybody have an entry.
pub const NETWORK_IS_EXTERNAL: Index = Index {
    id: 7,
    name: "router:external, any",
};
/// Parts: QoS policy id; only networks that name one have an entry.
pub const NETWORK_BY_QOS_POLICY: Index = Index {
    id: 40,
    name: "qos_policy_id",
};

const USUAL: Usual = Usual {
    project: NETWORK_BY_PROJECT,
    name: NETWORK_BY_NAME,
    tag: NETWORK_BY_TAG,
};

impl Record for Network {
    const TABLE: Table = NETWORKS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        add_sharing(to, NETWORK_BY_SHARED, &self.shared);
        add_sharing(to, NETWORK_BY_EXTERNAL, &self.external);
        if self.external.targets().next().is_some() {
            to.add(NETWORK_IS_EXTERNAL, &[]);
        }
        if let Some(policy) = self.qos_policy_id {
            to.add(NETWORK_BY_QOS_POLICY, &[policy.as_bytes()]);
        }
        to.unique(NETWORK_BY_VNI, &[&self.vni.get().to_be_bytes()]);
    }
}
