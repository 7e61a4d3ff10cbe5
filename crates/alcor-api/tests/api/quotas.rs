//! Quotas: who may see and set them, what they count, and that they hold.

use crate::region::{Region, id};
use serde_json::json;

#[tokio::test]
async fn limits_are_set_shown_and_taken_back() {
    let region = Region::guarded();
    let path = "/v2.0/quotas/one";
    assert_eq!(
        region.get("/v2.0/quotas").await.expect(200),
        json!({ "quotas": [] })
    );
    let body = json!({ "quota": { "network": 3, "port": "7", "check_limit": true } });
    let set = region.put(path, body).await.expect(200);
    assert_eq!(
        (&set["quota"]["network"], &set["quota"]["port"]),
        (&json!(3), &json!(7))
    );
    assert_eq!(region.get(path).await.expect(200), set);
    let all = region.get("/v2.0/quotas").await.expect(200);
    assert_eq!(all["quotas"][0]["project_id"], "one");
    assert_eq!(all["quotas"][0]["network"], 3);
    let defaults = region.get(&format!("{path}/default")).await.expect(200);
    assert_eq!(defaults["quota"]["network"], -1);
    region.delete(path).await.expect(204);
    assert_eq!(region.get(path).await.expect(200), defaults);
    assert_eq!(
        region.delete(path).await.error(404).0,
        "TenantQuotaNotFound"
    );
}

#[tokio::test]
async fn what_is_no_quota_is_refused() {
    let region = Region::guarded();
    for quota in [
        json!({ "nets": 1 }),
        json!({ "network": -2 }),
        json!({ "network": 2_147_483_648_u64 }),
        json!({ "network": "many" }),
        json!({ "network": null }),
        json!({ "force": "perhaps" }),
    ] {
        let body = json!({ "quota": quota });
        region.put("/v2.0/quotas/one", body).await.error(400);
    }
    region.put("/v2.0/quotas/one", json!({})).await.error(400);
    assert_eq!(
        region.get("/v2.0/quotas").await.expect(200),
        json!({ "quotas": [] })
    );
}

#[tokio::test]
async fn a_quota_is_the_business_of_its_project_and_of_administrators() {
    let region = Region::guarded();
    let one = region.as_user("token-manager");
    one.get("/v2.0/quotas/one").await.expect(200);
    one.get("/v2.0/quotas/one/default").await.expect(200);
    one.get("/v2.0/quotas/one/details.json").await.expect(200);
    let member = region.as_user("token-one");
    member.get("/v2.0/quotas/one").await.error(403);
    let body = json!({ "quota": { "network": 1000 } });
    one.put("/v2.0/quotas/one", body).await.error(403);
    one.delete("/v2.0/quotas/one").await.error(403);
    one.get("/v2.0/quotas").await.error(403);
    one.get("/v2.0/quotas/two").await.error(403);
    one.get("/v2.0/quotas/two/details").await.error(403);
    let named = one.get("/v2.0/quotas/tenant").await.expect(200);
    assert_eq!(named, json!({ "tenant": { "tenant_id": "one" } }));
    let named = one.get("/v2.0/quotas/project").await.expect(200);
    assert_eq!(named, json!({ "project": { "project_id": "one" } }));
}

#[tokio::test]
async fn a_limit_holds_and_usage_is_counted() {
    let region = Region::guarded();
    let one = region.as_user("token-one");
    let quota = "/v2.0/quotas/one";
    region
        .put(quota, json!({ "quota": { "network": 2 } }))
        .await
        .expect(200);
    let first = one.make("network", json!({})).await;
    one.make("network", json!({})).await;
    let third = one.post("/v2.0/networks", json!({ "network": {} })).await;
    let (kind, message) = third.error(409);
    assert_eq!(kind, "OverQuota");
    assert!(message.contains("['network']"), "{message}");
    let both = json!({ "networks": [{}, {}] });
    one.delete(&format!("/v2.0/networks/{}", id(&first)))
        .await
        .expect(204);
    one.post("/v2.0/networks", both).await.error(409);
    let manager = region.as_user("token-manager");
    let details = manager.get(&format!("{quota}/details")).await;
    let details = details.expect(200);
    assert_eq!(
        details["quota"]["network"],
        json!({ "limit": 2, "used": 1, "reserved": 0 })
    );
    let low = json!({ "quota": { "network": 0 } });
    region.put(quota, low).await.error(400);
    let forced = json!({ "quota": { "network": 0, "force": true } });
    region.put(quota, forced).await.expect(200);
    let unlimited = json!({ "quota": { "network": -1 } });
    region.put(quota, unlimited).await.expect(200);
    one.make("network", json!({})).await;
}
