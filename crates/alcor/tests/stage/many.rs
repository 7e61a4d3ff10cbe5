//! Networks that are large though they are small: the region is told that few ports are many.

use super::{flows, reach, until, with_flags};
use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;

/// Networks with more ports than this are large.
pub(crate) const ABOVE: usize = 8;

/// Plays a test where networks of more than eight ports are large, and neighbours are forgotten after
/// so many seconds.
pub(crate) async fn where_few_are_many(
    idle: &str,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let above = ABOVE.to_string();
    let region = ["--on-demand-above", &above];
    let agents = ["--neighbor-idle-seconds", idle];
    with_flags(3, (&region, &agents), test).await
}

/// A network that is large, by ports that nobody plugs.
pub(crate) async fn large(region: &Scenario, name: &str, cidr: &str) -> anyhow::Result<Segment> {
    let net = region.segment(name, cidr).await?;
    crowd(region, &net).await?;
    Ok(net)
}

/// Ports that nobody plugs: enough to make a network large.
pub(crate) async fn crowd(region: &Scenario, net: &Segment) -> anyhow::Result<Vec<PortInfo>> {
    let mut ports = Vec::new();
    for _ in 0..=ABOVE {
        ports.push(region.port(net, 3, json!({})).await?);
    }
    Ok(ports)
}

/// Whether a host has flows for a port of another host.
pub(crate) async fn knows(region: &Scenario, host: u16, port: &PortInfo) -> anyhow::Result<bool> {
    let mac = port.mac.to_string();
    Ok(flows(region.lab(), host).await?.mention(&mac))
}

/// Waits until a host has, or no longer has, flows for a port of another host.
pub(crate) async fn comes_to_know(
    region: &Scenario,
    host: u16,
    port: &PortInfo,
    wanted: bool,
) -> anyhow::Result<()> {
    let what = format!("host {host} knows {}: {wanted}", port.ip);
    until(&what, async || {
        anyhow::Ok(knows(region, host, port).await? == wanted)
    })
    .await
}

/// Panics unless every single ping is answered, from the first on.
pub(crate) async fn all_answered(
    region: &Scenario,
    from: &str,
    to: &PortInfo,
) -> anyhow::Result<()> {
    reach(region.lab(), from, to.ip, 20).await
}

/// Deletes a port.
pub(crate) async fn delete(region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
    let path = format!("/v2.0/ports/{}", port.id);
    region.rest().delete(&path).await
}
