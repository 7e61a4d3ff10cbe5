//! Who may see and do what, with tokens.

use crate::region::{Region, id};
use serde_json::json;

#[tokio::test]
async fn no_token_no_answer_and_headers_are_not_believed() {
    let region = Region::guarded();
    for token in ["", "token-on", "token-onee", "TOKEN-ONE"] {
        let answer = region.as_user(token).get("/v2.0/networks").await;
        assert!(answer.headers.contains_key("www-authenticate"));
        assert_eq!(answer.error(401).0, "HTTPUnauthorized");
    }
    let forged = [
        ("x-roles", "admin"),
        ("x-project-id", "two"),
        ("x-identity-status", "Confirmed"),
    ];
    let one = region.as_user("token-one");
    let answer = one.call("GET", "/nodes", &forged, None).await;
    assert_eq!(answer.error(403).0, "PolicyNotAuthorized");
    for open in ["/", "/healthz", "/metrics"] {
        assert_eq!(region.as_user("none").get(open).await.status, 200);
    }
    region.as_user("none").get("/v2.0").await.error(401);
    region.get("/v2.0/extensions").await.expect(200);
}

#[tokio::test]
async fn tenants_see_their_own_and_what_is_shared() {
    let admin = Region::guarded();
    let (one, two) = (admin.as_user("token-one"), admin.as_user("token-two"));
    let (own, _) = one.network("10.0.0.0/24").await;
    let (other, _) = two.network("10.0.0.0/24").await;
    let shared = id(&admin.make("network", json!({ "shared": true })).await);
    let mut expected = vec![own.clone(), shared.clone()];
    expected.sort();
    assert_eq!(one.ids("network", "").await, expected);
    assert_eq!(one.ids("network", "shared=true").await, [shared]);
    assert_eq!(one.ids("subnet", "").await.len(), 1);
    assert_eq!(admin.ids("subnet", "").await.len(), 2);
    assert!(one.ids("network", &format!("id={other}")).await.is_empty());
    let path = format!("/v2.0/networks/{other}");
    one.get(&path).await.error(404);
    one.put(&path, json!({ "network": { "name": "mine" } }))
        .await
        .error(404);
    one.delete(&path).await.error(404);
    let foreign = json!({ "port": { "network_id": other } });
    one.post("/v2.0/ports", foreign).await.error(404);
    let stolen = json!({ "network": { "project_id": "two" } });
    assert_eq!(
        one.post("/v2.0/networks", stolen).await.error(400).0,
        "HTTPBadRequest"
    );
}

#[tokio::test]
async fn the_owner_of_a_network_sees_the_ports_of_others_on_it() {
    let admin = Region::guarded();
    let (one, two) = (admin.as_user("token-one"), admin.as_user("token-two"));
    let (network, _) = one.network("10.0.0.0/24").await;
    let path = format!("/v2.0/networks/{network}");
    admin
        .put(&path, json!({ "network": { "shared": true } }))
        .await
        .expect(200);
    let port = id(&two.make("port", json!({ "network_id": network })).await);
    assert_eq!(one.ids("port", "").await, std::slice::from_ref(&port));
    assert_eq!(two.ids("port", "").await, std::slice::from_ref(&port));
    assert_eq!(
        two.ids("port", "project_id=one").await,
        Vec::<String>::new()
    );
    let foreign = id(&admin.make("port", json!({ "network_id": network })).await);
    two.get(&format!("/v2.0/ports/{foreign}")).await.error(404);
}

#[tokio::test]
async fn operators_attributes_are_theirs() {
    let admin = Region::guarded();
    let one = admin.as_user("token-one");
    let (network, _) = one.network("10.0.0.0/24").await;
    let shown = one
        .get(&format!("/v2.0/networks/{network}"))
        .await
        .expect(200);
    assert!(shown["network"].get("provider:segmentation_id").is_none());
    let port = one.make("port", json!({ "network_id": network })).await;
    assert!(port.get("binding:host_id").is_none());
    assert!(port.get("binding:vif_details").is_none());
    assert_eq!(port["binding:vnic_type"], "normal");
    let path = format!("/v2.0/ports/{}?fields=binding:host_id&fields=id", id(&port));
    assert_eq!(
        one.get(&path).await.expect(200)["port"],
        json!({ "id": id(&port) })
    );
    let bound = json!({ "port": { "network_id": network, "binding:host_id": "h" } });
    assert_eq!(
        one.post("/v2.0/ports", bound).await.error(403).0,
        "PolicyNotAuthorized"
    );
    one.post("/v2.0/networks", json!({ "network": { "shared": true } }))
        .await
        .error(403);
    assert!(one.ids("agent", "").await.is_empty());
}

#[tokio::test]
async fn a_reader_reads() {
    let admin = Region::guarded();
    let reader = admin.as_user("token-reader");
    let (network, _) = admin.as_user("token-one").network("10.0.0.0/24").await;
    assert_eq!(
        reader.ids("network", "").await,
        std::slice::from_ref(&network)
    );
    reader
        .post("/v2.0/networks", json!({ "network": {} }))
        .await
        .error(403);
    let path = format!("/v2.0/networks/{network}");
    reader.delete(&path).await.error(403);
    reader
        .put(&format!("{path}/tags/x"), json!({}))
        .await
        .error(403);
}
