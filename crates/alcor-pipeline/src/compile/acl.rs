//! Network ACLs: what may leave the subnets of this host's ports, and what may enter them.
//!
//! Every port of a guarded subnet has a few flows that name the ACL of a packet, and every ACL has
//! its rules once, whatever the number of its subnets and ports. Both ways are judged on the VM's
//! own host, next to the VM: as it sends, and as it receives.
//!
//! A packet belongs to the port's subnet whose block has the VM's address in it. One that has none
//! of the port's blocks (a link-local address, one of an allowed pair) is judged like those of the
//! port's first subnet, so that no address is a way around the ACL.
//!
//! Not the ACL's business, and therefore let through:
//!
//! * what stays inside a subnet: the other end is in the same block;
//! * ARP, neighbour and router discovery, listener reports: without them no rule could be used;
//! * DHCP of clients that have no address yet, or a link-local one;
//! * what is sent to everybody: it never leaves the network. Those who get it in another subnet
//!   have the last word, by its source;
//! * whatever the agent answers itself (DHCP, router advertisements, a router's errors): it never
//!   comes through these tables.
//!
//! An answer is a packet like any other. Later fragments have no ports and no type: a rule with
//! ports lets them through where it allows (without the first one they are of no use), and says
//! nothing of them where it denies.

use super::filter::{LATER, MLD, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION};
use super::filter::{ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION};
use crate::member::Local;
use crate::state::State;
use crate::table::{
    ACL_ID, ENTERING, Edge, FIRST, HOME, HOME_INSIDE, LEAVING, MISS, OTHER, OTHER_INSIDE,
};
use crate::traffic::blocks;
use alcor_goalstate::AclRule;
use alcor_openflow::{Action, Field, Flow, Match, PortNo};
use alcor_types::{AclAction, AclProtocol, Direction, NetworkAclId};
use ipnet::IpNet;
use std::net::{Ipv4Addr, Ipv6Addr};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
const DHCP: (u16, u16) = (68, 67);
const DHCP6: (u16, u16) = (546, 547);
const LINK_LOCAL: (Ipv6Addr, u8) = (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10);

/// A subnet that a port is in.
struct Home {
    block: IpNet,
    acl: Option<NetworkAclId>,
}

/// What holds without any ACL.
pub(super) fn flows() -> Vec<Flow> {
    let mut flows = Vec::new();
    for edge in [&LEAVING, &ENTERING] {
        flows.push(Flow::new(edge.entry, MISS, Match::new()).goto(edge.next));
        flows.push(Flow::new(edge.rules, MISS, Match::new()));
        let free = exempt().into_iter();
        flows.extend(free.map(|matching| Flow::new(edge.entry, FIRST, matching).goto(edge.next)));
    }
    let everybody = everybody().into_iter();
    flows.extend(everybody.map(|to| Flow::new(LEAVING.entry, FIRST, to).goto(LEAVING.next)));
    flows
}

fn exempt() -> Vec<Match> {
    let discovery = [
        ROUTER_SOLICITATION,
        ROUTER_ADVERTISEMENT,
        NEIGHBOR_SOLICITATION,
        NEIGHBOR_ADVERTISEMENT,
    ];
    let kinds = MLD.into_iter().chain(discovery);
    let discovery = kinds.map(|kind| Match::new().icmpv6().icmpv6_type(kind));
    let nobody = Match::new().udp().ipv4_src(Ipv4Addr::UNSPECIFIED);
    let (client, server) = DHCP;
    let dhcp = [nobody.udp_src(client).udp_dst(server)];
    let (client, server) = DHCP6;
    let dhcp6 = [(client, server), (server, client)].map(|(from, to)| {
        let (address, length) = LINK_LOCAL;
        let link = Match::new().udp6().ipv6_src_prefix(address, length);
        link.udp_src(from).udp_dst(to)
    });
    discovery.chain(dhcp).chain(dhcp6).collect()
}

/// What is sent to all of the link, or to a group of it.
fn everybody() -> [Match; 3] {
    let four = || Match::new().ipv4();
    [
        four().ipv4_dst(Ipv4Addr::BROADCAST),
        four().ipv4_dst_prefix(Ipv4Addr::new(224, 0, 0, 0), 4),
        Match::new()
            .ipv6()
            .ipv6_dst_prefix(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    ]
}

/// Which ACL the packets of a port are for; nothing where none of its subnets is guarded.
pub(super) fn of_port(state: &State, ofport: PortNo, local: &Local) -> Vec<Flow> {
    let homes = local.subnets.iter().filter_map(|id| {
        Some(Home {
            block: state.blocks.get(id)?.cidr,
            acl: state.acls.guard(*id),
        })
    });
    let homes: Vec<_> = homes.collect();
    if homes.iter().all(|home| home.acl.is_none()) {
        return Vec::new();
    }
    let mut flows = Vec::new();
    for edge in [&LEAVING, &ENTERING] {
        flows.extend(of_family(edge, ofport, &homes, false));
        flows.extend(of_family(edge, ofport, &homes, true));
    }
    // A subnet and its like that replaces it are there together for a moment: the first counts.
    flows.sort_by(|one, other| one.key.cmp(&other.key));
    flows.dedup_by(|one, other| one.key == other.key);
    flows
}

fn of_family(edge: &'static Edge, ofport: PortNo, homes: &[Home], six: bool) -> Vec<Flow> {
    let port = || Match::new().with(edge.port, ofport);
    let inside = |priority, matching, block| {
        Flow::new(edge.entry, priority, (edge.peer)(matching, block)).goto(edge.next)
    };
    let mut same = homes
        .iter()
        .filter(|home| home.block.addr().is_ipv6() == six);
    let first = same.next();
    let mut flows = Vec::new();
    if let Some(home) = first.or(homes.first()) {
        let family = if six { port().ipv6() } else { port().ipv4() };
        flows.push(named(edge, HOME, family, home.acl));
    }
    if let Some(home) = first {
        flows.push(inside(HOME_INSIDE, port(), home.block));
    }
    for home in same {
        let own = || (edge.own)(port(), home.block);
        flows.push(named(edge, OTHER, own(), home.acl));
        flows.push(inside(OTHER_INSIDE, own(), home.block));
    }
    flows
}

/// To the rules, with the ACL's name; on, where there is none.
fn named(edge: &Edge, priority: u16, matching: Match, acl: Option<NetworkAclId>) -> Flow {
    let flow = Flow::new(edge.entry, priority, matching);
    match acl {
        Some(id) => flow
            .apply([Action::set(ACL_ID, id.0.as_u128())])
            .goto(edge.rules),
        None => flow.goto(edge.next),
    }
}

/// The rules of an ACL that guards a port here.
pub(super) fn rules(state: &State, id: NetworkAclId) -> Vec<Flow> {
    let acl = state.acls.in_use(id).into_iter();
    let rules = acl.flat_map(|acl| &acl.rules);
    rules.flat_map(|rule| of_rule(id, rule)).collect()
}

/// The lower the number, the higher the flows. What no rule is about is dropped below them.
fn of_rule(id: NetworkAclId, rule: &AclRule) -> Vec<Flow> {
    let edge = match rule.direction {
        Direction::Egress => &LEAVING,
        Direction::Ingress => &ENTERING,
    };
    let guarded = Match::new().with(ACL_ID, id.0.as_u128());
    let packets = (edge.peer)(guarded, rule.prefix);
    let flow = |matching| {
        let flow = Flow::new(edge.rules, u16::MAX - rule.number, matching);
        match rule.action {
            AclAction::Allow => flow.goto(edge.next),
            AclAction::Deny => flow,
        }
    };
    matches(packets, rule).into_iter().map(flow).collect()
}

fn matches(packets: Match, rule: &AclRule) -> Vec<Match> {
    let of = |protocol| packets.clone().ip_proto(protocol);
    let six = rule.prefix.addr().is_ipv6();
    match rule.protocol {
        AclProtocol::All => vec![packets],
        AclProtocol::Tcp(range) => ports(of(TCP), Field::TcpDst, range, rule.action),
        AclProtocol::Udp(range) => ports(of(UDP), Field::UdpDst, range, rule.action),
        AclProtocol::Icmp(kind) if !six => {
            let fields = [Field::Icmpv4Type, Field::Icmpv4Code];
            icmp(of(ICMP), fields, kind, rule.action)
        }
        AclProtocol::Icmpv6(kind) if six => {
            let fields = [Field::Icmpv6Type, Field::Icmpv6Code];
            icmp(of(ICMPV6), fields, kind, rule.action)
        }
        // There are no such packets.
        AclProtocol::Icmp(_) | AclProtocol::Icmpv6(_) => Vec::new(),
    }
}

fn ports(of: Match, field: Field, range: Option<(u16, u16)>, action: AclAction) -> Vec<Match> {
    let Some((low, high)) = range.filter(|range| *range != (0, u16::MAX)) else {
        return vec![of];
    };
    let blocks = blocks(low, high).into_iter();
    let pieces = blocks.map(|(value, mask)| first_part(of.clone()).with_masked(field, value, mask));
    pieces.chain(later_parts(&of, action)).collect()
}

fn icmp(of: Match, fields: [Field; 2], one: Option<(u8, u8)>, action: AclAction) -> Vec<Match> {
    let Some((kind, code)) = one else {
        return vec![of];
    };
    let first = first_part(of.clone()).with(fields[0], kind);
    let first = [first.with(fields[1], code)].into_iter();
    first.chain(later_parts(&of, action)).collect()
}

/// Whole packets, and first fragments.
fn first_part(of: Match) -> Match {
    of.ip_frag(0, LATER)
}

fn later_parts(of: &Match, action: AclAction) -> Option<Match> {
    (action == AclAction::Allow).then(|| of.clone().ip_frag(LATER, LATER))
}
