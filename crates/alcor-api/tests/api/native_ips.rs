//! Addresses of subnets kept by hand, below `/project/{project}/ips`.

use crate::region::{Region, id};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

const IPS: &str = "/project/one/ips";

/// A region of whose project one has a VPC with a subnet of 10.0.0.0/24: the operator, and the
/// ids.
async fn region() -> (Region, String, String) {
    let region = Region::guarded();
    let wish = json!({ "network": { "name": "vpc" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let vpc = id(&vpc["network"]);
    let wish = json!({ "subnet": { "network_id": vpc, "cidr": "10.0.0.0/24" } });
    let subnet = region.post("/project/one/subnets", wish).await.expect(201);
    (region, vpc, id(&subnet["subnet"]))
}

#[tokio::test]
async fn an_address_is_taken_marked_and_given_back() {
    let (region, vpc, subnet) = region().await;
    let wish = json!({
        "ip_version": 4, "vpc_id": vpc, "subnet_id": null, "range_id": null, "ip": null,
        "state": null,
    });
    let mut made = region.post(IPS, wish).await.expect(201);
    assert_eq!(
        (&made["range_id"], &made["state"]),
        (&json!(subnet), &json!("activated"))
    );
    let address = made["ip"].as_str().unwrap().to_owned();
    let path = format!("{IPS}/{subnet}/{address}");
    assert_eq!(region.get(&path).await.expect(200), made);
    made["state"] = json!("deactivated");
    assert_eq!(region.put(IPS, made.clone()).await.expect(200), made);
    // No port gets it, and the network's counts have it.
    let port = json!({ "port": { "network_id": vpc, "fixed_ips": [{ "ip_address": address }] } });
    let (kind, _) = region.post("/project/one/ports", port).await.error(409);
    assert_eq!(kind, "IpAddressAlreadyAllocated");
    let counts = format!("/v2.0/network-ip-availabilities/{vpc}");
    let counts = region.get(&counts).await.expect(200);
    assert_eq!(counts["network_ip_availability"]["used_ips"], 1);
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "range_id": subnet, "ip": address }));
    let free = region.get(&path).await.expect(200);
    assert_eq!(free["state"], "free");
    assert_eq!(region.delete(&path).await.error(404).0, "IpAddressNotFound");
}

#[tokio::test]
async fn a_ports_address_is_shown_and_stays_the_ports() {
    let (region, vpc, subnet) = region().await;
    let wish = json!({ "port": { "network_id": vpc } });
    let port = region.post("/project/one/ports", wish).await.expect(201);
    let address = port["port"]["fixed_ips"][0]["ip_address"].as_str().unwrap();
    let path = format!("{IPS}/{subnet}/{address}");
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["port_id"], port["port"]["id"]);
    let (kind, message) = region.delete(&path).await.error(409);
    assert_eq!(kind, "IpAddressInUse");
    assert!(message.contains(port["port"]["id"].as_str().unwrap()));
    region
        .post(IPS, json!({ "range_id": subnet, "ip": address }))
        .await
        .error(409);
}

#[tokio::test]
async fn several_go_together_or_not_at_all() {
    let (region, _, subnet) = region().await;
    let at = |last: u8| json!({ "range_id": subnet, "ip": format!("10.0.0.{last}") });
    let bulk = format!("{IPS}/bulk");
    let three = json!({ "ip_requests": [at(10), { "range_id": subnet }, at(12)] });
    let made = region.post(&bulk, three).await.expect(201);
    assert_eq!(made["ip_requests"][2]["ip"], "10.0.0.12");
    let taken = json!({ "ip_requests": [at(20), at(10)] });
    region.post(&bulk, taken).await.error(409);
    let twenty = format!("{IPS}/{subnet}/10.0.0.20");
    assert_eq!(region.get(&twenty).await.expect(200)["state"], "free");
    let off = |last: u8| {
        let mut off = at(last);
        off["state"] = json!("deactivated");
        off
    };
    let marks = json!({ "ip_requests": [off(10), off(12)] });
    let marked = region.put(&bulk, marks).await.expect(200);
    assert_eq!(marked["ip_requests"][0]["state"], "deactivated");
    let swap = json!({ "oldIpAddrRequests": [at(10)], "newIpAddrRequests": [at(20)] });
    let update = format!("{IPS}/update");
    let swapped = region.post(&update, swap.clone()).await.expect(200);
    assert_eq!(swapped["newIpAddrRequests"][0]["ip"], "10.0.0.20");
    region.post(&update, swap).await.error(404);
    let gone = json!({ "ip_requests": [at(12), at(20)] });
    let gone = region.call("DELETE", &bulk, &[], Some(&gone)).await;
    gone.expect(200);
    let left = region.get(&format!("{IPS}/{subnet}")).await.expect(200);
    assert_eq!(left["ip_requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ranges_are_parts_of_subnets() {
    let (region, vpc, subnet) = region().await;
    let ranges = format!("{IPS}/range");
    let wish = json!({
        "vpc_id": vpc, "subnet_id": subnet, "ip_version": 4,
        "first_ip": "10.0.0.50", "last_ip": "10.0.0.51",
    });
    let made = region.post(&ranges, wish.clone()).await.expect(201);
    assert_eq!(
        (&made["used_ips"], &made["total_ips"]),
        (&json!(0), &json!(2))
    );
    region.post(&ranges, wish).await.error(409);
    let range = id(&made);
    let all = region.get(&ranges).await.expect(200);
    let listed: Vec<_> = all.as_array().unwrap().iter().map(id).collect();
    assert_eq!(listed, [subnet.clone(), range.clone()]);
    assert_eq!(all[0]["total_ips"], 254);
    for _ in 0..2 {
        region
            .post(IPS, json!({ "range_id": range }))
            .await
            .expect(201);
    }
    let (kind, message) = region
        .post(IPS, json!({ "range_id": range }))
        .await
        .error(409);
    assert_eq!(kind, "IpRangeExhausted");
    assert!(message.contains(&range), "{message}");
    let one = format!("{ranges}/{range}");
    let wider = region.put(&one, json!({ "last_ip": "10.0.0.59" })).await;
    let wider = wider.expect(200);
    assert_eq!(
        (&wider["used_ips"], &wider["total_ips"]),
        (&json!(2), &json!(10))
    );
    let page = format!("{IPS}/{range}?limit=1");
    let page = region.get(&page).await.expect(200);
    let next = page["ip_requests_links"][0]["href"].as_str().unwrap();
    let next = next.strip_prefix("http://region:9696").unwrap();
    let rest = region.get(next).await.expect(200);
    assert_eq!(rest["ip_requests"][0]["ip"], "10.0.0.51");
    assert_eq!(
        region.delete(&one).await.expect(200),
        json!({ "id": range })
    );
    region.get(&one).await.error(404);
    let whole = format!("{ranges}/{subnet}");
    assert_eq!(region.get(&whole).await.expect(200)["used_ips"], 2);
    region.delete(&whole).await.error(409);
}

#[tokio::test]
async fn an_ipv6_subnet_counts_beyond_64_bits() {
    let (region, vpc, _) = region().await;
    let wish = json!({ "subnet": {
        "network_id": vpc, "cidr": "fd00::/48", "ip_version": 6, "gateway_ip": null } });
    let subnet = region.post("/project/one/subnets", wish).await.expect(201);
    let subnet = id(&subnet["subnet"]);
    let shown = region
        .get(&format!("{IPS}/range/{subnet}"))
        .await
        .expect(200);
    // The router anycast address is no host's.
    assert_eq!(shown["total_ips"].as_f64(), Some(80_f64.exp2()));
    let wish = json!({ "vpc_id": vpc, "ip_version": 6 });
    let made = region.post(IPS, wish).await.expect(201);
    assert_eq!(made["range_id"], json!(subnet));
}

#[tokio::test]
async fn wrong_wishes_say_why_and_only_operators_ask() {
    let (region, vpc, subnet) = region().await;
    let with = |name: &str, value: Value| {
        let mut wish = json!({ "range_id": subnet });
        wish[name] = value;
        wish
    };
    for (body, word) in [
        (json!({}), "range_id"),
        (json!({ "vpc_id": vpc }), "ip_version"),
        (with("ip", json!("10.0.0")), "IP address"),
        (with("ip", json!("10.0.1.1")), "10.0.0.1-10.0.0.254"),
        (with("ip_version", json!(6)), "ip_version"),
        (with("vpc_id", json!(subnet)), "vpc_id"),
        (with("state", json!("free")), "state"),
        (with("color", json!("red")), "color"),
    ] {
        let (_, message) = region.post(IPS, body).await.error(400);
        assert!(message.contains(word), "{message}");
    }
    let foreign = json!({ "range_id": subnet });
    let (kind, _) = region.post("/project/two/ips", foreign).await.error(404);
    assert_eq!(kind, "IpRangeNotFound");
    for path in [
        format!("{IPS}/none"),
        format!("{IPS}/{subnet}/none"),
        format!("{IPS}/{subnet}/10.0.0.255"),
        format!("{IPS}/range/{vpc}"),
    ] {
        region.get(&path).await.error(404);
    }
    region
        .get(&format!("{IPS}/{subnet}?limit=x"))
        .await
        .error(400);
    let member = region.as_user("token-one");
    let (_, message) = member.post(IPS, with("ip", Value::Null)).await.error(403);
    assert!(message.contains("create_ip"), "{message}");
    member.get(&format!("{IPS}/range")).await.error(403);
    member.get(&format!("{IPS}/{subnet}")).await.error(403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ports_and_hands_at_once_share_no_address() {
    let region = Region::guarded();
    let wish = json!({ "network": { "name": "vpc" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let vpc = id(&vpc["network"]);
    let wish = json!({ "subnet": { "network_id": vpc, "cidr": "10.0.0.0/27" } });
    region.post("/project/one/subnets", wish).await.expect(201);
    let mut workers = JoinSet::new();
    for at in 0..40 {
        let (region, vpc) = (region.clone(), vpc.clone());
        workers.spawn(async move {
            if at % 2 == 0 {
                let wish = json!({ "vpc_id": vpc, "ip_version": 4 });
                let answer = region.post(IPS, wish).await;
                (answer.status.as_u16(), answer.body["ip"].clone())
            } else {
                let wish = json!({ "port": { "network_id": vpc } });
                let answer = region.post("/project/one/ports", wish).await;
                let address = answer.body["port"]["fixed_ips"][0]["ip_address"].clone();
                (answer.status.as_u16(), address)
            }
        });
    }
    let answers = workers.join_all().await;
    let granted = answers.iter().filter(|(status, _)| *status == 201);
    let granted: Vec<_> = granted.map(|(_, address)| address.to_string()).collect();
    // All but the block's ends and the gateway.
    assert_eq!(granted.len(), 29);
    assert_eq!(granted.iter().collect::<BTreeSet<_>>().len(), 29);
    let refused = answers.iter().filter(|(status, _)| *status == 409);
    assert_eq!(refused.count(), 11);
}
