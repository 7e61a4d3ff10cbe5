//! What a router sends out of the region: which packets, by which host, and by which address.

use super::address::number;
use super::block;
use super::route::at;
use super::{forwarded, scopes, seat, size};
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{
    ADDRESS_OF, BROUGHT, EXCEPT, EXIT, LEFT, MATCH, OUTLET, OUTWARD, ROUTE, ROUTES, SCRATCH,
    SENDER, ipv4_of, way_to,
};
use alcor_goalstate::RouterGateway;
use alcor_openflow::{Action, Ct, Field, Flow, Match, Nat};
use alcor_types::{MacAddr, NetworkId, RouterId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// The first gateway leads to everywhere, and each to its own network.
pub(super) fn flows(state: &State, router: RouterId) -> Vec<Flow> {
    let gateways = state.gateways(router);
    let known = gateways.iter().filter(|way| {
        let physical = way.carrier.physical_network();
        physical.is_some()
    });
    let mut flows = Vec::new();
    for (index, way) in known.enumerate() {
        let next = size::next(state, router, way);
        flows.extend(ways(state, router, way, next));
        if index == 0 {
            flows.extend(defaults(router, way, next));
        }
        flows.extend(size::of_gateway(state, router, way));
        flows.extend(floating(state, router, way.network));
        flows.extend(scopes::exits(state, router, way));
        flows.extend(scopes::around(state, router, way));
        flows.extend(outlet(state, router, way));
        flows.extend(forwarded::flows(state, router, way));
        if state.is_here(way) {
            flows.extend(here(state, router, way));
        } else {
            flows.extend(elsewhere(state, router, way));
        }
    }
    // While news is under way, two may say something of one packet for a moment: the first counts.
    let mut seen = BTreeSet::new();
    flows.retain(|flow| seen.insert(flow.key.clone()));
    flows
}

/// To the network's subnets, and to what is behind somebody there.
fn ways(state: &State, router: RouterId, way: &RouterGateway, next: u8) -> Vec<Flow> {
    let blocks: Vec<_> = way
        .subnets
        .iter()
        .map(|subnet| subnet.cidr.trunc())
        .collect();
    let first = state.ports_of(router).next();
    let told = first.and_then(|port| state.interfaces.get(&port));
    let told = told.into_iter().flat_map(|port| &port.routes);
    let there = told.filter(|route| blocks.iter().any(|block| block.contains(&route.nexthop)));
    let beyond = there.map(|route| {
        let hop = Action::set(ADDRESS_OF, number(route.nexthop));
        leave(router, way.network, route.destination.trunc(), hop, OUTWARD).goto(next)
    });
    let connected = blocks.iter().map(|block| {
        let hop = match block {
            IpNet::V4(_) => Action::copy(Field::Ipv4Dst, ipv4_of()),
            IpNet::V6(_) => Action::copy(Field::Ipv6Dst, ADDRESS_OF),
        };
        leave(router, way.network, *block, hop, OUTWARD).goto(next)
    });
    connected.chain(beyond).collect()
}

/// A route that the owner wrote counts before these.
fn defaults(router: RouterId, way: &RouterGateway, next: u8) -> Vec<Flow> {
    let hops = || way.subnets.iter().filter_map(|subnet| subnet.gateway_ip);
    let four = hops().find(IpAddr::is_ipv4);
    let six = hops().find(IpAddr::is_ipv6);
    let everywhere = [four, six].into_iter().flatten().filter_map(|hop| {
        let unspecified = match hop {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        };
        let block = IpNet::new(unspecified, 0).ok()?;
        let to = Action::set(ADDRESS_OF, number(hop));
        let mut flow = leave(router, way.network, block, to, 0).goto(next);
        flow.key.priority = ROUTES - 1;
        Some(flow)
    });
    everywhere.collect()
}

/// Towards the next hop on an external network, as yet unchanged.
pub(super) fn leave(
    router: RouterId,
    network: NetworkId,
    to: IpNet,
    hop: Action,
    rank: u16,
) -> Flow {
    let packet = block::to(at(router), to);
    let mut actions = vec![Action::set(ADDRESS_OF, 0_u128)];
    actions.extend([hop, Action::set(SCRATCH, network.0.as_u128())]);
    Flow::new(ROUTE, way_to(to, rank), packet).apply(actions)
}

pub(super) fn leaving(router: RouterId, network: NetworkId) -> Match {
    at(router).with(SCRATCH, network.0.as_u128())
}

/// By their own addresses, from here.
fn floating(state: &State, router: RouterId, network: NetworkId) -> Vec<Flow> {
    let Some((key, ..)) = state.external(network) else {
        return Vec::new();
    };
    let all = state.floating_of(router, network);
    let flows = all.filter_map(|(goal, zone)| {
        let (IpAddr::V4(address), IpAddr::V4(_)) = (goal.address, goal.fixed) else {
            return None;
        };
        let packet = block::from(leaving(router, network), IpNet::from(goal.fixed));
        let flow = Flow::new(EXIT, EXCEPT, packet);
        let sent = sent(goal.mac, key).chain([translated(zone, address)]);
        Some(flow.apply(sent))
    });
    flows.collect()
}

/// By the router's address, or untranslated.
fn here(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let Some((key, ..)) = state.external(way.network) else {
        return Vec::new();
    };
    let packet = || leaving(router, way.network);
    let plain = |matching| {
        Flow::new(EXIT, MATCH, matching)
            .apply(sent(way.mac, key))
            .goto(LEFT)
    };
    let own = way.addresses.iter().find_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    });
    let four = match (way.snat, own, state.zone_of(router)) {
        (false, _, _) => Some(plain(packet().ipv4())),
        (true, Some(own), Some(zone)) => {
            let flow = Flow::new(EXIT, MATCH, packet().ipv4());
            Some(flow.apply(sent(way.mac, key).chain([translated(zone, own)])))
        }
        _ => None,
    };
    // Whom this host has an outlet for leaves by that, but for what others have sent here.
    let outlet = state.outlet(router, way.network);
    let brought = four.clone().filter(|_| outlet.is_some()).map(|mut flow| {
        flow.key.priority = BROUGHT;
        flow.key.matching = flow.key.matching.with(SENDER, 0_u32);
        flow
    });
    let six = [plain(packet().ipv6())];
    four.into_iter().chain(brought).chain(six).collect()
}

/// By this host's own address, wherever the gateway is.
fn outlet(state: &State, router: RouterId, way: &RouterGateway) -> Option<Flow> {
    let (key, ..) = state.external(way.network)?;
    let outlet = state.outlet(router, way.network)?;
    let zone = state.zone_of(router)?;
    let flow = Flow::new(EXIT, OUTLET, leaving(router, way.network).ipv4());
    let sent = sent(outlet.mac, key).chain([translated(zone, outlet.address)]);
    Some(flow.apply(sent))
}

/// To the host that leads out, as it came to the router: that host routes it.
fn elsewhere(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let flows = state.ports_of(router).filter_map(|port| {
        let (_, key) = state.routing(port)?;
        let packet = leaving(router, way.network).metadata(key.number());
        seat::toward(state, way, port, Flow::new(EXIT, MATCH, packet))
    });
    flows.collect()
}

pub(super) fn sent(mac: MacAddr, key: NetworkKey) -> impl Iterator<Item = Action> {
    let actions = [
        Action::DecTtl,
        Action::set(Field::EthSrc, mac),
        Action::set(Field::Metadata, key.number()),
    ];
    actions.into_iter()
}

/// A connection that is known is translated as it was; a new one gets this address.
fn translated(zone: u16, address: Ipv4Addr) -> Action {
    let ct = Ct::zone(zone).commit().table(LEFT);
    ct.exec(Nat::source(address)).into()
}
