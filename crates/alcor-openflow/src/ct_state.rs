//! Bits of the connection tracking state, for [`Match::ct_state`](crate::Match::ct_state).

/// First packet of a connection that is not committed.
pub const NEW: u32 = 0x01;
/// Part of a committed connection.
pub const EST: u32 = 0x02;
/// Related to a committed connection, such as an ICMP error.
pub const REL: u32 = 0x04;
/// Opposite to the direction of the first packet.
pub const RPL: u32 = 0x08;
/// Not trackable.
pub const INV: u32 = 0x10;
/// Has been through the connection tracker.
pub const TRK: u32 = 0x20;
/// Source address was translated.
pub const SNAT: u32 = 0x40;
/// Destination address was translated.
pub const DNAT: u32 = 0x80;
