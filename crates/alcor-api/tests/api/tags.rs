//! The tag calls.

use crate::region::{Region, id};
use serde_json::json;

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let tags = format!("/v2.0/networks/{}/tags", id(&network));
    let one = |tag: &str| format!("{tags}/{tag}");
    region.put(&one("red"), json!({})).await.expect(201);
    region.get(&one("red")).await.expect(204);
    assert_eq!(region.get(&one("blue")).await.error(404).0, "TagNotFound");
    let set = region
        .put(&tags, json!({ "tags": ["b", "a", "b"] }))
        .await
        .expect(200);
    assert_eq!(set, json!({ "tags": ["a", "b"] }));
    let more = region
        .post(&tags, json!({ "tags": ["c"] }))
        .await
        .expect(201);
    assert_eq!(more, json!({ "tags": ["a", "b", "c"] }));
    region.delete(&one("a")).await.expect(204);
    assert_eq!(region.delete(&one("a")).await.error(404).0, "TagNotFound");
    assert_eq!(
        region.get(&tags).await.expect(200),
        json!({ "tags": ["b", "c"] })
    );
    region.delete(&tags).await.expect(204);
    assert_eq!(region.get(&tags).await.expect(200), json!({ "tags": [] }));
    region.put(&one("a%20b%2Fc"), json!({})).await.expect(201);
    assert_eq!(
        region.get(&tags).await.expect(200),
        json!({ "tags": ["a b/c"] })
    );
}

#[tokio::test]
async fn a_change_of_tags_is_a_change_of_the_resource() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let path = format!("/v2.0/networks/{}", id(&network));
    let tags = format!("{path}/tags");
    let body = json!({ "tags": ["x"] });
    region
        .call(
            "PUT",
            &tags,
            &[("if-match", "revision_number=5")],
            Some(&body),
        )
        .await
        .error(412);
    region.put(&tags, body.clone()).await.expect(200);
    assert_eq!(
        region.get(&path).await.expect(200)["network"]["revision_number"],
        1
    );
    region.put(&tags, body).await.expect(200);
    assert_eq!(
        region.get(&path).await.expect(200)["network"]["revision_number"],
        1
    );
}

#[tokio::test]
async fn wrong_tags_are_refused() {
    let region = Region::open();
    let network = region.make("network", json!({})).await;
    let tags = format!("/v2.0/networks/{}/tags", id(&network));
    for body in [
        json!({}),
        json!({ "tags": null }),
        json!({ "tags": "a" }),
        json!({ "tags": [1] }),
        json!({ "tags": [], "x": 1 }),
    ] {
        region.put(&tags, body).await.error(400);
    }
    let none = format!("/v2.0/networks/{}/tags", uuid::Uuid::new_v4());
    assert_eq!(region.get(&none).await.error(404).0, "NetworkNotFound");
    assert_eq!(
        region.put(&none, json!({ "tags": [] })).await.error(404).0,
        "NetworkNotFound"
    );
    region
        .put(&format!("{tags}/{}", "x".repeat(300)), json!({}))
        .await
        .error(400);
}
