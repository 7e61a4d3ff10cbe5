//! One network with many ports, as facts.

use alcor_compiler::{Compiler, Fact};
use alcor_types::{
    FixedIp, HostName, MacAddr, Network, NetworkId, NetworkType, Node, NodeId, Port, PortId,
    Revision, Subnet, SubnetId, Transport,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

/// Ports on each host.
pub(super) const PACK: u32 = 10;
/// Ports from which on hosts are told on demand: the server's default.
const LARGE: usize = 1_000;
/// Changes that are remembered: more than are made.
const LOG: usize = 1 << 16;

pub(super) const NETWORK: NetworkId = NetworkId(Uuid::from_u128(1));
const SUBNET: SubnetId = SubnetId(Uuid::from_u128(2));

/// The region as it starts with so many ports.
pub(super) fn region(ports: u32) -> anyhow::Result<Compiler> {
    let mut facts = vec![
        Fact::Network(NETWORK, Some(Arc::new(network()))),
        Fact::Subnet(SUBNET, Some(Arc::new(subnet()?))),
    ];
    let hosts = ports.div_ceil(PACK);
    facts.extend((0..hosts).map(|number| {
        let node = node(number);
        Fact::Node(node.name.clone(), Some(Arc::new(node)))
    }));
    facts.extend((0..ports).map(|number| port(number, number / PACK)));
    let compiler = Compiler::new(LOG).on_demand_above(LARGE);
    Ok(compiler.loaded(Revision(1), facts.into_iter()))
}

/// A port on a host.
pub(super) fn port(number: u32, at: u32) -> Fact {
    let [_, high, middle, low] = number.to_be_bytes();
    let mac = MacAddr([0xfa, 0x16, 0x3e, high, middle, low]);
    let port = Port {
        fixed_ips: vec![FixedIp {
            subnet_id: SUBNET,
            ip_address: address(number),
        }],
        host: Some(host(at)),
        ..Port::new(id(number), NETWORK, mac)
    };
    Fact::Port(port.id, Some(Arc::new(port)))
}

pub(super) fn id(number: u32) -> PortId {
    PortId(Uuid::from_u128(0x1_0000_0000 + u128::from(number)))
}

pub(super) fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0002 + number).into()
}

pub(super) fn host(number: u32) -> HostName {
    HostName::from(format!("host-{number}"))
}

fn node(number: u32) -> Node {
    let tunnel_ip = Ipv4Addr::from_bits(0xac10_0001 + number);
    let id = NodeId(Uuid::from_u128(0x2_0000_0000 + u128::from(number)));
    Node::new(id, host(number), tunnel_ip.into())
}

fn network() -> Network {
    Network {
        segments: vec![Transport {
            network_type: NetworkType::Vxlan,
            physical_network: None,
            segmentation_id: Some(77),
        }],
        ..Network::new(NETWORK)
    }
}

fn subnet() -> anyhow::Result<Subnet> {
    let gateway = Ipv4Addr::new(10, 0, 0, 1);
    Ok(Subnet {
        gateway_ip: Some(gateway.into()),
        ..Subnet::new(SUBNET, NETWORK, "10.0.0.0/8".parse()?)
    })
}
