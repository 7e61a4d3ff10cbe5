//! Ports without interfaces, VMs, and the ping between two of these.

use crate::switch;
use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{PingRequest, RunningPing};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// What anything may take before the benchmark gives up.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// Ports created by one call.
const BULK: usize = 500;

/// So many ports of a network, in turn on all hosts; `more` adds attributes.
pub(super) async fn ports(
    region: &Scenario,
    on: &Segment,
    hosts: u16,
    count: usize,
    more: &Value,
) -> anyhow::Result<()> {
    let numbers: Vec<usize> = (0..count).collect();
    for chunk in numbers.chunks(BULK) {
        let ports = chunk.iter().map(|number| {
            let host = u16::try_from(number % usize::from(hosts)).unwrap_or(0) + 1;
            let mut port = more.clone();
            port["network_id"] = json!(on.network.to_string());
            port["binding:host_id"] = json!(region.lab().host_id(host));
            port
        });
        let body = json!({ "ports": ports.collect::<Vec<_>>() });
        region.rest().post("/v2.0/ports", &body).await?;
    }
    Ok(())
}

/// A VM with its port's address and a default route.
pub(super) async fn vm(
    region: &Scenario,
    name: &str,
    host: u16,
    on: &Segment,
    more: Value,
    gateway: &str,
) -> anyhow::Result<PortInfo> {
    let port = region.port(on, host, more).await?;
    region.plug(name, host, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    let lab = region.lab();
    lab.address(name, format!("{}/16", port.ip).parse()?)
        .await?;
    let route = format!("ip route replace default via {gateway}");
    lab.exec(name, route.split(' '), PATIENCE).await?;
    Ok(port)
}

/// A ping every 5 ms, which has sent some already.
pub(super) async fn ping(region: &Scenario, from: &str, to: IpAddr) -> anyhow::Result<RunningPing> {
    let request = PingRequest {
        count: None,
        interval: Duration::from_millis(5),
        ..PingRequest::to(to)
    };
    let ping = region.lab().spawn_ping(from, request)?;
    tokio::time::sleep(Duration::from_millis(150)).await;
    Ok(ping)
}

/// The flows of every host, once their number stays the same for a while: all news is in.
pub(super) async fn settled_flows(region: &Scenario, hosts: u16) -> anyhow::Result<Vec<u64>> {
    let count = async || {
        let mut counts = Vec::new();
        for host in 1..=hosts {
            counts.push(switch::flows(region.lab(), host).await?);
        }
        anyhow::Ok(counts)
    };
    let mut before = count().await?;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = count().await?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
}
