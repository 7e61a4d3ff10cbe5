//! ARP requests and neighbour solicitations of local ports, answered without leaving the bridge where
//! it is known who has the address.

use crate::key::NetworkKey;
use crate::table::{
    ADDRESS, ADDRESS_OF, ANSWER, BACK, EXCEPT, FOUND, MATCH, ND_REPLY, RESOLVE, SCRATCH, ipv4_of,
};
use alcor_openflow::{Action, Field, Flow, Match, Subfield};
use std::net::Ipv6Addr;

pub(super) const ARP_REQUEST: u16 = 1;
const ARP_REPLY: u16 = 2;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// The option that names the target's link-layer address (RFC 4861, 4.6.1).
const TARGET_LINK_LAYER: u8 = 2;
/// An advertisement's flags: it was asked for, and counts more than what was known.
const SOLICITED_OVERRIDE: u32 = 0x6000_0000;
/// That it comes from a router. A VM that heard less would forget its routes by that router (RFC
/// 4861, 7.2.5).
const ROUTER_FLAG: u32 = 0x8000_0000;

/// The question goes to who knows; what comes back with an answer is turned into it.
pub(super) fn flows() -> Vec<Flow> {
    let arp = Match::new().arp().arp_op(ARP_REQUEST);
    let target = Action::copy(Field::ArpTpa, ipv4_of());
    let target6 = Action::copy(Field::NdTarget, ADDRESS_OF);
    // Whoever has no address yet looks for a duplicate (RFC 4862): that is for its peers to hear.
    let probe = solicitation().with(Field::Ipv6Src, Ipv6Addr::UNSPECIFIED);
    vec![
        Flow::new(RESOLVE, MATCH, arp.clone())
            .apply([target, Action::resubmit(ADDRESS)])
            .goto(ANSWER),
        Flow::new(RESOLVE, MATCH, solicitation())
            .apply([target6, Action::resubmit(ADDRESS)])
            .goto(ANSWER),
        Flow::new(RESOLVE, EXCEPT, probe).goto(ANSWER),
        Flow::new(ANSWER, MATCH, arp.with(FOUND, 1_u32)).apply(arp_reply()),
        Flow::new(ANSWER, MATCH, solicitation().with(FOUND, 1_u32)).apply(advertise()),
        Flow::new(ND_REPLY, MATCH, nd(ADVERTISEMENT)).apply(told(SOLICITED_OVERRIDE)),
    ]
}

/// The same answer where it is a router's.
pub(super) fn of_router(key: NetworkKey, address: Ipv6Addr) -> Flow {
    let answer = nd(ADVERTISEMENT).metadata(key.number());
    let answer = answer.with(Field::NdTarget, address);
    Flow::new(ND_REPLY, EXCEPT, answer).apply(told(ROUTER_FLAG | SOLICITED_OVERRIDE))
}

fn told(flags: u32) -> [Action; 4] {
    [
        Action::set(Field::NdOptionsType, TARGET_LINK_LAYER),
        Action::copy(Field::EthSrc, Field::NdTll),
        Action::set(Field::NdReserved, flags),
        Action::resubmit(BACK),
    ]
}

pub(super) fn solicitation() -> Match {
    nd(SOLICITATION)
}

pub(super) fn nd(kind: u8) -> Match {
    let icmp = Match::new().icmpv6();
    icmp.with(Field::Icmpv6Type, kind)
        .with(Field::Icmpv6Code, 0_u8)
}

/// The request turned into its reply, back to where it came from. The destination's MAC address is
/// the one that was asked for.
fn arp_reply() -> [Action; 8] {
    [
        Action::copy(Field::ArpSha, Field::ArpTha),
        Action::copy(Field::EthDst, Field::ArpSha),
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::copy(Field::ArpSha, Field::EthSrc),
        Action::copy(Field::ArpSpa, Field::ArpTpa),
        Action::copy(ipv4_of(), Field::ArpSpa),
        Action::set(Field::ArpOp, ARP_REPLY),
        Action::resubmit(BACK),
    ]
}

/// The same for IPv6. What an advertisement has in place of a solicitation's fields can only be
/// written once the packet is one: in the next table.
fn advertise() -> [Action; 7] {
    let scratch = Subfield::new(SCRATCH, 0, 48);
    [
        Action::copy(Field::EthDst, scratch),
        Action::copy(Field::EthSrc, Field::EthDst),
        Action::copy(scratch, Field::EthSrc),
        Action::copy(Field::Ipv6Src, Field::Ipv6Dst),
        Action::copy(Field::NdTarget, Field::Ipv6Src),
        Action::set(Field::Icmpv6Type, ADVERTISEMENT),
        Action::resubmit(ND_REPLY),
    ]
}
