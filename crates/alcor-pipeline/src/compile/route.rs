//! A router: what it is asked itself, and where it leads.

use super::address::number;
use super::block;
use super::link_local;
use super::{scopes, seat, size};
use crate::Punt;
use crate::key::NetworkKey;
use crate::router::{Interface, Way};
use crate::state::State;
use crate::table::{
    ADDRESS, ADDRESS_OF, CONNECTED, ECHO, EXPIRED, FOUND, FURTHER, HOP, MATCH, OWN, REMOTE, ROUTE,
    ROUTER, ROUTER_ID, SCRATCH, SENDER, SIZE, TABLED, ipv4_of, way_to,
};
use alcor_openflow::{Action, Controller, Field, Flow, Match};
use alcor_types::{MacAddr, PortId, RouterId};
use ipnet::IpNet;
use std::net::IpAddr;

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;
pub(super) const ECHO_REQUEST6: u8 = 128;
pub(super) const ECHO_REPLY6: u8 = 129;
pub(super) const TIME_TO_LIVE: u8 = 64;

/// Frames to a router's port enter it, unless their time is over. A packet that one router hands to
/// another in this bridge comes by the second flow.
pub(super) fn entry(state: &State, port: PortId, matching: &Match) -> Vec<Flow> {
    let Some((interface, key)) = state.routing(port) else {
        return Vec::new();
    };
    let enter = Flow::new(ROUTER, MATCH, matching.clone());
    let enter = enter.apply([Action::set(ROUTER_ID, interface.router.0.as_u128())]);
    let handed = Flow::new(REMOTE, MATCH, matching.clone());
    let again = [Action::set(FOUND, 0_u32), Action::resubmit(ROUTER)];
    let mut flows = vec![enter.goto(ROUTE), handed.apply(again)];
    flows.extend(seat::brought(state, port, (interface, key)));
    flows.extend(seat::onto_wire(state, port));
    for like in [IpAddr::from([0; 4]), IpAddr::from([0; 16])] {
        let Some(address) = interface.address_like(like) else {
            continue;
        };
        let punt = Punt::Expired {
            mac: interface.mac,
            address,
        };
        flows.extend([0_u8, 1].map(|left| {
            let packet = family(Match::new(), address).metadata(key.number());
            let expired = packet.eth_dst(interface.mac).with(Field::NwTtl, left);
            Flow::new(ROUTE, EXPIRED, expired).apply([to_agent(punt)])
        }));
    }
    flows
}

/// Its answers, and its ways.
pub(super) fn flows(state: &State, router: RouterId) -> Vec<Flow> {
    let ports = state
        .ports_of(router)
        .filter_map(|port| state.routing(port));
    let own = ports.flat_map(|(interface, _)| {
        let addresses = interface.addresses.iter();
        let addresses = addresses.flat_map(|address| own(router, interface.mac, *address));
        addresses.chain(link_local::flows(router, interface))
    });
    let ways = state.ways(router);
    let largest = state.largest(router);
    let parted = scopes::parted(state, router, &ways);
    let ways = ways
        .iter()
        .filter_map(|way| route(state, router, way, largest));
    let measured = size::of_ports(state, router);
    // While news is under way, two ports may have one address for a moment: the first has it.
    let mut flows: Vec<_> = own.chain(ways).chain(parted).chain(measured).collect();
    flows.sort_by(|one, other| one.key.cmp(&other.key));
    flows.dedup_by(|one, other| one.key == other.key);
    flows
}

/// An address of the router itself: it answers a ping here; the agent says of the rest that nobody
/// listens.
fn own(router: RouterId, mac: MacAddr, address: IpAddr) -> [Flow; 2] {
    let to_it = block::to(at(router), IpNet::from(address));
    let rest = Punt::Unreachable { mac, address };
    [
        echo(to_it.clone(), address),
        Flow::new(ROUTE, OWN, to_it).apply([to_agent(rest)]),
    ]
}

/// The request turned into its reply, which then looks for its way like any packet.
fn echo(to_it: Match, own: IpAddr) -> Flow {
    let (request, turned) = match own {
        IpAddr::V4(own) => (
            to_it
                .with(Field::IpProto, ICMP)
                .with(Field::Icmpv4Type, ECHO_REQUEST),
            [
                Action::copy(Field::Ipv4Src, Field::Ipv4Dst),
                Action::set(Field::Ipv4Src, own),
                Action::set(Field::Icmpv4Type, ECHO_REPLY),
            ],
        ),
        IpAddr::V6(own) => (
            to_it
                .with(Field::IpProto, ICMPV6)
                .with(Field::Icmpv6Type, ECHO_REQUEST6),
            [
                Action::copy(Field::Ipv6Src, Field::Ipv6Dst),
                Action::set(Field::Ipv6Src, own),
                Action::set(Field::Icmpv6Type, ECHO_REPLY6),
            ],
        ),
    };
    let sent = [
        // What the tracker found out about the request is not true of the reply.
        Action::CtClear,
        Action::set(Field::NwTtl, TIME_TO_LIVE),
        // The router sends it, and it may leave by the port that the request came from.
        Action::set(SENDER, 0_u32),
        Action::set(Field::InPort16, 0_u16),
        Action::resubmit(ROUTE),
    ];
    Flow::new(ROUTE, ECHO, request).apply(turned.into_iter().chain(sent))
}

/// Out into a network, to the next hop or to the destination itself; measured on the way where such large
/// packets may come to the router.
fn route(state: &State, router: RouterId, way: &Way, largest: u16) -> Option<Flow> {
    let (out, key) = state.routing(way.out)?;
    let hop = match (way.hop, way.block) {
        (Some(hop), _) => Action::set(ADDRESS_OF, number(hop)),
        (None, IpNet::V4(_)) => Action::copy(Field::Ipv4Dst, ipv4_of()),
        (None, IpNet::V6(_)) => Action::copy(Field::Ipv6Dst, ADDRESS_OF),
    };
    let rank = match (way.from, way.hop) {
        (Some(_), _) => TABLED,
        (None, None) => CONNECTED,
        (None, Some(_)) => FURTHER,
    };
    let mut packet = block::to(at(router), way.block);
    if let Some((port, block)) = way.from {
        let (_, origin) = state.routing(port)?;
        packet = block::from(packet.metadata(origin.number()), block);
    }
    let flow = Flow::new(ROUTE, way_to(way.block, rank), packet);
    if size::is_measured(state, out, largest) {
        let target = Action::set(SCRATCH, way.out.0.as_u128());
        return Some(flow.apply([hop, target]).goto(SIZE));
    }
    let actions = [hop].into_iter().chain(sent(out, key));
    Some(flow.apply(actions).goto(HOP))
}

/// Out by a port of the router, to whoever has the address of the next hop.
pub(super) fn sent(out: &Interface, key: NetworkKey) -> [Action; 4] {
    [
        Action::DecTtl,
        Action::set(Field::EthSrc, out.mac),
        Action::set(Field::Metadata, key.number()),
        Action::resubmit(ADDRESS),
    ]
}

pub(super) fn at(router: RouterId) -> Match {
    Match::new().with(ROUTER_ID, router.0.as_u128())
}

pub(super) fn family(matching: Match, like: IpAddr) -> Match {
    match like {
        IpAddr::V4(_) => matching.ipv4(),
        IpAddr::V6(_) => matching.ipv6(),
    }
}

pub(super) fn to_agent(punt: Punt) -> Action {
    Controller::with_userdata(punt.to_bytes()).into()
}
