//! Networks of IPv6 whose VMs configure themselves.

use super::{run, until};
use alcor::scenario::{PortInfo, Scenario, Segment};
use anyhow::Context;
use serde_json::{Value, json};
use std::net::IpAddr;

/// A network with a subnet of IPv6 whose VMs get addresses by this mode.
pub(crate) async fn segment(
    region: &Scenario,
    name: &str,
    cidr: &str,
    mode: Option<&str>,
) -> anyhow::Result<Segment> {
    let network = json!({ "name": name, "mtu": 1400, "dns_domain": "example.org." });
    let subnet = json!({
        "ip_version": 6,
        "cidr": cidr,
        "ipv6_ra_mode": mode,
        "ipv6_address_mode": mode,
        "dns_nameservers": ["2001:db8::53", "2001:db8::54"],
    });
    region.segment_of(network, subnet).await
}

/// A VM that configures itself, once its host serves it.
pub(crate) async fn guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
) -> anyhow::Result<PortInfo> {
    let port = region.port(on, host, json!({})).await?;
    region.plug(vm, host, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    Ok(port)
}

/// What `ip` shows in a VM, as JSON.
async fn shown(region: &Scenario, vm: &str, line: &str) -> anyhow::Result<Vec<Value>> {
    let text = run(region.lab(), vm, &format!("ip -6 -j {line}")).await?;
    Ok(serde_json::from_str(&text)?)
}

/// The VM's address, where it has it and may use it.
pub(crate) async fn address(
    region: &Scenario,
    vm: &str,
    ip: IpAddr,
) -> anyhow::Result<Option<Value>> {
    let interfaces = shown(region, vm, "address show dev eth0 scope global -tentative").await?;
    let addresses = interfaces.first().map(|one| &one["addr_info"]);
    let addresses = addresses.and_then(Value::as_array).into_iter().flatten();
    let mut named = addresses.filter(|one| one["local"] == ip.to_string());
    Ok(named.next().cloned())
}

/// By whom the VM's default routes lead, as it was told.
pub(crate) async fn gateways(region: &Scenario, vm: &str) -> anyhow::Result<Vec<Value>> {
    shown(region, vm, "route show default proto ra").await
}

/// Waits until the VM has its port's address and a router.
pub(crate) async fn configured(region: &Scenario, vm: &str, port: &PortInfo) -> anyhow::Result<()> {
    until("the VM has its address and a router", async || {
        let has = address(region, vm, port.ip).await?.is_some();
        anyhow::Ok(has && gateways(region, vm).await?.len() == 1)
    })
    .await
}
