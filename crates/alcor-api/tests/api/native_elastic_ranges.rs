//! Ranges of elastic IPs, below `/project/{project}/elasticip-ranges`.

use crate::region::{Region, id};
use serde_json::{Value, json};

const RANGES: &str = "/project/ops/elasticip-ranges";

/// A region with an external network of this block: the operator.
async fn region(cidr: &str) -> Region {
    let region = Region::guarded();
    outside(&region, cidr).await;
    region
}

async fn outside(region: &Region, cidr: &str) -> String {
    let network = region
        .make("network", json!({ "router:external": true }))
        .await;
    let network = id(&network);
    let subnet = json!({ "network_id": network, "cidr": cidr });
    region.make("subnet", subnet).await;
    network
}

fn wish(first: &str, last: &str) -> Value {
    json!({ "elasticip-range": {
        "name": "pool", "description": "of the uplink", "ip_version": 4,
        "allocation_ranges": [{ "start": first, "end": last }],
    }})
}

async fn elastic(region: &Region) -> crate::region::Answer {
    let wish = json!({ "elasticip": { "elastic_ip_version": 4 } });
    let member = region.as_user("token-one");
    member.post("/project/one/elasticips", wish).await
}

#[tokio::test]
async fn a_range_bounds_what_either_api_gives() {
    let region = region("203.0.113.0/24").await;
    // By id this network may come first; the range says which one.
    let second = outside(&region, "198.51.100.0/24").await;
    let made = region
        .post(RANGES, wish("198.51.100.10", "198.51.100.12"))
        .await
        .expect(201);
    let made = &made["elasticip-range"];
    assert_eq!(made["used_ip_count"], 0);
    let one = elastic(&region).await.expect(201);
    assert_eq!(one["elasticip"]["elastic_ip"], "198.51.100.10");
    let floating = json!({ "floating_network_id": second });
    let floating = region.make("floatingip", floating).await;
    assert_eq!(floating["floating_ip_address"], "198.51.100.11");
    let beside =
        json!({ "elasticip": { "floating_network_id": second, "elastic_ip": "198.51.100.99" } });
    let (_, message) = region
        .post("/project/ops/elasticips", beside)
        .await
        .error(400);
    assert!(message.contains("198.51.100.99"), "{message}");
    elastic(&region).await.expect(201);
    let (kind, _) = elastic(&region).await.error(400);
    assert_eq!(kind, "ExternalIpAddressExhausted");
    let path = format!("{RANGES}/{}", id(made));
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["elasticip-range"]["used_ip_count"], 3);
    region.delete(&path).await.error(409);
}

#[tokio::test]
async fn a_range_is_read_changed_and_removed() {
    let region = region("203.0.113.0/24").await;
    let made = region
        .post(RANGES, wish("203.0.113.10", "203.0.113.12"))
        .await
        .expect(201);
    let path = format!("{RANGES}/{}", id(&made["elasticip-range"]));
    assert_eq!(region.get(&path).await.expect(200), made);
    // What was read can be sent back.
    assert_eq!(region.put(&path, made.clone()).await.expect(200), made);
    let wider = json!({ "elasticip-range": { "allocation_ranges": [
        { "start": "203.0.113.10", "end": "203.0.113.12" },
        { "start": "203.0.113.20", "end": "203.0.113.20" },
    ]}});
    let wider = region.put(&path, wider).await.expect(200);
    let range = &wider["elasticip-range"];
    assert_eq!(range["name"], "pool");
    assert_eq!(range["allocation_ranges"][1]["start"], "203.0.113.20");
    let all = region.get(RANGES).await.expect(200);
    assert_eq!(all["elasticip-ranges"], json!([range]));
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "id": id(range) }));
    region.get(&path).await.error(404);
    // Without a range the subnet's pools decide.
    elastic(&region).await.expect(201);
}

#[tokio::test]
async fn wrong_wishes_say_why_and_only_operators_ask() {
    let region = region("203.0.113.0/24").await;
    let with = |name: &str, value: Value| {
        let mut wish = wish("203.0.113.10", "203.0.113.12");
        wish["elasticip-range"][name] = value;
        wish
    };
    for (body, word) in [
        (with("ip_version", json!(6)), "IPv4"),
        (with("allocation_ranges", Value::Null), "allocation_ranges"),
        (with("allocation_ranges", json!([])), "1 to 128"),
        (
            with("allocation_ranges", json!([{ "start": "203.0.113.9" }])),
            "end",
        ),
        (wish("10.0.0.1", "10.0.0.2"), "external network"),
        (with("color", json!("red")), "color"),
        (json!({}), "elasticip-range"),
    ] {
        let (_, message) = region.post(RANGES, body).await.error(400);
        assert!(message.contains(word), "{message}");
    }
    region.get(&format!("{RANGES}/none")).await.error(404);
    let six = json!({ "elasticip": { "elastic_ip_version": 6 } });
    let (_, message) = region.post("/project/ops/elasticips", six).await.error(400);
    assert!(message.contains("IPv4"), "{message}");
    let member = region.as_user("token-one");
    let own = "/project/one/elasticip-ranges";
    let (_, message) = member
        .post(own, wish("203.0.113.10", "203.0.113.12"))
        .await
        .error(403);
    assert!(message.contains("create_elastic_ip_range"), "{message}");
    member.get(own).await.error(403);
}
