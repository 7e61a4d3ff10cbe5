//! An external network: frames from and to its wire, and who is known there.

use super::address::number;
use super::route::to_agent;
use super::wire;
use crate::Punt;
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{
    ADDRESS_OF, ARRIVE, ASKED, EXCEPT, FIRST, FOUND, MATCH, NEXT, SENDER, UNRULED, WIRE,
};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{MacAddr, NetworkId};
use std::net::IpAddr;

/// Nothing where this host has no wire of the network. A next hop that nobody has asked for is the
/// agent's to find.
pub(super) fn flows(state: &State, id: NetworkId) -> Option<Vec<Flow>> {
    let (key, ofport, gateway) = state.external(id)?;
    let here = Match::new().metadata(key.number());
    let unknown = to_agent(Punt::NextHop { network: id });
    let mut flows = vec![
        Flow::new(NEXT, UNRULED, here.clone()).apply([unknown]),
        Flow::new(WIRE, MATCH, here).apply(wire::onto(ofport, &gateway.carrier)),
    ];
    // Of two that are carried alike for a moment the first is let in; one that has ports here is let in
    // for them.
    let carrier = &gateway.carrier;
    if state.first_carried(carrier) == Some(id) && !state.has_ports_on(carrier) {
        flows.push(wire::from(ofport, &gateway.carrier, key));
    }
    Some(flows)
}

/// A neighbour on the network: whatever it says of its address the agent hears, and packets for it
/// go there once it has answered.
pub(super) fn hop(state: &State, id: NetworkId, address: IpAddr) -> Option<Vec<Flow>> {
    let (key, _, _) = state.external(id)?;
    let mac = state.outside.hops.get(&(id, address))?.mac();
    let here = || Match::new().metadata(key.number());
    let heard = match address {
        IpAddr::V4(address) => here().arp().arp_spa(address),
        IpAddr::V6(address) => super::resolve::nd(super::filter::NEIGHBOR_ADVERTISEMENT)
            .metadata(key.number())
            .with(Field::NdTarget, address),
    };
    let listen = Flow::new(ARRIVE, FIRST, heard);
    let listen = listen.apply([to_agent(Punt::Heard { network: id })]);
    // Also who asks for an address of ours tells its own.
    let listen = listen.goto(ASKED);
    let known = mac.map(|mac| to_hop(key, address, mac));
    Some([listen].into_iter().chain(known).collect())
}

fn to_hop(key: NetworkKey, address: IpAddr, mac: MacAddr) -> Flow {
    let here = Match::new().metadata(key.number());
    let packet = here.with(ADDRESS_OF, number(address));
    Flow::new(NEXT, MATCH, packet)
        .apply([Action::set(Field::EthDst, mac)])
        .goto(WIRE)
}

/// A packet to an address of ours outside comes in again as if the wire had brought it.
pub(super) fn turn(key: NetworkKey, address: IpAddr, mac: MacAddr) -> Flow {
    let here = Match::new().metadata(key.number());
    let packet = here.with(ADDRESS_OF, number(address));
    Flow::new(NEXT, EXCEPT, packet).apply([
        Action::set(Field::EthDst, mac),
        Action::CtClear,
        Action::set(SENDER, 0_u32),
        Action::set(FOUND, 0_u32),
        Action::set(Field::InPort16, 0_u16),
        Action::resubmit(ARRIVE),
    ])
}
