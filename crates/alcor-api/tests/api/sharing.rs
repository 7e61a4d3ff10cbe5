//! Address groups, and what owners let other projects use.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const GROUPS: &str = "/v2.0/address-groups";
const POLICIES: &str = "/v2.0/rbac-policies";

async fn made(region: &Region, path: &str, kind: &str, attributes: Value) -> Value {
    let body = json!({ kind: attributes });
    region.post(path, body).await.expect(201)[kind].take()
}

async fn policy(region: &Region, kind: &str, object: &Value, target: &str) -> Value {
    let policy = json!({
        "object_type": kind, "object_id": id(object), "target_tenant": target,
        "action": "access_as_shared" });
    made(region, POLICIES, "rbac_policy", policy).await
}

#[tokio::test]
async fn addresses_of_a_group_come_and_go() {
    let region = Region::open();
    let wish = json!({ "name": "dc", "addresses": ["10.0.0.7/24", "2001:db8::/32"] });
    let group = made(&region, GROUPS, "address_group", wish).await;
    assert_eq!(group["addresses"], json!(["10.0.0.0/24", "2001:db8::/32"]));
    let path = format!("{GROUPS}/{}", id(&group));
    let add = format!("{path}/add_addresses");
    let more = json!({ "addresses": ["10.1.0.0/16"] });
    let added = region.put(&add, more.clone()).await.expect(200);
    let addresses = &added["address_group"]["addresses"];
    assert_eq!(addresses.as_array().unwrap().len(), 3);
    assert_eq!(added["address_group"]["revision_number"], 1);
    let twice = region.put(&add, more.clone()).await.error(400);
    assert_eq!(twice.0, "AddressesAlreadyExist");
    let remove = format!("{path}/remove_addresses");
    let enveloped = json!({ "address_group": more });
    region.put(&remove, enveloped).await.expect(200);
    let missing = region.put(&remove, more).await.error(404);
    assert_eq!(missing.0, "AddressesNotFound");
    region
        .put(&add, json!({ "addresses": ["300.0.0.0/8"] }))
        .await
        .error(400);
}

#[tokio::test]
async fn an_address_group_that_a_rule_names_stays() {
    let region = Region::open();
    let group = made(&region, GROUPS, "address_group", json!({ "name": "dc" })).await;
    let web = json!({ "security_group": { "name": "web" } });
    let web = region.post("/v2.0/security-groups", web).await.expect(201);
    let rule = json!({ "security_group_rule": {
        "security_group_id": id(&web["security_group"]), "direction": "ingress",
        "remote_address_group_id": id(&group) } });
    let rule = region
        .post("/v2.0/security-group-rules", rule)
        .await
        .expect(201);
    let rule = &rule["security_group_rule"];
    assert_eq!(rule["remote_address_group_id"], id(&group));
    let query = format!("remote_address_group_id={}", id(&group));
    let named = region
        .get(&format!("/v2.0/security-group-rules?{query}"))
        .await;
    assert_eq!(ids(&named.expect(200), "security_group_rules"), [id(rule)]);
    let path = format!("{GROUPS}/{}", id(&group));
    assert_eq!(region.delete(&path).await.error(409).0, "AddressGroupInUse");
    let rule = format!("/v2.0/security-group-rules/{}", id(rule));
    region.delete(&rule).await.expect(204);
    region.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_grant_lets_one_project_use_a_security_group() {
    let region = Region::guarded();
    let (one, two) = (region.as_user("token-one"), region.as_user("token-two"));
    let body = json!({ "security_group": { "name": "web" } });
    let web = one.post("/v2.0/security-groups", body).await.expect(201);
    let web = &web["security_group"];
    let path = format!("/v2.0/security-groups/{}", id(web));
    two.get(&path).await.error(404);
    let grant = policy(&one, "security_group", web, "two").await;
    assert_eq!(grant["object_type"], "security_group");
    assert_eq!(grant["target_tenant"], "two");
    let seen = two.get(&path).await.expect(200);
    assert_eq!(seen["security_group"]["shared"], true);
    let list = two
        .get("/v2.0/security-groups?shared=true")
        .await
        .expect(200);
    assert_eq!(ids(&list, "security_groups"), [id(web)]);
    two.delete(&path).await.error(403);
    // The target uses it, so the grant stays until it does not.
    let network = id(&two.make("network", json!({})).await);
    let port = json!({ "network_id": network, "security_groups": [id(web)] });
    let port = id(&two.make("port", port).await);
    let grant = format!("{POLICIES}/{}", id(&grant));
    assert_eq!(one.delete(&grant).await.error(409).0, "RbacPolicyInUse");
    two.delete(&grant).await.error(404);
    two.delete(&format!("/v2.0/ports/{port}")).await.expect(204);
    one.delete(&grant).await.expect(204);
    two.get(&path).await.error(404);
}

#[tokio::test]
async fn grants_are_made_once_by_owners_and_exchanged() {
    let region = Region::guarded();
    let (one, two) = (region.as_user("token-one"), region.as_user("token-two"));
    let group = made(&one, GROUPS, "address_group", json!({ "name": "dc" })).await;
    let wish = |target: &str, action: &str| {
        json!({ "rbac_policy": {
            "object_type": "address_group", "object_id": id(&group),
            "target_tenant": target, "action": action } })
    };
    let foreign = two.post(POLICIES, wish("two", "access_as_shared")).await;
    assert_eq!(foreign.error(404).0, "AddressGroupNotFound");
    one.post(POLICIES, wish("two", "access_as_external"))
        .await
        .error(400);
    one.post(POLICIES, wish("*", "access_as_shared"))
        .await
        .error(403);
    let grant = policy(&one, "address_group", &group, "two").await;
    let again = one.post(POLICIES, wish("two", "access_as_shared")).await;
    assert_eq!(again.error(409).0, "DuplicateRbacPolicy");
    let path = format!("{GROUPS}/{}", id(&group));
    two.get(&path).await.expect(200);
    let change = json!({ "rbac_policy": { "target_tenant": "three" } });
    let grant = format!("{POLICIES}/{}", id(&grant));
    let changed = one.put(&grant, change).await.expect(200);
    assert_eq!(changed["rbac_policy"]["target_tenant"], "three");
    two.get(&path).await.error(404);
    one.delete(&path).await.expect(204);
    one.get(&grant).await.error(404);
}

#[tokio::test]
async fn a_shared_network_has_the_policy_that_says_so() {
    let region = Region::guarded();
    let network = json!({ "shared": true, "router:external": true });
    let network = region.make("network", network).await;
    let query = format!("{POLICIES}?object_id={}", id(&network));
    let list = region.get(&query).await.expect(200);
    let policies = list["rbac_policies"].as_array().unwrap();
    let mut actions: Vec<_> = policies.iter().map(|one| &one["action"]).collect();
    actions.sort_by_key(ToString::to_string);
    assert_eq!(actions, ["access_as_external", "access_as_shared"]);
    assert!(policies.iter().all(|one| one["target_tenant"] == "*"));
    let path = format!("/v2.0/networks/{}", id(&network));
    let close = json!({ "network": { "shared": false } });
    region.put(&path, close).await.expect(200);
    let left = region.get(&query).await.expect(200);
    assert_eq!(left["rbac_policies"].as_array().unwrap().len(), 1);
    // Removing the policy is the same as the attribute.
    let last = format!("{POLICIES}/{}", id(&left["rbac_policies"][0]));
    region.delete(&last).await.expect(204);
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["network"]["router:external"], false);
    let network = json!({ "shared": true });
    let other = region.make("network", network).await;
    let path = format!("/v2.0/networks/{}", id(&other));
    region.delete(&path).await.expect(204);
    let query = format!("{POLICIES}?object_id={}", id(&other));
    let gone = region.get(&query).await.expect(200);
    assert!(ids(&gone, "rbac_policies").is_empty());
}
