//! Filters, fields and sorting, one by one.

use crate::region::{Region, id};
use serde_json::{Value, json};

/// Three ports p0, p1, p2 on two networks, and the networks' and subnets' ids.
async fn ports(region: &Region) -> (Vec<String>, Vec<String>) {
    let (a, sub_a) = region.network("10.0.0.0/24").await;
    let (b, sub_b) = region.network("10.0.0.0/24").await;
    let mut ports = Vec::new();
    for (name, network, address, tags, up) in [
        ("p0", &a, "10.0.0.10", json!(["x", "y"]), true),
        ("p1", &a, "10.0.0.11", json!(["x"]), false),
        ("", &b, "10.0.0.10", json!([]), true),
    ] {
        let port = json!({
            "name": name, "network_id": network, "tags": tags, "admin_state_up": up,
            "device_id": format!("vm-{name}"), "fixed_ips": [{ "ip_address": address }],
        });
        ports.push(id(&region.make("port", port).await));
    }
    (ports, vec![a, b, sub_a, sub_b])
}

#[tokio::test]
async fn every_filter_selects() {
    let region = Region::open();
    let (p, n) = ports(&region).await;
    let host = json!({ "port": { "binding:host_id": "h1" } });
    region
        .put(&format!("/v2.0/ports/{}", p[1]), host)
        .await
        .expect(200);
    let cases: Vec<(String, Vec<usize>)> = vec![
        ("name=p0".into(), vec![0]),
        ("name=p0&name=p1".into(), vec![0, 1]),
        ("name=".into(), vec![2]),
        ("name=&name=p0".into(), vec![0, 2]),
        ("name=p0&admin_state_up=false".into(), vec![]),
        ("admin_state_up=False".into(), vec![1]),
        ("admin_state_up=1".into(), vec![0, 2]),
        (format!("network_id={}", n[0]), vec![0, 1]),
        (
            format!("network_id={}&network_id={}", n[0], n[1]),
            vec![0, 1, 2],
        ),
        ("network_id=none".into(), vec![]),
        (format!("id={}&id={}", p[2], p[0]), vec![0, 2]),
        ("device_id=vm-p1".into(), vec![1]),
        ("binding:host_id=h1".into(), vec![1]),
        ("binding%3Ahost_id=".into(), vec![0, 2]),
        ("binding:vif_type=binding_failed".into(), vec![1]),
        ("status=DOWN&name=p0".into(), vec![0]),
        ("status=ACTIVE".into(), vec![]),
        ("fixed_ips=ip_address%3D10.0.0.10".into(), vec![0, 2]),
        (
            format!(
                "fixed_ips=ip_address=10.0.0.10&fixed_ips=subnet_id={}",
                n[2]
            ),
            vec![0],
        ),
        (format!("fixed_ips=subnet_id={}", n[2]), vec![0, 1]),
        (
            "fixed_ips=ip_address=10.0.0.10&fixed_ips=ip_address=10.0.0.11".into(),
            vec![0, 1, 2],
        ),
        ("fixed_ips=ip_address_substr=0.11".into(), vec![1]),
        ("fixed_ips=ip_address=none".into(), vec![]),
        ("tags=x".into(), vec![0, 1]),
        ("tags=x,y".into(), vec![0]),
        ("tags-any=y,z".into(), vec![0]),
        ("not-tags=x,y".into(), vec![1, 2]),
        ("not-tags-any=x,y".into(), vec![2]),
        ("changed_since=2020-01-01T00:00:00Z".into(), vec![0, 1, 2]),
        ("changed_since=2100-01-01T00:00:00".into(), vec![]),
        ("revision_number=1".into(), vec![1]),
        (
            "tenant_id=00000000000000000000000000000001&name=p0".into(),
            vec![0],
        ),
        ("project_id=other".into(), vec![]),
    ];
    for (query, expected) in cases {
        let mut expected: Vec<_> = expected.into_iter().map(|index| p[index].clone()).collect();
        expected.sort();
        assert_eq!(region.ids("port", &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn networks_and_subnets_filter_by_what_they_share() {
    let region = Region::open();
    let (plain, plain_subnet) = region.network("10.0.0.0/24").await;
    let shared = json!({
        "shared": true, "router:external": true,
        "provider:network_type": "vxlan", "provider:segmentation_id": 77,
    });
    let shared = id(&region.make("network", shared).await);
    let v6 = json!({ "network_id": shared, "cidr": "fd00::/64", "ip_version": 6 });
    let v6 = id(&region.make("subnet", v6).await);
    for (query, expected) in [
        ("shared=true", &shared),
        ("shared=false", &plain),
        ("router:external=True", &shared),
        ("provider:segmentation_id=77", &shared),
        ("name=net&status=ACTIVE", &plain),
    ] {
        assert_eq!(
            region.ids("network", query).await,
            std::slice::from_ref(expected),
            "{query}"
        );
    }
    for (query, expected) in [
        ("ip_version=6", &v6),
        ("ip_version=4", &plain_subnet),
        ("shared=1", &v6),
        ("cidr=10.0.0.0/24", &plain_subnet),
        ("cidr=10.0.0.0/24&cidr=x", &plain_subnet),
        ("gateway_ip=fd00::1", &v6),
        ("enable_dhcp=true&router:external=false", &plain_subnet),
    ] {
        assert_eq!(
            region.ids("subnet", query).await,
            std::slice::from_ref(expected),
            "{query}"
        );
    }
}

#[tokio::test]
async fn wrong_queries_are_refused() {
    let region = Region::open();
    for (query, part) in [
        ("colour=red", "'colour' is invalid attribute for filtering"),
        ("fixed_ips=10.0.0.1", "fixed_ips"),
        ("admin_state_up=perhaps", "admin_state_up"),
        ("revision_number=x", "revision_number"),
        ("changed_since=soon", "changed_since"),
        (
            "sort_key=colour",
            "'colour' is invalid attribute for sort_keys",
        ),
        ("sort_key=fixed_ips", "sort_keys"),
        ("sort_key=name&sort_dir=up", "sort_dirs"),
        ("sort_dir=asc", "sort_keys and sort_dirs"),
        ("limit=-1", "Limit"),
        ("limit=x", "Limit"),
    ] {
        let (_, message) = region.get(&format!("/v2.0/ports?{query}")).await.error(400);
        assert!(message.contains(part), "{query}: {message}");
    }
    let (kind, _) = region
        .get("/v2.0/ports?marker=none&limit=1")
        .await
        .error(404);
    assert_eq!(kind, "PortNotFound");
    let many = "id=x&".repeat(2_001);
    region.get(&format!("/v2.0/ports?{many}")).await.error(400);
}

#[tokio::test]
async fn fields_select_attributes() {
    let region = Region::open();
    let network = id(&region.make("network", json!({ "name": "n" })).await);
    let body = region
        .get("/v2.0/networks?fields=id&fields=name&fields=nothing")
        .await
        .expect(200);
    assert_eq!(
        body,
        json!({ "networks": [{ "id": network, "name": "n" }] })
    );
    let body = region
        .get(&format!("/v2.0/networks/{network}?fields=tenant_id"))
        .await
        .expect(200);
    assert_eq!(body["network"].as_object().unwrap().len(), 1);
    let body = region.get("/v2.0/networks?fields=").await.expect(200);
    assert!(body["networks"][0].as_object().unwrap().len() > 10);
}

#[tokio::test]
async fn several_keys_sort_one_after_the_other() {
    let region = Region::open();
    for (name, mtu) in [("b", 1400), ("a", 1300), ("b", 1200), ("a", 1400)] {
        region
            .make("network", json!({ "name": name, "mtu": mtu }))
            .await;
    }
    let query = "sort_key=name&sort_dir=desc&sort_key=mtu&sort_dir=asc";
    let body = region
        .get(&format!("/v2.0/networks?{query}"))
        .await
        .expect(200);
    let found: Vec<_> = body["networks"]
        .as_array()
        .unwrap()
        .iter()
        .map(pair)
        .collect();
    let expected = [("b", 1200), ("b", 1400), ("a", 1300), ("a", 1400)];
    assert_eq!(found, expected.map(|(name, mtu)| (name.to_owned(), mtu)));
}

fn pair(network: &Value) -> (String, i64) {
    (
        network["name"].as_str().unwrap().to_owned(),
        network["mtu"].as_i64().unwrap(),
    )
}

#[tokio::test]
async fn a_list_longer_than_a_chunk_is_whole() {
    let region = Region::open();
    let network = id(&region.make("network", json!({})).await);
    let port = json!({ "network_id": network, "fixed_ips": [], "description": "d".repeat(200) });
    let mut expected = Vec::new();
    for _ in 0..3 {
        let body = json!({ "ports": vec![port.clone(); 500] });
        let made = region.post("/v2.0/ports", body).await.expect(201);
        expected.extend(crate::region::ids(&made, "ports"));
    }
    expected.sort();
    assert_eq!(region.ids("port", "").await, expected);
    assert_eq!(
        region.ids("port", &format!("network_id={network}")).await,
        expected
    );
    expected.reverse();
    assert_eq!(
        region.ids("port", "sort_key=id&sort_dir=desc").await,
        expected
    );
}
