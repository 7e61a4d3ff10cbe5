//! How resources lie in the store: tables, and the indexes that listings and rules look up.
//!
//! **Every number here is on-disk format.** Never change one or give one to another purpose;
//! a retired number stays retired, and new tables and indexes take new numbers.
//!
//! An index whose part is an empty text has no entry for that resource (a port without
//! `device_id` is not in [`PORT_BY_DEVICE`]): most resources leave such attributes empty, and
//! a bucket of "all the rest" would select nothing. A listing that filters by an empty text
//! must therefore pick another index.

use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{Network, Node, Port, PortState, Subnet};
use std::net::IpAddr;

/// Networks, by id.
pub const NETWORKS: Table = Table {
    id: 1,
    name: "networks",
    version: 1,
};
/// Subnets, by id.
pub const SUBNETS: Table = Table {
    id: 2,
    name: "subnets",
    version: 1,
};
/// Ports, by id.
pub const PORTS: Table = Table {
    id: 3,
    name: "ports",
    version: 1,
};
/// What the data plane says of ports, by port id.
pub const PORT_STATES: Table = Table {
    id: 4,
    name: "port_states",
    version: 1,
};
/// Nodes, by id.
pub const NODES: Table = Table {
    id: 5,
    name: "nodes",
    version: 1,
};
/// The byte before all rows of address allocation (see [`crate::ip`]); no records.
pub(crate) const ADDRESSES: u8 = 6;
/// The byte before all rows of VNI allocation (see [`crate::vni`]); no records.
pub(crate) const TUNNELS: u8 = 7;

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
/// No parts; only shared networks have an entry.
pub const NETWORK_BY_SHARED: Index = Index {
    id: 4,
    name: "shared",
};
/// Parts: VNI, four bytes, most significant first. Unique.
pub const NETWORK_BY_VNI: Index = Index {
    id: 5,
    name: "provider:segmentation_id",
};
/// No parts; only external networks have an entry.
pub const NETWORK_BY_EXTERNAL: Index = Index {
    id: 6,
    name: "router:external",
};

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

/// Parts: name. Unique.
pub const NODE_BY_NAME: Index = Index {
    id: 1,
    name: "node_name",
};
/// Parts: the tunnel address (see [`ip_part`]).
pub const NODE_BY_IP: Index = Index {
    id: 2,
    name: "local_ip",
};

/// An address as an index part: four or sixteen bytes, most significant first.
pub fn ip_part(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Adds an entry unless its text is empty.
fn add_text(to: &mut Indexes, index: Index, text: &str) {
    if !text.is_empty() {
        to.add(index, &[text.as_bytes()]);
    }
}

impl Record for Network {
    const TABLE: Table = NETWORKS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, NETWORK_BY_PROJECT, self.project_id.as_str());
        add_text(to, NETWORK_BY_NAME, &self.standard.name);
        for tag in &self.standard.tags {
            add_text(to, NETWORK_BY_TAG, tag);
        }
        if self.shared {
            to.add(NETWORK_BY_SHARED, &[]);
        }
        if self.external {
            to.add(NETWORK_BY_EXTERNAL, &[]);
        }
        to.unique(NETWORK_BY_VNI, &[&self.vni.get().to_be_bytes()]);
    }
}

impl Record for Subnet {
    const TABLE: Table = SUBNETS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, SUBNET_BY_PROJECT, self.project_id.as_str());
        add_text(to, SUBNET_BY_NAME, &self.standard.name);
        for tag in &self.standard.tags {
            add_text(to, SUBNET_BY_TAG, tag);
        }
        to.add(SUBNET_BY_NETWORK, &[self.network_id.as_bytes()]);
        add_text(to, SUBNET_BY_CIDR, &self.cidr.to_string());
    }
}

impl Record for Port {
    const TABLE: Table = PORTS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let network = self.network_id.as_bytes();
        let mac = &self.mac_address.0;
        add_text(to, PORT_BY_PROJECT, self.project_id.as_str());
        add_text(to, PORT_BY_NAME, &self.standard.name);
        for tag in &self.standard.tags {
            add_text(to, PORT_BY_TAG, tag);
        }
        to.add(PORT_BY_NETWORK, &[network]);
        add_text(to, PORT_BY_DEVICE, &self.device_id);
        if let Some(host) = &self.host {
            add_text(to, PORT_BY_HOST, host.as_str());
        }
        to.add(PORT_BY_MAC, &[mac]);
        to.unique(PORT_BY_NETWORK_MAC, &[network, mac]);
        for fixed in &self.fixed_ips {
            let address = ip_part(fixed.ip_address);
            to.add(PORT_BY_IP, &[&address]);
            to.add(PORT_BY_SUBNET, &[fixed.subnet_id.as_bytes()]);
            to.unique(PORT_BY_SUBNET_IP, &[fixed.subnet_id.as_bytes(), &address]);
        }
    }
}

impl Record for PortState {
    const TABLE: Table = PORT_STATES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}
}

impl Record for Node {
    const TABLE: Table = NODES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.unique(NODE_BY_NAME, &[self.name.as_str().as_bytes()]);
        to.add(NODE_BY_IP, &[&ip_part(self.local_ip)]);
    }
}
