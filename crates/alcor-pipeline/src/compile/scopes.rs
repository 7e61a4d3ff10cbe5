//! Address scopes: a router passes nothing between subnets of different ones, and translates nothing
//! inside of one. A floating IP stands for its port in any scope.

use super::address::number;
use super::block;
use super::exits::{leave, leaving, sent};
use super::route::at;
use super::{seat, size};
use crate::key::NetworkKey;
use crate::router::Way;
use crate::state::{Inner, State};
use crate::table::{
    ADDRESS_OF, AROUND, ARRIVE, DIRECT, EXCEPT_2, EXIT, LEFT, PARTED, ROUTE, way_to,
};
use alcor_goalstate::RouterGateway;
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{MacAddr, RouterId};
use ipnet::IpNet;
use std::net::IpAddr;

/// What a way would take from one scope into another goes nowhere.
pub(super) fn parted(state: &State, router: RouterId, ways: &[Way]) -> Vec<Flow> {
    let inner = state.inner(router);
    if inner.iter().all(|one| one.scope == inner[0].scope) {
        return Vec::new();
    }
    let flows = ways.iter().flat_map(|way| {
        let next = way.hop.unwrap_or(way.block.addr());
        let mut out = inner.iter().filter(|it| it.port == way.out);
        let scope = out.find(|it| it.cidr.contains(&next)).map(|it| it.scope);
        let strangers = inner.iter().filter(move |origin| {
            let differs = scope.is_some_and(|scope| scope != origin.scope);
            differs && origin.is_like(next) && counts(ways, way, origin)
        });
        strangers.map(|origin| {
            let packet = block::to(at(router).metadata(origin.key.number()), way.block);
            let packet = block::from(packet, origin.cidr);
            Flow::new(ROUTE, way_to(way.block, PARTED), packet)
        })
    });
    flows.collect()
}

/// Whether the way is that of packets from a subnet: the subnet's table comes before the router's own
/// ways to a block.
fn counts(ways: &[Way], way: &Way, origin: &Inner) -> bool {
    let own = Some((origin.port, origin.cidr));
    match way.from {
        Some(_) => way.from == own,
        None => !ways
            .iter()
            .any(|it| it.from == own && it.block == way.block),
    }
}

/// What leaves a subnet for an external network of its own scope is not translated; for one of another
/// scope, it does not leave where nothing is.
pub(super) fn exits(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let here = state.external(way.network).filter(|_| state.is_here(way));
    let inner = state.inner(router).into_iter();
    let flows = inner.filter_map(|from| {
        let packet = leaving(router, way.network).metadata(from.key.number());
        let flow = Flow::new(EXIT, DIRECT, block::from(packet, from.cidr));
        let translates = way.snat && from.cidr.addr().is_ipv4();
        if !translates {
            return (!from.is_in_scope_of(way)).then_some(flow);
        }
        if !from.is_never_translated(way) {
            return None;
        }
        match here {
            Some((key, ..)) => Some(flow.apply(sent(way.mac, key)).goto(LEFT)),
            // As long as no host leads out, it does not leave by an address of this host either.
            None => seat::toward(state, way, from.port, flow.clone()).or(Some(flow)),
        }
    });
    flows.collect()
}

/// What a port with an address outside sends to another scope of the same router leaves by that
/// address, for it may answer what came so: whoever is outside knows the way back in.
pub(super) fn around(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let inner = state.inner(router);
    let mut hops = way.subnets.iter().filter_map(|subnet| subnet.gateway_ip);
    let Some(hop) = hops.find(IpAddr::is_ipv4).map(number) else {
        return Vec::new();
    };
    let next = size::next(state, router, way);
    let floating = state.floating_of(router, way.network);
    let flows = floating.flat_map(|(goal, _)| {
        let from = inner.iter().find(|it| it.cidr.contains(&goal.fixed));
        let others = inner.iter().filter(move |to| {
            to.is_like(goal.fixed) && from.is_some_and(|from| from.scope != to.scope)
        });
        others.map(|to| {
            let hop = Action::set(ADDRESS_OF, hop);
            let mut flow = leave(router, way.network, to.cidr, hop, 0).goto(next);
            flow.key.matching = block::from(flow.key.matching, IpNet::from(goal.fixed));
            flow.key.priority = AROUND;
            flow
        })
    });
    flows.collect()
}

/// The same of what comes in by a gateway's Ethernet address: what `enter` makes of it, or nothing.
pub(super) fn entries(
    state: &State,
    (router, way): (RouterId, &RouterGateway),
    (key, mac): (NetworkKey, MacAddr),
    enter: impl Fn(Match) -> Flow,
) -> Vec<Flow> {
    let into = |block: IpNet| block::to(Match::new().metadata(key.number()).eth_dst(mac), block);
    let inner = state.inner(router).into_iter();
    let flows = inner.filter_map(|to| {
        let translates = way.snat && to.cidr.addr().is_ipv4();
        if translates {
            return to.is_never_translated(way).then(|| enter(into(to.cidr)));
        }
        let stranger = !to.is_in_scope_of(way);
        stranger.then(|| Flow::new(ARRIVE, EXCEPT_2, into(to.cidr)))
    });
    flows.collect()
}
