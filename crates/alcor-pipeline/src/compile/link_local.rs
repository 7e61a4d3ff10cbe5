//! A router's link-local address: the one that VMs have their default route by (RFC 4861).

use super::filter::NEIGHBOR_ADVERTISEMENT;
use super::resolve;
use super::route::{ECHO_REPLY6, ECHO_REQUEST6, TIME_TO_LIVE, at, to_agent};
use crate::Punt;
use crate::member::{Claim, Slot};
use crate::router::Interface;
use crate::state::State;
use crate::table::{BACK, ECHO, OWN, RESERVED, ROUTE, SPOOF};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{NetworkId, RouterId};
use std::net::IpAddr;

/// The last touch to the answer of who asks for a router's address, be it link-local or not.
pub(super) fn advertised(state: &State, id: NetworkId, address: IpAddr) -> Option<Flow> {
    let (vpc, key) = state.active(id)?;
    match (vpc.holder(Slot::Address(address))?, address) {
        (Claim::Router(_), IpAddr::V6(address)) => Some(resolve::of_router(key, address)),
        _ => None,
    }
}

/// The address is the router's or the host's alone. VMs choose their link-local addresses themselves,
/// so that a port may speak from any; but not from this one, nor tell others that it is its own: all
/// of the network's traffic to elsewhere would be its, or its answers would be taken for the host's.
/// A port that nobody checks still may.
pub(super) fn reserved(state: &State, id: NetworkId, address: IpAddr) -> Vec<Flow> {
    let holder = || state.active(id)?.0.holder(Slot::Address(address));
    let IpAddr::V6(own) = address else {
        return Vec::new();
    };
    let (Some((_, key)), Some(Claim::Router(_) | Claim::Host)) = (state.active(id), holder())
    else {
        return Vec::new();
    };
    if !own.is_unicast_link_local() {
        return Vec::new();
    }
    let network = || Match::new().metadata(key.number());
    let claim = network().icmpv6().icmpv6_type(NEIGHBOR_ADVERTISEMENT);
    let claim = claim.icmpv6_code(0).with(Field::NdTarget, own);
    let speech = network().ipv6().ipv6_src(own);
    let drop = |matching| Flow::new(SPOOF, RESERVED, matching);
    [claim, speech].map(drop).into()
}

/// It answers a ping; the agent says of the rest that nobody listens. No route leads back to who is
/// known by such an address: the answer goes where the request came from.
pub(super) fn flows(router: RouterId, interface: &Interface) -> Vec<Flow> {
    let Some(own) = interface.link_local() else {
        return Vec::new();
    };
    let to_it = at(router).ipv6().ipv6_dst_prefix(own, 128);
    let request = at(router)
        .icmpv6()
        .ipv6_dst_prefix(own, 128)
        .with(Field::Icmpv6Type, ECHO_REQUEST6);
    let reply = [
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::set(Field::EthSrc, interface.mac),
        Action::copy(Field::Ipv6Src, Field::Ipv6Dst),
        Action::set(Field::Ipv6Src, own),
        Action::set(Field::Icmpv6Type, ECHO_REPLY6),
        Action::set(Field::NwTtl, TIME_TO_LIVE),
        Action::resubmit(BACK),
    ];
    let rest = Punt::Unreachable {
        mac: interface.mac,
        address: own.into(),
    };
    vec![
        Flow::new(ROUTE, ECHO, request).apply(reply),
        Flow::new(ROUTE, OWN, to_it).apply([to_agent(rest)]),
    ]
}
