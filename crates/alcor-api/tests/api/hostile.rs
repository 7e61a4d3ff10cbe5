//! Whatever arrives, the answer is the caller's error or a success, never ours and never a
//! panic.

use crate::region::Region;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use tokio::runtime::{Builder, Runtime};

const PATHS: [&str; 6] = [
    "/v2.0/networks",
    "/v2.0/subnets",
    "/v2.0/ports",
    "/v2.0/agents",
    "/nodes",
    "/nodes/bulk",
];

/// Names that are attributes or parameters somewhere.
const NAMES: [&str; 30] = [
    "id",
    "name",
    "tags",
    "not-tags-any",
    "fixed_ips",
    "network_id",
    "cidr",
    "gateway_ip",
    "mtu",
    "limit",
    "marker",
    "page_reverse",
    "sort_key",
    "sort_dir",
    "fields",
    "changed_since",
    "binding:host_id",
    "binding:profile",
    "allocation_pools",
    "host_routes",
    "mac_address",
    "allowed_address_pairs",
    "extra_dhcp_opts",
    "tenant_id",
    "project_id",
    "ip_version",
    "node_name",
    "local_ip",
    "alive",
    "provider:segmentation_id",
];

/// A region to throw things at. A panic ends the test, so nobody sees what it left behind.
struct Target(AssertUnwindSafe<(Runtime, Region)>);

impl Target {
    /// With a network, so that bodies can get further than "not found".
    fn new() -> (Self, String) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let region = Region::open();
        let (network, _) = runtime.block_on(region.network("10.0.0.0/24"));
        (Self(AssertUnwindSafe((runtime, region))), network)
    }

    fn throw(&self, method: &str, path: &str, body: impl Into<Body>) {
        let (runtime, region) = &*self.0;
        let request = Request::builder().method(method).uri(path);
        let request = request.body(body.into()).unwrap();
        let answer = runtime.block_on(region.send(request));
        assert!(answer.status.as_u16() < 500, "{path}: {}", answer.body);
    }
}

#[test]
fn any_query_is_answered() {
    let (target, _) = Target::new();
    let check = |(path, pairs): &(u8, Vec<(u8, Vec<u8>)>)| {
        let mut uri = format!("{}?", PATHS[usize::from(*path) % 5]);
        for (name, value) in pairs {
            uri.push_str(NAMES[usize::from(*name) % NAMES.len()]);
            uri.push('=');
            for byte in value.iter().take(40) {
                let _ = write!(uri, "%{byte:02x}");
            }
            uri.push('&');
        }
        target.throw("GET", &uri, Body::empty());
    };
    bolero::check!()
        .with_type::<(u8, Vec<(u8, Vec<u8>)>)>()
        .with_iterations(2_000)
        .for_each(check);
}

#[test]
fn any_bytes_are_answered() {
    let (target, _) = Target::new();
    bolero::check!()
        .with_iterations(1_000)
        .for_each(|bytes: &[u8]| {
            for path in PATHS {
                target.throw("POST", path, bytes.to_vec());
            }
        });
}

/// A value out of one byte: every JSON type, and texts of every kind of attribute.
fn value(choice: u8, network: &str) -> Value {
    let texts = [
        "",
        "x",
        network,
        "10.0.0.0/24",
        "10.0.0.5",
        "fd00::/64",
        "fa:16:3e:00:00:01",
        "0.0.0.0/0",
        "255.255.255.255",
        "true",
        "-1",
        "99999999999999999999",
        "dhcpv6-stateful",
        "vxlan",
        "\u{1F600}",
    ];
    match choice % 40 {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e300),
        5 => json!([]),
        6 => json!({}),
        7 => json!([null]),
        8 => json!([{ "ip_address": "10.0.0.5" }]),
        9 => json!([{ "start": "10.0.0.9", "end": "10.0.0.2" }]),
        10 => json!([{ "start": "10.0.0.2", "end": "fd00::1" }]),
        11 => json!([{ "destination": "0.0.0.0/0", "nexthop": "::" }]),
        12 => json!(["a", "a", 1]),
        13 => json!("x".repeat(300)),
        14 => json!(4),
        15 => json!(1400),
        other => json!(texts[usize::from(other) % texts.len()]),
    }
}

#[test]
fn any_attributes_are_answered() {
    let (target, network) = Target::new();
    let kinds = [
        ("network", "networks"),
        ("subnet", "subnets"),
        ("port", "ports"),
    ];
    let check = |(kind, members): &(u8, Vec<(u8, u8)>)| {
        let (one, many) = kinds[usize::from(*kind) % 3];
        let mut map = Map::new();
        if one != "network" {
            map.insert("network_id".to_owned(), json!(network));
            map.insert("name".to_owned(), json!("n"));
        }
        if one == "subnet" {
            map.insert("cidr".to_owned(), json!("10.1.0.0/24"));
        }
        for (name, choice) in members.iter().take(4) {
            let name = NAMES[usize::from(*name) % NAMES.len()];
            map.insert(name.to_owned(), value(*choice, &network));
        }
        let body = json!({ one: map }).to_string();
        target.throw("POST", &format!("/v2.0/{many}"), body.clone());
        target.throw("PUT", &format!("/v2.0/networks/{network}"), body);
    };
    bolero::check!()
        .with_type::<(u8, Vec<(u8, u8)>)>()
        .with_iterations(2_000)
        .for_each(check);
}
