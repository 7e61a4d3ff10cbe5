//! Security groups, their rules and templates, as clients meet them.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const GROUPS: &str = "/v2.0/security-groups";
const RULES: &str = "/v2.0/security-group-rules";
const TEMPLATES: &str = "/v2.0/default-security-group-rules";

async fn group(region: &Region, name: &str) -> Value {
    let body = json!({ "security_group": { "name": name } });
    region.post(GROUPS, body).await.expect(201)["security_group"].take()
}

async fn rule(region: &Region, attributes: Value) -> Value {
    let body = json!({ "security_group_rule": attributes });
    region.post(RULES, body).await.expect(201)["security_group_rule"].take()
}

#[tokio::test]
async fn listing_makes_the_default_group_once() {
    let region = Region::guarded();
    let one = region.as_user("token-one");
    let calls = (0..8).map(|_| {
        let one = one.clone();
        tokio::spawn(async move { one.get(GROUPS).await.expect(200) })
    });
    let lists = all_of(calls).await;
    for list in &lists {
        assert_eq!(
            ids(list, "security_groups"),
            ids(&lists[0], "security_groups")
        );
    }
    let group = &lists[0]["security_groups"][0];
    assert_eq!(group["name"], "default");
    assert_eq!(group["security_group_rules"].as_array().unwrap().len(), 4);
    // An administrator's list by project makes it too, which clean-ups rely on.
    let query = format!("{GROUPS}?tenant_id=two&name=default");
    let of_two = region.get(&query).await.expect(200);
    assert_eq!(of_two["security_groups"].as_array().unwrap().len(), 1);
    let of_two = region.as_user("token-two").get(GROUPS).await.expect(200);
    assert_eq!(of_two["security_groups"].as_array().unwrap().len(), 1);
}

async fn all_of(tasks: impl Iterator<Item = tokio::task::JoinHandle<Value>>) -> Vec<Value> {
    let mut done = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        done.push(task.await.unwrap());
    }
    done
}

#[tokio::test]
async fn a_rule_is_shown_as_it_was_made_by_itself_and_in_its_group() {
    let region = Region::open();
    let web = group(&region, "web").await;
    assert_eq!(web["stateful"], true);
    assert_eq!(web["shared"], false);
    assert_eq!(web["security_group_rules"].as_array().unwrap().len(), 2);
    let made = rule(
        &region,
        json!({
            "security_group_id": id(&web), "direction": "ingress", "ethertype": "ipv4",
            "protocol": "TCP", "port_range_min": 80, "port_range_max": "81",
            "remote_ip_prefix": "10.0.0.7/8", "description": "d" }),
    )
    .await;
    let (protocol, prefix) = (made["protocol"].clone(), made["remote_ip_prefix"].clone());
    assert_eq!((protocol, prefix), (json!("tcp"), json!("10.0.0.7/8")));
    assert_eq!(made["normalized_cidr"], "10.0.0.0/8");
    assert_eq!(made["ethertype"], "IPv4");
    assert_eq!(made["port_range_max"], 81);
    assert_eq!(made["remote_group_id"], Value::Null);
    assert_eq!(made["belongs_to_default_sg"], false);
    let path = format!("{RULES}/{}", id(&made));
    let shown = region.get(&path).await.expect(200);
    assert_eq!(shown["security_group_rule"], made);
    let of_group = region
        .get(&format!("{GROUPS}/{}", id(&web)))
        .await
        .expect(200);
    let of_group = &of_group["security_group"];
    assert_eq!(of_group["revision_number"], 1);
    let embedded = of_group["security_group_rules"].as_array().unwrap();
    assert!(embedded.contains(&made));
    region
        .put(&path, json!({ "security_group_rule": {} }))
        .await
        .error(405);
    region.delete(&path).await.expect(204);
    let error = region.get(&path).await.error(404);
    assert_eq!(error.0, "SecurityGroupRuleNotFound");
}

#[tokio::test]
async fn protocols_are_numbers_or_names() {
    let region = Region::open();
    let web = id(&group(&region, "web").await);
    let of = |protocol: Value, ethertype: &str| {
        json!({ "security_group_id": web, "direction": "ingress",
                "protocol": protocol, "ethertype": ethertype })
    };
    for (sent, family, kept) in [
        (json!(17), "IPv4", json!("17")),
        (json!("icmp"), "IPv6", json!("ipv6-icmp")),
        (json!(null), "IPv4", json!(null)),
        (json!("vrrp"), "IPv4", json!("vrrp")),
    ] {
        assert_eq!(rule(&region, of(sent, family)).await["protocol"], kept);
    }
    let again = json!({ "security_group_rule": of(json!("any"), "IPv4") });
    let error = region.post(RULES, again).await.error(409);
    assert_eq!(error.0, "SecurityGroupRuleExists");
}

#[tokio::test]
async fn the_words_that_tempest_looks_for() {
    let region = Region::open();
    let web = id(&group(&region, "web").await);
    let cases = [
        ("tcp", json!(-16), json!(80), "Invalid value for port -16"),
        (
            "tcp",
            json!(80),
            json!(79),
            "port_range_min must be <= port_range_max",
        ),
        (
            "tcp",
            json!(80),
            json!(65536),
            "Invalid value for port 65536",
        ),
        (
            "tcp",
            json!(null),
            json!(6),
            "port_range_min must be <= port_range_max",
        ),
        ("icmp", json!(1), json!(256), "Invalid value for ICMP code"),
        (
            "icmp",
            json!(null),
            json!(6),
            "ICMP type (port-range-min) is missing",
        ),
        ("icmp", json!(300), json!(1), "Invalid value for ICMP type"),
    ];
    for ethertype in ["IPv4", "IPv6"] {
        for (protocol, min, max, words) in &cases {
            let body = json!({ "security_group_rule": {
                "security_group_id": web, "direction": "ingress", "ethertype": ethertype,
                "protocol": protocol, "port_range_min": min, "port_range_max": max } });
            let (_, message) = region.post(RULES, body).await.error(400);
            assert!(message.contains(words), "{message}");
        }
    }
}

#[tokio::test]
async fn groups_and_rules_are_found_by_what_clients_filter_by() {
    let region = Region::open();
    let web = id(&group(&region, "web").await);
    let database = id(&group(&region, "database").await);
    let made = rule(
        &region,
        json!({ "security_group_id": database, "direction": "ingress", "remote_group_id": web }),
    )
    .await;
    for (query, count) in [
        (format!("security_group_id={database}"), 3),
        (format!("remote_group_id={web}"), 1),
        (format!("security_group_id={database}&direction=egress"), 2),
        ("security_group_id=nothing".to_owned(), 0),
    ] {
        let list = region.get(&format!("{RULES}?{query}")).await.expect(200);
        assert_eq!(ids(&list, "security_group_rules").len(), count, "{query}");
    }
    let named = region.get(&format!("{GROUPS}?name=web")).await.expect(200);
    assert_eq!(ids(&named, "security_groups"), [web.clone()]);
    let shared = region
        .get(&format!("{GROUPS}?shared=True"))
        .await
        .expect(200);
    assert!(ids(&shared, "security_groups").is_empty());
    region.delete(&format!("{GROUPS}/{web}")).await.expect(204);
    let gone = region.get(&format!("{RULES}/{}", id(&made))).await;
    assert_eq!(gone.error(404).0, "SecurityGroupRuleNotFound");
}

#[tokio::test]
async fn ports_have_groups_and_are_found_by_them() {
    let region = Region::open();
    let (network, _) = region.network("10.0.0.0/24").await;
    let web = id(&group(&region, "web").await);
    let plain = region.make("port", json!({ "network_id": network })).await;
    let groups = json!([web]);
    let request = json!({ "network_id": network, "security_groups": groups });
    let filtered = region.make("port", request).await;
    assert_eq!(filtered["security_groups"], groups);
    let query = format!("security_groups={web}");
    assert_eq!(region.ids("port", &query).await, [id(&filtered)]);
    let default = plain["security_groups"][0].as_str().unwrap().to_owned();
    let path = format!("/v2.0/ports/{}", id(&filtered));
    let both = json!({ "port": { "security_groups": [web, default] } });
    let both = region.put(&path, both).await.expect(200);
    assert_eq!(both["port"]["security_groups"], json!([web, default]));
    assert_eq!(
        region
            .ids("port", &format!("security_groups={default}"))
            .await
            .len(),
        2
    );
    let none = json!({ "port": { "security_groups": null } });
    let none = region.put(&path, none).await.expect(200);
    assert_eq!(none["port"]["security_groups"], json!([]));
    region.delete(&format!("{GROUPS}/{web}")).await.expect(204);
}

#[tokio::test]
async fn templates_say_what_new_groups_begin_with() {
    let region = Region::open();
    let list = region.get(TEMPLATES).await.expect(200);
    let templates = list["default_security_group_rules"].as_array().unwrap();
    assert_eq!(templates.len(), 4);
    let from_own = |one: &&Value| one["remote_group_id"] == "PARENT";
    let from_own: Vec<_> = templates.iter().filter(from_own).collect();
    assert_eq!(from_own.len(), 2);
    assert!(
        from_own
            .iter()
            .all(|one| one["used_in_non_default_sg"] == false)
    );
    for template in templates {
        let path = format!("{TEMPLATES}/{}", id(template));
        assert_eq!(
            region.get(&path).await.expect(200)["default_security_group_rule"],
            *template
        );
        region.delete(&path).await.expect(204);
    }
    let ssh = json!({ "default_security_group_rule": {
        "direction": "ingress", "protocol": "tcp",
        "port_range_min": 22, "port_range_max": 22, "used_in_default_sg": true } });
    region.post(TEMPLATES, ssh.clone()).await.expect(201);
    let error = region.post(TEMPLATES, ssh).await.error(409);
    assert_eq!(error.0, "DefaultSecurityGroupRuleExists");
    let web = group(&region, "web").await;
    let rules = web["security_group_rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["port_range_min"], 22);
    let again = region.get(TEMPLATES).await.expect(200);
    assert_eq!(ids(&again, "default_security_group_rules").len(), 1);
}

#[tokio::test]
async fn another_projects_groups_and_rules_do_not_exist() {
    let region = Region::guarded();
    let (one, two) = (region.as_user("token-one"), region.as_user("token-two"));
    let web = group(&one, "web").await;
    let rule = id(&web["security_group_rules"][0]);
    let web = format!("{GROUPS}/{}", id(&web));
    two.get(&web).await.error(404);
    two.delete(&web).await.error(404);
    two.get(&format!("{RULES}/{rule}")).await.error(404);
    two.delete(&format!("{RULES}/{rule}")).await.error(404);
    let listed = two.get(RULES).await.expect(200);
    assert!(!ids(&listed, "security_group_rules").contains(&rule));
    let body = json!({ "security_group_rule": {
        "security_group_id": web.rsplit('/').next(), "direction": "ingress" } });
    let error = two.post(RULES, body).await.error(404);
    assert_eq!(error.0, "SecurityGroupNotFound");
}
