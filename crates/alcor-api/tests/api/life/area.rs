//! The areas of a life: for each the kinds it is made of and the laws it keeps.

mod acls;
mod addresses;
mod bindings;
mod filters;
mod layer2;
mod metering;
mod qos;
mod routed;
mod segments;
mod shares;
mod tables;
mod trunks;

use super::kind::Kind;
use super::model::Lists;
use super::quotas::PROJECTS;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The hosts of a life.
pub(super) const HOSTS: [&str; 3] = ["up-a", "up-b", "up-c"];

/// The physical network of a life.
pub(super) const PHYSICAL: &str = "physnet1";

/// An area: its kinds, and what panics where its lists break a law.
struct Area {
    kinds: &'static [Kind],
    hold: fn(&Lists),
}

const AREAS: [Area; 12] = [
    layer2::AREA,
    addresses::AREA,
    filters::AREA,
    qos::AREA,
    shares::AREA,
    routed::AREA,
    trunks::AREA,
    bindings::AREA,
    segments::AREA,
    metering::AREA,
    tables::AREA,
    acls::AREA,
];

static KINDS: LazyLock<Vec<Kind>> =
    LazyLock::new(|| AREAS.iter().flat_map(|area| area.kinds).copied().collect());

/// Every kind that a life has; parents come before what is below them.
pub(super) fn kinds() -> &'static [Kind] {
    &KINDS
}

/// Some of the areas, so that a life comes to something in each; always networks and ports.
pub(super) fn some_kinds() -> impl Strategy<Value = Vec<&'static Kind>> {
    let others: Vec<usize> = (1..AREAS.len()).collect();
    prop::sample::subsequence(others, 1..5).prop_map(|chosen| {
        let of = |area: &usize| AREAS[*area].kinds;
        [0].iter().chain(&chosen).flat_map(of).collect()
    })
}

/// Panics where an area's law is broken.
pub(super) fn hold(lists: &Lists) {
    for area in AREAS {
        (area.hold)(lists);
    }
}

fn one<T: Copy>(of: &[T], at: usize) -> T {
    of[at % of.len()]
}

fn name(at: usize) -> Value {
    json!({ "name": format!("n{}", at % 5) })
}

/// The owner of something new.
fn owner(at: usize) -> &'static str {
    one(&PROJECTS, at)
}

/// Addresses that ports and floating IPs are wished at.
const ADDRESSES: [&str; 5] = ["10.0.0.2", "10.0.0.5", "10.0.0.10", "10.1.0.2", "fd00::3"];
