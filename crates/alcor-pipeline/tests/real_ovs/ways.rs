//! Random ways out of a region: external networks on a wire that all hosts share, gateways of routers
//! on any host, floating IPs of any VM.

use super::region::{ROUTERS, address, put};
use super::support::facts::{HOSTS, name};
use super::support::goals::{mac, port_id, router_id, subnet_id, vpc_id};
use super::{outlets, pools};
use alcor_compiler::Fact;
use alcor_compiler::oracle::{Intent, Packet};
use alcor_openflow::PortNo;
use alcor_pipeline::{Input, Neighbor};
use alcor_types::{
    Association, ExternalGateway, FixedIp, FloatingIp, FloatingIpId, ForwardedProtocol, MacAddr,
    Network, NetworkId, NetworkType, Port, PortForwarding, PortForwardingId, PortId, PortRange,
    Standard, Subnet, Transport,
};
use ipnet::IpNet;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

/// One of untagged frames, one of tagged ones.
pub(crate) const EXTERNALS: u8 = 2;
/// The tag of the latter.
pub(crate) const TAG: u16 = 7;
/// The port of every host's bridge to the wire.
pub(crate) const WIRE: PortNo = PortNo(11);
pub(crate) const PHYSICAL: &str = "physical";

/// A machine on each external network, and its router to the rest of the world: the hosts know
/// their Ethernet addresses.
pub(crate) const MACHINE: u8 = 200;
pub(crate) const FAR: u8 = 254;

/// Each floating IP: on which external network, by which router, for one of which VMs.
const FLOATING: [(u8, u8, &[u8]); 4] = [(0, 0, &[0, 3]), (0, 1, &[2]), (0, 0, &[6]), (1, 1, &[5])];

/// A floating IP of which single ports lead inside: its external network, its router, its number.
const FORWARDED: (u8, u8, u8) = (0, 0, 60);
/// Which of its ports lead to which: with their numbers, to one, and pings.
const FORWARDS: [(ForwardedProtocol, [u16; 4]); 4] = [
    (ForwardedProtocol::Tcp, [80, 82, 80, 82]),
    (ForwardedProtocol::Udp, [5990, 5999, 80, 80]),
    (ForwardedProtocol::Icmp, [1, 1, 1, 1]),
    (ForwardedProtocol::Tcp, [443, 445, 81, 83]),
];

pub(crate) fn external_id(external: u8) -> NetworkId {
    vpc_id(50 + external)
}

/// The Ethernet address of a machine outside.
pub(crate) fn machine(number: u8) -> MacAddr {
    MacAddr([0x02, 0, 0, 0, 1, number])
}

/// An address on an external network.
pub(crate) fn outside(six: bool, external: u8, number: u8) -> IpAddr {
    if six {
        let [external, number] = [external + 1, number].map(u16::from);
        return IpAddr::from([0x2001, 0xdb8, external, 0, 0, 0, 0, number]);
    }
    let [a, b, c] = [[203, 0, 113], [198, 51, 100]][usize::from(external)];
    IpAddr::from([a, b, c, number])
}

/// The Ethernet address of whoever the hosts know at such an address.
pub(crate) fn known(address: IpAddr) -> Option<MacAddr> {
    let places = (0..EXTERNALS).flat_map(|on| [false, true].map(|six| (on, six)));
    let mut all = places.flat_map(|(on, six)| [(on, six, MACHINE), (on, six, FAR)]);
    let (_, _, number) = all.find(|(on, six, number)| outside(*six, *on, *number) == address)?;
    Some(machine(number))
}

/// Of gateways of both routers, of all outlets and of all floating IPs.
pub(crate) fn ours(external: u8) -> Vec<IpAddr> {
    let gateways = (0..ROUTERS).flat_map(|router| [false, true].map(|six| (six, 10 + router)));
    let gateways = gateways.map(|(six, number)| outside(six, external, number));
    let floating = (0_u8..)
        .zip(FLOATING)
        .filter(|(_, (on, ..))| *on == external);
    let floating = floating.map(|(number, _)| outside(false, external, 50 + number));
    let forwarded = (external == FORWARDED.0).then(|| outside(false, external, FORWARDED.2));
    let outlets = outlets::addresses(external);
    let all = gateways.chain(floating).chain(forwarded);
    all.chain(outlets).collect()
}

/// What agents find out, or are told at their start. Of our own addresses outside, those are found
/// that a host answers for.
pub(crate) fn surroundings(intent: &Intent) -> Vec<Input> {
    let wire = Input::Wire {
        physical_network: PHYSICAL.to_owned(),
        ofport: Some(WIRE),
    };
    let machines = (0..EXTERNALS).flat_map(|on| {
        let both = [false, true].into_iter();
        both.flat_map(move |six| [MACHINE, FAR].map(|number| (on, outside(six, on, number))))
    });
    let hops = machines.map(|(on, address)| Input::Hop {
        network: external_id(on),
        address,
        neighbor: known(address).map(Neighbor::At),
    });
    let own = (0..EXTERNALS).flat_map(|on| ours(on).into_iter().map(move |address| (on, address)));
    let own = own.filter_map(|(on, address)| {
        let network = external_id(on);
        let mac = intent.mac_outside(network, address)?;
        intent
            .answers_outside(network, address)
            .then_some(Input::Hop {
                network,
                address,
                neighbor: Some(Neighbor::At(mac)),
            })
    });
    let wire = std::iter::once(wire);
    wire.chain(hops).chain(own).collect()
}

fn network(external: u8) -> Fact {
    let (network_type, tag) = match external {
        0 => (NetworkType::Flat, None),
        _ => (NetworkType::Vlan, Some(u32::from(TAG))),
    };
    let network = Network {
        project_id: "p".into(),
        segments: vec![Transport {
            network_type,
            physical_network: Some(PHYSICAL.to_owned()),
            segmentation_id: tag,
        }],
        ..Network::new(external_id(external))
    };
    Fact::Network(network.id, Some(Arc::new(network)))
}

fn subnet(external: u8, six: bool) -> Fact {
    let length = if six { 64 } else { 24 };
    let block = IpNet::new(outside(six, external, 0), length).unwrap();
    let id = subnet_id(200 + 2 * external + u8::from(six));
    let subnet = Subnet {
        project_id: "p".into(),
        gateway_ip: Some(outside(six, external, FAR)),
        enable_dhcp: false,
        subnetpool_id: Some(pools::external_pool_id(external, six)),
        ..Subnet::new(id, external_id(external), block)
    };
    Fact::Subnet(id, Some(Arc::new(subnet)))
}

pub(crate) fn fixed(external: u8, sixes: &[bool], number: u8) -> Vec<FixedIp> {
    let one = |six: &bool| FixedIp {
        subnet_id: subnet_id(200 + 2 * external + u8::from(*six)),
        ip_address: outside(*six, external, number),
    };
    sixes.iter().map(one).collect()
}

fn gateway_id(router: u8, external: u8) -> PortId {
    port_id(150 + router * EXTERNALS + external)
}

/// A router's port on an external network, on a host or as yet on none.
fn gateway(router: u8, external: u8, host: Option<u8>) -> Fact {
    let mac = mac(150 + router * EXTERNALS + external);
    put(Port {
        fixed_ips: fixed(external, &[false, true], 10 + router),
        device_id: router_id(router).to_string(),
        device_owner: "network:router_gateway".to_owned(),
        host: host.map(name),
        ..Port::new(gateway_id(router, external), external_id(external), mac)
    })
}

fn floating_id(number: u8) -> FloatingIpId {
    FloatingIpId(Uuid::from_u128(0x9_0000 + u128::from(number)))
}

fn floating_port(number: u8) -> Fact {
    let (external, ..) = FLOATING[usize::from(number)];
    put(Port {
        fixed_ips: fixed(external, &[false], 50 + number),
        device_id: floating_id(number).to_string(),
        device_owner: "network:floatingip".to_owned(),
        ..Port::new(
            port_id(160 + number),
            external_id(external),
            mac(160 + number),
        )
    })
}

/// A floating IP of a VM, or of nobody.
fn floating(number: u8, vm: Option<u8>) -> Fact {
    let (external, router, _) = FLOATING[usize::from(number)];
    let floating = FloatingIp {
        id: floating_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        floating_network_id: external_id(external),
        floating_ip_address: outside(false, external, 50 + number),
        floating_port_id: port_id(160 + number),
        association: vm.map(|vm| Association {
            port_id: port_id(vm),
            fixed_ip_address: address(false, vm % super::region::NETWORKS, 10 + vm),
        }),
        router_id: vm.map(|_| router_id(router)),
        dns_name: String::new(),
        dns_domain: String::new(),
        qos_policy_id: None,
    };
    Fact::FloatingIp(floating.id, Some(Arc::new(floating)))
}

/// The floating IP of forwarded ports, with its port outside.
fn forwarded() -> [Fact; 2] {
    let (external, router, number) = FORWARDED;
    let id = floating_id(number);
    let holder = put(Port {
        fixed_ips: fixed(external, &[false], number),
        device_id: id.to_string(),
        device_owner: "network:floatingip".to_owned(),
        ..Port::new(port_id(170), external_id(external), mac(170))
    });
    let floating = FloatingIp {
        id,
        project_id: "p".into(),
        standard: Standard::default(),
        floating_network_id: external_id(external),
        floating_ip_address: outside(false, external, number),
        floating_port_id: port_id(170),
        association: None,
        router_id: Some(router_id(router)),
        dns_name: String::new(),
        dns_domain: String::new(),
        qos_policy_id: None,
    };
    [holder, Fact::FloatingIp(id, Some(Arc::new(floating)))]
}

/// The port inside that a packet to a floating IP is forwarded to, where that is the one of forwarded
/// ports; 0 of a ping.
pub(crate) fn forwarded_to(floating: FloatingIpId, packet: &Packet) -> Option<u16> {
    if floating != floating_id(FORWARDED.2) {
        return None;
    }
    FORWARDS.into_iter().find_map(|(protocol, ports)| {
        let [first, last, to_first, to_last] = ports;
        let same = match protocol {
            ForwardedProtocol::Icmp => return (packet.protocol == 1).then_some(0),
            ForwardedProtocol::Tcp => packet.protocol == 6,
            _ => packet.protocol == 17,
        };
        let place = packet.port.checked_sub(first)?;
        let to = if to_first == to_last {
            to_first
        } else {
            to_first + place
        };
        (same && packet.port <= last).then_some(to)
    })
}

/// The address of the gateway that forwards ports.
pub(crate) fn forwarder() -> IpAddr {
    let (external, router, _) = FORWARDED;
    outside(false, external, 10 + router)
}

/// Some of its ports lead to a VM, or no longer do.
fn any_forwarding() -> impl Strategy<Value = Fact> {
    let vm = prop::option::weighted(0.8, prop::sample::select(vec![0_u8, 3, 6]));
    (0..FORWARDS.len(), vm).prop_map(|(number, vm)| {
        let (protocol, [first, last, to_first, to_last]) = FORWARDS[number];
        let id = PortForwardingId(Uuid::from_u128(0xa_0000 + number as u128));
        let forwarding = vm.map(|vm| PortForwarding {
            id,
            project_id: "p".into(),
            standard: Standard::default(),
            floatingip_id: floating_id(FORWARDED.2),
            protocol,
            external_ports: PortRange { first, last },
            internal_port_id: port_id(vm),
            internal_ip_address: Ipv4Addr::new(10, 0, 0, 10 + vm),
            internal_ports: PortRange {
                first: to_first,
                last: to_last,
            },
        });
        Fact::PortForwarding(id, forwarding.map(Arc::new))
    })
}

fn any_floating() -> impl Strategy<Value = Fact> {
    let all = 0..u8::try_from(FLOATING.len()).unwrap();
    all.prop_flat_map(|number| {
        let vms = prop::sample::select(FLOATING[usize::from(number)].2);
        let vm = prop::option::weighted(0.8, vms);
        vm.prop_map(move |vm| floating(number, vm))
    })
}

/// A router's ways out: to the first network, to the second, to both in either order, or to none.
pub(crate) fn any_gateways(router: u8) -> impl Strategy<Value = Vec<ExternalGateway>> {
    let ways = vec![&[0_u8][..], &[0], &[1], &[0, 1], &[1, 0], &[]];
    let ways = prop::sample::select(ways);
    (ways, prop::bool::weighted(0.7)).prop_map(move |(ways, enable_snat)| {
        let ways = ways.iter().map(|external| ExternalGateway {
            network_id: external_id(*external),
            port_id: gateway_id(router, *external),
            enable_snat,
            qos_policy_id: None,
        });
        ways.collect()
    })
}

fn any_seat() -> impl Strategy<Value = Fact> {
    let host = prop::option::weighted(0.9, 0..HOSTS);
    (0..ROUTERS, 0..EXTERNALS, host).prop_map(|(of, on, host)| gateway(of, on, host))
}

/// Whatever may happen to ways out.
pub(crate) fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        2 => any_seat(),
        3 => any_floating(),
        2 => any_forwarding(),
        2 => outlets::any_fact(),
    ]
}

/// The external networks, with a gateway of each router on some host, and floating IPs.
pub(crate) fn any_start() -> impl Strategy<Value = Vec<Fact>> {
    let networks = (0..EXTERNALS).flat_map(|id| [network(id), subnet(id, false), subnet(id, true)]);
    let ports = (0..4).map(floating_port);
    let fixed: Vec<Fact> = networks.chain(ports).chain(forwarded()).collect();
    let hosts = prop::collection::vec(0..HOSTS, usize::from(ROUTERS * EXTERNALS));
    let floats = prop::collection::vec(any_floating(), 4..8);
    let forwards = prop::collection::vec(any_forwarding(), 2..8);
    let all = (hosts, floats, forwards, outlets::any_start());
    all.prop_map(move |(hosts, floats, forwards, outlets)| {
        let places = (0..ROUTERS).flat_map(|of| (0..EXTERNALS).map(move |on| (of, on)));
        let seats = places
            .zip(hosts)
            .map(|((of, on), host)| gateway(of, on, Some(host)));
        fixed
            .iter()
            .cloned()
            .chain(seats)
            .chain(floats)
            .chain(forwards)
            .chain(outlets)
            .collect()
    })
}
