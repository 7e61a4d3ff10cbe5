//! What tables are for, in few words: for people who follow a packet.

use crate::table::{
    ACL_EGRESS, ACL_EGRESS_RULES, ACL_INGRESS, ACL_INGRESS_RULES, ADDRESS, ANSWER, ARRIVE, ASKED,
    BACK, CLASSIFY, DELIVER, DHCP, EGRESS, EGRESS_ACCEPT, EGRESS_BITS, EGRESS_MARK, EGRESS_PACKETS,
    EGRESS_RULES, EGRESS_STATE, EGRESS_WHOSE, EXIT, FLOOD_LOCAL, FLOOD_REMOTE, HOP, INGRESS,
    INGRESS_ACCEPT, INGRESS_BITS, INGRESS_PACKETS, INGRESS_RULES, INGRESS_STATE, INGRESS_WHOSE,
    INWARD, LOCAL, ND_REPLY, NEXT, OUT_BITS, OUT_PACKETS, REMOTE, RESOLVE, RETURN, ROUTE, ROUTER,
    SPOOF, TRANSMIT, WIRE,
};

/// What a table is asked; empty where there is no such table.
pub fn of(table: u8) -> &'static str {
    match table {
        CLASSIFY => "whose frame",
        EGRESS_PACKETS | EGRESS_BITS | INGRESS_PACKETS | INGRESS_BITS => "limits",
        EGRESS_MARK => "mark",
        SPOOF => "own addresses",
        DHCP => "dhcp, ra",
        RESOLVE | ANSWER | ND_REPLY => "arp, nd",
        EGRESS | EGRESS_STATE => "egress connection",
        EGRESS_RULES | EGRESS_ACCEPT => "egress rules",
        EGRESS_WHOSE | INGRESS_WHOSE => "is it known who",
        ACL_EGRESS | ACL_EGRESS_RULES => "network acl, out",
        ACL_INGRESS | ACL_INGRESS_RULES => "network acl, in",
        ROUTER => "for a router",
        ROUTE => "route",
        ADDRESS => "who has the hop",
        HOP => "hop found",
        EXIT | OUT_PACKETS | OUT_BITS | NEXT | WIRE => "out of the region",
        ASKED | RETURN | INWARD => "from outside",
        REMOTE => "which host",
        TRANSMIT => "into the tunnel",
        ARRIVE => "out of the tunnel",
        LOCAL => "which port",
        INGRESS | INGRESS_STATE => "ingress connection",
        INGRESS_RULES | INGRESS_ACCEPT => "ingress rules",
        DELIVER | BACK => "out of the port",
        FLOOD_REMOTE | FLOOD_LOCAL => "broadcast",
        _ => "",
    }
}
