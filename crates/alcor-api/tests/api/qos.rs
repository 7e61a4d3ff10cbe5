//! QoS policies: their rules, who uses them, and who may.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const POLICIES: &str = "/v2.0/qos/policies";

async fn policy(region: &Region, attributes: Value) -> Value {
    let body = json!({ "policy": attributes });
    region.post(POLICIES, body).await.expect(201)["policy"].take()
}

async fn rule(region: &Region, policy: &str, kind: &str, attributes: Value) -> Value {
    let path = format!("{POLICIES}/{policy}/{kind}_rules");
    let envelope = format!("{kind}_rule");
    let body = json!({ &envelope: attributes });
    region.post(&path, body).await.expect(201)[&envelope].take()
}

#[tokio::test]
async fn a_policy_shows_its_rules_of_every_kind() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({ "name": "gold", "tags": ["t"] })).await);
    let shaped = rule(
        &region,
        &gold,
        "bandwidth_limit",
        json!({ "max_kbps": 1000 }),
    )
    .await;
    let known = json!({
        "id": id(&shaped), "max_kbps": 1000, "max_burst_kbps": 0, "direction": "egress" });
    assert_eq!(shaped, known);
    rule(
        &region,
        &gold,
        "packet_rate_limit",
        json!({ "max_kpps": 9, "direction": "ingress" }),
    )
    .await;
    rule(&region, &gold, "dscp_marking", json!({ "dscp_mark": 46 })).await;
    rule(
        &region,
        &gold,
        "minimum_bandwidth",
        json!({ "min_kbps": 10 }),
    )
    .await;
    let least = json!({ "min_kpps": 2, "direction": "any" });
    rule(&region, &gold, "minimum_packet_rate", least).await;
    let shown = region.get(&format!("{POLICIES}/{gold}")).await.expect(200);
    let shown = &shown["policy"];
    assert_eq!(shown["revision_number"], 5);
    let rules = shown["rules"].as_array().unwrap();
    let types: Vec<&str> = rules
        .iter()
        .map(|rule| rule["type"].as_str().unwrap())
        .collect();
    let all = [
        "bandwidth_limit",
        "packet_rate_limit",
        "dscp_marking",
        "minimum_bandwidth",
        "minimum_packet_rate",
    ];
    assert_eq!(types, all);
    assert_eq!(rules[0]["qos_policy_id"], gold);
    assert_eq!(rules[4]["direction"], "any");
    for kind in all {
        let path = format!("{POLICIES}/{gold}/{kind}_rules");
        let listed = region.get(&path).await.expect(200);
        assert_eq!(ids(&listed, &format!("{kind}_rules")).len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_rule_is_changed_and_removed_below_its_policy_and_by_its_alias() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({ "name": "gold" })).await);
    let other = id(&policy(&region, json!({ "name": "other" })).await);
    let limit = id(&rule(
        &region,
        &gold,
        "bandwidth_limit",
        json!({ "max_kbps": 1000 }),
    )
    .await);
    let path = format!("{POLICIES}/{gold}/bandwidth_limit_rules/{limit}");
    let body = json!({ "bandwidth_limit_rule": { "max_burst_kbps": 7, "direction": "ingress" } });
    let changed = region.put(&path, body).await.expect(200);
    let changed = &changed["bandwidth_limit_rule"];
    assert_eq!(changed["max_kbps"], 1000);
    assert_eq!(changed["max_burst_kbps"], 7);
    assert_eq!(changed["direction"], "ingress");
    for wrong in [
        format!("{POLICIES}/{other}/bandwidth_limit_rules/{limit}"),
        format!("{POLICIES}/{gold}/minimum_bandwidth_rules/{limit}"),
        format!("/v2.0/qos/alias-minimum-bandwidth-rules/{limit}"),
    ] {
        assert_eq!(region.get(&wrong).await.error(404).0, "QosRuleNotFound");
        assert_eq!(region.delete(&wrong).await.error(404).0, "QosRuleNotFound");
    }
    let alias = format!("/v2.0/qos/alias-bandwidth-limit-rules/{limit}");
    let body = json!({ "alias_bandwidth_limit_rule": { "max_kbps": 5 } });
    let changed = region.put(&alias, body).await.expect(200);
    assert_eq!(changed["alias_bandwidth_limit_rule"]["max_kbps"], 5);
    let underscored = alias.replace("alias-bandwidth-limit-rules", "alias_bandwidth_limit_rules");
    region.get(&underscored).await.expect(200);
    region.delete(&alias).await.expect(204);
    region.get(&path).await.error(404);
}

#[tokio::test]
async fn rules_that_repeat_or_contradict_are_refused() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({})).await);
    rule(
        &region,
        &gold,
        "bandwidth_limit",
        json!({ "max_kbps": 100 }),
    )
    .await;
    let refused = |kind: &'static str, attributes: Value| {
        let (region, path) = (region.clone(), format!("{POLICIES}/{gold}/{kind}_rules"));
        let envelope = format!("{kind}_rule");
        async move { region.post(&path, json!({ envelope: attributes })).await }
    };
    let (kind, _) = refused("bandwidth_limit", json!({ "max_kbps": 5 }))
        .await
        .error(409);
    assert_eq!(kind, "QoSRulesConflict");
    let (kind, _) = refused("minimum_bandwidth", json!({ "min_kbps": 101 }))
        .await
        .error(409);
    assert_eq!(kind, "QoSRuleParameterConflict");
    let other_way = json!({ "min_kbps": 101, "direction": "ingress" });
    refused("minimum_bandwidth", other_way).await.expect(201);
    for (kind, wrong) in [
        ("bandwidth_limit", json!({})),
        (
            "bandwidth_limit",
            json!({ "max_kbps": -1, "direction": "ingress" }),
        ),
        (
            "bandwidth_limit",
            json!({ "max_kbps": 4_000_000_000_u32, "direction": "ingress" }),
        ),
        (
            "bandwidth_limit",
            json!({ "max_kbps": 1, "direction": "any" }),
        ),
        (
            "bandwidth_limit",
            json!({ "max_kbps": 1, "direction": "up" }),
        ),
        ("dscp_marking", json!({ "dscp_mark": 41 })),
        ("dscp_marking", json!({ "dscp_mark": "x" })),
    ] {
        refused(kind, wrong).await.error(400);
    }
}

#[tokio::test]
async fn a_policy_in_use_stays() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({})).await);
    let path = format!("{POLICIES}/{gold}");
    let network = region
        .make("network", json!({ "qos_policy_id": gold }))
        .await;
    assert_eq!(network["qos_policy_id"], gold);
    let port = region
        .make("port", json!({ "network_id": id(&network) }))
        .await;
    assert_eq!(port["qos_policy_id"], Value::Null);
    assert_eq!(port["qos_network_policy_id"], gold);
    assert_eq!(region.delete(&path).await.error(409).0, "QosPolicyInUse");
    assert_eq!(
        region
            .ids("network", &format!("qos_policy_id={gold}"))
            .await,
        [id(&network)]
    );
    let ports = format!("/v2.0/ports/{}", id(&port));
    let take = json!({ "port": { "qos_policy_id": gold } });
    assert_eq!(
        region.put(&ports, take).await.expect(200)["port"]["qos_policy_id"],
        gold
    );
    let free = json!({ "network": { "qos_policy_id": null } });
    region
        .put(&format!("/v2.0/networks/{}", id(&network)), free)
        .await
        .expect(200);
    assert_eq!(region.delete(&path).await.error(409).0, "QosPolicyInUse");
    let free = json!({ "port": { "qos_policy_id": null } });
    region.put(&ports, free).await.expect(200);
    region.delete(&path).await.expect(204);
    let gone = json!({ "port": { "qos_policy_id": gold } });
    assert_eq!(
        region.put(&ports, gone).await.error(404).0,
        "QosPolicyNotFound"
    );
}

#[tokio::test]
async fn a_project_has_one_default_policy_and_new_networks_get_it() {
    let region = Region::open();
    let first = id(&policy(&region, json!({ "is_default": true })).await);
    let body = json!({ "policy": { "is_default": true } });
    let (kind, message) = region.post(POLICIES, body.clone()).await.error(409);
    assert_eq!(kind, "QoSPolicyDefaultAlreadyExists");
    assert!(message.contains(&first), "{message}");
    let network = region.make("network", json!({})).await;
    assert_eq!(network["qos_policy_id"], first);
    let without = region
        .make("network", json!({ "qos_policy_id": null }))
        .await;
    assert_eq!(without["qos_policy_id"], Value::Null);
    let second = id(&policy(&region, json!({})).await);
    region
        .put(&format!("{POLICIES}/{second}"), body.clone())
        .await
        .error(409);
    let off = json!({ "policy": { "is_default": false } });
    region
        .put(&format!("{POLICIES}/{first}"), off)
        .await
        .expect(200);
    region
        .put(&format!("{POLICIES}/{second}"), body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_project_uses_shared_policies_and_no_others() {
    let admin = Region::guarded();
    let one = admin.as_user("token-one");
    let hidden = id(&policy(&admin, json!({ "name": "hidden" })).await);
    let open = id(&policy(&admin, json!({ "name": "open", "shared": true })).await);
    let listed = one.get(POLICIES).await.expect(200);
    assert_eq!(ids(&listed, "policies"), std::slice::from_ref(&open));
    one.get(&format!("{POLICIES}/{hidden}")).await.error(404);
    let limits = format!("{POLICIES}/{hidden}/bandwidth_limit_rules");
    one.get(&limits).await.error(404);
    let wanted = json!({ "network": { "qos_policy_id": hidden } });
    assert_eq!(
        one.post("/v2.0/networks", wanted).await.error(404).0,
        "QosPolicyNotFound"
    );
    let network = one.make("network", json!({ "qos_policy_id": open })).await;
    let close = json!({ "policy": { "shared": false } });
    let (kind, _) = admin
        .put(&format!("{POLICIES}/{open}"), close.clone())
        .await
        .error(409);
    assert_eq!(kind, "RbacPolicyInUse");
    one.put(&format!("{POLICIES}/{open}"), close.clone())
        .await
        .error(403);
    let networks = format!("/v2.0/networks/{}", id(&network));
    let chosen = json!({ "network": { "qos_policy_id": hidden } });
    admin.put(&networks, chosen).await.expect(200);
    let free = json!({ "network": { "qos_policy_id": null } });
    let (kind, _) = one.put(&networks, free).await.error(403);
    assert_eq!(kind, "PolicyRemoveAuthorizationError");
    admin
        .put(&format!("{POLICIES}/{open}"), close)
        .await
        .expect(200);
}

#[tokio::test]
async fn tags_are_served_below_both_paths() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({ "name": "gold" })).await);
    let path = format!("/v2.0/policies/{gold}/tags/a");
    region.put(&path, json!({})).await.expect(201);
    let tags = region
        .get(&format!("{POLICIES}/{gold}/tags"))
        .await
        .expect(200);
    assert_eq!(tags["tags"], json!(["a"]));
    let found = region
        .get(&format!("{POLICIES}?tags=a&name=gold"))
        .await
        .expect(200);
    assert_eq!(ids(&found, "policies"), [gold]);
}

#[tokio::test]
async fn rule_types_say_what_their_attributes_may_be() {
    let region = Region::open();
    let types = region
        .get("/v2.0/qos/rule-types?all_supported=True")
        .await
        .expect(200);
    assert_eq!(types["rule_types"].as_array().unwrap().len(), 5);
    let one = region
        .get("/v2.0/qos/rule-types?type=dscp_marking")
        .await
        .expect(200);
    assert_eq!(one["rule_types"], json!([{ "type": "dscp_marking" }]));
    let details = region
        .get("/v2.0/qos/rule-types/dscp_marking")
        .await
        .expect(200);
    let parameter = &details["rule_type"]["drivers"][0]["supported_parameters"][0];
    assert_eq!(parameter["parameter_name"], "dscp_mark");
    region.get("/v2.0/qos/rule-types/none").await.error(404);
    region
        .get("/v2.0/qos/rule-types?all_rules=perhaps")
        .await
        .error(400);
}

#[tokio::test]
async fn guaranteed_packet_rates_are_asked_of_placement() {
    let region = Region::open();
    let gold = id(&policy(&region, json!({})).await);
    let both = json!({ "min_kpps": 7, "direction": "any" });
    rule(&region, &gold, "minimum_packet_rate", both).await;
    let network = region
        .make("network", json!({ "qos_policy_id": gold }))
        .await;
    let port = region
        .make("port", json!({ "network_id": id(&network) }))
        .await;
    let asked = &port["resource_request"];
    let group = &asked["request_groups"][0];
    let rate = json!({ "NET_PACKET_RATE_KILOPACKET_PER_SEC": 7 });
    assert_eq!(group["resources"], rate);
    assert_eq!(group["required"], json!(["CUSTOM_VNIC_TYPE_NORMAL"]));
    assert_eq!(asked["same_subtree"], json!([group["id"]]));
}

#[tokio::test]
async fn a_policy_is_granted_to_single_projects() {
    let admin = Region::guarded();
    let one = admin.as_user("token-one");
    let gold = id(&policy(&admin, json!({ "name": "gold" })).await);
    let grant = json!({ "rbac_policy": {
        "object_type": "qos_policy", "object_id": gold, "target_tenant": "one",
        "action": "access_as_shared" } });
    let made = admin.post("/v2.0/rbac-policies", grant).await.expect(201);
    let network = one.make("network", json!({ "qos_policy_id": gold })).await;
    admin
        .as_user("token-two")
        .get(&format!("{POLICIES}/{gold}"))
        .await
        .error(404);
    let grant = format!("/v2.0/rbac-policies/{}", id(&made["rbac_policy"]));
    assert_eq!(admin.delete(&grant).await.error(409).0, "RbacPolicyInUse");
    one.delete(&format!("/v2.0/networks/{}", id(&network)))
        .await
        .expect(204);
    admin.delete(&grant).await.expect(204);
    one.get(&format!("{POLICIES}/{gold}")).await.error(404);
}
