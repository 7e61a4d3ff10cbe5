//! Routers of tests.

use alcor::scenario::{Scenario, Segment};
use anyhow::Context;
use serde_json::json;

/// A router over these networks, each with the gateway's address of its subnet.
pub(crate) async fn router(region: &Scenario, over: &[&Segment]) -> anyhow::Result<String> {
    let made = json!({ "router": { "name": "r" } });
    let made = region.rest().post("/v2.0/routers", &made).await?;
    let id = made["router"]["id"].as_str().context("no id")?.to_owned();
    for segment in over {
        interface(region, &id, "add", segment).await?;
    }
    Ok(id)
}

/// Adds a router's interface in a subnet, or removes it: the verb says which.
pub(crate) async fn interface(
    region: &Scenario,
    router: &str,
    verb: &str,
    segment: &Segment,
) -> anyhow::Result<()> {
    let path = format!("/v2.0/routers/{router}/{verb}_router_interface");
    let body = json!({ "subnet_id": segment.subnet.to_string() });
    region.rest().put(&path, &body).await?;
    Ok(())
}
