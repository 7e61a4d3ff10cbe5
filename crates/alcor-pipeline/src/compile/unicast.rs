//! Unicast to a MAC address of a network.

use super::tunnel::{into_network, to_host};
use crate::member::{Claim, Slot};
use crate::state::State;
use crate::table::{INGRESS, LOCAL, MATCH, RECEIVER, REMOTE};
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{MacAddr, NetworkId, PortId, Vni};

/// To the port here, or to the host that has it. A port of this host that is not plugged gets
/// nothing.
pub(super) fn flow(state: &State, id: NetworkId, mac: MacAddr) -> Option<Flow> {
    let (vpc, vni) = state.active(id)?;
    let matching = Match::new().metadata(u64::from(vni.get())).eth_dst(mac);
    match vpc.holder(Slot::Mac(mac))? {
        Claim::Local(port) => to_local(state, port, matching),
        Claim::Remote(port) => to_remote(state, port, vni, matching),
        Claim::DhcpServer(_) => None,
    }
}

fn to_local(state: &State, port: PortId, matching: Match) -> Option<Flow> {
    let ofport = *state.ofports.get(&port)?;
    let flow = Flow::new(LOCAL, MATCH, matching);
    Some(flow.apply([Action::set(RECEIVER, ofport)]).goto(INGRESS))
}

fn to_remote(state: &State, port: PortId, vni: Vni, matching: Match) -> Option<Flow> {
    let tunnel = state.tunnel?;
    let remote = state.remotes.get(&port)?;
    let actions = [into_network(vni)].into_iter();
    let actions = actions.chain(to_host(remote.host_ip));
    let flow = Flow::new(REMOTE, MATCH, matching);
    Some(flow.apply(actions.chain([Action::Output(tunnel)])))
}
