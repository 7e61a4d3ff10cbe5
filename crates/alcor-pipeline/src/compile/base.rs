//! What holds without any goal: how the tables follow one another, and what is dropped.

use super::resolve;
use crate::state::State;
use crate::table::{
    ADDRESS, ANSWER, ARRIVE, CLASSIFY, DHCP, EGRESS, EXCEPT, FLOOD_LOCAL, FLOOD_REMOTE, FOUND,
    GROUP, HOP, LOCAL, MATCH, MISS, REMOTE, RESOLVE, ROUTE, ROUTER, TRANSMIT,
};
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
        miss(ARRIVE).goto(LOCAL),
        group(LOCAL).goto(FLOOD_LOCAL),
        miss(LOCAL),
        miss(FLOOD_REMOTE).goto(FLOOD_LOCAL),
        miss(FLOOD_LOCAL),
    ]);
    flows.extend(
        state
            .tunnel
            .into_iter()
            .flat_map(|tunnel| transmit(state, tunnel)),
    );
    flows
}

/// On the wire, what was routed has the host's own address as its source: a router's address would
/// come from every host at once.
fn transmit(state: &State, tunnel: PortNo) -> [Flow; 2] {
    let routed = Flow::new(TRANSMIT, EXCEPT, Match::new().with(FOUND, 1_u32));
    let source = Action::set(Field::EthSrc, state.wire_mac);
    [
        routed.apply([source, Action::Output(tunnel)]),
        Flow::new(TRANSMIT, MISS, Match::new()).apply([Action::Output(tunnel)]),
    ]
}
