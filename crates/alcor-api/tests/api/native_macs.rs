//! MAC addresses kept by hand, below `/project/{project}/macs`.

use crate::region::{Region, id};
use serde_json::{Value, json};

const PORT: &str = "7172a4d4-ffff-4ede-b3f0-8d36e3d00101";
const MACS: &str = "/project/one/macs";

async fn region() -> (Region, String) {
    let region = Region::guarded();
    let wish = json!({ "network": { "name": "vpc" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let vpc = id(&vpc["network"]);
    (region, vpc)
}

fn wish(vpc: &str) -> Value {
    json!({ "project_id": "one", "vpc_id": vpc, "port_id": PORT, "mac_address": null, "state": "Active" })
}

#[tokio::test]
async fn a_mac_is_taken_marked_and_given_back() {
    let (region, vpc) = region().await;
    let made = region
        .post(MACS, json!({ "mac_state": wish(&vpc) }))
        .await
        .expect(201);
    let state = &made["mac_state"];
    assert_eq!(
        (&state["port_id"], &state["state"]),
        (&json!(PORT), &json!("Active"))
    );
    let mac = state["mac_address"].as_str().unwrap().to_owned();
    let path = format!("{MACS}/{mac}");
    // Dashes and upper case name the same address.
    let other = format!("{MACS}/{}", mac.replace(':', "-").to_uppercase());
    assert_eq!(region.get(&other).await.expect(200), made);
    let mut off = state.clone();
    off["state"] = json!("Inactive");
    let marked = region
        .put(&path, json!({ "mac_state": off }))
        .await
        .expect(200);
    assert_eq!(marked["mac_state"], off);
    off["mac_address"] = json!("02:00:00:00:00:09");
    region
        .put(&path, json!({ "mac_state": off }))
        .await
        .error(400);
    let all = region.get(MACS).await.expect(200);
    assert_eq!(all["mac_states"].as_array().unwrap().len(), 1);
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "mac_address": mac }));
    assert_eq!(region.get(&path).await.error(404).0, "MacAddressNotFound");
    assert_eq!(
        region.get(&format!("{MACS}/none")).await.error(404).0,
        "MacAddressNotFound"
    );
}

#[tokio::test]
async fn ranges_bound_what_is_taken() {
    let (region, vpc) = region().await;
    let ranges = format!("{MACS}/ranges");
    let range = json!({ "mac_range": {
        "range_id": "r1", "from": "02-00-00-00-00-01", "to": "02:00:00:00:00:02", "state": "Active" } });
    let made = region.post(&ranges, range.clone()).await.expect(201);
    assert_eq!(made["mac_range"]["from"], "02:00:00:00:00:01");
    region.post(&ranges, range).await.error(409);
    let both = json!({ "mac_states": [wish(&vpc), wish(&vpc)] });
    let bulk = format!("{MACS}/range/r1/bulk");
    let taken = region.post(&bulk, both.clone()).await.expect(201);
    assert_eq!(taken["mac_states"].as_array().unwrap().len(), 2);
    let (kind, message) = region.post(&bulk, both).await.error(409);
    assert_eq!(kind, "MacRangeExhausted");
    assert!(message.contains("r1"), "{message}");
    let one = format!("{ranges}/r1");
    let wider = json!({ "mac_range": { "to": "02:00:00:00:00:03" } });
    region.put(&one, wider).await.expect(200);
    let third = json!({ "mac_state": wish(&vpc) });
    let third = region
        .post(&format!("{MACS}/range/r1"), third)
        .await
        .expect(201);
    assert_eq!(third["mac_state"]["mac_address"], "02:00:00:00:00:03");
    assert_eq!(region.delete(&one).await.expect(200), json!({ "id": "r1" }));
    let all = region.get(&ranges).await.expect(200);
    assert_eq!(all["mac_ranges"][0]["range_id"], "range0");
    region.delete(&format!("{ranges}/range0")).await.error(409);
}

#[tokio::test]
async fn wrong_wishes_say_why_and_only_operators_ask() {
    let (region, vpc) = region().await;
    let with = |name: &str, value: Value| {
        let mut wish = wish(&vpc);
        wish[name] = value;
        json!({ "mac_state": wish })
    };
    for (body, word) in [
        (with("project_id", json!("two")), "project_id"),
        (with("port_id", Value::Null), "port_id"),
        (with("state", json!("free")), "Inactive"),
        (with("mac_address", json!("x")), "MAC"),
        (with("color", json!("red")), "color"),
        (json!({}), "mac_state"),
    ] {
        let (_, message) = region.post(MACS, body).await.error(400);
        assert!(message.contains(word), "{message}");
    }
    let absent = with("vpc_id", json!(PORT));
    assert_eq!(
        region.post(MACS, absent).await.error(404).0,
        "NetworkNotFound"
    );
    let bulk = format!("{MACS}/bulk");
    region
        .post(&bulk, json!({ "mac_states": [] }))
        .await
        .error(400);
    let member = region.as_user("token-one");
    let (_, message) = member
        .post(MACS, json!({ "mac_state": wish(&vpc) }))
        .await
        .error(403);
    assert!(message.contains("create_mac"), "{message}");
    member.get(&format!("{MACS}/ranges")).await.error(403);
}
