//! Intent named by numbers: networks that share their addresses, ports, nodes.

use super::goals::{host_ip, ip, mac, port_id, subnet_id, vni, vpc_id};
use alcor_compiler::Fact;
use alcor_types::{
    FixedIp, HostName, MacAddr, Network, NetworkType, Node, NodeId, Port, Subnet, Transport,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const NETWORKS: u8 = 2;
pub(crate) const HOSTS: u8 = 3;
pub(crate) const PORTS: u8 = 8;

/// Of two networks one is Geneve's, with the other's number among VXLAN's, and with smaller packets.
pub(crate) fn network(number: u8, up: bool) -> Fact {
    let network_type = match number % 2 {
        0 => NetworkType::Vxlan,
        _ => NetworkType::Geneve,
    };
    let network = Network {
        project_id: "p".into(),
        admin_state_up: up,
        mtu: 1450 - 100 * u16::from(number),
        segments: vec![Transport {
            network_type,
            physical_network: None,
            segmentation_id: Some(vni(number & !1).get()),
        }],
        ..Network::new(vpc_id(number))
    };
    Fact::Network(network.id, Some(Arc::new(network)))
}

/// A subnet of the network of the same number. All networks use `10.0.0.0/24`.
pub(crate) fn subnet(number: u8, dhcp: bool) -> Fact {
    let subnet = Subnet {
        project_id: "p".into(),
        gateway_ip: Some(IpAddr::V4(ip(1))),
        enable_dhcp: dhcp,
        ..Subnet::new(
            subnet_id(number),
            vpc_id(number),
            "10.0.0.0/24".parse().unwrap(),
        )
    };
    Fact::Subnet(subnet.id, Some(Arc::new(subnet)))
}

/// Ports of the two networks take the same MAC and IP addresses in turn.
pub(crate) fn address_of(number: u8) -> (MacAddr, Ipv4Addr) {
    let number = 10 + number / NETWORKS;
    (mac(number), ip(number))
}

pub(crate) fn port(number: u8, host: Option<u8>, up: bool) -> Fact {
    let network = number % NETWORKS;
    let (mac_address, address) = address_of(number);
    let port = Port {
        admin_state_up: up,
        fixed_ips: vec![FixedIp {
            subnet_id: subnet_id(network),
            ip_address: IpAddr::V4(address),
        }],
        host: host.map(name),
        port_security_enabled: false,
        ..Port::new(port_id(number), vpc_id(network), mac_address)
    };
    Fact::Port(port.id, Some(Arc::new(port)))
}

pub(crate) fn name(host: u8) -> HostName {
    HostName::from(format!("host-{host}"))
}

pub(crate) fn node(number: u8) -> Fact {
    let node = Node::new(
        NodeId(Uuid::from_u128(u128::from(number))),
        name(number),
        host_ip(number),
    );
    Fact::Node(node.name.clone(), Some(Arc::new(node)))
}

/// The MAC and IP address that the port sends from.
pub(crate) fn sender(port: &Port) -> (MacAddr, Ipv4Addr) {
    let number = (0..PORTS).find(|number| port_id(*number) == port.id);
    address_of(number.unwrap())
}
