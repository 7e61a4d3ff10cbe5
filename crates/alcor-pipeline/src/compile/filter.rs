//! What holds of security groups without any goal: connections, and what is never asked of rules.

use super::members;
use crate::table::{
    DELIVER, EXCEPT, EXCEPT_2, FIRST, MATCH, MISS, RECEIVER, RECEIVING, SENDING, SPOOF, Side,
    UNCHECKED, UNRULED,
};
use alcor_openflow::ct_state::{EST, INV, NEW, REL, RPL, TRK};
use alcor_openflow::{Action, Field, Flow, Match, Subfield};

/// The mark of connections that no rule allows any more.
const ENDED: u32 = 1;
/// In `ip_frag`: a later fragment.
pub(super) const LATER: u8 = 2;

const DHCP_SERVER: u16 = 67;
const DHCP_CLIENT: u16 = 68;
const DHCPV6_SERVER: u16 = 547;
const DHCPV6_CLIENT: u16 = 546;

/// Listener queries and reports.
pub(super) const MLD: [u8; 4] = [130, 131, 132, 143];
pub(super) const ROUTER_SOLICITATION: u8 = 133;
pub(super) const ROUTER_ADVERTISEMENT: u8 = 134;
pub(super) const NEIGHBOR_SOLICITATION: u8 = 135;
pub(super) const NEIGHBOR_ADVERTISEMENT: u8 = 136;

/// All of it.
pub(super) fn flows() -> Vec<Flow> {
    let mut flows = spoof();
    for (side, own) in [
        (&SENDING, ROUTER_SOLICITATION),
        (&RECEIVING, ROUTER_ADVERTISEMENT),
    ] {
        flows.extend(entry(side, own));
        flows.extend(state(side));
        flows.extend(rules(side));
        flows.extend(accept(side));
        flows.push(members::passing(side));
    }
    flows.push(
        Flow::new(DELIVER, MISS, Match::new()).apply([Action::OutputReg {
            port: Subfield::new(RECEIVER, 0, 32),
            max_len: 0,
        }]),
    );
    flows
}

/// What no port may speak from, whoever it says it is: servers and routers are the region's own.
/// Neighbour discovery that says nothing wrong is let through by the ports' own flows.
fn spoof() -> Vec<Flow> {
    let drop = |matching| Flow::new(SPOOF, EXCEPT, matching);
    let discovery = [
        ROUTER_ADVERTISEMENT,
        NEIGHBOR_SOLICITATION,
        NEIGHBOR_ADVERTISEMENT,
    ];
    let servers = [
        Match::new().udp().udp_src(DHCP_SERVER).udp_dst(DHCP_CLIENT),
        Match::new()
            .udp6()
            .udp_src(DHCPV6_SERVER)
            .udp_dst(DHCPV6_CLIENT),
    ];
    let discovery = discovery.map(|kind| Match::new().icmpv6().icmpv6_type(kind));
    let all = servers.into_iter().chain(discovery).map(drop);
    all.chain([Flow::new(SPOOF, MISS, Match::new())]).collect()
}

/// Packets meet their connections. Without ARP and neighbour discovery no rule could ever be
/// used, so no rule is asked. Other families than IP have no rules, and are dropped.
fn entry(side: &Side, router: u8) -> Vec<Flow> {
    let track = |matching| {
        let ct = side.zone().table(side.state);
        Flow::new(side.entry, MATCH, matching).apply([ct.into()])
    };
    let always = [router, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT];
    let always = MLD.into_iter().chain(always).map(|kind| {
        let matching = Match::new().icmpv6().icmpv6_type(kind);
        Flow::new(side.entry, EXCEPT, matching).goto(side.next)
    });
    let fixed = [
        Flow::new(side.entry, MISS, Match::new()),
        Flow::new(side.entry, MATCH, Match::new().arp()).goto(side.next),
        track(Match::new().ipv4()),
        track(Match::new().ipv6()),
    ];
    fixed.into_iter().chain(always).collect()
}

/// Answers pass, what nobody can make sense of does not, and the rest is asked of the rules:
/// new connections, and the direction of old ones that a rule once allowed. Of a connection that
/// has ended only that direction is heard, in case a rule allows it again.
///
/// Later fragments have no ports that a rule could match; the first of their packet has, and
/// without it they are of no use to anybody. They go where the first goes when it is allowed: the
/// tracker waits for all of them wherever it sees one.
fn state(side: &Side) -> Vec<Flow> {
    let tracked = |with: u32, without: u32| {
        let value = TRK | with;
        Match::new().ct_state(value, value | without)
    };
    let flow = |priority, matching| Flow::new(side.state, priority, matching);
    let ended = |matching: Match| flow(UNCHECKED, matching.ct_mark(ENDED));
    let [later_four, later_six] = [
        tracked(0, INV).ipv4().ip_frag(LATER, LATER),
        tracked(0, INV).ipv6().ip_frag(LATER, LATER),
    ];
    vec![
        flow(FIRST, tracked(INV, 0)),
        ended(tracked(RPL, INV)),
        ended(tracked(REL, RPL | INV)),
        flow(EXCEPT_2, later_four.clone().ct_mark(ENDED)),
        flow(EXCEPT_2, later_six.clone().ct_mark(ENDED)),
        flow(EXCEPT, later_four).goto(side.accept),
        flow(EXCEPT, later_six).goto(side.accept),
        flow(MATCH, tracked(REL, INV)).goto(side.next),
        flow(MATCH, tracked(EST | RPL, REL | INV)).goto(side.next),
        flow(MATCH, tracked(EST, RPL | REL | INV)).goto(side.rules),
        flow(MATCH, tracked(NEW, EST | REL | INV)).goto(side.rules),
        flow(MISS, Match::new()),
    ]
}

/// A connection that no rule allows any more is marked, so that its answers end, too.
fn rules(side: &Side) -> [Flow; 3] {
    let end = side.zone().commit();
    let end = end.exec(Action::set(Field::CtMark, ENDED));
    let end = |matching: Match| {
        let established = matching.ct_state(TRK | EST, TRK | EST);
        Flow::new(side.rules, UNRULED, established).apply([end.clone().into()])
    };
    let dropped = Flow::new(side.rules, MISS, Match::new());
    [end(Match::new().ipv4()), end(Match::new().ipv6()), dropped]
}

/// New connections are remembered, and those that a rule allows again are no longer marked.
fn accept(side: &Side) -> [Flow; 5] {
    let flow = |matching: Match| Flow::new(side.accept, MATCH, matching);
    let remember = |family: Match| {
        let new = family.ct_state(TRK | NEW, TRK | NEW);
        let commit = side.zone().commit();
        flow(new).apply([commit.into()]).goto(side.next)
    };
    let go_on = |family: Match| {
        let ended = family.ct_state(TRK | EST, TRK | EST).ct_mark(ENDED);
        let commit = side.zone().commit();
        let commit = commit.exec(Action::set(Field::CtMark, 0_u32));
        flow(ended).apply([commit.into()]).goto(side.next)
    };
    [
        remember(Match::new().ipv4()),
        remember(Match::new().ipv6()),
        go_on(Match::new().ipv4()),
        go_on(Match::new().ipv6()),
        Flow::new(side.accept, MISS, Match::new()).goto(side.next),
    ]
}
