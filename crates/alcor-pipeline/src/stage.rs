//! What tables are for, in few words: for people who follow a packet.

use crate::table::{
    ADDRESS, ANSWER, ARRIVE, CLASSIFY, DELIVER, DHCP, EGRESS, EGRESS_ACCEPT, EGRESS_RULES,
    EGRESS_STATE, FLOOD_LOCAL, FLOOD_REMOTE, HOP, INGRESS, INGRESS_ACCEPT, INGRESS_RULES,
    INGRESS_STATE, LOCAL, ND_REPLY, REMOTE, RESOLVE, ROUTE, ROUTER, SPOOF, TRANSMIT,
};

/// What a table is asked; empty where there is no such table.
pub fn of(table: u8) -> &'static str {
    match table {
        CLASSIFY => "whose frame",
        SPOOF => "own addresses",
        DHCP => "dhcp, ra",
        RESOLVE | ANSWER | ND_REPLY => "arp, nd",
        EGRESS | EGRESS_STATE => "egress connection",
        EGRESS_RULES | EGRESS_ACCEPT => "egress rules",
        ROUTER => "for a router",
        ROUTE => "route",
        ADDRESS => "who has the hop",
        HOP => "hop found",
        REMOTE => "which host",
        TRANSMIT => "into the tunnel",
        ARRIVE => "out of the tunnel",
        LOCAL => "which port",
        INGRESS | INGRESS_STATE => "ingress connection",
        INGRESS_RULES | INGRESS_ACCEPT => "ingress rules",
        DELIVER => "out of the port",
        FLOOD_REMOTE | FLOOD_LOCAL => "broadcast",
        _ => "",
    }
}
