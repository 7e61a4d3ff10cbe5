//! The frames that a port may send as far as addresses go: from its own, and those that the
//! owner allows. Whatever else it sends is dropped.

use super::filter::{NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION, ROUTER_SOLICITATION};
use crate::member::Security;
use crate::table::{DHCP, EXCEPT_2, MATCH, SENDER, SPOOF};
use alcor_openflow::{Field, Flow, Match, PortNo};
use alcor_types::MacAddr;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

const DHCP_CLIENT: u16 = 68;
const DHCP_SERVER: u16 = 67;

/// The link's own addresses, which every host picks for itself: `fe80::/10`.
const LINK_LOCAL: (Ipv6Addr, u8) = (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10);

/// In the place of a link-layer address that a packet does not name.
const UNNAMED: MacAddr = MacAddr([0; 6]);

/// What a host without an address says in IPv6 besides asking for duplicates: reports of
/// listeners, and the question for routers.
const WITHOUT_ADDRESS: [u8; 3] = [131, 143, ROUTER_SOLICITATION];

/// The flows of a port with this Ethernet address.
pub(super) fn flows(ofport: PortNo, own: MacAddr, security: &Security) -> Vec<Flow> {
    let macs: BTreeSet<_> = security.sources.iter().map(|(mac, _)| *mac).collect();
    let mut frames = BTreeSet::new();
    let mut discovery = BTreeSet::new();
    for mac in macs.into_iter().chain([own]) {
        let from = Match::new().with(SENDER, ofport).eth_src(mac);
        let blocks = security.sources.iter().filter(|(of, _)| *of == mac);
        let (mut four, mut six) = (Vec::new(), vec![LINK_LOCAL]);
        for (_, block) in blocks {
            match block {
                IpNet::V4(block) => four.push(*block),
                IpNet::V6(block) => six.push(parts(*block)),
            }
        }
        frames.extend(ipv4(&from, mac, &four));
        frames.extend(ipv6(&from, &six));
        discovery.extend(neighbor_discovery(&from, mac, &six));
    }
    let pass = |priority| move |matching| Flow::new(SPOOF, priority, matching).goto(DHCP);
    let frames = frames.into_iter().map(pass(MATCH));
    let discovery = discovery.into_iter().map(pass(EXCEPT_2));
    frames.chain(discovery).collect()
}

fn parts(block: Ipv6Net) -> (Ipv6Addr, u8) {
    (block.addr(), block.prefix_len())
}

/// IP and ARP; also probes for duplicates (RFC 5227), and DHCP before there is an address.
fn ipv4(from: &Match, mac: MacAddr, blocks: &[Ipv4Net]) -> Vec<Match> {
    let arp = || from.clone().arp().arp_sha(mac);
    let nobody = Ipv4Addr::UNSPECIFIED;
    let client = from.clone().udp().ipv4_src(nobody);
    let mut matches = vec![
        arp().arp_spa(nobody),
        client.udp_src(DHCP_CLIENT).udp_dst(DHCP_SERVER),
    ];
    for block in blocks {
        let ip = from.clone().ipv4();
        matches.push(ip.ipv4_src_prefix(block.addr(), block.prefix_len()));
        matches.push(arp().with_masked(Field::ArpSpa, block.addr(), block.netmask()));
    }
    matches
}

fn ipv6(from: &Match, blocks: &[(Ipv6Addr, u8)]) -> Vec<Match> {
    let six = || from.clone().ipv6();
    let blocks = blocks.iter();
    let blocks = blocks.map(|(address, length)| six().ipv6_src_prefix(*address, *length));
    let nobody = WITHOUT_ADDRESS.iter().map(|kind| {
        let from = from.clone().icmpv6().ipv6_src(Ipv6Addr::UNSPECIFIED);
        from.icmpv6_type(*kind)
    });
    blocks.chain(nobody).collect()
}

/// A question comes from an own address, or looks for duplicates of one; an answer speaks of an
/// own address. Either names the own Ethernet address, or none.
fn neighbor_discovery(from: &Match, mac: MacAddr, blocks: &[(Ipv6Addr, u8)]) -> Vec<Match> {
    let message = |kind| from.clone().icmpv6().icmpv6_type(kind).icmpv6_code(0);
    let target = |matching: Match, address, length| {
        matching.with_masked(Field::NdTarget, address, prefix_mask(length))
    };
    let mut matches = Vec::new();
    for (address, length) in blocks.iter().copied() {
        let search = message(NEIGHBOR_SOLICITATION).ipv6_src(Ipv6Addr::UNSPECIFIED);
        matches.push(target(search.nd_sll(UNNAMED), address, length));
        for named in [mac, UNNAMED] {
            let question = message(NEIGHBOR_SOLICITATION).ipv6_src_prefix(address, length);
            matches.push(question.nd_sll(named));
            let answer = message(NEIGHBOR_ADVERTISEMENT).nd_tll(named);
            matches.push(target(answer, address, length));
        }
    }
    matches
}

fn prefix_mask(length: u8) -> u128 {
    let host_bits = 128 - u32::from(length);
    u128::MAX.checked_shl(host_bits).unwrap_or(0)
}
