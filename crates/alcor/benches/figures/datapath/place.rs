//! VMs with addresses and a way out.

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::VmSpec;
use serde_json::{Value, json};
use std::time::Duration;

/// What anything may take before the benchmark gives up.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// So many VMs on a host, all of them ACTIVE; `more` adds attributes to their ports.
pub(super) async fn vms(
    region: &Scenario,
    (prefix, count): (&str, usize),
    host: u16,
    on: &Segment,
    more: Value,
) -> anyhow::Result<Vec<(String, PortInfo)>> {
    let mut all = Vec::new();
    for number in 0..count {
        let port = region.port(on, host, more.clone()).await?;
        all.push((format!("{prefix}{number}"), port));
    }
    let specs = all
        .iter()
        .map(|(name, port)| VmSpec::new(name, host, port.id, port.mac));
    let lab = region.lab();
    lab.add_vms(specs.collect::<Result<_, _>>()?).await?;
    for (name, port) in &all {
        region.wait_for_status(port.id, "ACTIVE").await?;
        let std::net::IpAddr::V4(ip) = port.ip else {
            anyhow::bail!("{} is no IPv4 address", port.ip)
        };
        let [a, b, c, _] = ip.octets();
        lab.address(name, format!("{ip}/24").parse()?).await?;
        let line = format!("ip route replace default via {a}.{b}.{c}.1");
        lab.exec(name, line.split(' '), PATIENCE).await?;
    }
    Ok(all)
}

/// A router over these networks.
pub(super) async fn router(region: &Scenario, over: &[&Segment]) -> anyhow::Result<()> {
    let made = json!({ "router": { "name": "datapath" } });
    let made = region.rest().post("/v2.0/routers", &made).await?;
    let id = made["router"]["id"].as_str().unwrap_or_default().to_owned();
    for segment in over {
        let path = format!("/v2.0/routers/{id}/add_router_interface");
        let body = json!({ "subnet_id": segment.subnet.to_string() });
        region.rest().put(&path, &body).await?;
    }
    Ok(())
}
