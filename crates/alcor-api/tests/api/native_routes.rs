//! Routers and route tables of VPCs, below `/project/{project}`.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

/// A VPC of project one with a subnet: the region as its member, and their paths.
async fn built() -> (Region, String, String) {
    let region = Region::guarded().as_user("token-one");
    let wish = json!({ "network": { "name": "vpc", "cidr": "10.0.0.0/16" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let vpc = id(&vpc["network"]);
    let wish = json!({ "subnet": { "network_id": vpc, "cidr": "10.0.1.0/24", "ip_version": 4 } });
    let subnet = region.post("/project/one/subnets", wish).await.expect(201);
    let subnet = id(&subnet["subnet"]);
    (
        region,
        format!("/project/one/vpcs/{vpc}"),
        format!("/project/one/subnets/{subnet}"),
    )
}

fn targets(table: &Value) -> Vec<(String, String)> {
    let text = |route: &Value, name: &str| route[name].as_str().unwrap_or("none").to_owned();
    let routes = table["routetable"]["routes"].as_array().unwrap();
    routes
        .iter()
        .map(|route| (text(route, "destination"), text(route, "target")))
        .collect()
}

fn pair(destination: &str, target: &str) -> (String, String) {
    (destination.to_owned(), target.to_owned())
}

#[tokio::test]
async fn a_vpcs_router_is_made_by_get_once() {
    let (region, vpc, _) = built().await;
    let path = format!("{vpc}/router");
    // Who only reads makes nothing.
    let reader = region.as_user("token-reader");
    assert_eq!(reader.get(&path).await.error(404).0, "VpcRouterNotFound");
    let router = region.get(&path).await.expect(200);
    assert_eq!(region.get(&path).await.expect(200), router);
    assert_eq!(reader.get(&path).await.expect(200), router);
    let same = format!("/v2.0/routers/{}", id(&router["router"]));
    assert_eq!(region.get(&same).await.expect(200), router);
    let twice = region.call("POST", &path, &[], None).await.error(409);
    assert_eq!(twice.0, "VpcRouterExists");
    assert_eq!(region.delete(&path).await.error(409).0, "VpcRouterInUse");
    let table = region
        .get(&format!("{vpc}/vpcroutetable"))
        .await
        .expect(200);
    assert_eq!(table["routetable"]["router_id"], router["router"]["id"]);
}

#[tokio::test]
async fn a_vpcs_router_is_made_and_removed() {
    let region = Region::guarded().as_user("token-one");
    let wish = json!({ "network": { "name": "vpc" } });
    let vpc = region.post("/project/one/vpcs", wish).await.expect(201);
    let path = format!("/project/one/vpcs/{}/router", id(&vpc["network"]));
    assert_eq!(region.delete(&path).await.error(404).0, "VpcRouterNotFound");
    let named = json!({ "router": { "name": "mine" } });
    let (_, message) = region.post(&path, named).await.error(400);
    assert!(message.contains("without attributes"), "{message}");
    let router = region.call("POST", &path, &[], None).await.expect(201);
    let reader = region.as_user("token-reader");
    reader.delete(&path).await.error(403);
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "id": id(&router["router"]) }));
}

#[tokio::test]
async fn a_vpcs_table_has_the_local_route_and_takes_others() {
    let (region, vpc, subnet) = built().await;
    let path = format!("{vpc}/vpcroutetable");
    let table = region.get(&path).await.expect(200);
    assert_eq!(targets(&table), [pair("10.0.0.0/16", "local")]);
    let local = &table["routetable"]["routes"][0];
    assert_eq!(
        (&local["id"], &local["priority"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(table["routetable"]["route_table_type"], "vpc");
    // What was read is sent back with a route more, as the first Alcor's clients do.
    let more = json!({ "destination": "0.0.0.0/0", "target": "internet_gw", "nexthop": null });
    let wish = json!({ "routetable": {
        "route_table_type": "vpc", "owner": table["routetable"]["owner"], "routes": [local, more] } });
    let changed = region.put(&path, wish).await.expect(200);
    let both = [
        pair("10.0.0.0/16", "local"),
        pair("0.0.0.0/0", "internet_gw"),
    ];
    assert_eq!(targets(&changed), both);
    let used = region
        .get(&format!("{subnet}/routetable"))
        .await
        .expect(200);
    assert_eq!(used, changed);
    let one = format!("/project/one/routetables/{}", id(&changed["routetable"]));
    assert_eq!(region.get(&one).await.expect(200), changed);
    assert_eq!(region.delete(&one).await.error(409).0, "RouteTableInUse");
    let twice = region.call("POST", &path, &[], None).await.error(409);
    assert_eq!(twice.0, "RouteTableExists");
}

#[tokio::test]
async fn a_subnet_gets_a_table_of_its_own() {
    let (region, vpc, subnet) = built().await;
    let path = format!("{subnet}/routetable");
    let routes = json!([{ "destination": "192.0.2.0/24", "nexthop": "10.0.1.9", "priority": 5 }]);
    let wish = json!({ "routetable": { "route_table_type": "neutron_subnet", "routes": routes } });
    let absent = region.put(&path, wish.clone()).await.error(404);
    assert_eq!(absent.0, "RouteTableNotFound");
    let made = region.post(&path, wish).await.expect(201);
    let expected = [
        pair("10.0.0.0/16", "local"),
        pair("192.0.2.0/24", "10.0.1.9"),
    ];
    assert_eq!(targets(&made), expected);
    assert_eq!(made["routetable"]["routes"][1]["associatedType"], "SUBNET");
    assert_eq!(region.get(&path).await.expect(200), made);
    region
        .get(&format!("{vpc}/vpcroutetable"))
        .await
        .expect(200);
    let all = region.get(&format!("{vpc}/routetables")).await.expect(200);
    assert_eq!(ids(&all, "routetables").len(), 2);
    let wish = json!({ "routetable": { "routes": [] } });
    let query = format!("{path}?routerid=x");
    let changed = region.put(&query, wish).await.expect(200);
    assert_eq!(targets(&changed), [pair("10.0.0.0/16", "local")]);
    let gone = region.delete(&path).await.expect(200);
    assert_eq!(gone, json!({ "id": id(&made["routetable"]) }));
    region.delete(&path).await.error(404);
    let default = region.get(&path).await.expect(200);
    assert_eq!(default["routetable"]["route_table_type"], "vpc");
}

#[tokio::test]
async fn wrong_routes_and_tables_say_why() {
    let (region, vpc, subnet) = built().await;
    let of_vpc = format!("{vpc}/vpcroutetable");
    let of_subnet = format!("{subnet}/routetable");
    let wrong = [
        (
            &of_vpc,
            json!({ "routes": [{ "destination": "x", "target": "local" }] }),
            "destination",
        ),
        (
            &of_vpc,
            json!({ "routes": [{ "destination": "0.0.0.0/0" }] }),
            "nexthop",
        ),
        (
            &of_vpc,
            json!({ "route_table_type": "public_subnet" }),
            "say vpc",
        ),
        (
            &of_subnet,
            json!({ "route_table_type": "vpc" }),
            "default table",
        ),
        (&of_subnet, json!({ "subnet_id": "x" }), "path"),
        (&of_subnet, json!({ "color": "red" }), "color"),
        (
            &of_subnet,
            json!({ "routes": [{ "destination": "::/0", "target": "nat_gw", "via": 1 }] }),
            "via",
        ),
    ];
    for (path, table, word) in wrong {
        let (_, message) = region
            .post(path, json!({ "routetable": table }))
            .await
            .error(400);
        assert!(message.contains(word), "{message}");
    }
    for path in [
        "/project/one/vpcs/none/router",
        "/project/one/vpcs/none/vpcroutetable",
    ] {
        assert_eq!(region.get(path).await.error(404).0, "NetworkNotFound");
    }
}

#[tokio::test]
async fn nobody_routes_another_projects_vpc() {
    let (region, vpc, subnet) = built().await;
    let (vpc, subnet) = (vpc.replace("one", "two"), subnet.replace("one", "two"));
    let two = region.as_user("token-two");
    for path in ["router", "vpcroutetable", "routetables"] {
        two.get(&format!("{vpc}/{path}")).await.error(404);
    }
    two.get(&format!("{subnet}/routetable")).await.error(404);
    for path in [
        format!("{vpc}/vpcroutetable"),
        format!("{subnet}/routetable"),
    ] {
        let wish = json!({ "routetable": { "routes": [] } });
        two.post(&path, wish.clone()).await.error(404);
        two.put(&path, wish).await.error(404);
    }
    two.call("POST", &format!("{vpc}/router"), &[], None)
        .await
        .error(404);
    assert_eq!(
        ids(
            &two.get("/v2.0/routetables").await.expect(200),
            "routetables"
        )
        .len(),
        0
    );
}
