//! Ways out of the region for tests: router `n` has the gateway `203.0.113.n`.

use super::goals::{ip, mac, port_id, router_id, vpc_id};
use alcor_goalstate::{
    Carrier, ExternalSubnet, FloatingGoal, Forwarding, OutletGoal, RouterGateway,
};
use alcor_types::{FloatingIpId, PortRange, Revision};
use std::net::IpAddr;
use uuid::Uuid;

/// The physical network below all of it.
pub(crate) const PHYSICAL: &str = "physical";
/// Where the tunnels of the gateway's host end.
pub(crate) const SEAT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// An address outside.
pub(crate) fn outside(number: u8) -> IpAddr {
    IpAddr::from([203, 0, 113, number])
}

/// A router's gateway to external network `network`, here or nowhere.
pub(crate) fn gateway(router: u8, network: u8, here: bool) -> RouterGateway {
    RouterGateway {
        network: vpc_id(network),
        carrier: Carrier::Vlan {
            physical_network: PHYSICAL.to_owned(),
            tag: 7,
        },
        mtu: 1500,
        port: port_id(80 + router),
        mac: mac(80 + router),
        addresses: vec![outside(router)],
        subnets: vec![ExternalSubnet {
            cidr: "203.0.113.0/24".parse().unwrap(),
            gateway_ip: Some(outside(254)),
            address_scope: None,
        }],
        snat: true,
        host_ip: here.then_some(SEAT),
        forwardings: vec![Forwarding {
            address: outside(50 + router),
            mac: mac(90 + router),
            protocol: 6,
            external: PortRange {
                first: 80,
                last: 82,
            },
            internal_address: ip(2).into(),
            internal: PortRange {
                first: 8080,
                last: 8082,
            },
        }],
        bounded: Vec::new(),
    }
}

/// What interface `interface` tells of this host's outlet for a router.
pub(crate) fn outlet(interface: u8, number: u8, router: u8, network: u8) -> OutletGoal {
    OutletGoal {
        interface: port_id(20 + interface),
        revision: Revision(1),
        router: router_id(router),
        network: vpc_id(network),
        port: port_id(110 + number),
        mac: mac(110 + number),
        address: [203, 0, 113, 60 + number].into(),
        limits: alcor_goalstate::Limits::default(),
    }
}

/// A floating IP of a port.
pub(crate) fn floating(number: u8, port: u8, router: u8, network: u8) -> FloatingGoal {
    FloatingGoal {
        id: FloatingIpId(Uuid::from_u128(0x7_0000 + u128::from(number))),
        revision: Revision(1),
        port: port_id(port),
        router: router_id(router),
        network: vpc_id(network),
        address: outside(number),
        mac: mac(100 + number),
        holder: port_id(130 + number),
        fixed: ip(port).into(),
        limits: alcor_goalstate::Limits::default(),
    }
}
