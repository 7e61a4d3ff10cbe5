//! A router's link-local address: the one that VMs have their default route by (RFC 4861).

use super::resolve;
use super::route::{ECHO_REPLY6, ECHO_REQUEST6, TIME_TO_LIVE, at, to_agent};
use crate::Punt;
use crate::member::{Claim, Slot};
use crate::router::Interface;
use crate::state::State;
use crate::table::{ECHO, OWN, ROUTE};
use alcor_openflow::{Action, Field, Flow, PortNo};
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
        Action::Output(PortNo::IN_PORT),
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
