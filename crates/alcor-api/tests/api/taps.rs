//! Tap services and tap flows.

use crate::region::Region;
use serde_json::{Value, json};

async fn port(region: &Region, network: &Value) -> Value {
    region
        .make("port", json!({ "network_id": network["id"] }))
        .await
}

fn flow(service: &Value, source: &Value, direction: &str) -> Value {
    json!({ "tap_flow": {
        "tap_service_id": service["id"], "source_port": source["id"], "direction": direction,
    } })
}

#[tokio::test]
async fn a_tap_has_a_port_that_looks_on_and_ports_that_it_looks_at() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let (looker, looked_at) = (port(&region, &network).await, port(&region, &network).await);
    let body = json!({ "tap_service": { "name": "ids", "port_id": looker["id"] } });
    let made = region.post("/v2.0/taas/tap_services", body.clone()).await;
    let service = made.expect(201)["tap_service"].clone();
    assert_eq!(service["status"], "DOWN");
    assert_eq!(service["port_id"], looker["id"]);
    let again = region.post("/v2.0/taas/tap_services", body).await;
    assert_eq!(again.error(409).0, "TapServicePortInUse");

    let flows = "/v2.0/taas/tap_flows";
    let itself = region.post(flows, flow(&service, &looker, "IN")).await;
    assert_eq!(itself.error(400).0, "TapFlowSourceIsService");
    let sideways = region.post(flows, flow(&service, &looked_at, "UP")).await;
    assert_eq!(sideways.error(400).0, "InvalidInput");
    let made = region.post(flows, flow(&service, &looked_at, "BOTH")).await;
    let tapped = made.expect(201)["tap_flow"].clone();
    assert_eq!(tapped["direction"], "BOTH");
    let twice = region.post(flows, flow(&service, &looked_at, "IN")).await;
    assert_eq!(twice.error(409).0, "TapFlowSourceInUse");

    let one = format!("{flows}/{}", tapped["id"].as_str().unwrap());
    let renamed = json!({ "tap_flow": { "name": "all" } });
    assert_eq!(
        region.put(&one, renamed).await.expect(200)["tap_flow"]["name"],
        "all"
    );
    let filtered = format!("{flows}?source_port={}", looked_at["id"].as_str().unwrap());
    let listed = region.get(&filtered).await.expect(200)["tap_flows"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tap_ends_with_its_ports() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let (looker, looked_at) = (port(&region, &network).await, port(&region, &network).await);
    let body = json!({ "tap_service": { "port_id": looker["id"] } });
    let made = region.post("/v2.0/taas/tap_services", body).await;
    let service = made.expect(201)["tap_service"].clone();
    let flows = "/v2.0/taas/tap_flows";
    let tap = async || region.post(flows, flow(&service, &looked_at, "OUT")).await;
    let end = async |port: &Value| {
        let path = format!("/v2.0/ports/{}", port["id"].as_str().unwrap());
        region.delete(&path).await.expect(204);
    };
    let one = format!(
        "/v2.0/taas/tap_services/{}",
        service["id"].as_str().unwrap()
    );
    tap().await.expect(201);
    end(&looked_at).await;
    let left = region.get(flows).await.expect(200)["tap_flows"].clone();
    assert_eq!(left, json!([]));
    let (again, made) = (
        port(&region, &network).await,
        region.get(&one).await.expect(200),
    );
    let body = flow(&made["tap_service"], &again, "IN");
    region.post(flows, body).await.expect(201);
    end(&looker).await;
    let left = region.get(flows).await.expect(200)["tap_flows"].clone();
    assert_eq!(left, json!([]));
    let left = region.get("/v2.0/taas/tap_services").await.expect(200)["tap_services"].clone();
    assert_eq!(left, json!([]));
}
