//! Large networks in tests, where few ports are many.

use super::with_flags;
use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;

/// Networks with more ports than this are large.
const ABOVE: usize = 8;

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
