//! The REST API on a durable store: the real `alcor server` in a process of its own, asked
//! over the loopback.
//!
//! Ports are bound to nodes without agents: the compiler works for every port as it would
//! with them, and nothing is sent south.

mod creates;
mod reads;

use crate::Scale;
use crate::machine::durable_writes;
use crate::region::Region;
use crate::report::{Report, Row};
use crate::wire::Wire;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Nodes that ports are bound to.
const NODES: u64 = 20;

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let dir = folder()?;
    let disk = durable_writes(dir.path())?;
    report.add(Row::of(
        "one durable write of this disk (4 KiB)",
        &disk,
        "ms",
    ));
    creates::run(scale, &dir.path().join("creates"), disk.median(), report).await?;
    reads::run(scale, &dir.path().join("reads"), report).await?;
    let disk = durable_writes(dir.path())?;
    report.add(Row::of("the same, at the end", &disk, "ms"));
    Ok(())
}

/// A folder on the disk that cargo builds on; gone when dropped.
fn folder() -> anyhow::Result<TempDir> {
    let base = env!("CARGO_TARGET_TMPDIR");
    std::fs::create_dir_all(base)?;
    tempfile::tempdir_in(base).with_context(|| format!("cannot make a folder in {base}"))
}

/// A region of its own with nodes to bind ports to, and a connection to it.
async fn region(dir: &Path) -> anyhow::Result<(Region, Wire)> {
    let (region, _) = Region::start(dir).await?;
    let mut wire = region.connect().await?;
    for node in 0..NODES {
        let body = json!({ "host_info": {
            "node_name": host(node), "local_ip": format!("198.51.100.{}", node + 1),
        }});
        wire.post("/nodes", &body.to_string()).await?;
    }
    Ok((region, wire))
}

fn host(number: u64) -> String {
    format!("bench-{}", number % NODES)
}

/// Makes a network with one subnet, and returns the network's id.
async fn network(wire: &mut Wire, cidr: &str) -> anyhow::Result<String> {
    let made = wire
        .post("/v2.0/networks", r#"{"network":{"name":"bench"}}"#)
        .await?;
    let made: Value = serde_json::from_slice(made)?;
    let id = made["network"]["id"].as_str().context("no id")?.to_owned();
    let subnet = json!({ "subnet": { "network_id": id, "ip_version": 4, "cidr": cidr } });
    wire.post("/v2.0/subnets", &subnet.to_string()).await?;
    Ok(id)
}

/// A port as an orchestrator asks for it.
fn port(network: &str, device: &str, number: u64) -> String {
    format!(
        r#"{{"network_id":"{network}","name":"vm-{number}","device_id":"{device}","device_owner":"compute:nova","binding:host_id":"{}"}}"#,
        host(number)
    )
}

/// A body that asks for so many ports at once.
fn bulk(network: &str, device: &str, count: u64) -> String {
    let ports: Vec<_> = (0..count)
        .map(|number| port(network, device, number))
        .collect();
    format!(r#"{{"ports":[{}]}}"#, ports.join(","))
}
