//! What tunnels bring for a network.

use crate::state::State;
use crate::table::{ARRIVE, CLASSIFY, MATCH};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{NetworkId, Vni};
use std::net::IpAddr;

/// Frames of the network's VNI, out of tunnels of its kind, enter it, for delivery on this host.
pub(super) fn flows(state: &State, id: NetworkId) -> Vec<Flow> {
    let Some((vpc, key)) = state.active(id) else {
        return Vec::new();
    };
    let Some((tunnel, vni)) = state.tunnel_of(vpc) else {
        return Vec::new();
    };
    let from_tunnel = Match::new().in_port(tunnel).tunnel_id(vni.get().into());
    let flow = Flow::new(CLASSIFY, MATCH, from_tunnel);
    vec![flow.write_metadata(key.number(), u64::MAX).goto(ARRIVE)]
}

/// Names the network to the tunnel.
pub(super) fn into_network(vni: Vni) -> Action {
    Action::set(Field::TunnelId, u64::from(vni.get()))
}

/// Names the other end to the tunnel. An IPv4 destination wins over one of IPv6, so it is
/// cleared there.
pub(super) fn to_host(host_ip: IpAddr) -> Vec<Action> {
    match host_ip {
        IpAddr::V4(address) => vec![Action::set(Field::TunIpv4Dst, address)],
        IpAddr::V6(address) => vec![
            Action::set(Field::TunIpv4Dst, 0_u32),
            Action::set(Field::TunIpv6Dst, address),
        ],
    }
}
