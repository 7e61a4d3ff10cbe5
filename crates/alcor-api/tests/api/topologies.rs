//! "Get me a network", as Nova and the command line ask for it.

use crate::region::{Region, id};
use serde_json::{Value, json};

const ONE: &str = "/v2.0/auto-allocated-topology/one";
const OWN: &str = "/v2.0/auto-allocated-topology/None";

async fn outside(admin: &Region) {
    let wish = json!({ "name": "outside", "router:external": true, "is_default": true });
    let network = id(&admin.make("network", wish).await);
    let subnet = json!({ "network_id": network, "ip_version": 4, "cidr": "203.0.113.0/24" });
    admin.make("subnet", subnet).await;
}

async fn ready() -> Region {
    let admin = Region::guarded();
    outside(&admin).await;
    let pool = json!({
        "name": "default", "prefixes": ["10.0.0.0/16"], "default_prefixlen": 24,
        "shared": true, "is_default": true,
    });
    admin.make("subnetpool", pool).await;
    admin
}

fn network(body: &Value) -> String {
    id(&body["auto_allocated_topology"])
}

#[tokio::test]
async fn the_first_who_asks_makes_it_and_all_others_get_the_same() {
    let admin = ready().await;
    let one = admin.as_user("token-one");
    let passed = one.get(&format!("{ONE}?fields=dry-run")).await.expect(200);
    let expected = json!({ "id": "dry-run=pass", "project_id": "one", "tenant_id": "one" });
    assert_eq!(passed, json!({ "auto_allocated_topology": expected }));
    assert_eq!(one.ids("network", "router:external=false").await, [""; 0]);
    let made = one.get(ONE).await.expect(200);
    assert_eq!(made["auto_allocated_topology"]["tenant_id"], "one");
    for path in [ONE, OWN, "/v2.0/auto-allocated-topology/null"] {
        assert_eq!(one.get(path).await.expect(200), made, "{path}");
    }
    assert_eq!(admin.get(ONE).await.expect(200), made);
    let reader = admin.as_user("token-reader");
    assert_eq!(reader.get(ONE).await.expect(200), made);
    let own = network(&made);
    let shown = one.get(&format!("/v2.0/networks/{own}")).await.expect(200);
    assert_eq!(shown["network"]["name"], "auto_allocated_network");
    let routers = one.get("/v2.0/routers").await.expect(200);
    assert_eq!(routers["routers"][0]["name"], "auto_allocated_router");
    one.get(&format!("{ONE}?fields=id")).await.error(400);

    let vm = one.make("port", json!({ "network_id": own })).await;
    assert_eq!(one.delete(ONE).await.error(409).0, "NetworkInUse");
    let port = format!("/v2.0/ports/{}", id(&vm));
    one.delete(&port).await.expect(204);
    one.delete(OWN).await.expect(204);
    assert_eq!(one.ids("router", "").await, [""; 0]);
    assert_eq!(one.ids("network", "router:external=false").await, [""; 0]);
    one.delete(ONE).await.expect(204);
}

#[tokio::test]
async fn another_projects_is_for_administrators_only() {
    let admin = ready().await;
    let two = admin.as_user("token-two");
    two.get(ONE).await.error(403);
    two.get(&format!("{ONE}?fields=dry-run")).await.error(403);
    two.delete(ONE).await.error(403);
    let reader = admin.as_user("token-reader");
    assert_eq!(reader.get(ONE).await.error(403).0, "PolicyNotAuthorized");
    let made = network(&admin.get(ONE).await.expect(200));
    let shown = admin
        .get(&format!("/v2.0/networks/{made}"))
        .await
        .expect(200);
    assert_eq!(shown["network"]["project_id"], "one");
    assert_ne!(network(&two.get(OWN).await.expect(200)), made);
    reader.delete(ONE).await.error(403);
    admin.delete(ONE).await.expect(204);
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let admin = Region::guarded();
    let one = admin.as_user("token-one");
    let dry = format!("{ONE}?fields=dry-run");
    let missing = |words: &'static str| {
        let (one, dry) = (one.clone(), dry.clone());
        async move {
            for path in [ONE, &dry] {
                let (kind, message) = one.get(path).await.error(409);
                assert_eq!(kind, "AutoAllocationFailure");
                assert!(message.contains(words), "{message}");
            }
        }
    };
    missing("No default router:external network").await;
    outside(&admin).await;
    missing("No default subnetpools defined").await;
}
