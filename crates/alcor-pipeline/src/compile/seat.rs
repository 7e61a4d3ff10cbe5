//! The way of a packet to the host that leads it out of the region, where that is another one: as it
//! came to the router, for that host routes it.
//!
//! From a network in tunnels it goes through the tunnel. From one on a physical network it goes by the
//! wire, so that it needs no more room than the network has, to an address there that is the router's
//! on that host alone ([`wire_mac::of_seat`]). Answers come from this address, by which switches on the
//! wire learn where it is.

use super::tunnel::{into_network, to_host};
use super::wire;
use crate::key::NetworkKey;
use crate::router::Interface;
use crate::state::State;
use crate::table::{
    ARRIVE, EXCEPT_2, FOUND, LOCAL, REMOTE, ROUTE, ROUTED, ROUTER_ID, SEATED, TRANSMIT,
};
use crate::wire_mac;
use alcor_goalstate::RouterGateway;
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{MacAddr, PortId};

/// The flow with the way to the host that leads out, for packets from the network of a router's port.
pub(super) fn toward(state: &State, way: &RouterGateway, from: PortId, flow: Flow) -> Option<Flow> {
    let host_ip = way.host_ip?;
    let (port, _) = state.routing(from)?;
    if state.is_physical(port.vpc) {
        let seat = Action::set(Field::EthDst, wire_mac::of_seat(host_ip, from));
        return Some(flow.apply([seat]).goto(REMOTE));
    }
    let (_, vni) = state.tunnel_of(state.vpcs.get(&port.vpc)?)?;
    let actions = [into_network(vni)].into_iter().chain(to_host(host_ip));
    Some(flow.apply(actions).goto(TRANSMIT))
}

/// What other hosts have sent here to leave by the router enters it as their VMs sent it. Nothing where
/// the router leads out elsewhere.
pub(super) fn brought(
    state: &State,
    id: PortId,
    (port, key): (&Interface, NetworkKey),
) -> Option<Flow> {
    if !leads_out_here(state, port) {
        return None;
    }
    let enter = [
        Action::set(Field::EthDst, port.mac),
        Action::set(ROUTER_ID, port.router.0.as_u128()),
        Action::resubmit(ROUTE),
    ];
    let here = Match::new().metadata(key.number());
    Some(if state.is_physical(port.vpc) {
        let to = here.eth_dst(wire_mac::of_seat(state.tunnel_ip, id));
        Flow::new(ARRIVE, EXCEPT_2, to).apply(enter)
    } else {
        let [_, named, routed] = enter;
        Flow::new(ARRIVE, EXCEPT_2, here.eth_dst(port.mac)).apply([named, routed])
    })
}

/// What comes from the router's port to a wire comes from the host's own address there: what a VM sent
/// and one router has handed to another, and what was routed where the router leads out.
pub(super) fn onto_wire(state: &State, id: PortId) -> Vec<Flow> {
    let Some((port, key)) = state.routing(id) else {
        return Vec::new();
    };
    let Some((_, ofport, carrier)) = state.on_wire(port.vpc) else {
        return Vec::new();
    };
    let from_it = |found: u32| {
        let here = Match::new().metadata(key.number()).eth_src(port.mac);
        here.with(FOUND, found)
    };
    let sent_from = |own, flow: Flow| {
        let own = [Action::set(Field::EthSrc, own)].into_iter();
        flow.apply(own.chain(wire::onto(ofport, carrier)))
    };
    let handed = sent_from(state.wire_mac, Flow::new(LOCAL, ROUTED, from_it(0)));
    let own = wire_mac::of_seat(state.tunnel_ip, id);
    let seated = sent_from(own, Flow::new(LOCAL, SEATED, from_it(1)));
    let seated = leads_out_here(state, port).then_some(seated);
    [handed].into_iter().chain(seated).collect()
}

/// The addresses on wires by which routers take here what is to leave, each with the way onto its wire.
pub(crate) fn all(state: &State) -> Vec<(MacAddr, Vec<Action>)> {
    let ports = state.interfaces.iter();
    let here = ports.filter(|(_, port)| leads_out_here(state, port));
    let seats = here.filter_map(|(id, port)| {
        state.routing(*id)?;
        let (_, ofport, carrier) = state.on_wire(port.vpc)?;
        let mac = wire_mac::of_seat(state.tunnel_ip, *id);
        Some((mac, wire::onto(ofport, carrier)))
    });
    seats.collect()
}

fn leads_out_here(state: &State, port: &Interface) -> bool {
    let mut ways = state.gateways(port.router).iter();
    ways.any(|way| state.is_here(way))
}
