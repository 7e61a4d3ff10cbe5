//! Trunks and their sub-ports.

use crate::region::{Answer, Region, id};
use serde_json::{Value, json};

struct Lab {
    region: Region,
    network: String,
}

impl Lab {
    async fn new() -> Self {
        let region = Region::open();
        let (network, _) = region.network("10.0.0.0/24").await;
        Self { region, network }
    }

    async fn port(&self) -> String {
        let port = json!({ "network_id": self.network });
        id(&self.region.make("port", port).await)
    }

    async fn show(&self, port: &str) -> Value {
        let path = format!("/v2.0/ports/{port}");
        self.region.get(&path).await.expect(200)["port"].take()
    }

    async fn change(&self, trunk: &str, verb: &str, sub_ports: Value) -> Answer {
        let path = format!("/v2.0/trunks/{trunk}/{verb}_subports");
        let body = json!({ "sub_ports": sub_ports });
        self.region.put(&path, body).await
    }

    async fn bind(&self, port: &str, host: &str) {
        let body = json!({ "port": { "binding:host_id": host } });
        let path = format!("/v2.0/ports/{port}");
        self.region.put(&path, body).await.expect(200);
    }
}

fn sub(port: &str, vlan: u16) -> Value {
    json!({ "port_id": port, "segmentation_type": "vlan", "segmentation_id": vlan })
}

#[tokio::test]
async fn a_trunk_carries_ports_where_its_own_port_goes() {
    let lab = Lab::new().await;
    let (parent, one, two) = (lab.port().await, lab.port().await, lab.port().await);
    let body = json!({ "name": "t", "port_id": parent, "sub_ports": [sub(&one, 10)] });
    let trunk = lab.region.make("trunk", body).await;
    // A trunk is counted against a quota, and the audit counts it, too.
    let faults = alcor_managers::audit(&lab.region.store.snapshot()).unwrap();
    assert_eq!(faults, [""; 0]);
    assert_eq!(trunk["status"], "DOWN");
    assert_eq!(trunk["sub_ports"], json!([sub(&one, 10)]));
    assert_eq!(lab.show(&one).await["device_owner"], "trunk:subport");
    let added = lab.change(&id(&trunk), "add", json!([sub(&two, 20)])).await;
    let added = added.expect(200);
    assert_eq!(added["sub_ports"].as_array().unwrap().len(), 2);
    assert_eq!(added["revision_number"], 1);
    let path = format!("/v2.0/trunks/{}/get_subports", id(&trunk));
    let listed = lab.region.get(&path).await.expect(200);
    assert_eq!(
        listed,
        json!({ "sub_ports": [sub(&one, 10), sub(&two, 20)] })
    );
    lab.bind(&parent, "h1").await;
    assert_eq!(lab.show(&two).await["binding:host_id"], "h1");
    let details = lab.show(&parent).await["trunk_details"].take();
    assert_eq!(details["trunk_id"], trunk["id"]);
    assert_eq!(details["sub_ports"][1]["segmentation_id"], 20);
    assert!(details["sub_ports"][1]["mac_address"].is_string());
    let removed = lab
        .change(&id(&trunk), "remove", json!([{ "port_id": two }]))
        .await;
    assert_eq!(removed.expect(200)["sub_ports"], json!([sub(&one, 10)]));
    let freed = lab.show(&two).await;
    assert_eq!(
        (&freed["binding:host_id"], &freed["device_owner"]),
        (&json!(""), &json!(""))
    );
    let path = format!("/v2.0/trunks/{}", id(&trunk));
    assert_eq!(lab.region.delete(&path).await.error(409).0, "TrunkInUse");
    lab.bind(&parent, "").await;
    lab.region.delete(&path).await.expect(204);
    assert_eq!(lab.region.get(&path).await.error(404).0, "TrunkNotFound");
    assert_eq!(lab.show(&one).await["device_owner"], "");
}

#[tokio::test]
async fn ports_are_in_one_trunk_only_and_stay_while_they_are() {
    let lab = Lab::new().await;
    let (parent, one, two) = (lab.port().await, lab.port().await, lab.port().await);
    let body = json!({ "port_id": parent, "sub_ports": [sub(&one, 10)] });
    let trunk = id(&lab.region.make("trunk", body).await);
    let create = |port: &str, sub_ports: Value| {
        let body = json!({ "trunk": { "port_id": port, "sub_ports": sub_ports } });
        let region = lab.region.clone();
        async move { region.post("/v2.0/trunks", body).await.error(409).0 }
    };
    assert_eq!(create(&parent, json!([])).await, "ParentPortInUse");
    assert_eq!(create(&one, json!([])).await, "TrunkPortInUse");
    assert_eq!(create(&two, json!([sub(&one, 1)])).await, "TrunkPortInUse");
    assert_eq!(create(&two, json!([sub(&two, 1)])).await, "ParentPortInUse");
    let refused = |sub_ports: Value, status: u16| {
        let lab = &lab;
        let trunk = trunk.clone();
        async move { lab.change(&trunk, "add", sub_ports).await.error(status).0 }
    };
    assert_eq!(
        refused(json!([sub(&two, 10)]), 409).await,
        "DuplicateSubPort"
    );
    assert_eq!(refused(json!([sub(&two, 4095)]), 400).await, "InvalidInput");
    let qinq = json!([{ "port_id": two, "segmentation_type": "x", "segmentation_id": 1 }]);
    assert_eq!(refused(qinq, 400).await, "InvalidInput");
    let body = json!({ "port": { "device_id": "vm" } });
    lab.region
        .put(&format!("/v2.0/ports/{two}"), body)
        .await
        .expect(200);
    assert_eq!(refused(json!([sub(&two, 11)]), 409).await, "PortInUse");
    let gone = lab
        .change(&trunk, "remove", json!([{ "port_id": two }]))
        .await;
    assert_eq!(gone.error(404).0, "SubPortNotFound");
    for (port, kind) in [
        (&parent, "PortInUseAsTrunkParent"),
        (&one, "PortInUseAsSubPort"),
    ] {
        let path = format!("/v2.0/ports/{port}");
        assert_eq!(lab.region.delete(&path).await.error(409).0, kind);
    }
    lab.bind(&two, "h1").await;
    assert_eq!(create(&two, json!([])).await, "ParentPortInUse");
}

#[tokio::test]
async fn a_trunk_that_is_off_does_not_change_but_has_tags() {
    let lab = Lab::new().await;
    let (parent, one) = (lab.port().await, lab.port().await);
    let body = json!({ "port_id": parent, "admin_state_up": false });
    let trunk = id(&lab.region.make("trunk", body).await);
    let path = format!("/v2.0/trunks/{trunk}");
    let refused = lab.change(&trunk, "add", json!([sub(&one, 10)])).await;
    assert_eq!(refused.error(409).0, "TrunkDisabled");
    assert_eq!(lab.region.delete(&path).await.error(409).0, "TrunkDisabled");
    let body = json!({ "trunk": { "admin_state_up": true, "name": "on" } });
    assert_eq!(
        lab.region.put(&path, body).await.expect(200)["trunk"]["name"],
        "on"
    );
    lab.region
        .put(&format!("{path}/tags/red"), json!({}))
        .await
        .expect(201);
    assert_eq!(lab.region.ids("trunk", "tags=red").await, [trunk.clone()]);
    assert_eq!(
        lab.region.ids("trunk", &format!("port_id={parent}")).await,
        [trunk.clone()]
    );
    let body = json!({ "trunk": { "port_id": one } });
    lab.region.put(&path, body).await.error(400);
    lab.region.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_sub_port_inherits_its_tag_where_its_network_has_one() {
    let region = crate::networks::region().await;
    let port = async |network: Value| {
        let network = id(&region.make("network", network).await);
        id(&region.make("port", json!({ "network_id": network })).await)
    };
    let vlan = json!({
        "provider:network_type": "vlan", "provider:physical_network": "physnet1",
        "provider:segmentation_id": 500,
    });
    let flat = json!({ "provider:network_type": "flat", "provider:physical_network": "physnet1" });
    let (parent, one) = (port(flat).await, port(vlan).await);
    let inherit = |port: &str| json!({ "port_id": port, "segmentation_type": "inherit" });
    let body = json!({ "port_id": parent, "sub_ports": [inherit(&one)] });
    let trunk = region.make("trunk", body).await;
    assert_eq!(trunk["sub_ports"], json!([sub(&one, 500)]));
    let path = format!("/v2.0/trunks/{}/add_subports", id(&trunk));
    let two = port(json!({})).await;
    let body = json!({ "sub_ports": [inherit(&two)] });
    let (kind, message) = region.put(&path, body).await.error(400);
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("is of type vxlan"), "{message}");
}

#[tokio::test]
async fn a_port_of_the_region_ends_after_its_trunk() {
    let region = Region::open();
    let outside = id(&region
        .make("network", json!({ "router:external": true }))
        .await);
    let subnet = json!({ "network_id": outside, "cidr": "203.0.113.0/24", "ip_version": 4 });
    region.make("subnet", subnet).await;
    let floating_ip = region.make("floatingip", json!({ "floating_network_id": outside }));
    let floating_ip = format!("/v2.0/floatingips/{}", id(&floating_ip.await));
    let port = region
        .ids("port", "device_owner=network:floatingip")
        .await
        .remove(0);
    let trunk = region.make("trunk", json!({ "port_id": port })).await;
    let refused = region.delete(&floating_ip).await.error(409);
    assert_eq!(refused.0, "PortInUseAsTrunkParent");
    region.get(&floating_ip).await.expect(200);
    region
        .delete(&format!("/v2.0/trunks/{}", id(&trunk)))
        .await
        .expect(204);
    region.delete(&floating_ip).await.expect(204);
    assert!(region.ids("port", "").await.is_empty());
}
