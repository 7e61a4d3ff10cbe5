//! Networks of every type, their segments, ranges of ids, and addresses in use.

use crate::region::{Region, id, ids};
use alcor_api::{Auth, TokenFile};
use alcor_managers::segment::range;
use alcor_managers::{Provider, Settings};
use alcor_store::Store;
use alcor_types::NetworkType;
use serde_json::{Value, json};
use std::sync::Arc;

/// A region with physical networks; as the operator at first.
pub(crate) async fn region() -> Region {
    let provider = Provider {
        tunnels: [
            (NetworkType::Vxlan, vec![100..=199]),
            (NetworkType::Geneve, vec![7..=7]),
        ]
        .into(),
        vlans: [("physnet1".to_owned(), vec![10..=12])].into(),
        flats: ["physnet1".to_owned()].into(),
        ..Provider::default()
    };
    let settings = Settings {
        provider,
        ..Settings::default().without_quotas()
    };
    let tokens = TokenFile::parse(crate::region::TOKENS).unwrap();
    let auth = Auth::Token(Arc::new(tokens));
    let region = Region::over(Store::ephemeral(), settings.clone(), auth, |state| state);
    let install = move |txn: &mut alcor_store::Txn<'_>| range::install_defaults(txn, &settings);
    region.store.transact(install).await.unwrap();
    region.as_user("token-admin")
}

fn provider(resource: &Value) -> Value {
    json!([
        resource["provider:network_type"],
        resource["provider:physical_network"],
        resource["provider:segmentation_id"],
        resource["mtu"],
    ])
}

#[tokio::test]
async fn provider_networks_are_made_and_found() {
    let region = region().await;
    let vlan = region
        .make(
            "network",
            json!({
                "name": "v", "provider:network_type": "vlan",
                "provider:physical_network": "physnet1", "provider:segmentation_id": "500",
            }),
        )
        .await;
    assert_eq!(provider(&vlan), json!(["vlan", "physnet1", 500, 1500]));
    let geneve = json!({ "provider:network_type": "geneve" });
    let geneve = region.make("network", geneve).await;
    assert_eq!(provider(&geneve), json!(["geneve", null, 7, 1450]));
    let flat = json!({
        "provider:network_type": "flat", "provider:physical_network": "physnet1",
    });
    let flat = region.make("network", flat).await;
    region.make("network", json!({})).await;
    let (vlan, flat) = (id(&vlan), id(&flat));
    for (query, expected) in [
        ("provider:network_type=vlan", vec![&vlan]),
        ("provider:segmentation_id=500", vec![&vlan]),
        (
            "provider:physical_network=physnet1&provider:network_type=flat",
            vec![&flat],
        ),
        ("provider:network_type=gre", vec![]),
        ("name=v&provider:segmentation_id=7", vec![]),
    ] {
        let found = region.ids("network", query).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_vlan_tag_changes_and_a_wrong_one_says_why() {
    let region = region().await;
    let vlan = json!({
        "provider:network_type": "vlan", "provider:physical_network": "physnet1",
    });
    let vlan = region.make("network", vlan).await;
    assert_eq!(vlan["provider:segmentation_id"], 10);
    let path = format!("/v2.0/networks/{}", id(&vlan));
    let tag = |tag: i64| json!({ "network": { "provider:segmentation_id": tag } });
    let changed = region.put(&path, tag(77)).await.expect(200);
    assert_eq!(changed["network"]["provider:segmentation_id"], 77);
    let (kind, message) = region.put(&path, tag(5000)).await.error(400);
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("1 to 4094"), "{message}");
}

#[tokio::test]
async fn several_segments_are_shown_as_such() {
    let region = region().await;
    let segments = json!([
        { "provider:network_type": "vxlan" },
        {
            "provider:network_type": "vlan", "provider:physical_network": "physnet1",
            "provider:segmentation_id": 9,
        },
    ]);
    let made = region
        .make("network", json!({ "segments": segments }))
        .await;
    let expected = json!([
        {
            "provider:network_type": "vxlan", "provider:physical_network": null,
            "provider:segmentation_id": 100,
        },
        {
            "provider:network_type": "vlan", "provider:physical_network": "physnet1",
            "provider:segmentation_id": 9,
        },
    ]);
    assert_eq!(made["segments"], expected);
    assert_eq!(provider(&made), json!([null, null, null, 1450]));
    let query = format!("network_id={}", id(&made));
    assert_eq!(region.ids("segment", &query).await.len(), 2);
    let both = json!({ "network": {
        "segments": segments, "provider:network_type": "vxlan",
    }});
    let refused = region.post("/v2.0/networks", both).await;
    assert_eq!(
        refused.error(400).0,
        "SegmentsSetInConjunctionWithProviders"
    );
}

#[tokio::test]
async fn segments_are_made_shown_changed_and_removed() {
    let region = region().await;
    let network = id(&region.make("network", json!({})).await);
    let made = region
        .make(
            "segment",
            json!({
                "network_id": network, "network_type": "vlan", "physical_network": "physnet1",
                "segmentation_id": 12, "name": "rack",
            }),
        )
        .await;
    let path = format!("/v2.0/segments/{}", id(&made));
    assert_eq!(region.get(&path).await.expect(200)["segment"], made);
    assert_eq!(made["description"], json!(null));
    for query in [
        "name=rack",
        "physical_network=physnet1",
        "network_type=vlan",
        "segmentation_id=12",
    ] {
        assert_eq!(region.ids("segment", query).await, [id(&made)], "{query}");
    }
    let rename = json!({ "segment": { "name": "row", "description": "d" } });
    let renamed = region.put(&path, rename).await.expect(200);
    assert_eq!(renamed["segment"]["name"], "row");
    assert_eq!(renamed["segment"]["revision_number"], 1);
    let fixed = json!({ "segment": { "segmentation_id": 13 } });
    region.put(&path, fixed).await.error(400);
    let nobodys = region.as_user("token-two");
    nobodys.get(&path).await.error(404);
    region.delete(&path).await.expect(204);
    assert_eq!(region.get(&path).await.error(404).0, "SegmentNotFound");
    let shown = region.get(&format!("/v2.0/networks/{network}")).await;
    assert_eq!(
        shown.expect(200)["network"]["provider:network_type"],
        "vxlan"
    );
}

#[tokio::test]
async fn ranges_show_what_is_used_and_bound_what_is_given() {
    let region = region().await;
    let defaults = region.ids("network_segment_range", "default=true").await;
    assert_eq!(defaults.len(), 3);
    let path = format!("/v2.0/network_segment_ranges/{}", defaults[0]);
    let refused = region.delete(&path).await;
    assert_eq!(refused.error(400).0, "NetworkSegmentRangeDefaultReadOnly");
    let own = region
        .make(
            "network_segment_range",
            json!({
                "name": "one's", "network_type": "vxlan", "shared": false, "project_id": "one",
                "minimum": 1000, "maximum": 1002,
            }),
        )
        .await;
    let one = region.as_user("token-one");
    let network = one.make("network", json!({})).await;
    let shown = region
        .get(&format!("/v2.0/networks/{}", id(&network)))
        .await;
    assert_eq!(
        shown.expect(200)["network"]["provider:segmentation_id"],
        1000
    );
    let path = format!("/v2.0/network_segment_ranges/{}", id(&own));
    let shown = region.get(&path).await.expect(200);
    let shown = &shown["network_segment_range"];
    assert_eq!(shown["used"], json!({ "1000": "one" }));
    assert_eq!(shown["available"], json!([1001, 1002]));
    assert_eq!(shown["default"], false);
    let grown = json!({ "network_segment_range": { "maximum": 1010 } });
    let grown = region.put(&path, grown).await.expect(200);
    assert_eq!(grown["network_segment_range"]["maximum"], 1010);
    let cut = json!({ "network_segment_range": { "minimum": 1001 } });
    let refused = region.put(&path, cut).await;
    assert_eq!(
        refused.error(409).0,
        "NetworkSegmentRangeReferencedByProject"
    );
    let tag = region.put(&format!("{path}/tags/blue"), json!({})).await;
    tag.expect(201);
    assert_eq!(
        region.ids("network_segment_range", "tags=blue").await,
        [id(&own)]
    );
}

#[tokio::test]
async fn addresses_in_use_are_counted_by_network_and_subnet() {
    let region = region().await;
    let (network, subnet) = region.network("10.0.0.0/24").await;
    let v6 = json!({ "network_id": network, "cidr": "fd00::/64", "ip_version": 6 });
    region.make("subnet", v6).await;
    for _ in 0..3 {
        region.make("port", json!({ "network_id": network })).await;
    }
    region.make("network", json!({ "name": "empty" })).await;
    let shown = region
        .get(&format!("/v2.0/network-ip-availabilities/{network}"))
        .await
        .expect(200);
    let shown = &shown["network_ip_availability"];
    assert_eq!(shown["used_ips"], 6);
    assert_eq!(shown["network_name"], "net");
    let of = |id: &str| {
        let all = shown["subnet_ip_availability"].as_array().unwrap();
        all.iter()
            .find(|one| one["subnet_id"] == id)
            .unwrap()
            .clone()
    };
    let expected = json!({
        "subnet_id": subnet, "subnet_name": "", "cidr": "10.0.0.0/24", "ip_version": 4,
        "total_ips": 253, "used_ips": 3,
        "ip_availability_details": {
            "total_ips_in_subnet": 254, "total_ips_in_allocation_pool": 253,
            "used_ips_in_subnet": 3, "used_ips_in_allocation_pool": 3,
        },
    });
    assert_eq!(of(&subnet), expected);
    let list = |query: &'static str| {
        let region = region.clone();
        async move {
            let path = format!("/v2.0/network-ip-availabilities?{query}");
            let body = region.get(&path).await.expect(200);
            body["network_ip_availabilities"].as_array().unwrap().len()
        }
    };
    assert_eq!(list("").await, 2);
    assert_eq!(list("network_name=empty").await, 1);
    assert_eq!(list("ip_version=6").await, 1);
    assert_eq!(list("project_id=nobody").await, 0);
    let path = "/v2.0/network-ip-availabilities?ip_version=4";
    let counted = region.get(path).await.expect(200)["network_ip_availabilities"][0].take();
    assert_eq!(
        (&counted["total_ips"], &counted["used_ips"]),
        (&253.into(), &3.into())
    );
    assert_eq!(counted["subnet_ip_availability"], json!([of(&subnet)]));
    let path = format!("/v2.0/network-ip-availabilities?network_id={network}");
    let body = region.get(&path).await.expect(200);
    assert_eq!(
        body["network_ip_availabilities"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn there_is_one_default_external_network() {
    let region = region().await;
    let default = json!({ "router:external": true, "is_default": true });
    let made = region.make("network", default.clone()).await;
    assert_eq!(made["is_default"], true);
    let found = region.get("/v2.0/networks?is_default=True").await;
    assert_eq!(ids(&found.expect(200), "networks"), [id(&made)]);
    let second = region
        .post("/v2.0/networks", json!({ "network": default }))
        .await;
    assert_eq!(second.error(409).0, "DefaultExternalNetworkExists");
}

#[tokio::test]
async fn a_network_with_a_block_holds_its_subnets() {
    let region = region().await;
    let vpc = region
        .make("network", json!({ "cidr": "10.0.0.0/16" }))
        .await;
    assert_eq!(vpc["cidr"], "10.0.0.0/16");
    let subnet = |cidr: &str| json!({ "subnet": { "network_id": vpc["id"], "cidr": cidr, "ip_version": 4 } });
    region
        .post("/v2.0/subnets", subnet("10.0.1.0/24"))
        .await
        .expect(201);
    let refused = region.post("/v2.0/subnets", subnet("10.1.0.0/24")).await;
    assert!(refused.error(400).1.contains("10.0.0.0/16"));
}

#[tokio::test]
async fn administrators_say_from_how_many_ports_on_a_network_is_told_on_demand() {
    let region = Region::guarded();
    let (admin, member) = (region.as_user("token-admin"), region.as_user("token-one"));
    let made = admin
        .make("network", json!({ "on_demand_above": 500 }))
        .await;
    assert_eq!(made["on_demand_above"], 500);
    let path = format!("/v2.0/networks/{}", id(&made));
    let set = async |region: &Region, path: &str, above: Value| {
        let body = json!({ "network": { "on_demand_above": above } });
        region.put(path, body).await
    };
    for wrong in [json!(-1), json!("many"), json!(5_000_000_000_u64)] {
        let (_, message) = set(&admin, &path, wrong).await.error(400);
        assert!(message.contains("on_demand_above"), "{message}");
    }
    for above in [json!(0), json!(null), json!(7)] {
        let changed = set(&admin, &path, above.clone()).await.expect(200);
        assert_eq!(changed["network"]["on_demand_above"], above);
    }
    let found = admin.ids("network", "on_demand_above=7").await;
    assert_eq!(found, [id(&made)]);
    // A member's own network: the attribute is neither its to set nor to see.
    let body = json!({ "network": { "on_demand_above": 5 } });
    member.post("/v2.0/networks", body).await.error(403);
    let own = member
        .make("network", json!({ "on_demand_above": null }))
        .await;
    assert!(own.get("on_demand_above").is_none());
    let own = format!("/v2.0/networks/{}", id(&own));
    set(&member, &own, json!(5)).await.error(403);
    let vpc = json!({ "vpc": { "on_demand_above": 9 } });
    let path = format!("/project/ops/vpcs/{}", id(&made));
    let changed = admin.put(&path, vpc).await.expect(200);
    assert_eq!(changed["network"]["on_demand_above"], 9);
}
