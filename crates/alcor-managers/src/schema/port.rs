//! How ports and their states lie in the store, and by what they are found.

use super::table::{PORT_STATES, PORTS};
use super::{Usual, add_text, add_usual, ip_part};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{Port, PortState};

/// Parts: project.
pub const PORT_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const PORT_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const PORT_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: network id.
pub const PORT_BY_NETWORK: Index = Index {
    id: 4,
    name: "network_id",
};
/// Parts: device id.
pub const PORT_BY_DEVICE: Index = Index {
    id: 5,
    name: "device_id",
};
/// Parts: host name; only bound ports have an entry.
pub const PORT_BY_HOST: Index = Index {
    id: 6,
    name: "binding:host_id",
};
/// Parts: the six bytes of the MAC.
pub const PORT_BY_MAC: Index = Index {
    id: 7,
    name: "mac_address",
};
/// Parts: network id, MAC. Unique: a MAC appears once in a network.
pub const PORT_BY_NETWORK_MAC: Index = Index {
    id: 8,
    name: "network_id, mac_address",
};
/// Parts: the address (see [`ip_part`]); one entry for each address.
pub const PORT_BY_IP: Index = Index {
    id: 9,
    name: "fixed_ips ip_address",
};
/// Parts: subnet id; one entry for each subnet.
pub const PORT_BY_SUBNET: Index = Index {
    id: 10,
    name: "fixed_ips subnet_id",
};
/// Parts: subnet id, address. Unique: an address appears once in a subnet.
pub const PORT_BY_SUBNET_IP: Index = Index {
    id: 11,
    name: "fixed_ips",
};
/// Parts: security group id; one entry for each group.
pub const PORT_BY_SECURITY_GROUP: Index = Index {
    id: 30,
    name: "security_groups",
};
/// Parts: network id, device owner; only the region's own ports have an entry, because a network
/// has few of them among many others.
pub const PORT_INFRASTRUCTURE: Index = Index {
    id: 40,
    name: "network_id, device_owner network:*",
};
/// Parts: device owner.
pub const PORT_BY_DEVICE_OWNER: Index = Index {
    id: 46,
    name: "device_owner",
};
/// Parts: QoS policy id; only ports that name one of their own have an entry.
pub const PORT_BY_QOS_POLICY: Index = Index {
    id: 45,
    name: "qos_policy_id",
};

const USUAL: Usual = Usual {
    project: PORT_BY_PROJECT,
    name: PORT_BY_NAME,
    tag: PORT_BY_TAG,
};

impl Record for Port {
    const TABLE: Table = PORTS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let network = self.network_id.as_bytes();
        let mac = &self.mac_address.0;
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.add(PORT_BY_NETWORK, &[network]);
        add_text(to, PORT_BY_DEVICE, &self.device_id);
        add_text(to, PORT_BY_DEVICE_OWNER, &self.device_owner);
        if self.device_owner.starts_with("network:") {
            to.add(
                PORT_INFRASTRUCTURE,
                &[network, self.device_owner.as_bytes()],
            );
        }
        if let Some(host) = &self.host {
            add_text(to, PORT_BY_HOST, host.as_str());
        }
        to.add(PORT_BY_MAC, &[mac]);
        to.unique(PORT_BY_NETWORK_MAC, &[network, mac]);
        for group in &self.security_groups {
            to.add(PORT_BY_SECURITY_GROUP, &[group.as_bytes()]);
        }
        if let Some(policy) = self.qos_policy_id {
            to.add(PORT_BY_QOS_POLICY, &[policy.as_bytes()]);
        }
        for fixed in &self.fixed_ips {
            let address = ip_part(fixed.ip_address);
            to.add(PORT_BY_IP, &[&address]);
            to.add(PORT_BY_SUBNET, &[fixed.subnet_id.as_bytes()]);
            to.unique(PORT_BY_SUBNET_IP, &[fixed.subnet_id.as_bytes(), &address]);
        }
    }
}

/// Parts: the status that a host gave, as the API writes it. The keys are those of the ports.
pub const PORT_STATE_BY_STATUS: Index = Index {
    id: 1,
    name: "status",
};

impl Record for PortState {
    const TABLE: Table = PORT_STATES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, PORT_STATE_BY_STATUS, self.status.as_str());
    }
}
