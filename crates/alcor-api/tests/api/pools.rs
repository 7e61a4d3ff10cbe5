//! Subnet pools and address scopes, and subnets from them, as clients meet them.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

async fn pool(region: &Region, attributes: Value) -> Value {
    let mut body = json!({ "name": "pool", "prefixes": ["10.0.0.0/16"] });
    for (name, value) in attributes.as_object().unwrap() {
        body[name] = value.clone();
    }
    region.make("subnetpool", body).await
}

#[tokio::test]
async fn a_pool_shows_what_neutron_shows() {
    let region = Region::open();
    let body = json!({ "prefixes": ["10.0.1.0/24", "10.0.0.0/24"], "default_prefixlen": 26,
        "description": "d", "tags": ["t"], "default_quota": "64" });
    let made = pool(&region, body).await;
    assert_eq!(made["prefixes"], json!(["10.0.0.0/23"]));
    assert_eq!(made["ip_version"], 4);
    assert_eq!(made["min_prefixlen"], "8");
    assert_eq!(made["default_prefixlen"], "26");
    assert_eq!(made["max_prefixlen"], "32");
    assert_eq!(made["default_quota"], 64);
    assert_eq!(made["address_scope_id"], Value::Null);
    assert_eq!(
        (&made["shared"], &made["is_default"]),
        (&json!(false), &json!(false))
    );
    let path = format!("/v2.0/subnetpools/{}", id(&made));
    assert_eq!(region.get(&path).await.expect(200)["subnetpool"], made);
    let change = json!({ "subnetpool": { "name": "new", "default_quota": null, "is_default": true,
        "prefixes": ["10.0.0.0/22"] } });
    let changed = region.put(&path, change).await.expect(200);
    assert_eq!(changed["subnetpool"]["prefixes"], json!(["10.0.0.0/22"]));
    assert_eq!(changed["subnetpool"]["revision_number"], 1);
    for query in [
        "is_default=true",
        "name=new",
        "ip_version=4",
        "default_prefixlen=26",
        "prefixes=10.0.0.0/22",
        "tags=t",
    ] {
        assert_eq!(
            region.ids("subnetpool", query).await,
            [id(&made)],
            "{query}"
        );
    }
    assert_eq!(region.ids("subnetpool", "ip_version=6").await.len(), 0);
    let body = json!({ "subnetpool": { "shared": true } });
    region.put(&path, body).await.error(400);
    region.delete(&path).await.expect(204);
    assert_eq!(region.get(&path).await.error(404).0, "SubnetPoolNotFound");
}

#[tokio::test]
async fn what_is_no_pool_is_refused() {
    let region = Region::open();
    for (body, kind) in [
        (json!({ "prefixes": ["10.0.0.0/8"] }), "HTTPBadRequest"),
        (
            json!({ "name": "", "prefixes": ["10.0.0.0/8"] }),
            "HTTPBadRequest",
        ),
        (json!({ "name": "p" }), "HTTPBadRequest"),
        (
            json!({ "name": "p", "prefixes": [] }),
            "EmptySubnetPoolPrefixList",
        ),
        (
            json!({ "name": "p", "prefixes": ["10.0.0.0"] }),
            "InvalidInput",
        ),
        (
            json!({ "name": "p", "prefixes": ["10.0.0.0/8"], "default_quota": -1 }),
            "InvalidInput",
        ),
        (
            json!({ "name": "p", "prefixes": ["10.0.0.0/8"], "ip_version": 4 }),
            "HTTPBadRequest",
        ),
    ] {
        let answer = region
            .post("/v2.0/subnetpools", json!({ "subnetpool": body }))
            .await;
        assert_eq!(answer.error(400).0, kind, "{body}");
    }
    let scope = json!({ "name": "p", "prefixes": ["10.0.0.0/8"],
        "address_scope_id": uuid::Uuid::new_v4() });
    let answer = region
        .post("/v2.0/subnetpools", json!({ "subnetpool": scope }))
        .await;
    assert_eq!(answer.error(404).0, "AddressScopeNotFound");
}

#[tokio::test]
async fn subnets_get_blocks_of_a_pool() {
    let region = Region::open();
    let made = pool(
        &region,
        json!({ "default_prefixlen": 24, "is_default": true }),
    )
    .await;
    let network = id(&region.make("network", json!({})).await);
    let subnet = |more: Value| {
        let mut body = json!({ "network_id": network, "ip_version": 4 });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "subnet": body })
    };
    let by_id = subnet(json!({ "subnetpool_id": id(&made), "prefixlen": 26 }));
    let one = region.post("/v2.0/subnets", by_id).await.expect(201);
    assert_eq!(one["subnet"]["cidr"], "10.0.0.0/26");
    assert_eq!(one["subnet"]["subnetpool_id"], made["id"]);
    assert_eq!(one["subnet"]["gateway_ip"], "10.0.0.1");
    let default = subnet(json!({ "use_default_subnetpool": true, "subnetpool_id": null }));
    let two = region.post("/v2.0/subnets", default).await.expect(201);
    assert_eq!(two["subnet"]["cidr"], "10.0.1.0/24");
    assert!(two["subnet"].get("prefixlen").is_none());
    let chosen = subnet(json!({ "subnetpool_id": id(&made), "cidr": "10.0.9.0/24" }));
    region.post("/v2.0/subnets", chosen).await.expect(201);
    let query = format!("subnetpool_id={}", id(&made));
    assert_eq!(region.ids("subnet", &query).await.len(), 3);
    let gateway = region.ids("subnet", "gateway_ip=10.0.1.1").await;
    assert_eq!(gateway, [id(&two["subnet"])]);
    assert_eq!(region.ids("subnet", "ip_version=6").await.len(), 0);
    let delegated = subnet(json!({ "subnetpool_id": "prefix_delegation" }));
    let (_, message) = region.post("/v2.0/subnets", delegated).await.error(400);
    assert!(message.contains("prefix delegation"), "{message}");
    let nothing = region.post("/v2.0/subnets", subnet(json!({}))).await;
    assert_eq!(nothing.error(400).0, "BadRequest");
    let path = format!("/v2.0/subnetpools/{}", id(&made));
    assert_eq!(
        region.delete(&path).await.error(400).0,
        "SubnetPoolDeleteError"
    );
}

#[tokio::test]
async fn prefixes_and_networks_are_taken_in_one_by_one() {
    let region = Region::open();
    let made = pool(&region, json!({})).await;
    let path = format!("/v2.0/subnetpools/{}", id(&made));
    let add = json!({ "prefixes": ["10.1.0.0/16"] });
    let added = region.put(&format!("{path}/add_prefixes"), add).await;
    assert_eq!(added.expect(200), json!({ "prefixes": ["10.0.0.0/15"] }));
    let (network, subnet) = region.network("10.1.0.0/24").await;
    let body = json!({ "network_id": network });
    let onboard = format!("{path}/onboard_network_subnets");
    let taken = region.put(&onboard, body).await.expect(200);
    assert_eq!(taken, json!([{ "id": subnet, "cidr": "10.1.0.0/24" }]));
    let remove = format!("{path}/remove_prefixes");
    let used = region
        .put(&remove, json!({ "prefixes": ["10.1.0.0/16"] }))
        .await;
    assert_eq!(used.error(400).0, "IllegalSubnetPoolPrefixUpdate");
    let unused = region
        .put(&remove, json!({ "prefixes": ["10.0.0.0/16"] }))
        .await;
    assert_eq!(unused.expect(200), json!({ "prefixes": ["10.1.0.0/16"] }));
    for wrong in [
        json!({}),
        json!({ "prefixes": [] }),
        json!({ "prefixes": "10.0.0.0/8" }),
    ] {
        region.put(&remove, wrong).await.error(400);
    }
    let missing = json!({ "network_id": uuid::Uuid::new_v4() });
    assert_eq!(
        region.put(&onboard, missing).await.error(404).0,
        "NetworkNotFound"
    );
}

#[tokio::test]
async fn a_scope_goes_through_its_life() {
    let region = Region::open();
    let scopes = "/v2.0/address-scopes";
    let body = json!({ "address_scope": { "name": "s", "ip_version": 4 } });
    let made = region.post(scopes, body).await.expect(201)["address_scope"].take();
    let expected = json!({ "id": made["id"], "name": "s", "ip_version": 4, "shared": false,
        "project_id": made["project_id"], "tenant_id": made["project_id"] });
    assert_eq!(made, expected);
    let path = format!("{scopes}/{}", id(&made));
    let taken = pool(
        &region,
        json!({ "address_scope_id": made["id"], "default_prefixlen": 24 }),
    )
    .await;
    assert_eq!(region.delete(&path).await.error(409).0, "AddressScopeInUse");
    let network = id(&region.make("network", json!({})).await);
    let subnet = json!({ "network_id": network, "subnetpool_id": taken["id"] });
    region.make("subnet", subnet).await;
    let shown = region
        .get(&format!("/v2.0/networks/{network}"))
        .await
        .expect(200);
    assert_eq!(shown["network"]["ipv4_address_scope"], made["id"]);
    assert_eq!(shown["network"]["ipv6_address_scope"], Value::Null);
    let share = |shared: bool| json!({ "address_scope": { "shared": shared } });
    let shared = region.put(&path, share(true)).await.expect(200);
    assert_eq!(shared["address_scope"]["shared"], true);
    assert_eq!(
        region.put(&path, share(false)).await.error(400).0,
        "AddressScopeUpdateError"
    );
    let listed = region
        .get(&format!("{scopes}?shared=true&ip_version=4"))
        .await
        .expect(200);
    assert_eq!(ids(&listed, "address_scopes"), [id(&made)]);
    for wrong in [
        json!({}),
        json!({ "ip_version": 5 }),
        json!({ "ip_version": "four" }),
    ] {
        region
            .post(scopes, json!({ "address_scope": wrong }))
            .await
            .error(400);
    }
}

#[tokio::test]
async fn pools_and_scopes_of_others_are_not_there_unless_shared() {
    let region = Region::guarded();
    let private = pool(&region, json!({})).await;
    let shared = pool(&region, json!({ "shared": true })).await;
    let one = region.as_user("token-one");
    assert_eq!(one.ids("subnetpool", "").await, [id(&shared)]);
    let path = format!("/v2.0/subnetpools/{}", id(&private));
    one.get(&path).await.error(404);
    one.delete(&path).await.error(404);
    let add = json!({ "prefixes": ["10.8.0.0/16"] });
    one.put(&format!("{path}/add_prefixes"), add.clone())
        .await
        .error(404);
    let path = format!("/v2.0/subnetpools/{}", id(&shared));
    one.get(&path).await.expect(200);
    one.put(&format!("{path}/add_prefixes"), add)
        .await
        .error(403);
    one.delete(&path).await.error(403);
    let body = json!({ "address_scope": { "ip_version": 4 } });
    let scope = region.post("/v2.0/address-scopes", body).await.expect(201);
    let scope = id(&scope["address_scope"]);
    one.get(&format!("/v2.0/address-scopes/{scope}"))
        .await
        .error(404);
    let body = json!({ "name": "p", "prefixes": ["10.0.0.0/8"], "address_scope_id": scope });
    one.post("/v2.0/subnetpools", json!({ "subnetpool": body }))
        .await
        .error(404);
}

#[tokio::test]
async fn subnets_of_shared_and_external_networks_are_seen_by_all() {
    let region = Region::guarded();
    let mut subnets = Vec::new();
    for attributes in [
        json!({ "shared": true }),
        json!({ "router:external": true }),
        json!({}),
    ] {
        let network = id(&region.make("network", attributes).await);
        let subnet = json!({ "network_id": network, "cidr": "10.0.0.0/24", "ip_version": 4 });
        subnets.push((id(&region.make("subnet", subnet).await), network));
    }
    let one = region.as_user("token-one");
    let mut seen = one.ids("subnet", "").await;
    seen.sort_unstable();
    let mut open = [subnets[0].0.clone(), subnets[1].0.clone()];
    open.sort_unstable();
    assert_eq!(seen, open);
    let (external, network) = &subnets[1];
    let query = format!("network_id={network}");
    assert_eq!(one.ids("subnet", &query).await, [external.clone()]);
    one.get(&format!("/v2.0/subnets/{external}"))
        .await
        .expect(200);
    one.delete(&format!("/v2.0/subnets/{external}"))
        .await
        .error(403);
    one.get(&format!("/v2.0/subnets/{}", subnets[2].0))
        .await
        .error(404);
}

#[tokio::test]
async fn a_service_type_is_the_beginning_of_a_device_owner() {
    let region = Region::open();
    let network = id(&region.make("network", json!({})).await);
    let subnet = |types: Value| {
        json!({ "subnet": { "network_id": network, "cidr": "10.0.0.0/24", "ip_version": 4,
            "service_types": types } })
    };
    let wrong = region
        .post("/v2.0/subnets", subnet(json!(["storage"])))
        .await;
    assert_eq!(wrong.error(400).0, "InvalidSubnetServiceType");
    let right = json!(["network:floatingip_agent_gateway", "compute:nova"]);
    region
        .post("/v2.0/subnets", subnet(right))
        .await
        .expect(201);
}

#[tokio::test]
async fn subnets_are_on_segments_all_or_none() {
    let region = Region::open();
    let network = id(&region.make("network", json!({})).await);
    let query = format!("network_id={network}");
    let segment = region.ids("segment", &query).await.remove(0);
    let subnet = |cidr: &str, segment: Value| {
        json!({ "subnet": { "network_id": network, "cidr": cidr, "ip_version": 4,
            "segment_id": segment } })
    };
    let made = region
        .post("/v2.0/subnets", subnet("10.0.0.0/24", Value::Null))
        .await;
    let path = format!("/v2.0/subnets/{}", id(&made.expect(201)["subnet"]));
    let routed = format!("/v2.0/networks/{network}?fields=l2_adjacency");
    let adjacent = |adjacent: bool| json!({ "network": { "l2_adjacency": adjacent } });
    assert_eq!(region.get(&routed).await.expect(200), adjacent(true));
    let late = region
        .post("/v2.0/subnets", subnet("10.0.1.0/24", json!(segment)))
        .await;
    assert_eq!(late.error(400).0, "SubnetsNotAllAssociatedWithSegments");
    let join = |segment: Value| json!({ "subnet": { "segment_id": segment } });
    let missing = region.put(&path, join(json!(uuid::Uuid::new_v4()))).await;
    assert_eq!(missing.error(404).0, "SegmentNotFound");
    let other = id(&region.make("network", json!({})).await);
    let other = region
        .ids("segment", &format!("network_id={other}"))
        .await
        .remove(0);
    let wrong = region.put(&path, join(json!(other))).await;
    assert_eq!(wrong.error(400).0, "NetworkIdsDontMatch");
    let joined = region.put(&path, join(json!(segment))).await.expect(200);
    assert_eq!(joined["subnet"]["segment_id"], json!(segment));
    assert_eq!(region.get(&routed).await.expect(200), adjacent(false));
    let left = region.put(&path, join(Value::Null)).await;
    assert_eq!(
        left.error(400).0,
        "SubnetSegmentAssociationChangeNotAllowed"
    );
    region
        .post("/v2.0/subnets", subnet("10.0.1.0/24", json!(segment)))
        .await
        .expect(201);
    let listed = region.ids("subnet", &format!("segment_id={segment}")).await;
    assert_eq!(listed.len(), 2);
    let gone = region.delete(&format!("/v2.0/segments/{segment}")).await;
    assert_eq!(gone.error(409).0, "SegmentInUse");
}
