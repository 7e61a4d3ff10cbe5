//! Large networks: hosts know only the neighbours that their VMs speak to, and no packet is lost by that.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;
use stage::{flows, quick_ping, settle, until, with_flags};

/// Networks with more ports than this are large.
const ABOVE: usize = 8;

/// Plays a test where networks of more than eight ports are large, and neighbours are forgotten after
/// so many seconds.
async fn where_few_are_many(
    idle: &str,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let above = ABOVE.to_string();
    let region = ["--on-demand-above", &above];
    let agents = ["--neighbor-idle-seconds", idle];
    with_flags(3, (&region, &agents), test).await
}

/// Ports that nobody plugs: enough to make a network large.
async fn crowd(region: &Scenario, net: &Segment, count: usize) -> anyhow::Result<Vec<PortInfo>> {
    let mut ports = Vec::new();
    for _ in 0..count {
        ports.push(region.port(net, 3, json!({})).await?);
    }
    Ok(ports)
}

/// Whether a host has flows for a port of another host.
async fn knows(region: &Scenario, host: u16, port: &PortInfo) -> anyhow::Result<bool> {
    Ok(flows(region.lab(), host)
        .await?
        .mention(&port.mac.to_string()))
}

/// Panics unless every single ping is answered, from the first on.
async fn all_answered(region: &Scenario, from: &str, to: &PortInfo) -> anyhow::Result<()> {
    let report = quick_ping(region.lab(), from, to.ip, 20).await?;
    assert!(report.complete(), "{from} pings {}: {report:?}", to.ip);
    Ok(())
}

#[tokio::test]
async fn the_first_packet_to_a_cold_neighbour_arrives() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = region.segment("net", "10.0.0.0/24").await?;
        crowd(region, &net, ABOVE).await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        assert!(!knows(region, 1, &b).await?);
        all_answered(region, "a", &b).await?;
        assert!(knows(region, 1, &b).await?);
        assert!(!knows(region, 1, &c).await?);
        all_answered(region, "c", &b).await?;
        Ok(())
    })
    .await
}
