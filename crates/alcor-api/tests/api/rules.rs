//! Update, delete, revisions, and the codes of everything that does not exist.

use crate::region::{Region, id};
use serde_json::{Value, json};

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let region = Region::open();
    let (network, subnet) = region.network("10.0.0.0/24").await;
    let path = format!("/v2.0/subnets/{subnet}");
    let body = json!({ "subnet": { "name": "renamed", "tags": [] } });
    let (_, message) = region.put(&path, body).await.error(400);
    assert!(
        message.contains("'tags'") && message.contains("PUT"),
        "{message}"
    );
    let body = json!({ "subnet": { "name": "renamed" } });
    let changed = region.put(&path, body).await.expect(200);
    assert_eq!(changed["subnet"]["name"], "renamed");
    assert_eq!(changed["subnet"]["gateway_ip"], "10.0.0.1");
    assert_eq!(changed["subnet"]["revision_number"], 1);
    let body = json!({ "subnet": { "gateway_ip": null } });
    let changed = region.put(&path, body).await.expect(200);
    assert_eq!(changed["subnet"]["gateway_ip"], Value::Null);
    let shown = region
        .get(&format!("/v2.0/networks/{network}"))
        .await
        .expect(200);
    assert_eq!(shown["network"]["subnets"], json!([subnet]));
}

#[tokio::test]
async fn a_port_is_bound_and_unbound_as_nova_does() {
    let region = Region::open();
    let (network, _) = region.network("10.0.0.0/24").await;
    let port = region.make("port", json!({ "network_id": network })).await;
    assert_eq!(port["binding:vif_type"], "unbound");
    assert_eq!(port["status"], "DOWN");
    let path = format!("/v2.0/ports/{}", id(&port));
    let bind = json!({ "port": {
        "device_id": "vm", "device_owner": "compute:nova",
        "binding:host_id": "h1", "binding:profile": { "pci": { "slot": 1 } } } });
    let bound = region.put(&path, bind).await.expect(200);
    assert_eq!(bound["port"]["binding:vif_type"], "binding_failed");
    assert!(
        bound["port"]["status_reason"]
            .as_str()
            .unwrap()
            .contains("h1")
    );
    assert_eq!(
        bound["port"]["binding:profile"],
        json!({ "pci": { "slot": 1 } })
    );
    let node = json!({ "host_info": { "node_name": "h1", "local_ip": "192.0.2.1" } });
    region.post("/nodes", node).await.expect(201);
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["port"]["binding:vif_type"], "ovs");
    assert_eq!(shown["port"]["binding:vif_details"]["port_filter"], true);
    assert_eq!(
        shown["port"]["binding:vif_details"]["bridge_name"],
        "br-int"
    );
    let unbind = json!({ "port": {
        "device_id": "", "device_owner": "", "binding:host_id": null, "binding:profile": {} } });
    let unbound = region.put(&path, unbind).await.expect(200);
    assert_eq!(unbound["port"]["binding:host_id"], "");
    assert_eq!(unbound["port"]["binding:vif_details"], json!({}));
    assert_eq!(unbound["port"]["binding:profile"], json!({}));
}

#[tokio::test]
async fn if_match_guards_update_and_delete() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let path = format!("/v2.0/networks/{}", id(&network));
    let body = json!({ "network": { "name": "n" } });
    let call = |method: &'static str, value: &'static str, body: Option<Value>| {
        let (region, path) = (region.clone(), path.clone());
        async move {
            let headers = [("if-match", value)];
            region.call(method, &path, &headers, body.as_ref()).await
        }
    };
    let (kind, _) = call("PUT", "revision_number=7", Some(body.clone()))
        .await
        .error(412);
    assert_eq!(kind, "RevisionNumberConstraintFailed");
    call("PUT", "revision_number=0", Some(body.clone()))
        .await
        .expect(200);
    call("PUT", "revision_number=0", Some(body.clone()))
        .await
        .error(412);
    call("PUT", "*", Some(body)).await.error(400);
    call("DELETE", "revision_number=0", None).await.error(412);
    call("DELETE", "revision_number=1", None).await.expect(204);
}

#[tokio::test]
async fn what_is_in_use_refuses_deletion() {
    let region = Region::open();
    let (network, subnet) = region.network("10.0.0.0/24").await;
    let port = region.make("port", json!({ "network_id": network })).await;
    let networks = format!("/v2.0/networks/{network}");
    assert_eq!(region.delete(&networks).await.error(409).0, "NetworkInUse");
    let subnets = format!("/v2.0/subnets/{subnet}");
    assert_eq!(region.delete(&subnets).await.error(409).0, "SubnetInUse");
    let ports = format!("/v2.0/ports/{}", id(&port));
    region.delete(&ports).await.expect(204);
    region.delete(&networks).await.expect(204);
    for (path, kind) in [
        (networks, "NetworkNotFound"),
        (subnets, "SubnetNotFound"),
        (ports, "PortNotFound"),
    ] {
        assert_eq!(region.get(&path).await.error(404).0, kind);
        assert_eq!(region.delete(&path).await.error(404).0, kind);
    }
}

#[tokio::test]
async fn unknown_paths_methods_and_ids() {
    let region = Region::open();
    assert_eq!(
        region.get("/v2.0/nothing").await.error(404).0,
        "HTTPNotFound"
    );
    assert_eq!(region.get("/v3").await.error(404).0, "HTTPNotFound");
    let patched = region.call("PATCH", "/v2.0/networks", &[], None).await;
    assert_eq!(patched.error(405).0, "HTTPMethodNotAllowed");
    assert_eq!(
        region.delete("/v2.0/networks").await.error(405).0,
        "HTTPMethodNotAllowed"
    );
    assert_eq!(
        region.get("/v2.0/networks/none").await.error(404).0,
        "NetworkNotFound"
    );
    assert_eq!(
        region.delete("/v2.0/ports/none").await.error(404).0,
        "PortNotFound"
    );
    let head = region.call("HEAD", "/v2.0/networks", &[], None).await;
    assert_eq!(head.status, 200);
    assert!(head.body.is_null());
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let region = Region::open();
    for path in ["/", "/v2.0/networks", "/nothing", "/healthz"] {
        let answer = region.get(path).await;
        let id = answer.headers["x-openstack-request-id"].to_str().unwrap();
        assert!(
            id.strip_prefix("req-")
                .unwrap()
                .parse::<uuid::Uuid>()
                .is_ok()
        );
    }
}
