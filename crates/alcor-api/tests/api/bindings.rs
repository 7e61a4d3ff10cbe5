//! Several bindings of one port, in the order of Nova's live migration.

use crate::region::{Answer, Region, id};
use serde_json::{Value, json};

struct Migration {
    region: Region,
    port: String,
}

impl Migration {
    /// A VM's port on host `a`, and a host `b` to go to.
    async fn begin() -> Self {
        let region = Region::open();
        for (number, name) in ["a", "b"].iter().enumerate() {
            let node = json!({ "node_name": name, "local_ip": format!("192.0.2.{}", number + 1) });
            let body = json!({ "host_info": node });
            region.post("/nodes", body).await.expect(201);
        }
        let (network, _) = region.network("10.0.0.0/24").await;
        let port = json!({ "network_id": network, "device_owner": "compute:nova",
            "device_id": "vm", "binding:host_id": "a" });
        let port = id(&region.make("port", port).await);
        Self { region, port }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v2.0/ports/{}/bindings{rest}", self.port)
    }

    async fn bind(&self, host: &str) -> Answer {
        let body = json!({ "binding": { "host": host, "profile": { "migrating_to": "b" } } });
        self.region.post(&self.path(""), body).await
    }

    async fn activate(&self, host: &str) -> Answer {
        let path = self.path(&format!("/{host}/activate"));
        self.region.put(&path, json!({})).await
    }

    async fn statuses(&self) -> Vec<String> {
        let body = self.region.get(&self.path("")).await.expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let bindings = body["bindings"].as_array().unwrap().iter();
        bindings
            .map(|binding| format!("{} {}", text(&binding["host"]), text(&binding["status"])))
            .collect()
    }

    async fn host(&self) -> Value {
        let path = format!("/v2.0/ports/{}", self.port);
        self.region.get(&path).await.expect(200)["port"]["binding:host_id"].take()
    }
}

#[tokio::test]
async fn a_port_moves_when_a_binding_is_activated() {
    let m = Migration::begin().await;
    let made = m.bind("b").await.expect(201);
    assert_eq!(made["binding"]["status"], "INACTIVE");
    assert_eq!(made["binding"]["vif_type"], "ovs");
    assert_eq!(made["binding"]["vif_details"]["bridge_name"], "br-int");
    assert_eq!(made["binding"]["profile"], json!({ "migrating_to": "b" }));
    assert_eq!(m.host().await, "a");
    assert_eq!(m.statuses().await, ["a ACTIVE", "b INACTIVE"]);
    let active = m.activate("b").await.expect(200);
    assert_eq!(
        (&active["host"], &active["status"]),
        (&json!("b"), &json!("ACTIVE"))
    );
    assert_eq!(m.host().await, "b");
    assert_eq!(m.statuses().await, ["b ACTIVE", "a INACTIVE"]);
    let left = m.region.get(&m.path("/a")).await.expect(200);
    assert_eq!(left["binding"]["vif_type"], "unbound");
    m.region.delete(&m.path("/a")).await.expect(204);
    assert_eq!(m.statuses().await, ["b ACTIVE"]);
}

#[tokio::test]
async fn wrong_bindings_are_refused() {
    let m = Migration::begin().await;
    m.bind("b").await.expect(201);
    assert_eq!(m.bind("b").await.error(409).0, "PortBindingAlreadyExists");
    assert_eq!(m.bind("a").await.error(409).0, "PortBindingAlreadyExists");
    assert_eq!(m.bind("nowhere").await.error(409).0, "PortBindingError");
    assert_eq!(
        m.activate("a").await.error(409).0,
        "PortBindingAlreadyActive"
    );
    assert_eq!(m.activate("c").await.error(404).0, "PortBindingNotFound");
    let none = m.path("/c");
    assert_eq!(
        m.region.get(&none).await.error(404).0,
        "PortBindingNotFound"
    );
    assert_eq!(
        m.region.delete(&none).await.error(404).0,
        "PortBindingNotFound"
    );
    let body = json!({ "binding": { "vnic_type": "x" } });
    m.region.put(&m.path("/b"), body).await.error(400);
    m.region
        .post(&m.path(""), json!({ "binding": {} }))
        .await
        .error(400);
    let body = json!({ "port": { "device_owner": "network:dhcp" } });
    let path = format!("/v2.0/ports/{}", m.port);
    m.region.put(&path, body).await.expect(200);
    assert_eq!(m.region.get(&m.path("")).await.error(400).0, "BadRequest");
    let none = format!("/v2.0/ports/{}/bindings", uuid::Uuid::new_v4());
    assert_eq!(m.region.get(&none).await.error(404).0, "PortNotFound");
}

#[tokio::test]
async fn the_binding_in_force_is_the_ports_own() {
    let m = Migration::begin().await;
    m.bind("b").await.expect(201);
    // Nova without a call of activate: the waiting binding becomes the one in force.
    let path = format!("/v2.0/ports/{}", m.port);
    let body = json!({ "port": { "binding:host_id": "b" } });
    m.region.put(&path, body).await.expect(200);
    assert_eq!(m.statuses().await, ["b ACTIVE"]);
    let body = json!({ "binding": { "profile": { "x": 1 } } });
    let changed = m.region.put(&m.path("/b"), body).await.expect(200);
    assert_eq!(changed["binding"]["profile"], json!({ "x": 1 }));
    let port = m.region.get(&path).await.expect(200);
    assert_eq!(port["port"]["binding:profile"], json!({ "x": 1 }));
    m.region.delete(&m.path("/b")).await.expect(204);
    assert_eq!(m.host().await, "");
    assert!(m.statuses().await.is_empty());
    let first = m.bind("a").await.expect(201);
    assert_eq!(first["binding"]["status"], "ACTIVE");
    assert_eq!(m.host().await, "a");
}

#[tokio::test]
async fn bindings_are_filtered_and_end_with_their_port() {
    let m = Migration::begin().await;
    m.bind("b").await.expect(201);
    let path = m.path("?status=INACTIVE&fields=host");
    let body = m.region.get(&path).await.expect(200);
    assert_eq!(body["bindings"], json!([{ "host": "b" }]));
    let port = format!("/v2.0/ports/{}", m.port);
    m.region.delete(&port).await.expect(204);
    let again = json!({ "id": m.port, "device_owner": "compute:nova" });
    let (network, _) = m.region.network("10.1.0.0/24").await;
    let mut body = again;
    body["network_id"] = network.into();
    m.region.make("port", body).await;
    assert!(m.statuses().await.is_empty());
}

#[tokio::test]
async fn bindings_are_for_administrators() {
    let region = Region::guarded();
    let alice = region.as_user("token-one");
    let network = id(&alice.make("network", json!({})).await);
    let port = json!({ "network_id": network, "device_owner": "compute:nova" });
    let port = id(&alice.make("port", port).await);
    let path = format!("/v2.0/ports/{port}/bindings");
    let refused = alice.get(&path).await.status.as_u16();
    assert!([403, 404].contains(&refused), "{refused}");
    assert_eq!(
        region.get(&path).await.expect(200),
        json!({ "bindings": [] })
    );
}
