//! Subnets, subnet pools and address scopes, and quotas.

use super::Routes;
use crate::openapi::{About, object};
use crate::resource::{AddressScopes, SubnetPools, Subnets};
use crate::{quota, subnet_pool};
use alcor_managers::quota::Kind;
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    quotas()
        .tagged::<Subnets>()
        .tagged::<SubnetPools>()
        .merge(pool_actions())
        .managed::<AddressScopes>()
}

fn pool_actions() -> Routes {
    const ONE: &str = "/v2.0/subnetpools/{id}";
    let list = || json!({ "type": "array", "items": { "type": "string" } });
    let prefixes = || object([("prefixes", list())], &["prefixes"]);
    let change = |what: &str| About::new(what).takes(prefixes()).gives(200, prefixes());
    let network = json!({ "type": "string", "format": "uuid" });
    let onboard = About::new("Takes the subnets of a network into the pool.")
        .takes(object([("network_id", network)], &["network_id"]))
        .gives(
            200,
            json!({ "type": "array", "items": { "type": "object" } }),
        );
    Routes::new()
        .put(
            &format!("{ONE}/add_prefixes"),
            subnet_pool::add_prefixes,
            change("Adds prefixes to the pool."),
        )
        .put(
            &format!("{ONE}/remove_prefixes"),
            subnet_pool::remove_prefixes,
            change("Takes unused prefixes from the pool."),
        )
        .put(
            &format!("{ONE}/onboard_network_subnets"),
            subnet_pool::onboard,
            onboard,
        )
}

fn quotas() -> Routes {
    const ONE: &str = "/v2.0/quotas/{id}";
    let about = |what: &str| About::new(what).gives(200, envelope());
    let details = || About::new("Shows limits and usage of a project.");
    let names = || About::new("Names the caller's project.");
    Routes::new()
        .get(
            "/v2.0/quotas",
            quota::list,
            About::new("Lists quotas that differ from the defaults."),
        )
        .get("/v2.0/quotas/tenant", quota::tenant, names())
        .get("/v2.0/quotas/project", quota::project, names())
        .get(ONE, quota::show, about("Shows the limits of a project."))
        .put(
            ONE,
            quota::update,
            about("Changes limits of a project.").takes(envelope()),
        )
        .delete(
            ONE,
            quota::reset,
            About::new("Gives a project the defaults.").empty(204),
        )
        .get(
            &format!("{ONE}/default"),
            quota::default,
            about("Shows the defaults."),
        )
        .get(&format!("{ONE}/details"), quota::details, details())
        .get(&format!("{ONE}/details.json"), quota::details, details())
}

fn envelope() -> Value {
    let limit = || json!({ "type": "integer", "minimum": -1, "maximum": 2_147_483_647 });
    let limits = Kind::ALL.map(|kind| (kind.as_str().to_owned(), limit()));
    let limits: serde_json::Map<_, _> = limits.into_iter().collect();
    let quota = json!({ "type": "object", "properties": limits });
    object([("quota", quota)], &["quota"])
}
