//! The proof on real Open vSwitch: whatever the region, `ofproto/trace` of the compiled flows says of
//! every packet what the oracle says straight from the intent: between VMs, out of the region, into it,
//! and of answers from outside.
//!
//! `ALCOR_PROOF_REGIONS=1000` for a long run; by default as many regions as take some seconds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]
#![allow(
    clippy::print_stdout,
    reason = "the test tells how much it has compared"
)]

mod answers;
mod edges;
mod expected;
mod outlets;
mod packets;
mod pools;
mod proof;
mod questions;
mod region;
mod replies;
mod roads;
#[path = "../support/mod.rs"]
mod support;
mod switches;
mod ways;

use alcor_openflow::{Action, Field, Flow};
use alcor_pipeline::table;
use proof::Proof;

/// Regions of a short run.
const REGIONS: u32 = 10;
/// Regions in which a flow that is left out must be missed.
const ENOUGH: u32 = 60;

/// Ends that must occur, or the regions were not what they should be.
const ENDS: [&str; 17] = [
    "Delivered",
    "Refused",
    "Barred",
    "Left",
    "Own",
    "OwnOutside",
    "Untranslated",
    "NoGateway",
    "inward",
    "answers",
    "replies",
    "Parted",
    "by a floating IP",
    "by a gateway",
    "by an outlet",
    "as it is, IPv4",
    "as it is, IPv6",
];

#[test]
fn open_vswitch_does_with_every_packet_what_the_intent_says() {
    let cases = std::env::var("ALCOR_PROOF_REGIONS").ok();
    let cases = cases.and_then(|text| text.parse().ok()).unwrap_or(REGIONS);
    let mut proof = Proof::new(|_| true);
    let mut failure = proof.run(cases, 300);
    let mut played = cases;
    // Chance may leave an end out of so few regions.
    while failure.is_none() && played < ENOUGH && ENDS.iter().any(|end| proof.count(end) == 0) {
        failure = proof.run(REGIONS, 300);
        played += REGIONS;
    }
    println!("{played} regions: {}", proof.told());
    if let Some(failure) = failure {
        panic!("{failure}");
    }
    for end in ENDS {
        assert!(proof.count(end) > 0, "no packet ended so: {end}");
    }
    assert!(
        proof.count("Delivered") * 50 > proof.packets(),
        "hardly anything arrives"
    );
}

/// What the Ethernet addresses begin with by which routers take what is to leave.
const SEAT: u128 = 0xae1d;

/// Whether a flow is of a kind.
type Kind = fn(&Flow) -> bool;

/// Flows of each kind, of which the proof must miss any.
const MISSED: [(&str, Kind); 8] = [
    ("what ACLs deny on the way out", |flow| {
        denies(flow, table::ACL_EGRESS_RULES)
    }),
    ("what ACLs deny on the way in", |flow| {
        denies(flow, table::ACL_INGRESS_RULES)
    }),
    ("floating IPs, outward", |flow| {
        translates(flow, table::EXIT) && flow.key.priority == table::EXCEPT
    }),
    ("routers' own addresses, outward", |flow| {
        translates(flow, table::EXIT) && flow.key.priority == table::MATCH
    }),
    ("what comes in", |flow| translates(flow, table::ARRIVE)),
    ("forwarded ports", |flow| {
        translates(flow, table::ARRIVE) && flow.key.matching.get(Field::IpProto).is_some()
    }),
    ("from the wire of VMs to where a router leads out", |flow| {
        let to = flow.key.matching.get(Field::EthDst);
        flow.key.table == table::ARRIVE && to.is_some_and(|(mac, _)| mac >> 32 == SEAT)
    }),
    ("to our own addresses outside", |flow| {
        flow.key.table == table::NEXT && flow.key.priority == table::EXCEPT
    }),
];

/// The same of outlets, address scopes and what is routed in.
const MISSED_TOO: [(&str, Kind); 6] = [
    ("hosts' own addresses, outward", |flow| {
        translates(flow, table::EXIT) && flow.key.priority == table::OUTLET
    }),
    ("what stays in an address scope, outward", |flow| {
        flow.key.priority == table::DIRECT && flow.key.table == table::EXIT && !drops(flow)
    }),
    ("what would leave its address scope", |flow| {
        flow.key.priority == table::DIRECT && flow.key.table == table::EXIT && drops(flow)
    }),
    (
        "what would come into another address scope inside",
        |flow| flow.key.table == table::ROUTE && drops(flow),
    ),
    ("around another address scope", |flow| {
        flow.key.table == table::ROUTE && flow.key.priority == table::AROUND
    }),
    ("what comes in as it is", |flow| {
        flow.key.table == table::ARRIVE && flow.key.priority == table::EXCEPT && is_routed(flow)
    }),
];

fn denies(flow: &Flow, table: u8) -> bool {
    flow.key.table == table && flow.key.priority > 0 && flow.instructions.goto_table.is_none()
}

fn drops(flow: &Flow) -> bool {
    flow.instructions.apply.is_empty() && flow.instructions.goto_table.is_none()
}

fn is_routed(flow: &Flow) -> bool {
    let route = Action::resubmit(table::ROUTE);
    flow.instructions.apply.contains(&route)
}

fn translates(flow: &Flow, table: u8) -> bool {
    let tracked = |action: &Action| matches!(action, Action::Ct(_));
    flow.key.table == table && flow.instructions.apply.iter().any(tracked)
}

fn misses(kinds: &[(&str, Kind)]) {
    for (what, left_out) in kinds {
        let left_out = *left_out;
        let mut proof = Proof::new(move |flow| !left_out(flow));
        let failure = proof.run(ENOUGH, 0);
        println!("without {what}: {}", proof.told());
        assert!(failure.is_some(), "nobody misses {what}");
    }
}

#[test]
fn whatever_is_left_out_is_missed() {
    misses(&MISSED);
}

#[test]
fn so_is_what_belongs_to_scopes_and_outlets() {
    misses(&MISSED_TOO);
}
