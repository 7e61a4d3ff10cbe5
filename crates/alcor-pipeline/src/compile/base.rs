//! What holds without any goal: how the tables follow one another, and what is dropped.

use crate::state::State;
use crate::table::{
    ADDRESS, ARP, ARP_ANSWER, ARRIVE, CLASSIFY, DHCP, EXCEPT, FLOOD_LOCAL, FLOOD_REMOTE, FOUND,
    GROUP, HOP, LOCAL, MATCH, MISS, REMOTE, ROUTE, ROUTER, TRANSMIT, ipv4_of,
};
use alcor_openflow::{Action, Field, Flow, Match, PortNo};

const ARP_REQUEST: u16 = 1;
const ARP_REPLY: u16 = 2;

/// The drops are flows of their own, though an empty table would drop as well: their counters
/// tell how many frames came from nowhere, or went to nobody.
pub(super) fn flows(state: &State) -> Vec<Flow> {
    let miss = |table| Flow::new(table, MISS, Match::new());
    let group = |table| Flow::new(table, GROUP, Match::new().eth_multicast());
    let mut flows = vec![
        miss(CLASSIFY),
        miss(DHCP).goto(ARP),
        arp_question(),
        miss(ARP).goto(ARP_ANSWER),
        arp_answer(),
        miss(ARP_ANSWER).goto(ROUTER),
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
    ];
    flows.extend(
        state
            .tunnel
            .into_iter()
            .flat_map(|tunnel| transmit(state, tunnel)),
    );
    flows
}

/// Who has the target's address?
fn arp_question() -> Flow {
    let request = Match::new().arp().arp_op(ARP_REQUEST);
    let ask = [
        Action::copy(Field::ArpTpa, ipv4_of()),
        Action::resubmit(ADDRESS),
    ];
    Flow::new(ARP, MATCH, request).apply(ask).goto(ARP_ANSWER)
}

/// The request turned into its reply, back to where it came from. The destination's MAC address is
/// the one that was asked for.
fn arp_answer() -> Flow {
    let answered = Match::new().arp().arp_op(ARP_REQUEST).with(FOUND, 1_u32);
    Flow::new(ARP_ANSWER, MATCH, answered).apply([
        Action::copy(Field::ArpSha, Field::ArpTha),
        Action::copy(Field::EthDst, Field::ArpSha),
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::copy(Field::ArpSha, Field::EthSrc),
        Action::copy(Field::ArpSpa, Field::ArpTpa),
        Action::copy(ipv4_of(), Field::ArpSpa),
        Action::set(Field::ArpOp, ARP_REPLY),
        Action::Output(PortNo::IN_PORT),
    ])
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
