//! Unicast to a MAC address of a network.

use super::route;
use super::tunnel::{into_network, to_host};
use crate::member::{Claim, Slot};
use crate::state::State;
use crate::table::{LOCAL, MATCH, RECEIVED, RECEIVER, REMOTE, TRANSMIT};
use crate::vpc::Vpc;
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{MacAddr, NetworkId, PortId};

/// To the port here, to the host that has it, or into the router. A port of this host that is not
/// plugged gets nothing.
pub(super) fn flows(state: &State, id: NetworkId, mac: MacAddr) -> Vec<Flow> {
    let Some((vpc, key)) = state.active(id) else {
        return Vec::new();
    };
    let matching = Match::new().metadata(key.number()).eth_dst(mac);
    let flow = match vpc.holder(Slot::Mac(mac)) {
        Some(Claim::Local(port)) => to_local(state, port, matching),
        Some(Claim::Remote(port)) => to_remote(state, port, vpc, matching),
        Some(Claim::Router(port)) => return route::entry(state, port, &matching),
        Some(Claim::DhcpServer(_) | Claim::Host) | None => None,
    };
    flow.into_iter().collect()
}

fn to_local(state: &State, port: PortId, matching: Match) -> Option<Flow> {
    let ofport = state.ofport(port)?;
    let flow = Flow::new(LOCAL, MATCH, matching);
    Some(flow.apply([Action::set(RECEIVER, ofport)]).goto(RECEIVED))
}

fn to_remote(state: &State, port: PortId, vpc: &Vpc, matching: Match) -> Option<Flow> {
    let (_, vni) = state.tunnel_of(vpc)?;
    let remote = state.remotes.get(&port)?;
    let actions = [into_network(vni)].into_iter();
    let actions = actions.chain(to_host(remote.host_ip));
    let flow = Flow::new(REMOTE, MATCH, matching);
    Some(flow.apply(actions).goto(TRANSMIT))
}
