//! Metering labels, flavors, service profiles and service providers.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const LABELS: &str = "/v2.0/metering/metering-labels";
const RULES: &str = "/v2.0/metering/metering-label-rules";

async fn label(region: &Region, attributes: Value) -> Value {
    let body = json!({ "metering_label": attributes });
    region.post(LABELS, body).await.expect(201)["metering_label"].take()
}

fn rule(label: &str, prefix: &str) -> Value {
    json!({ "metering_label_rule": {
        "metering_label_id": label, "direction": "ingress", "remote_ip_prefix": prefix } })
}

#[tokio::test]
async fn labels_and_rules_are_made_shown_and_removed() {
    let region = Region::open();
    let made = label(&region, json!({ "name": "web", "description": "d" })).await;
    assert_eq!(made["shared"], false);
    let path = format!("{LABELS}/{}", id(&made));
    assert_eq!(region.get(&path).await.expect(200)["metering_label"], made);
    let rules = region
        .post(RULES, rule(&id(&made), "10.0.0.0/24"))
        .await
        .expect(201);
    let first = &rules["metering_label_rule"];
    assert_eq!(first["remote_ip_prefix"], "10.0.0.0/24");
    assert_eq!(first["excluded"], false);
    assert_eq!(first["source_ip_prefix"], Value::Null);
    let found = region
        .get(&format!("{RULES}?metering_label_id={}", id(&made)))
        .await
        .expect(200);
    assert_eq!(ids(&found, "metering_label_rules"), [id(first)]);
    let none = region.get(&format!("{RULES}?id=33")).await.expect(200);
    assert_eq!(none["metering_label_rules"], json!([]));
    region
        .put(&path, json!({ "metering_label": {} }))
        .await
        .error(405);
    region.delete(&path).await.expect(204);
    region
        .get(&format!("{RULES}/{}", id(first)))
        .await
        .error(404);
    assert_eq!(
        region.delete(&path).await.error(404).0,
        "MeteringLabelNotFound"
    );
}

#[tokio::test]
async fn rules_of_one_label_and_direction_do_not_overlap() {
    let region = Region::open();
    let web = id(&label(&region, json!({ "name": "web" })).await);
    region
        .post(RULES, rule(&web, "10.0.0.0/24"))
        .await
        .expect(201);
    region
        .post(RULES, rule(&web, "fd02::/64"))
        .await
        .expect(201);
    let (kind, _) = region
        .post(RULES, rule(&web, "10.0.0.128/25"))
        .await
        .error(409);
    assert_eq!(kind, "MeteringLabelRuleOverlaps");
    let mut other_way = rule(&web, "10.0.0.0/24");
    other_way["metering_label_rule"]["direction"] = json!("egress");
    region.post(RULES, other_way).await.expect(201);
    let other = id(&label(&region, json!({})).await);
    region
        .post(RULES, rule(&other, "10.0.0.0/24"))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_rule_names_remote_or_header_addresses() {
    let region = Region::open();
    let web = id(&label(&region, json!({})).await);
    let with = |prefixes: Value| {
        let mut body = json!({ "metering_label_id": web, "direction": "egress" });
        let members = prefixes.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(members);
        json!({ "metering_label_rule": body })
    };
    let source = json!({ "source_ip_prefix": "10.0.0.0/24" });
    let made = region.post(RULES, with(source)).await.expect(201);
    assert_eq!(
        made["metering_label_rule"]["source_ip_prefix"],
        "10.0.0.0/24"
    );
    region.post(RULES, with(json!({}))).await.error(400);
    let both = json!({ "remote_ip_prefix": "10.0.0.0/24", "source_ip_prefix": "10.0.0.0/24" });
    region.post(RULES, with(both)).await.error(400);
    region
        .post(RULES, with(json!({ "remote_ip_prefix": "x" })))
        .await
        .error(400);
}

#[tokio::test]
async fn another_projects_labels_are_hidden() {
    let admin = Region::guarded();
    let one = admin.as_user("token-one");
    let hidden = id(&label(&admin, json!({ "name": "hidden" })).await);
    // Neutron's policy shows a shared label to its owner only, too.
    label(&admin, json!({ "name": "all", "shared": true })).await;
    let none = json!([]);
    assert_eq!(one.get(LABELS).await.expect(200)["metering_labels"], none);
    one.get(&format!("{LABELS}/{hidden}")).await.error(404);
    one.delete(&format!("{LABELS}/{hidden}")).await.error(404);
    let made = admin
        .post(RULES, rule(&hidden, "10.0.0.0/24"))
        .await
        .expect(201);
    let rules = format!("{RULES}/{}", id(&made["metering_label_rule"]));
    one.get(&rules).await.error(404);
    one.delete(&rules).await.error(404);
    assert_eq!(
        one.get(RULES).await.expect(200)["metering_label_rules"],
        json!([])
    );
}

#[tokio::test]
async fn a_flavor_is_carried_out_by_its_profiles() {
    let region = Region::open();
    let profile = json!({ "service_profile": { "driver": "alcor", "description": "p" } });
    let made = region
        .post("/v2.0/service_profiles", profile)
        .await
        .expect(201);
    let profile = id(&made["service_profile"]);
    let flavor = region
        .make(
            "flavor",
            json!({ "name": "gold", "service_type": "L3_ROUTER_NAT" }),
        )
        .await;
    assert_eq!(flavor["service_profiles"], json!([]));
    let path = format!("/v2.0/flavors/{}", id(&flavor));
    region
        .get(&format!("{path}/next_providers"))
        .await
        .error(409);
    let bind = json!({ "service_profile": { "id": profile } });
    let profiles = format!("{path}/service_profiles");
    region.post(&profiles, bind.clone()).await.expect(201);
    let (kind, _) = region.post(&profiles, bind).await.error(409);
    assert_eq!(kind, "FlavorServiceProfileBindingExists");
    let next = region
        .get(&format!("{path}/next_providers"))
        .await
        .expect(200);
    assert_eq!(next["next_providers"][0]["driver"], "alcor");
    assert_eq!(
        region
            .ids("flavor", &format!("service_profiles={profile}"))
            .await,
        [id(&flavor)]
    );
    let of_profile = format!("/v2.0/service_profiles/{profile}");
    assert_eq!(
        region.delete(&of_profile).await.error(409).0,
        "ServiceProfileInUse"
    );
    region
        .delete(&format!("{profiles}/{profile}"))
        .await
        .expect(204);
    let (kind, _) = region
        .delete(&format!("{profiles}/{profile}"))
        .await
        .error(404);
    assert_eq!(kind, "FlavorServiceProfileBindingNotFound");
    region.delete(&of_profile).await.expect(204);
    region.delete(&path).await.expect(204);
}

#[tokio::test]
async fn flavors_and_profiles_that_mean_nothing_are_refused() {
    let region = Region::open();
    let flavor = json!({ "flavor": { "name": "x", "service_type": "NONE" } });
    let (kind, _) = region.post("/v2.0/flavors", flavor).await.error(400);
    assert_eq!(kind, "InvalidFlavorServiceType");
    for (profile, status) in [(json!({}), 400), (json!({ "driver": "other" }), 404)] {
        let body = json!({ "service_profile": profile });
        region
            .post("/v2.0/service_profiles", body)
            .await
            .error(status);
    }
}

#[tokio::test]
async fn there_is_one_service_provider() {
    let region = Region::guarded().as_user("token-one");
    let body = region.get("/v2.0/service-providers").await.expect(200);
    let known = json!([{ "service_type": "L3_ROUTER_NAT", "name": "alcor", "default": true }]);
    assert_eq!(body["service_providers"], known);
    let none = region
        .get("/v2.0/service-providers?service_type=VPN")
        .await
        .expect(200);
    assert_eq!(none["service_providers"], json!([]));
}
