//! What holds without any goal: how the tables follow one another, and what is dropped.

use crate::table::{
    ARP, CLASSIFY, DHCP, EGRESS, FLOOD_LOCAL, FLOOD_REMOTE, GROUP, LOCAL, MISS, REMOTE,
};
use alcor_openflow::{Flow, Match};

/// The drops are flows of their own, though an empty table would drop as well: their counters
/// tell how many frames came from nowhere, or went to nobody.
pub(super) fn flows() -> Vec<Flow> {
    let miss = |table| Flow::new(table, MISS, Match::new());
    let group = |table| Flow::new(table, GROUP, Match::new().eth_multicast());
    vec![
        miss(CLASSIFY),
        miss(DHCP).goto(ARP),
        miss(ARP).goto(EGRESS),
        group(REMOTE).goto(FLOOD_REMOTE),
        miss(REMOTE).goto(LOCAL),
        group(LOCAL).goto(FLOOD_LOCAL),
        miss(LOCAL),
        miss(FLOOD_REMOTE).goto(FLOOD_LOCAL),
        miss(FLOOD_LOCAL),
    ]
}
