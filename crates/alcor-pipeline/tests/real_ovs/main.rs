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

mod edges;
mod expected;
mod packets;
mod proof;
mod questions;
mod region;
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
const ENDS: [&str; 10] = [
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
];

#[test]
fn open_vswitch_does_with_every_packet_what_the_intent_says() {
    let cases = std::env::var("ALCOR_PROOF_REGIONS").ok();
    let cases = cases.and_then(|text| text.parse().ok());
    let mut proof = Proof::new(|_| true);
    let failure = proof.run(cases.unwrap_or(REGIONS), 300);
    println!("{}", proof.told());
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

fn denies(flow: &Flow, table: u8) -> bool {
    flow.key.table == table && flow.key.priority > 0 && flow.instructions.goto_table.is_none()
}

fn translates(flow: &Flow, table: u8) -> bool {
    let tracked = |action: &Action| matches!(action, Action::Ct(_));
    flow.key.table == table && flow.instructions.apply.iter().any(tracked)
}

#[test]
fn whatever_is_left_out_is_missed() {
    for (what, left_out) in MISSED {
        let mut proof = Proof::new(move |flow| !left_out(flow));
        let failure = proof.run(ENOUGH, 0);
        println!("without {what}: {}", proof.told());
        assert!(failure.is_some(), "nobody misses {what}");
    }
}
