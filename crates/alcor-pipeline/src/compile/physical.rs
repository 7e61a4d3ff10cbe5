//! Networks that a physical network carries, for the ports here: whoever is not here is on the wire,
//! be it a VM of another host or a machine that nobody told us of.

use super::wire;
use crate::state::State;
use crate::table::{
    FLOOD_LOCAL, FLOOD_REMOTE, FOUND, FROM_WIRE, LOCAL, MATCH, PART, ROUTED, SENDER, STRANGER,
};
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::NetworkId;

/// Frames from the wire, and unicast to it. What came from the wire never goes back there; what was
/// routed comes from the host's own MAC address there, as in tunnels.
pub(super) fn flows(state: &State, id: NetworkId) -> Vec<Flow> {
    let Some((key, ofport, carrier)) = state.on_wire(id) else {
        return Vec::new();
    };
    let here = || Match::new().metadata(key.number());
    let from_wire = here().with(SENDER, 0_u32).with(FOUND, 0_u32);
    let own = Action::set(Field::EthSrc, state.wire_mac);
    let routed = [own].into_iter().chain(wire::onto(ofport, carrier));
    vec![
        wire::from(ofport, carrier, key),
        Flow::new(LOCAL, FROM_WIRE, from_wire),
        Flow::new(LOCAL, ROUTED, here().with(FOUND, 1_u32)).apply(routed),
        Flow::new(LOCAL, STRANGER, here()).apply(wire::onto(ofport, carrier)),
    ]
}

/// Broadcast and multicast of ports here: once to the wire, then to the other ports here.
pub(super) fn flood(state: &State, id: NetworkId) -> Option<Flow> {
    let (key, ofport, carrier) = state.on_wire(id)?;
    let first = Match::new().metadata(key.number()).with(PART, 0_u32);
    let flow = Flow::new(FLOOD_REMOTE, MATCH, first);
    Some(flow.apply(wire::copy(ofport, carrier)).goto(FLOOD_LOCAL))
}
