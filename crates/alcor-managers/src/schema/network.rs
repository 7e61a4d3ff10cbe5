//! How networks lie in the store, and by what they are found.

use super::table::NETWORKS;
use super::{Usual, add_sharing, add_text, add_usual};
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
/// Parts: segmentation id, four bytes, most significant first; one entry for each segment.
pub const NETWORK_BY_SEGMENTATION_ID: Index = Index {
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

/// Parts: physical network; one entry for each segment that lies on one.
pub const NETWORK_BY_PHYSICAL_NETWORK: Index = Index {
    id: 8,
    name: "provider:physical_network",
};
/// Parts: the type's name; one entry for each segment.
pub const NETWORK_BY_TYPE: Index = Index {
    id: 9,
    name: "provider:network_type",
};
/// No parts; only the default external network has an entry.
pub const NETWORK_IS_DEFAULT: Index = Index {
    id: 10,
    name: "is_default",
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

    /// Before version 2 the region's number decided which network is large: what a network says of that is its
    /// last byte.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let whole = [body, &[0]].concat();
        (version == 1).then(|| postcard::from_bytes(&whole).ok())?
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
        if self.is_default {
            to.add(NETWORK_IS_DEFAULT, &[]);
        }
        for segment in &self.segments {
            add_text(to, NETWORK_BY_TYPE, segment.network_type.as_str());
            if let Some(name) = &segment.physical_network {
                add_text(to, NETWORK_BY_PHYSICAL_NETWORK, name);
            }
            if let Some(id) = segment.segmentation_id {
                to.add(NETWORK_BY_SEGMENTATION_ID, &[&id.to_be_bytes()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::NetworkId;

    #[test]
    fn a_network_of_version_1_follows_the_regions_number() {
        let network = Network::new(NetworkId::random());
        let mut body = postcard::to_allocvec(&network).unwrap();
        assert_eq!(body.pop(), Some(0));
        assert_eq!(Network::migrate(1, &body), Some(network));
        assert_eq!(Network::migrate(0, &body), None);
    }
}
