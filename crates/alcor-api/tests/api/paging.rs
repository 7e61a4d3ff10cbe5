//! The law of paging: pages of any size, forwards or backwards, by marker or by link, give
//! exactly the unpaginated list.

use crate::region::{Region, id, ids};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// Two networks with forty ports whose attributes repeat, so that sorting has ties.
async fn ports(region: &Region) -> Vec<String> {
    let mut networks = Vec::new();
    for index in 0..2 {
        let name = format!("n{index}");
        networks.push(id(&region.make("network", json!({ "name": name })).await));
    }
    let port = |index: usize| {
        json!({
            "network_id": networks[index % 2],
            "name": format!("p{}", index % 5),
            "device_id": format!("d{}", index % 3),
            "description": if index.is_multiple_of(7) { "" } else { "text" },
            "tags": if index.is_multiple_of(4) { json!(["t"]) } else { json!([]) },
            "fixed_ips": [],
        })
    };
    let all: Vec<_> = (0..40).map(port).collect();
    region
        .post("/v2.0/ports", json!({ "ports": all }))
        .await
        .expect(201);
    networks
}

fn filters(networks: &[String]) -> impl Strategy<Value = String> + use<> {
    let choices = vec![
        String::new(),
        "&name=p1&name=p3".to_owned(),
        "&device_id=d0".to_owned(),
        "&tags=t".to_owned(),
        "&not-tags=t".to_owned(),
        "&description=".to_owned(),
        format!("&network_id={}", networks[0]),
        format!(
            "&network_id={}&network_id={}&name=p2",
            networks[0], networks[1]
        ),
        "&status=ACTIVE".to_owned(),
    ];
    prop::sample::select(choices)
}

fn sorting() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "name",
        "device_id",
        "mac_address",
        "id",
        "status",
        "created_at",
    ]);
    let pair = (key, prop::sample::select(vec!["asc", "desc"]));
    prop::collection::vec(pair, 0..3).prop_map(|pairs| {
        let text = |(key, direction): (&str, &str)| format!("&sort_key={key}&sort_dir={direction}");
        pairs.into_iter().map(text).collect()
    })
}

fn link(body: &Value, rel: &str) -> Option<String> {
    let links = body["ports_links"].as_array()?;
    let link = links.iter().find(|link| link["rel"] == rel)?;
    let href = link["href"].as_str()?;
    Some(
        href.strip_prefix("http://region:9696")
            .expect("our host")
            .to_owned(),
    )
}

/// All pages from `path` on by the links of one direction.
async fn walk(region: &Region, path: String, rel: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path);
    while let Some(path) = next {
        let body = region.get(&path).await.expect(200);
        pages.push(ids(&body, "ports"));
        next = link(&body, rel);
        assert!(pages.len() < 100, "no end");
    }
    pages
}

async fn check(region: &Region, query: &str, limit: usize) {
    let expected = region.ids("port", query).await;
    let path = format!("/v2.0/ports?limit={limit}{query}");
    let forwards = walk(region, path.clone(), "next").await;
    assert!(
        forwards
            .iter()
            .rev()
            .skip(1)
            .all(|page| page.len() == limit)
    );
    assert_eq!(forwards.concat(), expected, "{query} limit {limit}");
    let mut backwards = walk(region, format!("{path}&page_reverse=True"), "previous").await;
    backwards.reverse();
    assert_eq!(
        backwards.concat(),
        expected,
        "{query} limit {limit}, backwards"
    );
    let Some(marker) = expected.get(expected.len() / 2) else {
        return;
    };
    let after = region.ids("port", &format!("marker={marker}{query}")).await;
    assert_eq!(after, expected[expected.len() / 2 + 1..]);
    let before = region
        .ids("port", &format!("marker={marker}&page_reverse=1{query}"))
        .await;
    assert_eq!(before, expected[..expected.len() / 2]);
}

#[test]
fn pages_are_the_list() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let region = Region::open();
    let networks = runtime.block_on(ports(&region));
    let cases = (filters(&networks), sorting(), 1_usize..50);
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let law = |(filter, sort, limit): (String, String, usize)| {
        runtime.block_on(check(&region, &format!("{filter}{sort}"), limit));
        Ok(())
    };
    TestRunner::new(config).run(&cases, law).unwrap();
}

/// A tenant's list is a union of indexes: its own ports, and those of others on its networks.
#[tokio::test]
async fn a_tenants_pages_are_its_list() {
    let admin = Region::guarded();
    let (one, two) = (admin.as_user("token-one"), admin.as_user("token-two"));
    let networks = ports(&one).await;
    ports(&two).await;
    let path = format!("/v2.0/networks/{}", networks[0]);
    let share = json!({ "network": { "shared": true } });
    admin.put(&path, share).await.expect(200);
    let port = json!({ "network_id": networks[0], "fixed_ips": [] });
    two.make("port", port.clone()).await;
    two.make("port", port).await;
    assert_eq!(one.ids("port", "").await.len(), 42);
    assert_eq!(two.ids("port", "").await.len(), 42);
    for limit in [1, 5, 41, 42, 43] {
        check(&one, "", limit).await;
        check(&two, "&sort_key=id&sort_dir=desc", limit).await;
        check(&one, "&sort_key=name", limit).await;
    }
}

#[test]
fn a_limit_of_zero_is_no_limit() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let region = Region::open();
    runtime.block_on(ports(&region));
    let body = runtime
        .block_on(region.get("/v2.0/ports?limit=0"))
        .expect(200);
    assert_eq!(ids(&body, "ports").len(), 40);
    assert!(body.get("ports_links").is_none());
}

/// Every filter gives what checking each row of the whole list gives, whichever index serves.
#[test]
fn plans_select_what_a_scan_would() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let region = Region::open();
    let networks = runtime.block_on(ports(&region));
    let body = runtime.block_on(region.get("/v2.0/ports")).expect(200);
    let select = |keep: &dyn Fn(&Value) -> bool| -> Vec<String> {
        body["ports"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|port| keep(port))
            .map(id)
            .collect()
    };
    let found = |query: &str| runtime.block_on(region.ids("port", query));
    assert_eq!(found("name=p1"), select(&|port| port["name"] == "p1"));
    assert_eq!(
        found("tags=t&name=p0"),
        select(&|port| port["name"] == "p0" && port["tags"][0] == "t")
    );
    let query = format!("network_id={}&description=", networks[1]);
    let wanted =
        |port: &Value| port["network_id"] == networks[1].as_str() && port["description"] == "";
    assert_eq!(found(&query), select(&wanted));
}
