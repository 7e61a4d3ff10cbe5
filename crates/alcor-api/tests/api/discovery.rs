//! Versions, extensions, probes and metrics.

use crate::region::Region;
use serde_json::json;

#[tokio::test]
async fn versions_are_found_where_clients_look() {
    let region = Region::open();
    let version = json!({
        "id": "v2.0",
        "status": "CURRENT",
        "links": [{ "rel": "self", "href": "http://region:9696/v2.0/" }],
    });
    let root = region.get("/").await.expect(200);
    assert_eq!(root, json!({ "versions": [version] }));
    for path in ["/v2.0", "/v2.0/"] {
        let body = region.get(path).await.expect(200);
        assert_eq!(body["version"], version);
        assert_eq!(
            body["resources"][0]["links"][0]["href"],
            "http://region:9696/v2.0/networks"
        );
    }
}

#[tokio::test]
async fn extensions_list_what_works_and_nothing_else() {
    let region = Region::open();
    let body = region.get("/v2.0/extensions").await.expect(200);
    let extensions = body["extensions"].as_array().unwrap();
    let aliases: Vec<_> = extensions
        .iter()
        .map(|e| e["alias"].as_str().unwrap())
        .collect();
    for present in ["revision-if-match", "trunk", "trunk-details"] {
        assert!(aliases.contains(&present), "{present}");
    }
    for absent in ["bgp", "vpnaas"] {
        assert!(!aliases.contains(&absent), "{absent}");
    }
    for extension in extensions {
        let path = format!("/v2.0/extensions/{}", extension["alias"].as_str().unwrap());
        assert_eq!(region.get(&path).await.expect(200)["extension"], *extension);
    }
    let missing = region.get("/v2.0/extensions/no-such").await;
    assert_eq!(missing.error(404).0, "ExtensionNotFound");
}

#[tokio::test]
async fn readiness_follows_the_flag() {
    let region = Region::open();
    region.get("/healthz").await.expect(200);
    region.get("/readyz").await.expect(503);
    region.state.set_ready(true);
    region.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn requests_are_counted_by_fixed_labels() {
    let region = Region::open();
    region.get("/v2.0/networks").await.expect(200);
    region.get("/v2.0/networks/none").await.expect(404);
    region.get("/surprise").await.expect(404);
    let text = region.get("/metrics").await.expect(200);
    let text = text.as_str().unwrap();
    for line in [
        "alcor_api_requests_total{method=\"GET\",resource=\"networks\",status=\"200\"} 1",
        "alcor_api_requests_total{method=\"GET\",resource=\"networks\",status=\"404\"} 1",
        "alcor_api_requests_total{method=\"GET\",resource=\"unknown\",status=\"404\"} 1",
        "alcor_api_request_duration_seconds_count{method=\"GET\",resource=\"networks\"} 2",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("surprise"));
}
