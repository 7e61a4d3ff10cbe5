//! Creating: single, bulk, and every way a body can be wrong.

use crate::region::{Region, id};
use alcor_api::{Auth, Limits};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn bulk_is_all_or_nothing() {
    let region = Region::open();
    let (network, _) = region.network("10.0.0.0/29").await;
    let port = json!({ "network_id": network });
    let made = region
        .post("/v2.0/ports", json!({ "ports": [port, port, port] }))
        .await
        .expect(201);
    assert_eq!(made["ports"].as_array().unwrap().len(), 3);
    // Two addresses are left of five, so five ports do not fit.
    let many = json!({ "ports": [port, port, port, port, port] });
    let (kind, _) = region.post("/v2.0/ports", many).await.error(409);
    assert_eq!(kind, "IpAddressGenerationFailure");
    assert_eq!(region.ids("port", "").await.len(), 3);
}

#[tokio::test]
async fn wrong_bodies_are_named() {
    let region = Region::open();
    let cases: [(Value, &str, &str); 14] = [
        (
            json!({ "network": { "colour": 1 } }),
            "HTTPBadRequest",
            "Unrecognized attribute(s) 'colour'",
        ),
        (
            json!({ "network": { "status": "UP" } }),
            "HTTPBadRequest",
            "'status' not allowed in POST",
        ),
        (
            json!({ "network": { "admin_state_up": "perhaps" } }),
            "InvalidInput",
            "admin_state_up",
        ),
        (json!({ "network": { "name": 5 } }), "InvalidInput", "name"),
        (
            json!({ "network": { "mtu": "many" } }),
            "InvalidInput",
            "mtu",
        ),
        (json!({ "network": { "id": "x" } }), "InvalidInput", "id"),
        (
            json!({ "network": { "project_id": "a", "tenant_id": "b" } }),
            "HTTPBadRequest",
            "tenant_id",
        ),
        (json!({ "network": [] }), "InvalidInput", "network"),
        (json!({ "networks": {} }), "InvalidInput", "networks"),
        (json!({ "networks": [] }), "HTTPBadRequest", "networks"),
        (json!({ "networks": [1] }), "InvalidInput", "network"),
        (json!({ "port": {} }), "HTTPBadRequest", "'port'"),
        (json!({}), "HTTPBadRequest", "Unable to find 'network'"),
        (json!([]), "HTTPBadRequest", "Malformed request body"),
    ];
    for (body, kind, part) in cases {
        let (found, message) = region.post("/v2.0/networks", body.clone()).await.error(400);
        assert_eq!(found, kind, "{body}: {message}");
        assert!(message.contains(part), "{body}: {message}");
    }
    let (_, message) = region
        .post("/v2.0/ports", json!({ "port": {} }))
        .await
        .error(400);
    assert!(
        message.contains("Required attribute 'network_id'"),
        "{message}"
    );
    assert!(region.ids("network", "").await.is_empty());
}

#[tokio::test]
async fn malformed_and_large_bodies_are_refused() {
    let limits = Limits {
        body_bytes: 1000,
        ..Limits::default()
    };
    let region = Region::with(Auth::None, |state| state.with_limits(limits));
    let post = |text: String| {
        let request = Request::post("/v2.0/networks").body(Body::from(text));
        region.send(request.unwrap())
    };
    for text in ["", "{", "null", "{\"network\": {}} x", "\u{0}"] {
        post(text.to_owned()).await.error(400);
    }
    let (kind, message) = post("x".repeat(1001)).await.error(413);
    assert_eq!(kind, "HTTPRequestEntityTooLarge");
    assert!(message.contains("1000"), "{message}");
    post("[".repeat(900)).await.error(400);
}

#[tokio::test]
async fn values_are_read_as_neutron_reads_them() {
    let region = Region::open();
    let network = region
        .make(
            "network",
            json!({ "admin_state_up": "False", "mtu": "1400", "tenant_id": "p9", "tags": ["b", "a"] }),
        )
        .await;
    assert_eq!(network["admin_state_up"], false);
    assert_eq!(network["mtu"], 1400);
    assert_eq!(network["project_id"], "p9");
    assert_eq!(network["tenant_id"], "p9");
    assert_eq!(network["tags"], json!(["a", "b"]));
}

#[tokio::test]
async fn a_subnet_pool_and_an_unknown_security_group_are_refused_clearly() {
    let region = Region::open();
    let (network, _) = region.network("10.0.0.0/24").await;
    let subnet = json!({ "subnet": {
        "network_id": network, "cidr": "10.0.1.0/24", "subnetpool_id": network } });
    let (kind, _) = region.post("/v2.0/subnets", subnet).await.error(404);
    assert_eq!(kind, "SubnetPoolNotFound");
    let port = json!({ "port": { "network_id": network, "security_groups": ["web"] } });
    let (_, message) = region.post("/v2.0/ports", port).await.error(400);
    assert!(message.contains("'web' is not a valid UUID"), "{message}");
    let port = json!({ "port": { "network_id": network, "security_groups": [network] } });
    let (kind, _) = region.post("/v2.0/ports", port).await.error(404);
    assert_eq!(kind, "SecurityGroupNotFound");
    let port = json!({ "network_id": network, "security_groups": [] });
    assert_eq!(
        region.make("port", port).await["security_groups"],
        json!([])
    );
}

#[tokio::test]
async fn an_id_is_never_given_twice() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let again = json!({ "network": { "id": id(&network) } });
    region.post("/v2.0/networks", again).await.error(409);
}
