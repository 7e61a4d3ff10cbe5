//! An address of ours on an external network: who asks for it is answered, and packets to it go
//! inside.

use super::bounded;
use super::external;
use super::resolve::{ARP_REQUEST, nd};
use super::route::{ECHO_REPLY6, ECHO_REQUEST6, TIME_TO_LIVE, at, to_agent};
use super::{scopes, size};
use crate::Punt;
use crate::key::NetworkKey;
use crate::state::{Place, State};
use crate::table::{
    ADDRESS_OF, ARRIVE, ASKED, EXCEPT, EXCEPT_2, NEXT, RETURN, ROUTE, ROUTER_ID, WIRE, ipv4_of,
};
use crate::traffic;
use alcor_goalstate::Forwarding;
use alcor_openflow::{Action, Ct, Field, Flow, Match, Nat, PortNo};
use alcor_types::{MacAddr, NetworkId, RouterId};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const ARP_REPLY: u16 = 2;
const SOLICITATION: u8 = 135;
/// The port of packets that come in again without the wire: see `external::turn`.
const TURNED: PortNo = PortNo(0);
const ICMP: u8 = 1;
const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;

/// Nothing where the address is not served here.
pub(super) fn flows(state: &State, id: NetworkId, address: IpAddr) -> Option<Vec<Flow>> {
    let (key, ..) = state.external(id)?;
    let place = state.place(id, address)?;
    let mac = place.mac()?;
    let mut flows = vec![external::turn(key, address, mac)];
    flows.extend(size::of_place(state, id, (address, mac), &place));
    match address {
        IpAddr::V4(address) => {
            flows.push(asked(key, id, &place, address, mac));
            let packets = packets(state, key, &place, address);
            let bounds = state.bounds(id, address.into());
            flows.extend(bounded::flows(bounds, packets, (key, mac, address)));
        }
        IpAddr::V6(address) => flows.extend(six(key, id, &place, address, mac)),
    }
    Some(flows)
}

/// What is routed in without translation: everything of IPv6, and the rest where a gateway does not
/// translate.
pub(super) fn entry(state: &State, id: NetworkId, mac: MacAddr) -> Option<Vec<Flow>> {
    let (key, ..) = state.external(id)?;
    let mut ways = state.ways_to(id);
    let (router, way) = ways.find(|(_, way)| way.mac == mac && state.is_here(way))?;
    let packet = || Match::new().metadata(key.number()).eth_dst(mac);
    let enter = |matching| {
        let actions = [enters(router), Action::resubmit(ROUTE)];
        Flow::new(ARRIVE, EXCEPT, matching).apply(actions)
    };
    let four = (!way.snat).then(|| enter(packet().ipv4()));
    let all = [enter(packet().ipv6())].into_iter().chain(four);
    let scopes = scopes::entries(state, (router, way), (key, mac), enter);
    let measured = size::of_entry(state, router, way);
    Some(all.chain(scopes).chain(measured).collect())
}

fn enters(router: RouterId) -> Action {
    Action::set(ROUTER_ID, router.0.as_u128())
}

fn packets(state: &State, key: NetworkKey, place: &Place<'_>, address: Ipv4Addr) -> Vec<Flow> {
    match place {
        Place::Floating(goal, zone) => {
            let IpAddr::V4(fixed) = goal.fixed else {
                return Vec::new();
            };
            let inside = Nat::destination(fixed);
            vec![inward(
                to(key, goal.mac, address),
                goal.router,
                *zone,
                inside,
            )]
        }
        Place::Gateway(router, way) => {
            let zone = state.zone_of(*router).filter(|_| way.snat);
            own(key, (*router, zone), way.mac, address)
        }
        Place::Outlet(outlet) => {
            let zone = state.zone_of(outlet.router);
            own(key, (outlet.router, zone), outlet.mac, address)
        }
        Place::Forwarded(router, _, all) => {
            let zone = state.zone_of(*router);
            let flows = zone.map(|zone| {
                let all = all.iter().filter_map(|one| forwarded(key, one, address));
                let all = all.flatten();
                all.map(|(packet, inside)| inward(packet, *router, zone, inside))
                    .collect()
            });
            flows.unwrap_or_default()
        }
    }
}

pub(super) fn to(key: NetworkKey, mac: MacAddr, address: Ipv4Addr) -> Match {
    let here = Match::new().metadata(key.number()).eth_dst(mac);
    here.ipv4().ipv4_dst(address)
}

/// The packet and its connection get the address inside, and the router has it.
fn inward(packet: Match, router: RouterId, zone: u16, inside: Nat) -> Flow {
    let ct = Ct::zone(zone).commit().table(ROUTE).exec(inside);
    Flow::new(ARRIVE, EXCEPT_2, packet).apply([enters(router), ct.into()])
}

/// A gateway's own address, or an outlet's: what was translated to it goes back inside; a ping is
/// answered.
fn own(
    key: NetworkKey,
    (router, zone): (RouterId, Option<u16>),
    mac: MacAddr,
    address: Ipv4Addr,
) -> Vec<Flow> {
    let request = |matching: Match| {
        let icmp = matching.with(Field::IpProto, ICMP);
        icmp.with(Field::Icmpv4Type, ECHO_REQUEST)
    };
    let to_it = at(router).metadata(key.number()).ipv4().ipv4_dst(address);
    let reply = [
        Action::copy(Field::Ipv4Src, Field::Ipv4Dst),
        Action::set(Field::Ipv4Src, address),
        Action::set(Field::Icmpv4Type, ECHO_REPLY),
    ];
    let here = Flow::new(RETURN, EXCEPT_2, request(to_it.clone()).in_port(TURNED));
    let here = here.apply(reply.clone().into_iter().chain(inside(zone, mac)));
    let reply = reply.into_iter().chain(back(mac));
    let answered = Flow::new(RETURN, EXCEPT, request(to_it)).apply(reply);
    let arrived = Flow::new(ARRIVE, EXCEPT_2, to(key, mac, address));
    let arrived = match zone {
        Some(zone) => {
            let ct = Ct::zone(zone).table(RETURN).exec(Nat::known());
            arrived.apply([enters(router), ct.into()])
        }
        None => arrived.apply([enters(router)]).goto(RETURN),
    };
    vec![arrived, answered, here]
}

/// A reply to who is behind a router of this host: the wire would not bring it back. Who spoke by an
/// address outside has it there; others are where the router leads.
fn inside(zone: Option<u16>, own: MacAddr) -> Vec<Action> {
    let mut actions = vec![Action::CtClear, Action::set(Field::NwTtl, TIME_TO_LIVE)];
    if zone.is_some() {
        actions.extend([
            Action::set(Field::EthSrc, own),
            Action::set(ADDRESS_OF, 0_u128),
            Action::copy(Field::Ipv4Dst, ipv4_of()),
            Action::resubmit(NEXT),
        ]);
    } else {
        actions.push(Action::resubmit(ROUTE));
    }
    actions
}

/// The frame turned round, onto the wire.
fn back(own: MacAddr) -> impl Iterator<Item = Action> {
    let actions = [
        Action::CtClear,
        Action::set(Field::NwTtl, TIME_TO_LIVE),
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::set(Field::EthSrc, own),
        Action::resubmit(WIRE),
    ];
    actions.into_iter()
}

/// The packets that a forwarding speaks of, and where they lead. Ranges that keep their numbers, or
/// end in one port, come in blocks; others port by port.
fn forwarded(key: NetworkKey, one: &Forwarding, address: Ipv4Addr) -> Option<Vec<(Match, Nat)>> {
    let IpAddr::V4(inside) = one.internal_address else {
        return None;
    };
    let target = Nat::destination(inside);
    let to_it = to(key, one.mac, address).with(Field::IpProto, one.protocol);
    let Some(field) = traffic::port_field(one.protocol) else {
        return Some(vec![(to_it, target)]);
    };
    let masked = |value, mask| to_it.clone().with_masked(field, value, mask);
    let (outer, inner) = (one.external, one.internal);
    let blocks = || traffic::blocks(outer.first, outer.last).into_iter();
    let ports = |port| Some((port, port));
    Some(if outer == inner {
        blocks()
            .map(|(value, mask)| (masked(value, mask), target.clone()))
            .collect()
    } else if let Some(port) = inner.single() {
        let target = Nat {
            ports: ports(port),
            ..target
        };
        blocks()
            .map(|(value, mask)| (masked(value, mask), target.clone()))
            .collect()
    } else {
        let pairs = (outer.first..=outer.last).zip(inner.first..=inner.last);
        let each = pairs.map(|(from, to)| {
            let target = Nat {
                ports: ports(to),
                ..target.clone()
            };
            (masked(from, u16::MAX), target)
        });
        each.collect()
    })
}

/// A floating IP is where its VM is, so that the bridge may answer alone. Where a gateway is, only the
/// agent knows: one that is silent has lost it to another host, and its bridge must not claim it.
fn asked(
    key: NetworkKey,
    network: NetworkId,
    place: &Place<'_>,
    address: Ipv4Addr,
    mac: MacAddr,
) -> Flow {
    let asked = Match::new()
        .metadata(key.number())
        .arp()
        .arp_op(ARP_REQUEST);
    let asked = Flow::new(ASKED, EXCEPT, asked.arp_tpa(address));
    if !matches!(place, Place::Floating(..)) {
        return asked.apply([to_agent(Punt::Asked { network })]);
    }
    asked.apply([
        Action::copy(Field::ArpSha, Field::ArpTha),
        Action::set(Field::ArpSha, mac),
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::set(Field::EthSrc, mac),
        Action::copy(Field::ArpSpa, Field::ArpTpa),
        Action::set(Field::ArpSpa, address),
        Action::set(Field::ArpOp, ARP_REPLY),
        Action::resubmit(WIRE),
    ])
}

/// The same for IPv6, in which no address stands for another: it is a gateway's, or nobody's.
fn six(
    key: NetworkKey,
    network: NetworkId,
    place: &Place<'_>,
    address: Ipv6Addr,
    mac: MacAddr,
) -> Vec<Flow> {
    let asked = nd(SOLICITATION).metadata(key.number());
    let asked = Flow::new(ASKED, EXCEPT, asked.with(Field::NdTarget, address));
    let asked = asked.apply([to_agent(Punt::Asked { network })]);
    let ping = gateway(place).map(|router| {
        let here = Match::new().metadata(key.number()).eth_dst(mac).icmpv6();
        let request = here.ipv6_dst_prefix(address, 128);
        let request = request.with(Field::Icmpv6Type, ECHO_REQUEST6);
        let reply = [
            Action::copy(Field::Ipv6Src, Field::Ipv6Dst),
            Action::set(Field::Ipv6Src, address),
            Action::set(Field::Icmpv6Type, ECHO_REPLY6),
        ];
        // Who is behind a router here is where this one leads.
        let inside = Flow::new(ARRIVE, EXCEPT_2 + 1, request.clone().in_port(TURNED));
        let lived = Action::set(Field::NwTtl, TIME_TO_LIVE);
        let routed = [lived, enters(router), Action::resubmit(ROUTE)];
        let inside = inside.apply(reply.clone().into_iter().chain(routed));
        let wire = Flow::new(ARRIVE, EXCEPT_2, request);
        [wire.apply(reply.into_iter().chain(back(mac))), inside]
    });
    let ping = ping.into_iter().flatten();
    // Whatever else is for it nobody hears; routed, it would come round until its time is over.
    let here = Match::new().metadata(key.number()).eth_dst(mac).ipv6();
    let unheard = Flow::new(ARRIVE, EXCEPT + 1, here.ipv6_dst_prefix(address, 128));
    [asked, unheard].into_iter().chain(ping).collect()
}

fn gateway(place: &Place<'_>) -> Option<RouterId> {
    match place {
        Place::Gateway(router, _) => Some(*router),
        _ => None,
    }
}
