//! Routers that translate on every host, in tests.

use super::until;
use alcor::scenario::Scenario;
use anyhow::Context;
use serde_json::json;
use std::net::IpAddr;

/// Whether each host translates for a router.
pub(crate) async fn spread(region: &Scenario, router: &str, to: bool) -> anyhow::Result<()> {
    let body = json!({ "router": { "distributed_snat": to } });
    region
        .rest()
        .put(&format!("/v2.0/routers/{router}"), &body)
        .await?;
    Ok(())
}

/// The router's outlets: each host's number and address.
pub(crate) async fn outlets(region: &Scenario, router: &str) -> anyhow::Result<Vec<(u16, IpAddr)>> {
    let owner = "network:router_distributed_snat";
    let path = format!("/v2.0/ports?device_id={router}&device_owner={owner}");
    let shown = region.rest().get(&path).await?;
    let ports = shown["ports"].as_array().into_iter().flatten();
    let mut found: Vec<_> = ports
        .map(|port| {
            let host = port["binding:host_id"].as_str();
            let host = host.and_then(|host| host.strip_prefix('h'));
            let address = port["fixed_ips"][0]["ip_address"].as_str();
            let both = host.zip(address).context("no host or no address")?;
            Ok((both.0.parse()?, both.1.parse()?))
        })
        .collect::<anyhow::Result<_>>()?;
    found.sort_unstable();
    Ok(found)
}

/// Waits until just these hosts have outlets; answers their addresses.
pub(crate) async fn outlets_on(
    region: &Scenario,
    router: &str,
    hosts: &[u16],
) -> anyhow::Result<Vec<IpAddr>> {
    let mut last = Vec::new();
    until(&format!("hosts {hosts:?} have outlets"), async || {
        last = outlets(region, router).await?;
        anyhow::Ok(last.iter().map(|(host, _)| *host).eq(hosts.iter().copied()))
    })
    .await?;
    Ok(last.into_iter().map(|(_, address)| address).collect())
}
