//! Random network ACLs of a region: who guards which subnet, and by which rules.

use super::region::NETWORKS;
use super::support::acls::{acl, rule, rule_id};
use super::support::goals::acl_id;
use alcor_compiler::Fact;
use alcor_types::{AclAction, AclProtocol, FlowDirection};
use proptest::prelude::*;

/// Two of each network.
const ACLS: u8 = 2 * NETWORKS;
/// Rules of an ACL that come and go.
const RULES: u8 = 4;
/// The number of the rules that stand at the end of every ACL.
const LAST: u16 = 900;

const PREFIXES: [&str; 8] = [
    "0.0.0.0/0",
    "10.0.0.0/23",
    "10.0.1.0/24",
    "10.0.0.12/30",
    "128.0.0.0/1",
    "::/0",
    "fd00:0:0:1::/64",
    "fd00::/64",
];

const PROTOCOLS: [AclProtocol; 6] = [
    AclProtocol::All,
    AclProtocol::Tcp(Some((80, 80))),
    AclProtocol::Udp(None),
    AclProtocol::Udp(Some((6000, 7000))),
    AclProtocol::Icmp(Some((8, 0))),
    AclProtocol::Icmpv6(None),
];

/// What every ACL says in the end: all of IPv4 passes, and so does all of IPv6. An ACL that denies
/// all would hide whatever lies behind it.
pub(crate) fn last_words() -> impl Iterator<Item = Fact> {
    let ways = [FlowDirection::Egress, FlowDirection::Ingress];
    let sides = ways
        .into_iter()
        .flat_map(|way| ["0.0.0.0/0", "::/0"].map(|all| (way, all)));
    let sides: Vec<_> = sides.zip(0..).collect();
    (0..ACLS).flat_map(move |of| {
        let rules = sides.clone().into_iter();
        rules.map(move |((way, all), id): (_, u8)| {
            let number = LAST + u16::from(id);
            let says = (way, all, AclProtocol::All, AclAction::Allow);
            rule(of, RULES + id, number, says)
        })
    })
}

/// ACL `n` is of network `n % NETWORKS`. The first of each may be its default, and may guard its
/// subnet of IPv4; the second may guard that of IPv6.
fn any_acl() -> impl Strategy<Value = Fact> {
    (0..ACLS, any::<bool>(), any::<bool>()).prop_map(|(id, default, guards)| {
        let (network, first) = (id % NETWORKS, id < NETWORKS);
        let subnet = network + if first { 0 } else { 100 };
        let named = [subnet];
        let named = if guards { &named[..] } else { &[] };
        acl(id, network, first && default, named)
    })
}

/// Two rules of an ACL never have one number, and which of them comes first changes.
fn any_rule() -> impl Strategy<Value = Fact> {
    let ways = prop::sample::select(vec![FlowDirection::Ingress, FlowDirection::Egress]);
    let prefixes = prop::sample::select(&PREFIXES[..]);
    let protocols = prop::sample::select(&PROTOCOLS[..]);
    let actions = prop::sample::select(vec![AclAction::Allow, AclAction::Deny, AclAction::Deny]);
    let says = (ways, prefixes, protocols, actions);
    (0..ACLS, 0..RULES, 0..3_u16, says).prop_map(|(of, id, place, says)| {
        let number = 1 + u16::from(id) + place * u16::from(RULES);
        rule(of, id, number, says)
    })
}

/// Whatever may happen to ACLs.
pub(crate) fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        3 => any_acl(),
        5 => any_rule(),
        1 => (0..ACLS).prop_map(|id| Fact::NetworkAcl(acl_id(id), None)),
        1 => (0..ACLS, 0..RULES).prop_map(|(of, id)| Fact::NetworkAclRule(rule_id(of, id), None)),
    ]
}

/// Some ACLs with some rules.
pub(crate) fn any_start() -> impl Strategy<Value = Vec<Fact>> {
    let acls = prop::collection::vec(any_acl(), 2..6);
    let rules = prop::collection::vec(any_rule(), 4..16);
    (acls, rules).prop_map(|(acls, rules)| acls.into_iter().chain(rules).collect())
}
