//! How routers and their conntrack helpers lie in the store, and by what they are found. A
//! router's ports are found by [`PORT_BY_DEVICE`](super::PORT_BY_DEVICE).

use super::table::{CONNTRACK_HELPERS, ROUTERS};
use super::{Usual, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{ConntrackHelper, Router};

/// Parts: project.
pub const ROUTER_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const ROUTER_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const ROUTER_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: network id of a gateway; one entry for each.
pub const ROUTER_BY_GATEWAY_NETWORK: Index = Index {
    id: 4,
    name: "external_gateways network_id",
};
/// Parts: QoS policy id of a gateway; one entry for each.
pub const ROUTER_BY_QOS_POLICY: Index = Index {
    id: 5,
    name: "external_gateways qos_policy_id",
};
/// Parts: flavor id.
pub const ROUTER_BY_FLAVOR: Index = Index {
    id: 6,
    name: "flavor_id",
};

const USUAL: Usual = Usual {
    project: ROUTER_BY_PROJECT,
    name: ROUTER_BY_NAME,
    tag: ROUTER_BY_TAG,
};

impl Record for Router {
    const TABLE: Table = ROUTERS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    /// Before version 2 no host translated for itself: what a router says of that is its last byte.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let whole = [body, &[0]].concat();
        (version == 1).then(|| postcard::from_bytes(&whole).ok())?
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        for gateway in &self.gateways {
            to.add(ROUTER_BY_GATEWAY_NETWORK, &[gateway.network_id.as_bytes()]);
            if let Some(policy) = gateway.qos_policy_id {
                to.add(ROUTER_BY_QOS_POLICY, &[policy.as_bytes()]);
            }
        }
        if let Some(flavor) = self.flavor_id {
            to.add(ROUTER_BY_FLAVOR, &[flavor.as_bytes()]);
        }
    }
}

/// Parts: router id.
pub const CONNTRACK_HELPER_BY_ROUTER: Index = Index {
    id: 1,
    name: "router_id",
};

impl Record for ConntrackHelper {
    const TABLE: Table = CONNTRACK_HELPERS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(CONNTRACK_HELPER_BY_ROUTER, &[self.router_id.as_bytes()]);
    }
}
