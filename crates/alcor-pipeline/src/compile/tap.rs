//! Copies of what ports exchange, for those that look on: to a port of this host, or to the host that
//! has it, under the number of the tap service.
//!
//! A copy of what a port sends is made before anything is checked, one of what it receives after
//! everything was. Answers of the bridge and of the agent itself (ARP, DHCP) are not copied.

use super::trunk;
use super::tunnel::{into_network, to_host};
use crate::state::State;
use crate::table::{CLASSIFY, MATCH};
use alcor_goalstate::{TapCopy, Taps, TunnelKind};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::PortId;

/// Copies of what the port sends.
pub(super) fn sent(state: &State, taps: &Taps) -> Vec<Action> {
    let sending = taps.copies.iter().filter(|copy| copy.direction.sends());
    sending.flat_map(|copy| to(state, copy)).collect()
}

/// The tunnels by which copies travel, whatever carries the network that they are of: a service has its
/// number among those of VXLAN.
const TUNNEL: TunnelKind = TunnelKind::Vxlan;

/// Copies of what the port receives.
pub(super) fn received(state: &State, taps: &Taps) -> Vec<Action> {
    let receiving = taps.copies.iter().filter(|copy| copy.direction.receives());
    let mut copies: Vec<_> = receiving.flat_map(|copy| to(state, copy)).collect();
    if !copies.is_empty() {
        // What came by the tunnel may leave by it again.
        copies.insert(0, Action::set(Field::InPort16, 0_u16));
    }
    copies
}

/// Where copies come for the port.
pub(super) fn comes(state: &State, id: PortId, taps: &Taps) -> Option<Flow> {
    let vni = u64::from(taps.service?.get());
    let tunnel = *state.tunnels.get(&TUNNEL)?;
    let from_tunnel = Match::new().in_port(tunnel).tunnel_id(vni);
    Some(Flow::new(CLASSIFY, MATCH, from_tunnel).apply(trunk::out(state, id)?))
}

/// Nothing while the port is not plugged, or there is no tunnel to its host.
fn to(state: &State, copy: &TapCopy) -> Vec<Action> {
    if state.locals.contains_key(&copy.port) {
        return trunk::out(state, copy.port).unwrap_or_default();
    }
    let Some(tunnel) = state.tunnels.get(&TUNNEL) else {
        return Vec::new();
    };
    let mut actions = vec![into_network(copy.vni)];
    actions.extend(to_host(copy.host_ip));
    actions.push(Action::Output(*tunnel));
    actions
}
