//! What holds without any goal: how the tables follow one another, and what is dropped.

use super::{resolve, size};
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{
    ADDRESS, ANSWER, ARRIVE, ASKED, BACK, CLASSIFY, DHCP, EGRESS, EXCEPT, EXIT, FLOOD_LOCAL,
    FLOOD_REMOTE, FOUND, GROUP, HOP, INWARD, LOCAL, MATCH, MISS, NEXT, OUT_BITS, OUT_PACKETS,
    REMOTE, RESOLVE, RETURN, ROUTE, ROUTER, TRANSMIT, UNCHECKED, WIRE,
};
use alcor_goalstate::TunnelKind;
use alcor_openflow::ct_state::{EST, REL, TRK};
use alcor_openflow::{Action, Field, Flow, Match, PortNo};

/// The drops are flows of their own, though an empty table would drop as well: their counters
/// tell how many frames came from nowhere, or went to nobody.
pub(super) fn flows(state: &State) -> Vec<Flow> {
    let miss = |table| Flow::new(table, MISS, Match::new());
    let group = |table| Flow::new(table, GROUP, Match::new().eth_multicast());
    let mut flows = resolve::flows();
    flows.extend([
        miss(CLASSIFY),
        miss(DHCP).goto(RESOLVE),
        miss(RESOLVE).goto(ANSWER),
        miss(ANSWER).goto(EGRESS),
        miss(ROUTER).goto(REMOTE),
        miss(ROUTE),
        miss(ADDRESS),
        Flow::new(HOP, MATCH, Match::new().with(FOUND, 1_u32)).goto(REMOTE),
        miss(HOP),
        group(REMOTE).goto(FLOOD_REMOTE),
        miss(REMOTE).goto(LOCAL),
        // Questions are answered where they are for an address of ours outside.
        Flow::new(ARRIVE, UNCHECKED, Match::new().arp()).goto(ASKED),
        Flow::new(ARRIVE, UNCHECKED, resolve::solicitation()).goto(ASKED),
        miss(ASKED).goto(LOCAL),
        miss(EXIT),
        miss(OUT_PACKETS).goto(OUT_BITS),
        miss(OUT_BITS).goto(NEXT),
        miss(NEXT),
        miss(WIRE),
        Flow::new(RETURN, MATCH, answers(EST)).apply([Action::resubmit(ROUTE)]),
        Flow::new(RETURN, MATCH - 1, answers(REL)).apply([Action::resubmit(ROUTE)]),
        miss(RETURN),
        miss(INWARD),
        miss(ARRIVE).goto(LOCAL),
        group(LOCAL).goto(FLOOD_LOCAL),
        miss(LOCAL),
        miss(BACK).apply([Action::Output(PortNo::IN_PORT)]),
        miss(FLOOD_REMOTE).goto(FLOOD_LOCAL),
        miss(FLOOD_LOCAL),
    ]);
    flows.extend(size::passing());
    let tunnels = state.tunnels.iter();
    flows.extend(tunnels.flat_map(|(kind, tunnel)| transmit(state, *kind, *tunnel)));
    flows
}

/// Answers to what a router has translated, and errors about it.
fn answers(state: u32) -> Match {
    Match::new().ct_state(TRK | state, TRK | state)
}

/// By the tunnels of the network's kind. On the wire, what was routed has the host's own address as its source: a router's address would
/// come from every host at once.
fn transmit(state: &State, kind: TunnelKind, tunnel: PortNo) -> [Flow; 2] {
    let (bits, mask) = NetworkKey::of_tunnels(kind);
    let of_kind = || Match::new().with_masked(Field::Metadata, bits, mask);
    let routed = Flow::new(TRANSMIT, EXCEPT, of_kind().with(FOUND, 1_u32));
    let source = Action::set(Field::EthSrc, state.wire_mac);
    [
        routed.apply([source, Action::Output(tunnel)]),
        Flow::new(TRANSMIT, MATCH, of_kind()).apply([Action::Output(tunnel)]),
    ]
}
