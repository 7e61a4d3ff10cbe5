//! Copies of what ports exchange, for those that look on: to a port of this host, or to the host that
//! has it, under the number of the tap service.
//!
//! A copy of what a port sends is made before anything is checked, one of what it receives after
//! everything was. Answers of the bridge and of the agent itself (ARP, DHCP) are not copied.

use super::tunnel::{into_network, to_host};
use crate::state::State;
use crate::table::{CLASSIFY, DELIVER, MATCH, RECEIVER};
use alcor_goalstate::{TapCopy, Taps, TunnelKind};
use alcor_openflow::{Action, Field, Flow, Match, PortNo, Subfield};

/// Copies of what the port sends.
pub(super) fn sent(state: &State, taps: &Taps) -> Vec<Action> {
    let sending = taps.copies.iter().filter(|copy| copy.direction.sends());
    sending.flat_map(|copy| to(state, copy)).collect()
}

/// The tunnels by which copies travel, whatever carries the network that they are of: a service has its
/// number among those of VXLAN.
const TUNNEL: TunnelKind = TunnelKind::Vxlan;

/// Where copies come for the port, and how copies of what it receives are made.
pub(super) fn flows(state: &State, ofport: PortNo, taps: &Taps) -> Vec<Flow> {
    let comes = || {
        let vni = u64::from(taps.service?.get());
        let from_tunnel = Match::new()
            .in_port(*state.tunnels.get(&TUNNEL)?)
            .tunnel_id(vni);
        Some(Flow::new(CLASSIFY, MATCH, from_tunnel).apply([Action::Output(ofport)]))
    };
    let receiving = taps.copies.iter().filter(|copy| copy.direction.receives());
    let copies: Vec<_> = receiving.flat_map(|copy| to(state, copy)).collect();
    let received = (!copies.is_empty()).then(|| {
        let deliver = Flow::new(DELIVER, MATCH, Match::new().with(RECEIVER, ofport));
        let itself = Action::OutputReg {
            port: Subfield::new(RECEIVER, 0, 16),
            max_len: 0,
        };
        // What came by the tunnel may leave by it again.
        let anywhere = Action::set(Field::InPort16, 0_u16);
        let actions = [itself, anywhere].into_iter().chain(copies);
        deliver.apply(actions)
    });
    comes().into_iter().chain(received).collect()
}

/// Nothing while the port is not plugged, or there is no tunnel to its host.
fn to(state: &State, copy: &TapCopy) -> Vec<Action> {
    if state.locals.contains_key(&copy.port) {
        let ofport = state.ofports.get(&copy.port);
        return ofport
            .map(|port| Action::Output(*port))
            .into_iter()
            .collect();
    }
    let Some(tunnel) = state.tunnels.get(&TUNNEL) else {
        return Vec::new();
    };
    let mut actions = vec![into_network(copy.vni)];
    actions.extend(to_host(copy.host_ip));
    actions.push(Action::Output(*tunnel));
    actions
}
