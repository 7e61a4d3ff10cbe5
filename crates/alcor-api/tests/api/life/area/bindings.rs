//! Several bindings of one port.

use super::{Area, HOSTS, Kind, Lists, one};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[Kind::new("bindings", "binding", "bindings", binding)
    .changed(|_, [how, at, ..]| match how % 3 {
        0 => json!({ "host": one(&HOSTS, at) }),
        _ => json!({ "profile": { "n": at % 3 } }),
    })
    .acting(|_, _| ("activate", json!({})))
    .below("ports")
    .named_by("host")];

fn binding(_: &Model, [host, profile, ..]: [usize; 4]) -> Value {
    let hosts = [HOSTS[0], HOSTS[1], HOSTS[2], "nowhere"];
    json!({ "host": one(&hosts, host), "profile": { "n": profile % 3 } })
}

/// One binding is in force where the port is bound, and it is the port's own.
fn hold(lists: &Lists) {
    for (place, port) in &lists["ports"] {
        // Other ports have no list of bindings.
        if !port["device_owner"]
            .as_str()
            .unwrap()
            .starts_with("compute:")
        {
            continue;
        }
        let own = format!("{place}/bindings/");
        let of = lists["bindings"].iter();
        let of = of.filter(|(place, _)| place.starts_with(&own));
        let active: Vec<&Value> = of
            .map(|(_, binding)| binding)
            .filter(|binding| binding["status"] == "ACTIVE")
            .collect();
        let host = &port["binding:host_id"];
        assert!(active.len() < 2, "{place} is bound twice");
        match active.first() {
            None => assert_eq!(host, "", "{port}"),
            Some(binding) => {
                assert_eq!(&binding["host"], host, "{port}");
                assert_eq!(binding["profile"], port["binding:profile"], "{port}");
            }
        }
    }
}
