//! Network ACLs below Alcor's own paths.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const ACLS: &str = "/project/one/network-acls";
const RULES: &str = "/project/one/network-acl-rules";

async fn acl(region: &Region, attributes: Value) -> Value {
    let body = json!({ "network_acl": attributes });
    region.post(ACLS, body).await.expect(201)["network_acl"].take()
}

fn rule(acl: &str, number: u16) -> Value {
    json!({
        "network_acl_id": acl, "number": number, "ip_prefix": "10.0.0.0/24",
        "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 23,
        "ether_type": "ipv4", "action": "allow" })
}

#[tokio::test]
async fn rules_are_shown_in_order_with_the_denial_of_the_rest() {
    let region = Region::guarded().as_user("token-one");
    let (network, _) = region.network("10.0.0.0/24").await;
    let made = acl(&region, json!({ "vpc_id": network, "name": "edge" })).await;
    assert_eq!(made["network_acl_rules"].as_array().unwrap().len(), 4);
    let edge = id(&made);
    let body = json!({ "network_acl_rules": [rule(&edge, 20), rule(&edge, 10)] });
    region
        .post(&format!("{RULES}/bulk"), body)
        .await
        .expect(201);
    let shown = region.get(&format!("{ACLS}/{edge}")).await.expect(200);
    let rules = shown["network_acl"]["network_acl_rules"]
        .as_array()
        .unwrap();
    let numbers: Vec<u64> = rules
        .iter()
        .map(|rule| rule["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [10, 20, 32_767, 32_767, 32_767, 32_767]);
    assert_eq!(rules[5]["action"], "deny");
    assert_eq!(shown["network_acl"]["revision_number"], 2);
}

#[tokio::test]
async fn a_number_is_there_once_in_a_direction() {
    let region = Region::guarded().as_user("token-one");
    let (network, _) = region.network("10.0.0.0/24").await;
    let edge = id(&acl(&region, json!({ "vpc_id": network })).await);
    let post = |attributes: Value| {
        let region = region.clone();
        async move {
            region
                .post(RULES, json!({ "network_acl_rule": attributes }))
                .await
        }
    };
    let first = post(rule(&edge, 10)).await.expect(201);
    assert_eq!(
        post(rule(&edge, 10)).await.error(409).0,
        "NetworkAclRuleNumberInUse"
    );
    let mut other_way = rule(&edge, 10);
    other_way["direction"] = json!("egress");
    post(other_way).await.expect(201);
    let path = format!("{RULES}/{}", id(&first["network_acl_rule"]));
    let moved = json!({ "network_acl_rule": { "number": 11, "action": "deny" } });
    let moved = region.put(&path, moved).await.expect(200);
    assert_eq!(moved["network_acl_rule"]["number"], 11);
    assert_eq!(moved["network_acl_rule"]["port_range_max"], 23);
    for (name, value) in [
        ("number", json!(32_767)),
        ("ether_type", json!("ipv6")),
        ("port_range_min", json!(24)),
        ("protocol", json!("icmp")),
        ("protocol", json!("esp")),
        ("direction", json!("any")),
        ("action", json!("perhaps")),
    ] {
        let mut wrong = rule(&edge, 30);
        wrong[name] = value;
        post(wrong).await.error(400);
    }
    region.delete(&path).await.expect(200);
    region.get(&path).await.error(404);
}

#[tokio::test]
async fn one_acl_guards_a_subnet_and_lets_it_go() {
    let region = Region::guarded().as_user("token-one");
    let (network, subnet) = region.network("10.0.0.0/24").await;
    let (other_network, _) = region.network("10.1.0.0/24").await;
    let guard = json!({ "vpc_id": network, "associated_subnets": [subnet], "is_default": true });
    let edge = id(&acl(&region, guard.clone()).await);
    let post = |body: Value| {
        let region = region.clone();
        async move { region.post(ACLS, json!({ "network_acl": body })).await }
    };
    let again = json!({ "vpc_id": network, "associated_subnets": [subnet] });
    assert_eq!(post(again).await.error(409).0, "NetworkAclSubnetGuarded");
    let foreign = json!({ "vpc_id": other_network, "associated_subnets": [subnet] });
    assert_eq!(post(foreign).await.error(400).0, "NetworkAclForeignSubnet");
    let default = json!({ "vpc_id": network, "is_default": true });
    assert_eq!(post(default).await.error(409).0, "NetworkAclDefaultExists");
    let path = format!("{ACLS}/{edge}");
    assert_eq!(region.delete(&path).await.error(409).0, "NetworkAclInUse");
    let found = region
        .get(&format!("{ACLS}?associated_subnets={subnet}"))
        .await
        .expect(200);
    assert_eq!(ids(&found, "network_acls"), [edge]);
    region
        .delete(&format!("/v2.0/subnets/{subnet}"))
        .await
        .expect(204);
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["network_acl"]["associated_subnets"], json!([]));
    region
        .delete(&format!("/v2.0/networks/{network}"))
        .await
        .expect(204);
    region.get(&path).await.error(404);
}

#[tokio::test]
async fn acls_are_their_projects_own() {
    let one = Region::guarded().as_user("token-one");
    let (network, _) = one.network("10.0.0.0/24").await;
    let edge = id(&acl(&one, json!({ "vpc_id": network })).await);
    let two = one.as_user("token-two");
    two.get(&format!("/v2.0/network-acls/{edge}"))
        .await
        .error(404);
    two.delete(&format!("/project/two/network-acls/{edge}"))
        .await
        .error(404);
    let theirs = json!({ "network_acl_rule": rule(&edge, 1) });
    two.post("/project/two/network-acl-rules", theirs)
        .await
        .error(404);
    let wanted = json!({ "network_acl": { "vpc_id": network } });
    two.post("/project/two/network-acls", wanted)
        .await
        .error(404);
    let reader = one.as_user("token-reader");
    reader.get(&format!("{ACLS}/{edge}")).await.expect(200);
    reader.delete(&format!("{ACLS}/{edge}")).await.error(403);
}
