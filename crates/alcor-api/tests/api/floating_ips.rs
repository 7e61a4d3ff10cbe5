//! Floating IPs and their port forwardings.

use crate::region::{Answer, Region, id};
use crate::routers::{act, external};
use serde_json::{Value, json};

/// An external network, and a router that joins a subnet with it.
struct Site {
    region: Region,
    external: String,
    network: String,
    subnet: String,
    router: String,
}

impl Site {
    async fn new() -> Self {
        let region = Region::open();
        let (external, _) = external(&region, "203.0.113.0/24").await;
        let (network, subnet) = region.network("10.0.0.0/24").await;
        let info = json!({ "external_gateway_info": { "network_id": external } });
        let router = id(&region.make("router", info).await);
        let by = json!({ "subnet_id": subnet });
        act(&region, &router, "add_router_interface", by)
            .await
            .expect(200);
        Self {
            region,
            external,
            network,
            subnet,
            router,
        }
    }

    async fn port(&self) -> Value {
        let port = json!({ "network_id": self.network });
        self.region.make("port", port).await
    }

    async fn floating(&self, mut attributes: Value) -> Answer {
        attributes["floating_network_id"] = json!(self.external);
        let body = json!({ "floatingip": attributes });
        self.region.post("/v2.0/floatingips", body).await
    }

    async fn made(&self, attributes: Value) -> Value {
        self.floating(attributes).await.expect(201)["floatingip"].take()
    }

    async fn set(&self, floating_ip: &Value, attributes: Value) -> Answer {
        let path = format!("/v2.0/floatingips/{}", id(floating_ip));
        let body = json!({ "floatingip": attributes });
        self.region.put(&path, body).await
    }

    async fn show(&self, floating_ip: &Value) -> Value {
        let path = format!("/v2.0/floatingips/{}", id(floating_ip));
        self.region.get(&path).await.expect(200)["floatingip"].take()
    }
}

fn address(port: &Value) -> &str {
    port["fixed_ips"][0]["ip_address"].as_str().unwrap()
}

#[tokio::test]
async fn a_floating_ip_is_taken_associated_moved_and_freed() {
    let site = Site::new().await;
    let free = site.made(json!({})).await;
    assert_eq!(free["status"], "DOWN");
    assert_eq!(free["port_id"], Value::Null);
    assert!(free.get("name").is_none(), "floating IPs have no name");
    let port = site.port().await;
    let to = json!({ "port_id": port["id"] });
    let set = site.set(&free, to).await.expect(200)["floatingip"].take();
    assert_eq!(set["fixed_ip_address"], address(&port));
    assert_eq!(set["router_id"], json!(site.router));
    // Active is what its port's host has programmed.
    assert_eq!(set["status"], "DOWN");
    let reason = set["status_reason"].as_str().unwrap();
    assert!(reason.contains("is not bound to a host"), "{reason}");
    assert_eq!(set["port_details"]["mac_address"], port["mac_address"]);
    let other = site.port().await;
    let moved = site.set(&free, json!({ "port_id": other["id"] })).await;
    assert_eq!(
        moved.expect(200)["floatingip"]["fixed_ip_address"],
        address(&other)
    );
    let same = site
        .set(&free, json!({ "description": "x" }))
        .await
        .expect(200);
    assert_eq!(same["floatingip"]["port_id"], other["id"]);
    let freed = site
        .set(&free, json!({ "port_id": null }))
        .await
        .expect(200);
    for attribute in ["port_id", "fixed_ip_address", "router_id", "port_details"] {
        assert_eq!(freed["floatingip"][attribute], Value::Null, "{attribute}");
    }
    let path = format!("/v2.0/floatingips/{}", id(&free));
    site.region.delete(&path).await.expect(204);
    let query = format!(
        "network_id={}&device_owner=network:floatingip",
        site.external
    );
    assert!(site.region.ids("port", &query).await.is_empty());
}

#[tokio::test]
async fn addresses_are_chosen_and_held_once() {
    let site = Site::new().await;
    let chosen = site
        .made(json!({ "floating_ip_address": "203.0.113.50" }))
        .await;
    assert_eq!(chosen["floating_ip_address"], "203.0.113.50");
    let twice = json!({ "floating_ip_address": "203.0.113.50" });
    let twice = site.floating(twice).await.error(409);
    assert_eq!(twice.0, "IpAddressAlreadyAllocated");
    let outside = json!({ "floating_ip_address": "192.0.2.1" });
    site.floating(outside).await.error(400);
    let on_plain = json!({ "floatingip": { "floating_network_id": site.network } });
    let refused = site.region.post("/v2.0/floatingips", on_plain).await;
    assert_eq!(refused.error(400).0, "BadRequest");
}

#[tokio::test]
async fn an_association_needs_one_address_and_a_way() {
    let site = Site::new().await;
    let alone = json!({ "fixed_ip_address": "10.0.0.9" });
    assert_eq!(site.floating(alone).await.error(400).0, "BadRequest");
    let (apart, _) = site.region.network("10.1.0.0/24").await;
    let apart = site
        .region
        .make("port", json!({ "network_id": apart }))
        .await;
    let refused = site.floating(json!({ "port_id": apart["id"] })).await;
    assert_eq!(refused.error(404).0, "ExternalGatewayForFloatingIPNotFound");
    let two = json!({ "network_id": site.network, "fixed_ips": [
        { "ip_address": "10.0.0.20" }, { "ip_address": "10.0.0.21" },
    ]});
    let two = site.region.make("port", two).await;
    let unclear = site.floating(json!({ "port_id": two["id"] })).await;
    assert_eq!(unclear.error(400).0, "BadRequest");
    let second = json!({ "port_id": two["id"], "fixed_ip_address": "10.0.0.21" });
    let made = site.made(second.clone()).await;
    assert_eq!(made["fixed_ip_address"], "10.0.0.21");
    let rival = site.floating(second).await;
    assert_eq!(rival.error(409).0, "FloatingIPPortAlreadyAssociated");
    let first = json!({ "port_id": two["id"], "fixed_ip_address": "10.0.0.20" });
    let moved = site.set(&made, first).await.expect(200);
    assert_eq!(moved["floatingip"]["fixed_ip_address"], "10.0.0.20");
}

#[tokio::test]
async fn what_an_association_stands_on_stays() {
    let site = Site::new().await;
    let port = site.port().await;
    let floating_ip = site.made(json!({ "port_id": port["id"] })).await;
    let by = json!({ "subnet_id": site.subnet });
    let interface = act(&site.region, &site.router, "remove_router_interface", by).await;
    assert_eq!(interface.error(409).0, "RouterInterfaceInUseByFloatingIP");
    let clear = json!({ "router": { "external_gateway_info": null } });
    let path = format!("/v2.0/routers/{}", site.router);
    let gateway = site.region.put(&path, clear).await;
    assert_eq!(
        gateway.error(409).0,
        "RouterExternalGatewayInUseByFloatingIp"
    );
    let path = format!("/v2.0/ports/{}", id(&port));
    let readdress = json!({ "port": { "fixed_ips": [{ "ip_address": "10.0.0.99" }] } });
    assert_eq!(
        site.region.put(&path, readdress).await.error(400).0,
        "BadRequest"
    );
    site.region.delete(&path).await.expect(204);
    let freed = site.show(&floating_ip).await;
    assert_eq!(
        (&freed["port_id"], &freed["router_id"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn an_external_network_ends_with_its_unused_floating_ips() {
    let region = Region::open();
    let (network, subnet) = external(&region, "203.0.113.0/24").await;
    let body = json!({ "floatingip": { "floating_network_id": network } });
    let made = region.post("/v2.0/floatingips", body).await.expect(201);
    let path = format!("/v2.0/floatingips/{}", id(&made["floatingip"]));
    region
        .delete(&format!("/v2.0/networks/{network}"))
        .await
        .expect(204);
    assert_eq!(region.get(&path).await.error(404).0, "FloatingIPNotFound");
    region
        .get(&format!("/v2.0/subnets/{subnet}"))
        .await
        .error(404);
}

#[tokio::test]
async fn floating_ips_are_found_by_what_they_stand_for() {
    let site = Site::new().await;
    let port = site.port().await;
    let used = site.made(json!({ "port_id": port["id"] })).await;
    let free = site.made(json!({})).await;
    for (name, value) in [
        ("port_id", id(&port)),
        ("router_id", site.router.clone()),
        ("fixed_ip_address", address(&port).to_owned()),
        (
            "floating_ip_address",
            used["floating_ip_address"].as_str().unwrap().to_owned(),
        ),
    ] {
        let found = site
            .region
            .ids("floatingip", &format!("{name}={value}"))
            .await;
        assert_eq!(found, [id(&used)], "{name}");
    }
    let down = site.region.ids("floatingip", "status=DOWN").await;
    assert!(down.contains(&id(&free)) && down.contains(&id(&used)));
    let all = format!("floating_network_id={}", site.external);
    assert_eq!(site.region.ids("floatingip", &all).await.len(), 2);
    let pools = site.region.get("/v2.0/floatingip_pools").await.expect(200);
    assert_eq!(pools["floatingip_pools"][0]["cidr"], "203.0.113.0/24");
}

#[tokio::test]
async fn a_floating_ip_belongs_to_its_project() {
    let admin = Region::guarded();
    let (network, _) = external(&admin, "203.0.113.0/24").await;
    let (one, two) = (admin.as_user("token-one"), admin.as_user("token-two"));
    let body = json!({ "floatingip": { "floating_network_id": network } });
    let made = one.post("/v2.0/floatingips", body).await.expect(201);
    let path = format!("/v2.0/floatingips/{}", id(&made["floatingip"]));
    two.get(&path).await.error(404);
    two.delete(&path).await.error(404);
    assert!(two.ids("floatingip", "").await.is_empty());
    let port = two.network("10.0.0.0/24").await.0;
    let port = two.make("port", json!({ "network_id": port })).await;
    let theirs = json!({ "floatingip": { "port_id": port["id"] } });
    one.put(&path, theirs).await.error(404);
    let hidden = format!("network_id={network}");
    assert!(
        one.ids("port", &hidden).await.is_empty(),
        "the address's port is nobody's"
    );
}

#[tokio::test]
async fn the_port_of_a_floating_ip_keeps_its_address() {
    let site = Site::new().await;
    let floating_ip = site.made(json!({})).await;
    let query = "device_owner=network:floatingip";
    let port = site.region.ids("port", query).await.remove(0);
    let path = format!("/v2.0/ports/{port}");
    for addresses in [json!([]), json!([{ "ip_address": "203.0.113.77" }])] {
        let wish = json!({ "port": { "fixed_ips": addresses } });
        assert_eq!(
            site.region.put(&path, wish).await.error(400).0,
            "BadRequest"
        );
    }
    let address = &floating_ip["floating_ip_address"];
    let wish = json!({ "port": { "fixed_ips": [{ "ip_address": address }] } });
    site.region.put(&path, wish).await.expect(200);
}

#[tokio::test]
async fn new_addresses_of_a_gateway_count_in_its_router() {
    let site = Site::new().await;
    let query = "device_owner=network:router_gateway";
    let port = site.region.ids("port", query).await.remove(0);
    let path = format!("/v2.0/routers/{}", site.router);
    let before = site.region.get(&path).await.expect(200)["router"].take();
    let wish = json!({ "port": { "fixed_ips": [{ "ip_address": "203.0.113.77" }] } });
    let changed = site.region.put(&format!("/v2.0/ports/{port}"), wish).await;
    changed.expect(200);
    let after = site.region.get(&path).await.expect(200)["router"].take();
    let revision = |router: &Value| router["revision_number"].as_u64().unwrap();
    assert_eq!(revision(&after), revision(&before) + 1);
    let shown = &after["external_gateway_info"]["external_fixed_ips"][0]["ip_address"];
    assert_eq!(shown, "203.0.113.77");
    let slaac = json!({ "network_id": site.external, "cidr": "fd01::/64", "ip_version": 6,
        "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac" });
    let slaac = site.region.make("subnet", slaac).await;
    let derived = site.region.get(&path).await.expect(200)["router"].take();
    let count = |router: &Value| {
        let addresses = &router["external_gateway_info"]["external_fixed_ips"];
        addresses.as_array().unwrap().len()
    };
    assert_eq!((count(&after), count(&derived)), (1, 2));
    assert_eq!(revision(&derived), revision(&after) + 1);
    let subnet = format!("/v2.0/subnets/{}", id(&slaac));
    site.region.delete(&subnet).await.expect(204);
    let back = site.region.get(&path).await.expect(200)["router"].take();
    assert_eq!(count(&back), 1);
    assert_eq!(revision(&back), revision(&derived) + 1);
}

#[tokio::test]
async fn port_forwardings_share_a_floating_ip() {
    let site = Site::new().await;
    let (one, two) = (site.port().await, site.port().await);
    let floating_ip = site.made(json!({})).await;
    let path = format!("/v2.0/floatingips/{}/port_forwardings", id(&floating_ip));
    let body = |port: &Value, outside: u16| {
        json!({ "port_forwarding": {
            "protocol": "tcp",
            "internal_port_id": port["id"],
            "internal_port": 22,
            "external_port": outside,
            "description": "ssh",
        }})
    };
    let made = site.region.post(&path, body(&one, 2201)).await.expect(201);
    let made = &made["port_forwarding"];
    assert_eq!(made["internal_ip_address"], address(&one));
    assert_eq!(made["external_port_range"], "2201:2201");
    let shown = site.show(&floating_ip).await;
    assert_eq!(shown["router_id"], json!(site.router));
    assert_eq!(shown["port_forwardings"][0]["id"], made["id"]);
    let rival = site.region.post(&path, body(&two, 2201)).await;
    assert_eq!(rival.error(400).0, "BadRequest");
    let second = site.region.post(&path, body(&two, 2202)).await.expect(201);
    let second = format!("{path}/{}", id(&second["port_forwarding"]));
    let change = json!({ "port_forwarding": { "external_port": 2201 } });
    site.region.put(&second, change).await.error(400);
    let change = json!({ "port_forwarding": { "external_port": 2299, "description": "" } });
    let changed = site.region.put(&second, change).await.expect(200);
    assert_eq!(changed["port_forwarding"]["external_port"], 2299);
    let list = site
        .region
        .get(&format!("{path}?external_port=2299"))
        .await
        .expect(200);
    assert_eq!(list["port_forwardings"].as_array().unwrap().len(), 1);
    let associate = site
        .set(&floating_ip, json!({ "port_id": one["id"] }))
        .await;
    assert_eq!(associate.error(409).0, "FipInUseByPortForwarding");
    let one_path = format!("/v2.0/floatingips/{}", id(&floating_ip));
    let delete = site.region.delete(&one_path).await;
    assert_eq!(delete.error(409).0, "FipInUseByPortForwarding");
    let by = json!({ "subnet_id": site.subnet });
    let interface = act(&site.region, &site.router, "remove_router_interface", by).await;
    assert_eq!(interface.error(409).0, "RouterInterfaceInUseByFloatingIP");
    site.region.delete(&second).await.expect(204);
    site.region
        .delete(&format!("/v2.0/ports/{}", id(&one)))
        .await
        .expect(204);
    let freed = site.show(&floating_ip).await;
    assert_eq!(freed["port_forwardings"], json!([]));
    assert_eq!(freed["router_id"], Value::Null);
}

#[tokio::test]
async fn port_ranges_are_as_long_inside_as_outside_or_one() {
    let site = Site::new().await;
    let port = site.port().await;
    let floating_ip = site.made(json!({})).await;
    let path = format!("/v2.0/floatingips/{}/port_forwardings", id(&floating_ip));
    let body = |outside: &str, inside: &str| {
        json!({ "port_forwarding": {
            "protocol": "udp",
            "internal_port_id": port["id"],
            "internal_port_range": inside,
            "external_port_range": outside,
        }})
    };
    site.region
        .post(&path, body("100:109", "200:205"))
        .await
        .error(400);
    let made = site
        .region
        .post(&path, body("100:109", "200:209"))
        .await
        .expect(201);
    assert_eq!(made["port_forwarding"]["external_port"], Value::Null);
    site.region
        .post(&path, body("105:115", "300:310"))
        .await
        .error(400);
    site.region
        .post(&path, body("110:119", "209"))
        .await
        .error(400);
    site.region
        .post(&path, body("110:119", "80"))
        .await
        .expect(201);
    let used = site.made(json!({})).await;
    let associate = site.set(&used, json!({ "port_id": port["id"] })).await;
    associate.expect(200);
    let refused = site.region.post(&path, body("120", "90")).await;
    assert_eq!(refused.error(409).0, "PortHasBindingFloatingIP");
}
