//! Route tables of VPCs and of subnets.

use super::{Area, Kind, Lists, one};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] =
    &[Kind::new("routetables", "routetable", "routetables", table).changed(table_update)];

fn table(model: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 3 {
        0 => json!({ "vpc_id": model.pick("networks", at) }),
        _ => json!({ "subnet_id": model.pick("subnets", at), "routes": routes(how / 3) }),
    }
}

fn table_update(_: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 3 {
        0 => super::name(at),
        1 => json!({ "routes": [] }),
        _ => json!({ "routes": routes(at) }),
    }
}

fn routes(at: usize) -> Value {
    let destination = one(&["192.0.2.0/24", "198.51.100.0/24", "10.0.0.0/29"], at);
    let mut route = json!({ "destination": destination, "nexthop": "10.0.0.5" });
    if at.is_multiple_of(2) {
        route["priority"] = json!(at % 3);
    }
    json!([route])
}

/// A VPC has one default table, a subnet one of its own, on its VPC; routes are told apart.
fn hold(lists: &Lists) {
    let (of_subnets, of_vpcs): (Vec<&Value>, Vec<&Value>) =
        rows(lists, "routetables").partition(|table| table["subnet_id"].is_string());
    unique(of_vpcs.iter().map(|table| [&table["vpc_id"]]));
    unique(of_subnets.iter().map(|table| [&table["subnet_id"]]));
    for table in of_subnets {
        let place = format!("subnets/{}", table["subnet_id"].as_str().unwrap());
        let subnet = &lists["subnets"][&place];
        assert_eq!(subnet["network_id"], table["vpc_id"], "{table}");
    }
    for table in rows(lists, "routetables") {
        unique(items(table, "routes").map(|route| [&route["destination"], &route["priority"]]));
    }
}
