//! `/nodes`, `/ncms` and the like, with the payloads that Alcor's scripts and tests really send.

use crate::region::Region;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

const ID: &str = "ae34051f-aa6c-4c75-abf5-50dc9ac99ef3";

fn node() -> Value {
    json!({
        "local_ip": "192.0.2.1", "mac_address": "90:17:ac:c1:34:64", "node_id": ID,
        "node_name": "node1", "server_port": 50001, "veth": "eth0" })
}

#[tokio::test]
async fn a_node_is_changed_by_the_id_in_the_body() {
    let region = Region::open();
    region
        .post("/nodes", json!({ "host_info": node() }))
        .await
        .expect(201);
    let mut changed = node();
    changed["host_dvr_mac"] = json!("74-70-FD-73-09-07");
    changed["ncm_id"] = json!("test_ncm_001");
    let body = region
        .put("/nodes", json!({ "host_info": changed }))
        .await
        .expect(200);
    assert_eq!(body["host_info"]["host_dvr_mac"], "74:70:fd:73:09:07");
    let (_, message) = region
        .put("/nodes", json!({ "host_info": {} }))
        .await
        .error(400);
    assert!(message.contains("node_id"), "{message}");
}

#[tokio::test]
async fn nodes_come_in_lists_by_either_name_and_in_files() {
    let region = Region::open();
    for envelope in ["host_infos", "host_info"] {
        let body = json!({ envelope: [node()] });
        let made = region.post("/nodes/bulk", body).await.expect(200);
        assert_eq!(made["host_infos"][0]["node_id"], ID);
    }
    let file = json!({ "host_infos": [{ "node_name": "node2", "local_ip": "192.0.2.2" }] });
    let form = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"nodes.json\"\r\n\
         Content-Type: application/json\r\n\r\n{file}\r\n--xyz--\r\n"
    );
    let upload = |kind: &str, form: String| {
        let request = Request::post("/nodes/upload").header("content-type", kind);
        region.send(request.body(Body::from(form)).unwrap())
    };
    let made = upload("multipart/form-data; boundary=xyz", form.clone())
        .await
        .expect(200);
    assert_eq!(made["host_infos"][0]["node_name"], "node2");
    upload("application/json", form.clone()).await.error(400);
    upload("multipart/form-data; boundary=other", form)
        .await
        .error(400);
}

#[tokio::test]
async fn managers_are_kept_while_nodes_belong_to_them() {
    let region = Region::open();
    let ncm = json!({ "ncm_info": {
        "cap": 10, "id": "test_ncm_001", "uri": "http://localhost:9014" } });
    region.post("/ncms", ncm.clone()).await.expect(201);
    assert_eq!(
        region.post("/ncms", ncm.clone()).await.error(409).0,
        "NcmExists"
    );
    assert_eq!(region.get("/ncms/test_ncm_001").await.expect(200), ncm);
    let listed = region.get("/ncms").await.expect(200);
    assert_eq!(listed["ncm_infos"], json!([ncm["ncm_info"]]));
    let (_, message) = region.get("/ncms/none").await.error(404);
    assert!(message.contains("does not exist"), "{message}");
    let mut member = node();
    member["ncm_id"] = json!("test_ncm_001");
    region
        .post("/nodes", json!({ "host_info": member }))
        .await
        .expect(201);
    assert_eq!(
        region.delete("/ncms/test_ncm_001").await.error(409).0,
        "NcmInUse"
    );
    let small = json!({ "ncm_info": { "cap": 0 } });
    assert_eq!(
        region.put("/ncms/test_ncm_001", small).await.error(409).0,
        "NcmOverfull"
    );
    region.delete("/nodes/node1").await.expect(204);
    region.delete("/ncms/test_ncm_001").await.expect(200);
    let wrong = json!({ "ncm_info": { "id": "x", "uri": "somewhere" } });
    region.post("/ncms", wrong).await.error(400);
}

#[tokio::test]
async fn tenants_see_neither_nodes_nor_managers() {
    let one = Region::guarded().as_user("token-one");
    one.get("/ncms").await.error(403);
    one.put("/nodes", json!({ "host_info": { "node_id": ID } }))
        .await
        .error(403);
    one.post("/segments/createDefaultTable", json!({}))
        .await
        .error(403);
    let admin = one.as_user("token-admin");
    admin
        .call("POST", "/segments/createDefaultTable", &[], None)
        .await
        .expect(200);
}
