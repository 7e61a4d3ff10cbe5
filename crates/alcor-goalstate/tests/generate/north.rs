//! Random ways out of the region.

use super::limits::any_limits;
use super::{carrier, cidr, id, mac, revision};
use alcor_goalstate::{
    Bounded, ExternalSubnet, FloatingGoal, Forwarding, Goal, OutletGoal, RouterGateway,
};
use alcor_types::PortRange;
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::IpAddr;

fn range() -> impl Strategy<Value = PortRange> {
    any::<(u16, u16)>().prop_map(|(first, last)| PortRange { first, last })
}

fn forwarding() -> impl Strategy<Value = Forwarding> {
    let places = any::<(IpAddr, IpAddr)>();
    (places, mac(), any::<u8>(), range(), range()).prop_map(
        |((address, internal_address), mac, protocol, external, internal)| Forwarding {
            address,
            mac,
            protocol,
            external,
            internal_address,
            internal,
        },
    )
}

pub(super) fn gateways() -> impl Strategy<Value = Vec<RouterGateway>> {
    let subnet = (cidr(), any::<Option<IpAddr>>(), proptest::option::of(id()));
    let subnet = subnet.prop_map(|(cidr, gateway_ip, scope)| ExternalSubnet {
        cidr,
        gateway_ip,
        address_scope: scope.map(Into::into),
    });
    let place = (vec(any::<IpAddr>(), 0..3), any::<Option<IpAddr>>());
    let bounded = (any::<IpAddr>(), any_limits());
    let bounded = bounded.prop_map(|(address, limits)| Bounded { address, limits });
    let rest = (any::<u16>(), any::<bool>(), vec(forwarding(), 0..3));
    let rest = (rest, vec(bounded, 0..3));
    let one = (id(), carrier(), id(), mac(), vec(subnet, 0..3), place, rest);
    let one = one.prop_map(
        |(network, carrier, port, mac, subnets, (addresses, host_ip), rest)| {
            let ((mtu, snat, forwardings), bounded) = rest;
            RouterGateway {
                network: network.into(),
                carrier,
                mtu,
                port: port.into(),
                mac,
                addresses,
                subnets,
                snat,
                host_ip,
                forwardings,
                bounded,
            }
        },
    );
    vec(one, 0..3)
}

pub(super) fn any_outlet() -> impl Strategy<Value = Goal> {
    let place = (mac(), any::<std::net::Ipv4Addr>(), any_limits());
    ([id(), id(), id(), id()], revision(), place).prop_map(
        |([interface, port, router, network], revision, (mac, address, limits))| {
            Goal::Outlet(OutletGoal {
                interface: interface.into(),
                revision,
                router: router.into(),
                network: network.into(),
                port: port.into(),
                mac,
                address,
                limits,
            })
        },
    )
}

pub(super) fn any_floating() -> impl Strategy<Value = Goal> {
    let addresses = any::<(IpAddr, IpAddr)>();
    let place = (mac(), addresses, any_limits());
    ([id(), id(), id(), id(), id()], revision(), place).prop_map(
        |([id, port, router, network, holder], revision, (mac, (address, fixed), limits))| {
            Goal::Floating(FloatingGoal {
                id: id.into(),
                revision,
                port: port.into(),
                router: router.into(),
                network: network.into(),
                address,
                mac,
                holder: holder.into(),
                fixed,
                limits,
            })
        },
    )
}
