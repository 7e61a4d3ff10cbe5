//! How floating IPs and port forwardings lie in the store, and by what they are found.

use super::table::{FLOATING_IPS, PORT_FORWARDINGS};
use super::{Usual, add_usual, ip_part};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{FloatingIp, PortForwarding};

/// Parts: project.
pub const FLOATING_IP_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name; floating IPs have none, so it has no entries.
const FLOATING_IP_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const FLOATING_IP_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: external network id.
pub const FLOATING_IP_BY_NETWORK: Index = Index {
    id: 4,
    name: "floating_network_id",
};
/// Parts: the address outside (see [`ip_part`]).
pub const FLOATING_IP_BY_ADDRESS: Index = Index {
    id: 5,
    name: "floating_ip_address",
};
/// Parts: port id; only associated floating IPs have an entry.
pub const FLOATING_IP_BY_PORT: Index = Index {
    id: 6,
    name: "port_id",
};
/// Parts: router id; only used floating IPs have an entry.
pub const FLOATING_IP_BY_ROUTER: Index = Index {
    id: 7,
    name: "router_id",
};
/// Parts: the address inside; only associated floating IPs have an entry.
pub const FLOATING_IP_BY_FIXED_IP: Index = Index {
    id: 8,
    name: "fixed_ip_address",
};
/// Parts: port id, address inside, external network id. Unique: an address has one floating IP
/// of a network.
pub const FLOATING_IP_BY_TARGET: Index = Index {
    id: 9,
    name: "port_id, fixed_ip_address, floating_network_id",
};
/// Parts: QoS policy id.
pub const FLOATING_IP_BY_QOS_POLICY: Index = Index {
    id: 10,
    name: "qos_policy_id",
};

const USUAL: Usual = Usual {
    project: FLOATING_IP_BY_PROJECT,
    name: FLOATING_IP_BY_NAME,
    tag: FLOATING_IP_BY_TAG,
};

impl Record for FloatingIp {
    const TABLE: Table = FLOATING_IPS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let network = self.floating_network_id.as_bytes();
        let address = ip_part(self.floating_ip_address);
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.add(FLOATING_IP_BY_NETWORK, &[network]);
        to.add(FLOATING_IP_BY_ADDRESS, &[&address]);
        if let Some(router) = self.router_id {
            to.add(FLOATING_IP_BY_ROUTER, &[router.as_bytes()]);
        }
        if let Some(policy) = self.qos_policy_id {
            to.add(FLOATING_IP_BY_QOS_POLICY, &[policy.as_bytes()]);
        }
        if let Some(association) = &self.association {
            let port = association.port_id.as_bytes();
            let fixed = ip_part(association.fixed_ip_address);
            to.add(FLOATING_IP_BY_PORT, &[port]);
            to.add(FLOATING_IP_BY_FIXED_IP, &[&fixed]);
            to.unique(FLOATING_IP_BY_TARGET, &[port, &fixed, network]);
        }
    }
}

/// Parts: floating IP id.
pub const PORT_FORWARDING_BY_FLOATING_IP: Index = Index {
    id: 1,
    name: "floatingip_id",
};
/// Parts: internal port id.
pub const PORT_FORWARDING_BY_PORT: Index = Index {
    id: 2,
    name: "internal_port_id",
};

impl Record for PortForwarding {
    const TABLE: Table = PORT_FORWARDINGS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let floating_ip = self.floatingip_id.as_bytes();
        to.add(PORT_FORWARDING_BY_FLOATING_IP, &[floating_ip]);
        to.add(PORT_FORWARDING_BY_PORT, &[self.internal_port_id.as_bytes()]);
    }
}
