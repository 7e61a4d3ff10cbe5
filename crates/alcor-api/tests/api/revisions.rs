//! A write to what a resource shows, but another record holds, counts in the resource's revision.

use crate::region::{Region, id};
use crate::routers::{act, external};
use serde_json::{Value, json};

async fn revision(region: &Region, path: &str) -> u64 {
    let mut body = region.get(path).await.expect(200);
    let one = body.as_object_mut().unwrap().values_mut().next();
    one.unwrap()["revision_number"].as_u64().unwrap()
}

/// Sends the request, and panics where the resource at the path is not one revision further on.
async fn counts(region: &Region, of: &str, method: &str, path: &str, body: Value) -> Value {
    let before = revision(region, of).await;
    let answer = region.call(method, path, &[], Some(&body)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    assert_eq!(revision(region, of).await, before + 1, "{method} {path}");
    answer.body
}

#[tokio::test]
async fn writes_of_subnets_count_in_their_network() {
    let region = Region::open();
    let network = id(&region.make("network", json!({})).await);
    let of = format!("/v2.0/networks/{network}");
    let body =
        json!({ "subnet": { "network_id": network, "cidr": "10.0.0.0/24", "ip_version": 4 } });
    let made = counts(&region, &of, "POST", "/v2.0/subnets", body).await;
    let subnet = format!("/v2.0/subnets/{}", id(&made["subnet"]));
    let body = json!({ "subnet": { "name": "n" } });
    counts(&region, &of, "PUT", &subnet, body).await;
    counts(&region, &of, "DELETE", &subnet, Value::Null).await;
}

#[tokio::test]
async fn writes_of_conntrack_helpers_count_in_their_router() {
    let region = Region::open();
    let of = format!(
        "/v2.0/routers/{}",
        id(&region.make("router", json!({})).await)
    );
    let helpers = format!("{of}/conntrack_helpers");
    let helper = |port: u16| json!({ "conntrack_helper": { "helper": "tftp", "protocol": "udp", "port": port } });
    let made = counts(&region, &of, "POST", &helpers, helper(69)).await;
    let one = format!("{helpers}/{}", id(&made["conntrack_helper"]));
    counts(&region, &of, "PUT", &one, helper(70)).await;
    counts(&region, &of, "DELETE", &one, Value::Null).await;
}

#[tokio::test]
async fn writes_of_port_forwardings_count_in_their_floating_ip() {
    let region = Region::open();
    let (outside, _) = external(&region, "203.0.113.0/24").await;
    let (network, subnet) = region.network("10.0.0.0/24").await;
    let info = json!({ "external_gateway_info": { "network_id": outside } });
    let router = id(&region.make("router", info).await);
    let by = json!({ "subnet_id": subnet });
    act(&region, &router, "add_router_interface", by)
        .await
        .expect(200);
    let port = id(&region.make("port", json!({ "network_id": network })).await);
    let other = id(&region.make("port", json!({ "network_id": network })).await);
    let floating_ip = region.make("floatingip", json!({ "floating_network_id": outside }));
    let of = format!("/v2.0/floatingips/{}", id(&floating_ip.await));
    let forwardings = format!("{of}/port_forwardings");
    let wish = |outside: u16| {
        json!({ "port_forwarding": {
        "protocol": "tcp", "internal_port_id": port, "internal_port": 22, "external_port": outside } })
    };
    counts(&region, &of, "POST", &forwardings, wish(2201)).await;
    let mut second = wish(2202);
    second["port_forwarding"]["internal_port"] = json!(23);
    let made = counts(&region, &of, "POST", &forwardings, second).await;
    let one = format!("{forwardings}/{}", id(&made["port_forwarding"]));
    for change in [
        json!({ "external_port": 2203 }),
        json!({ "internal_port_id": other }),
    ] {
        let body = json!({ "port_forwarding": change });
        counts(&region, &of, "PUT", &one, body).await;
    }
    counts(&region, &of, "DELETE", &one, Value::Null).await;
}
