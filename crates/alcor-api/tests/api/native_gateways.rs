//! Gateways of VPCs, below `/project/{project}/gateways` and `/project/{project}/gatewayinfo`.

use crate::region::{Region, id};
use serde_json::{Value, json};

const GATEWAYS: &str = "/project/one/gateways";
const INFO: &str = "/project/one/gatewayinfo";

async fn region() -> (Region, String) {
    let region = Region::guarded();
    let wish = json!({ "network": { "name": "vpc" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let vpc = id(&vpc["network"]);
    (region, vpc)
}

fn wish(vpc: &str, kind: &str) -> Value {
    json!({ "gateway": {
        "name": "out", "vpc_id": vpc, "type": kind,
        "ips": [{ "ip": "192.0.2.1", "mac": "FA-16-3E-00-00-01" }, { "ip": "192.0.2.2" }],
    }})
}

#[tokio::test]
async fn a_gateway_is_entered_changed_and_removed() {
    let (region, vpc) = region().await;
    let made = region.post(GATEWAYS, wish(&vpc, "igw")).await.expect(201);
    let gateway = &made["gateway"];
    assert_eq!(
        (&gateway["type"], &gateway["status"], &gateway["owner"]),
        (&json!("internet"), &json!("pending"), &json!("one"))
    );
    assert_eq!(gateway["ips"][0]["mac"], "fa:16:3e:00:00:01");
    let path = format!("{GATEWAYS}/{}", id(gateway));
    assert_eq!(region.get(&path).await.expect(200), made);
    let (kind, message) = region
        .post(GATEWAYS, wish(&vpc, "internet"))
        .await
        .error(409);
    assert_eq!(kind, "GatewayExists");
    assert!(message.contains(&id(gateway)), "{message}");
    // What was read can be sent back, with a change.
    let mut back = made.clone();
    back["gateway"]["status"] = json!("available");
    assert_eq!(region.put(&path, back.clone()).await.expect(200), back);
    for (name, value) in [("type", json!("nat")), ("vpc_id", gateway["id"].clone())] {
        let other = json!({ "gateway": { name: value } });
        let (_, message) = region.put(&path, other).await.error(400);
        assert!(message.contains(name), "{message}");
    }
    let all = region.get(GATEWAYS).await.expect(200);
    assert_eq!(all["gateways"], json!([back["gateway"]]));
    let foreign = path.replace("/one/", "/two/");
    region.get(&foreign).await.error(404);
    region.delete(&foreign).await.error(404);
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "id": gateway["id"] }));
    region.get(&path).await.error(404);
}

#[tokio::test]
async fn a_vpcs_gateways_are_entered_and_reported_by_its_id() {
    let (region, vpc) = region().await;
    let shown = region
        .get(&format!("/v2.0/networks/{vpc}"))
        .await
        .expect(200);
    let vni = shown["network"]["provider:segmentation_id"]
        .as_u64()
        .unwrap();
    let wrong = json!({ "vpcinfo": { "vpc_id": vpc, "vni": vni + 1, "owner": "one" } });
    let (_, message) = region.post(INFO, wrong).await.error(400);
    assert!(message.contains(&vni.to_string()), "{message}");
    let right = json!({ "vpcinfo": { "vpc_id": vpc, "vni": vni, "owner": "one" } });
    let made = region.post(INFO, right).await.expect(201);
    assert_eq!(made, json!({ "id": vpc }));
    let again = json!({ "vpc_vni": { "vpc_id": vpc } });
    region.post(INFO, again).await.error(409);
    let path = format!("{INFO}/{vpc}");
    let report = json!({ "gatewayinfo": {
        "resource_id": vpc, "gateways": [{ "type": "zeta", "status": "ready" }],
        "routetables": [], "status": null,
    }});
    let reported = region.put(&path, report).await.expect(200);
    assert_eq!(reported["gatewayinfo"]["gateways"][0]["status"], "ready");
    assert_eq!(region.get(&path).await.expect(200), reported);
    let failed = json!({ "gatewayinfo": { "status": "failed" } });
    let failed = region.put(&path, failed).await.expect(200);
    assert_eq!(failed["gatewayinfo"]["gateways"][0]["status"], "failed");
    let other = json!({ "gatewayinfo": { "gateways": [{ "type": "nat", "status": "ready" }] } });
    region.put(&path, other).await.error(404);
    region
        .put(&path, json!({ "gatewayinfo": {} }))
        .await
        .error(400);
    region.delete(&path).await.expect(200);
    region.get(&path).await.error(404);
    region.delete(&path).await.error(404);
}

#[tokio::test]
async fn gateways_go_with_their_vpc() {
    let (region, vpc) = region().await;
    let made = region.post(GATEWAYS, wish(&vpc, "nat")).await.expect(201);
    let member = region.as_user("token-one");
    let path = format!("/project/one/vpcs/{vpc}");
    member.delete(&path).await.expect(200);
    let path = format!("{GATEWAYS}/{}", id(&made["gateway"]));
    assert_eq!(region.get(&path).await.error(404).0, "GatewayNotFound");
}

#[tokio::test]
async fn wrong_wishes_say_why_and_only_operators_ask() {
    let (region, vpc) = region().await;
    let with = |name: &str, value: Value| {
        let mut wish = wish(&vpc, "zeta");
        wish["gateway"][name] = value;
        wish
    };
    for (body, word) in [
        (with("type", json!("transit")), "zeta"),
        (with("type", Value::Null), "type"),
        (with("status", json!("up")), "pending"),
        (with("owner", json!("two")), "owner"),
        (with("ips", json!([{ "mac": "fa:16:3e:00:00:01" }])), "ip"),
        (with("ips", json!([{ "ip": "127.0.0.1" }])), "127.0.0.1"),
        (with("color", json!("red")), "color"),
        (json!({}), "gateway"),
    ] {
        let (_, message) = region.post(GATEWAYS, body).await.error(400);
        assert!(message.contains(word), "{message}");
    }
    let absent = with("vpc_id", json!("7172a4d4-ffff-4ede-b3f0-8d36e3d00101"));
    let (kind, _) = region.post(GATEWAYS, absent).await.error(404);
    assert_eq!(kind, "NetworkNotFound");
    region.get(&format!("{GATEWAYS}/none")).await.error(404);
    region.get(&format!("{INFO}/none")).await.error(404);
    let member = region.as_user("token-one");
    let (_, message) = member.post(GATEWAYS, wish(&vpc, "zeta")).await.error(403);
    assert!(message.contains("create_gateway"), "{message}");
    member.get(GATEWAYS).await.error(403);
    member.get(&format!("{INFO}/{vpc}")).await.error(403);
}

#[tokio::test]
async fn what_only_the_first_alcors_services_called_is_not_there() {
    let (region, vpc) = region().await;
    let made = region.post(GATEWAYS, wish(&vpc, "nat")).await.expect(201);
    let one = format!("{GATEWAYS}/{}", id(&made["gateway"]));
    for path in [
        format!("{one}/attachments"),
        format!("{one}/routetables"),
        "/project/one/update-l3-neighbors".to_owned(),
        format!("/project/one/subnet-port-count/{vpc}"),
        "/ips/range".to_owned(),
    ] {
        region.get(&path).await.error(404);
    }
}
