//! Trunks and their sub-ports.

use super::{Area, Kind, Lists, owner};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("trunks", "trunk", "trunks", |model, [port, at, ..]| {
        json!({ "port_id": model.pick("ports", port), "project_id": owner(at) })
    })
    .changed(|_, [at, ..]| json!({ "admin_state_up": at % 3 != 0 }))
    .acting(sub_port)
    .tagged(),
];

/// A sub-port added or removed.
fn sub_port(model: &Model, [how, port, vlan, _]: [usize; 4]) -> (&'static str, Value) {
    let port = model.pick("ports", port);
    if how % 3 == 0 {
        let body = json!({ "sub_ports": [{ "port_id": port }] });
        return ("remove_subports", body);
    }
    let sub = json!({
        "port_id": port, "segmentation_type": "vlan", "segmentation_id": vlan % 3 + 1,
    });
    ("add_subports", json!({ "sub_ports": [sub] }))
}

/// A port has one place in one trunk, and a trunk one port for a tag.
fn hold(lists: &Lists) {
    let parents = rows(lists, "trunks").map(|trunk| [&trunk["port_id"]]);
    let subs = rows(lists, "trunks").flat_map(|trunk| items(trunk, "sub_ports"));
    unique(parents.chain(subs.map(|sub| [&sub["port_id"]])));
    for trunk in rows(lists, "trunks") {
        unique(items(trunk, "sub_ports").map(|sub| [&sub["segmentation_id"]]));
    }
}
