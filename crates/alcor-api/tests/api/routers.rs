//! Routers: their interfaces, gateways and routes.

use crate::region::{Answer, Region, id};
use serde_json::{Value, json};

/// A subnet with its own network; the subnet.
pub(crate) async fn subnet(region: &Region, attributes: Value) -> Value {
    let network = id(&region.make("network", json!({})).await);
    on(region, &network, attributes).await
}

/// A further subnet of a network.
pub(crate) async fn on(region: &Region, network: &str, mut attributes: Value) -> Value {
    attributes["network_id"] = json!(network);
    region.make("subnet", attributes).await
}

/// An external network with one IPv4 subnet: their ids.
pub(crate) async fn external(region: &Region, cidr: &str) -> (String, String) {
    let network = json!({ "router:external": true });
    let network = id(&region.make("network", network).await);
    let subnet = on(region, &network, json!({ "cidr": cidr, "ip_version": 4 })).await;
    (network, id(&subnet))
}

/// An action on a router.
pub(crate) async fn act(region: &Region, router: &str, action: &str, body: Value) -> Answer {
    let path = format!("/v2.0/routers/{router}/{action}");
    region.put(&path, body).await
}

async fn show(region: &Region, router: &str) -> Value {
    let path = format!("/v2.0/routers/{router}");
    region.get(&path).await.expect(200)["router"].take()
}

async fn set(region: &Region, router: &str, attributes: Value) -> Answer {
    let path = format!("/v2.0/routers/{router}");
    region.put(&path, json!({ "router": attributes })).await
}

#[tokio::test]
async fn an_interface_by_subnet_has_the_gateway_address_and_ends_with_its_removal() {
    let region = Region::open();
    let subnet = subnet(&region, json!({ "cidr": "10.0.0.0/24", "ip_version": 4 })).await;
    let router = region.make("router", json!({ "name": "r" })).await;
    let router = id(&router);
    let by_subnet = json!({ "subnet_id": subnet["id"] });
    let added = act(&region, &router, "add_router_interface", by_subnet.clone()).await;
    let added = added.expect(200);
    assert_eq!(added["id"], json!(router));
    assert_eq!(added["subnet_ids"], json!([subnet["id"]]));
    assert_eq!(added["network_id"], subnet["network_id"]);
    let port = added["port_id"].as_str().unwrap();
    let path = format!("/v2.0/ports/{port}");
    let shown = region.get(&path).await.expect(200)["port"].take();
    assert_eq!(shown["device_owner"], "network:router_interface");
    assert_eq!(shown["device_id"], json!(router));
    assert_eq!(shown["fixed_ips"][0]["ip_address"], "10.0.0.1");
    assert_eq!(region.delete(&path).await.error(409).0, "ServicePortInUse");
    let in_use = region.delete(&format!("/v2.0/routers/{router}")).await;
    assert_eq!(in_use.error(409).0, "RouterInUse");
    let subnet_path = format!("/v2.0/subnets/{}", id(&subnet));
    assert_eq!(
        region.delete(&subnet_path).await.error(409).0,
        "SubnetInUse"
    );
    let removed = act(&region, &router, "remove_router_interface", by_subnet).await;
    assert_eq!(removed.expect(200)["port_id"], json!(port));
    region.get(&path).await.error(404);
    region
        .delete(&format!("/v2.0/routers/{router}"))
        .await
        .expect(204);
}

#[tokio::test]
async fn an_interface_by_port_takes_a_free_port_with_addresses() {
    let region = Region::open();
    let subnet = subnet(&region, json!({ "cidr": "10.0.0.0/24", "ip_version": 4 })).await;
    let router = id(&region.make("router", json!({})).await);
    let port = json!({ "network_id": subnet["network_id"], "device_id": "vm" });
    let busy = id(&region.make("port", port).await);
    let refused = act(
        &region,
        &router,
        "add_router_interface",
        json!({ "port_id": busy }),
    )
    .await;
    assert_eq!(refused.error(409).0, "PortInUse");
    let bare = json!({ "network_id": subnet["network_id"], "fixed_ips": [] });
    let bare = id(&region.make("port", bare).await);
    let refused = act(
        &region,
        &router,
        "add_router_interface",
        json!({ "port_id": bare }),
    )
    .await;
    assert_eq!(refused.error(400).0, "BadRequest");
    let free = json!({ "network_id": subnet["network_id"] });
    let free = id(&region.make("port", free).await);
    let by_port = json!({ "port_id": free });
    let added = act(&region, &router, "add_router_interface", by_port.clone()).await;
    assert_eq!(added.expect(200)["subnet_id"], subnet["id"]);
    let other = json!({ "port_id": free, "subnet_id": router });
    let mismatch = act(&region, &router, "remove_router_interface", other).await;
    assert_eq!(mismatch.error(400).0, "SubnetMismatchForPort");
    act(&region, &router, "remove_router_interface", by_port.clone())
        .await
        .expect(200);
    let gone = act(&region, &router, "remove_router_interface", by_port).await;
    assert_eq!(gone.error(404).0, "RouterInterfaceNotFound");
}

#[tokio::test]
async fn interface_calls_name_one_thing() {
    let region = Region::open();
    let router = id(&region.make("router", json!({})).await);
    for (action, body) in [
        ("add_router_interface", json!({})),
        (
            "add_router_interface",
            json!({ "subnet_id": router, "port_id": router }),
        ),
        ("add_router_interface", json!({ "subnet_id": "x" })),
        ("remove_router_interface", json!({})),
        ("remove_router_interface", json!({ "network_id": router })),
    ] {
        act(&region, &router, action, body).await.error(400);
    }
    let nowhere = json!({ "subnet_id": router });
    let missing = act(&region, &router, "add_router_interface", nowhere.clone()).await;
    assert_eq!(missing.error(404).0, "SubnetNotFound");
    let missing = act(&region, "no-router", "add_router_interface", nowhere).await;
    assert_eq!(missing.error(404).0, "RouterNotFound");
}

#[tokio::test]
async fn subnets_of_one_router_never_overlap() {
    let region = Region::open();
    let wide = subnet(&region, json!({ "cidr": "10.0.0.0/16", "ip_version": 4 })).await;
    let narrow = subnet(&region, json!({ "cidr": "10.0.1.0/24", "ip_version": 4 })).await;
    let router = id(&region.make("router", json!({})).await);
    let wide = json!({ "subnet_id": wide["id"] });
    act(&region, &router, "add_router_interface", wide.clone())
        .await
        .expect(200);
    for again in [wide, json!({ "subnet_id": narrow["id"] })] {
        let refused = act(&region, &router, "add_router_interface", again).await;
        assert_eq!(refused.error(400).0, "BadRequest");
    }
    let (network, _) = external(&region, "10.0.2.0/24").await;
    let gateway = json!({ "external_gateway_info": { "network_id": network } });
    assert_eq!(
        set(&region, &router, gateway).await.error(400).0,
        "BadRequest"
    );
}

#[tokio::test]
async fn ipv6_subnets_of_one_network_share_an_interface() {
    let region = Region::open();
    let one = subnet(
        &region,
        json!({ "cidr": "2001:db8:1::/64", "ip_version": 6 }),
    )
    .await;
    let network = one["network_id"].as_str().unwrap();
    let two = on(
        &region,
        network,
        json!({ "cidr": "2001:db8:2::/64", "ip_version": 6 }),
    )
    .await;
    let router = id(&region.make("router", json!({})).await);
    let mut ports = Vec::new();
    for subnet in [&one, &two] {
        let by_subnet = json!({ "subnet_id": subnet["id"] });
        let added = act(&region, &router, "add_router_interface", by_subnet).await;
        ports.push(added.expect(200)["port_id"].take());
    }
    assert_eq!(ports[0], ports[1]);
    let first = json!({ "subnet_id": one["id"] });
    act(&region, &router, "remove_router_interface", first)
        .await
        .expect(200);
    let path = format!("/v2.0/ports/{}", ports[0].as_str().unwrap());
    let port = region.get(&path).await.expect(200)["port"].take();
    assert_eq!(port["fixed_ips"].as_array().unwrap().len(), 1);
    assert_eq!(port["fixed_ips"][0]["subnet_id"], two["id"]);
}

#[tokio::test]
async fn a_gateway_is_set_changed_and_cleared() {
    let region = Region::open();
    let (network, subnet) = external(&region, "203.0.113.0/24").await;
    let info = json!({ "external_gateway_info": { "network_id": network } });
    let router = region.make("router", info).await;
    let shown = &router["external_gateway_info"];
    assert_eq!(shown["network_id"], json!(network));
    assert_eq!(shown["enable_snat"], true);
    assert_eq!(shown["external_fixed_ips"][0]["subnet_id"], json!(subnet));
    let router = id(&router);
    let query = format!("device_id={router}&device_owner=network:router_gateway");
    assert_eq!(region.ids("port", &query).await.len(), 1);
    let fixed = json!({ "external_gateway_info": {
        "network_id": network,
        "enable_snat": false,
        "external_fixed_ips": [{ "subnet_id": subnet, "ip_address": "203.0.113.77" }],
    }});
    let changed = set(&region, &router, fixed).await.expect(200);
    let changed = &changed["router"]["external_gateway_info"];
    assert_eq!(changed["enable_snat"], false);
    assert_eq!(
        changed["external_fixed_ips"][0]["ip_address"],
        "203.0.113.77"
    );
    let cleared = json!({ "external_gateway_info": {} });
    let cleared = set(&region, &router, cleared).await.expect(200);
    assert_eq!(cleared["router"]["external_gateway_info"], Value::Null);
    assert!(region.ids("port", &query).await.is_empty());
}

#[tokio::test]
async fn a_gateway_needs_an_external_network_and_a_free_address() {
    let region = Region::open();
    let (plain, _) = region.network("10.0.0.0/24").await;
    let (network, subnet) = external(&region, "203.0.113.0/24").await;
    let info = |network: &str| json!({ "external_gateway_info": { "network_id": network } });
    let router = id(&region.make("router", json!({})).await);
    let refused = set(&region, &router, info(&plain)).await;
    assert_eq!(refused.error(400).0, "BadRequest");
    let unknown = set(&region, &router, info(&router)).await;
    assert_eq!(unknown.error(404).0, "NetworkNotFound");
    let at = |address: &str| {
        json!({ "external_gateway_info": {
            "network_id": network,
            "external_fixed_ips": [{ "subnet_id": subnet, "ip_address": address }],
        }})
    };
    region.make("router", at("203.0.113.9")).await;
    let taken = set(&region, &router, at("203.0.113.9")).await;
    assert_eq!(taken.error(409).0, "IpAddressAlreadyAllocated");
    let gateway = set(&region, &router, at("203.0.113.1")).await;
    assert_eq!(gateway.error(400).0, "BadRequest");
    let inside = json!({ "network": { "router:external": false } });
    let path = format!("/v2.0/networks/{network}");
    let needed = region.put(&path, inside).await;
    assert_eq!(needed.error(409).0, "ExternalNetworkInUse");
    assert_eq!(region.delete(&path).await.error(409).0, "NetworkInUse");
}

#[tokio::test]
async fn several_gateways_are_added_changed_and_removed() {
    let region = Region::open();
    let (one, _) = external(&region, "203.0.113.0/24").await;
    let (two, _) = external(&region, "198.51.100.0/24").await;
    let router = id(&region.make("router", json!({})).await);
    let body = |networks: &[&str]| {
        let gateways: Vec<_> = networks
            .iter()
            .map(|network| json!({ "network_id": network }))
            .collect();
        json!({ "router": { "external_gateways": gateways } })
    };
    let networks = |router: &Value| -> Vec<String> {
        let gateways = router["external_gateways"].as_array().unwrap().iter();
        gateways
            .map(|gateway| gateway["network_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let added = act(
        &region,
        &router,
        "add_external_gateways",
        body(&[&one, &two, &two]),
    )
    .await;
    let added = added.expect(200)["router"].take();
    assert_eq!(networks(&added), [one.clone(), two.clone(), two.clone()]);
    assert_eq!(added["external_gateway_info"]["network_id"], json!(one));
    let unclear = act(&region, &router, "remove_external_gateways", body(&[&two])).await;
    assert_eq!(unclear.error(400).0, "UnableToMatchGateways");
    let removed = act(&region, &router, "remove_external_gateways", body(&[&one])).await;
    assert_eq!(
        networks(&removed.expect(200)["router"]),
        [two.clone(), two.clone()]
    );
    let first = show(&region, &router).await["external_gateways"][1].take();
    let update = json!({ "router": { "external_gateways": [first, { "network_id": one }] } });
    let updated = act(&region, &router, "update_external_gateways", update).await;
    let updated = updated.expect(200)["router"].take();
    assert_eq!(networks(&updated), [two, one]);
    assert_eq!(updated["external_gateway_info"], first);
    let emptied = act(&region, &router, "update_external_gateways", body(&[])).await;
    assert_eq!(
        emptied.expect(200)["router"]["external_gateway_info"],
        Value::Null
    );
    assert!(
        region
            .ids("port", &format!("device_id={router}"))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn extra_routes_go_by_neighbours_of_the_router() {
    let region = Region::open();
    let subnet = subnet(&region, json!({ "cidr": "10.0.0.0/24", "ip_version": 4 })).await;
    let router = id(&region.make("router", json!({})).await);
    let route = |nexthop: &str| json!({ "destination": "172.16.0.0/16", "nexthop": nexthop });
    let routes = |routes: &[Value]| json!({ "router": { "routes": routes } });
    let by = json!({ "subnet_id": subnet["id"] });
    let early = set(&region, &router, json!({ "routes": [route("10.0.0.5")] })).await;
    assert_eq!(early.error(400).0, "InvalidRoutes");
    act(&region, &router, "add_router_interface", by.clone())
        .await
        .expect(200);
    for bad in ["10.0.0.1", "10.0.1.5"] {
        let refused = act(&region, &router, "add_extraroutes", routes(&[route(bad)])).await;
        assert_eq!(refused.error(400).0, "InvalidRoutes", "{bad}");
    }
    for _ in 0..2 {
        let both = routes(&[route("10.0.0.5"), route("10.0.0.6")]);
        let added = act(&region, &router, "add_extraroutes", both).await;
        let added = added.expect(200)["router"]["routes"].take();
        assert_eq!(added, json!([route("10.0.0.5"), route("10.0.0.6")]));
    }
    let needed = act(&region, &router, "remove_router_interface", by).await;
    assert_eq!(needed.error(409).0, "RouterInterfaceInUseByRoute");
    let gone = routes(&[route("10.0.0.5"), route("10.0.0.9")]);
    let left = act(&region, &router, "remove_extraroutes", gone).await;
    assert_eq!(
        left.expect(200)["router"]["routes"],
        json!([route("10.0.0.6")])
    );
    let none = set(&region, &router, json!({ "routes": null })).await;
    assert_eq!(none.expect(200)["router"]["routes"], json!([]));
    let posted = json!({ "router": { "routes": [] } });
    region.post("/v2.0/routers", posted).await.error(400);
}

#[tokio::test]
async fn a_router_becomes_distributed_while_it_stands_still() {
    let region = Region::open();
    let subnet = subnet(&region, json!({ "cidr": "10.0.0.0/24", "ip_version": 4 })).await;
    let router = id(&region
        .make("router", json!({ "distributed": false, "ha": false }))
        .await);
    let by = json!({ "subnet_id": subnet["id"] });
    let added = act(&region, &router, "add_router_interface", by)
        .await
        .expect(200);
    let up = set(&region, &router, json!({ "distributed": true })).await;
    assert_eq!(up.error(400).0, "BadRequest");
    let down = json!({ "distributed": true, "admin_state_up": false });
    assert_eq!(
        set(&region, &router, down).await.expect(200)["router"]["distributed"],
        true
    );
    let path = format!("/v2.0/ports/{}", added["port_id"].as_str().unwrap());
    let port = region.get(&path).await.expect(200);
    assert_eq!(
        port["port"]["device_owner"],
        "network:router_interface_distributed"
    );
    let moved = json!({ "port": { "fixed_ips": [{ "ip_address": "10.0.0.9" }] } });
    let refused = region.put(&path, moved).await;
    assert_eq!(refused.error(400).0, "IPAddressChangeNotAllowed");
}

#[tokio::test]
async fn conntrack_helpers_are_those_that_nodes_have() {
    let region = Region::open();
    let router = id(&region.make("router", json!({})).await);
    let path = format!("/v2.0/routers/{router}/conntrack_helpers");
    let body = |helper: &str, protocol: &str| json!({ "conntrack_helper": { "helper": helper, "protocol": protocol, "port": 69 } });
    let made = region.post(&path, body("tftp", "udp")).await.expect(201);
    let one = format!("{path}/{}", id(&made["conntrack_helper"]));
    let twice = region.post(&path, body("tftp", "udp")).await;
    assert_eq!(twice.error(400).0, "BadRequest");
    let wrong = region.post(&path, body("tftp", "tcp")).await;
    assert_eq!(wrong.error(400).0, "InvalidProtocolForHelper");
    let unknown = region.post(&path, body("x", "tcp")).await;
    assert_eq!(unknown.error(400).0, "ConntrackHelperNotAllowed");
    let port = json!({ "conntrack_helper": { "port": 70 } });
    let changed = region.put(&one, port).await.expect(200);
    assert_eq!(changed["conntrack_helper"]["port"], 70);
    let shown = show(&region, &router).await;
    assert_eq!(shown["conntrack_helpers"][0]["port"], 70);
    let list = region.get(&path).await.expect(200);
    assert_eq!(list["conntrack_helpers"].as_array().unwrap().len(), 1);
    let other = id(&region.make("router", json!({})).await);
    let elsewhere = one.replace(&router, &other);
    assert_eq!(
        region.get(&elsewhere).await.error(404).0,
        "ConntrackHelperNotFound"
    );
    region
        .delete(&format!("/v2.0/routers/{router}"))
        .await
        .expect(204);
    region.get(&one).await.error(404);
}

#[tokio::test]
async fn another_project_has_no_part_in_a_router() {
    let admin = Region::guarded();
    let (one, two) = (admin.as_user("token-one"), admin.as_user("token-two"));
    let router = one.make("router", json!({})).await;
    assert!(
        router.get("distributed").is_none(),
        "only administrators see it"
    );
    let router = id(&router);
    let path = format!("/v2.0/routers/{router}");
    two.get(&path).await.error(404);
    two.put(&path, json!({ "router": { "name": "x" } }))
        .await
        .error(404);
    two.delete(&path).await.error(404);
    assert!(two.ids("router", "").await.is_empty());
    let (network, subnet) = two.network("10.0.0.0/24").await;
    let theirs = json!({ "subnet_id": subnet });
    act(&two, &router, "add_router_interface", theirs.clone())
        .await
        .error(404);
    act(&one, &router, "add_router_interface", theirs)
        .await
        .error(404);
    let disguise = json!({ "port": {
        "network_id": network,
        "device_id": router,
        "device_owner": "network:router_interface",
    }});
    let refused = two.post("/v2.0/ports", disguise).await;
    assert_eq!(refused.error(409).0, "DeviceIDNotOwnedByTenant");
}

#[tokio::test]
async fn ports_of_a_router_stay_its_own() {
    let region = Region::open();
    let (network, _) = external(&region, "203.0.113.0/24").await;
    let (_, subnet) = region.network("10.0.0.0/24").await;
    let info = json!({ "external_gateway_info": { "network_id": network } });
    let router = id(&region.make("router", info).await);
    let by = json!({ "subnet_id": subnet });
    act(&region, &router, "add_router_interface", by)
        .await
        .expect(200);
    for port in region.ids("port", &format!("device_id={router}")).await {
        let path = format!("/v2.0/ports/{port}");
        for wish in [
            json!({ "device_owner": "compute:nova" }),
            json!({ "device_id": "vm" }),
        ] {
            let refused = region.put(&path, json!({ "port": wish })).await.error(409);
            assert_eq!(refused.0, "ServicePortInUse");
        }
        let same = json!({ "port": { "device_id": router, "name": "n" } });
        region.put(&path, same).await.expect(200);
    }
}
