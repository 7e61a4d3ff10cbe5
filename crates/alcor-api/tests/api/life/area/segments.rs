//! Segments of networks, and the ranges that their numbers come from.

use super::{Area, Kind, Lists, PHYSICAL, one, owner};
use crate::life::laws::{rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("segments", "segment", "segments", segment).changed(|_, [at, ..]| super::name(at)),
    Kind::new(
        "network_segment_ranges",
        "network_segment_range",
        "network_segment_ranges",
        range,
    )
    .changed(range_update)
    .tagged(),
];

fn segment(model: &Model, [network, how, number, _]: [usize; 4]) -> Value {
    let mut segment = json!({
        "network_id": model.pick("networks", network),
        "network_type": "vxlan",
    });
    if how % 2 == 0 {
        segment["network_type"] = json!("vlan");
        segment["physical_network"] = json!(PHYSICAL);
    }
    if how % 3 == 0 {
        let first = if how % 2 == 0 { 100 } else { 5 };
        segment["segmentation_id"] = json!(first + number % 8);
    }
    segment
}

fn range(_: &Model, [how, first, length, shared]: [usize; 4]) -> Value {
    let vlan = how % 2 == 0;
    let first = if vlan { 98 } else { 4 } + first % 10;
    let mut range = json!({
        "name": "more",
        "network_type": if vlan { "vlan" } else { "vxlan" },
        "minimum": first,
        "maximum": first + length % 3,
        "shared": shared % 3 != 0,
    });
    if vlan {
        range["physical_network"] = json!(PHYSICAL);
    }
    if shared % 3 == 0 {
        range["project_id"] = json!(owner(shared / 3));
    }
    range
}

fn range_update(_: &Model, [how, at, ..]: [usize; 4]) -> Value {
    let number = one(&[4, 98], how / 3) + at % 10;
    match how % 3 {
        0 => json!({ "minimum": number }),
        1 => json!({ "maximum": number }),
        _ => super::name(at),
    }
}

/// A number carries one segment, and ranges are apart. What a range says is used is used.
fn hold(lists: &Lists) {
    let names = ["network_type", "physical_network", "segmentation_id"];
    unique(rows(lists, "segments").map(|segment| names.map(|name| &segment[name])));
    let ranges: Vec<&Value> = rows(lists, "network_segment_ranges").collect();
    for (at, range) in ranges.iter().enumerate() {
        let used = range["used"].as_object().unwrap().len();
        let inside = rows(lists, "segments").filter(|segment| is_in(range, segment));
        assert_eq!(inside.count(), used, "{range}");
        for other in ranges[..at].iter().filter(|other| same_space(range, other)) {
            let both_own = range["default"] == false && other["default"] == false;
            let meet = number(range, "minimum") <= number(other, "maximum")
                && number(other, "minimum") <= number(range, "maximum");
            assert!(!(both_own && meet), "{range} and {other} overlap");
        }
    }
}

fn is_in(range: &Value, segment: &Value) -> bool {
    let id = number(segment, "segmentation_id");
    same_space(range, segment) && number(range, "minimum") <= id && id <= number(range, "maximum")
}

fn same_space(one: &Value, other: &Value) -> bool {
    ["network_type", "physical_network"]
        .iter()
        .all(|name| one[name] == other[name])
}

fn number(row: &Value, name: &str) -> Option<u64> {
    row[name].as_u64()
}
