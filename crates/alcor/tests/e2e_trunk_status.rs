//! A trunk's status is what its host says of its port and its sub-ports.

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use alcor_lab::Role;
use alcor_pipeline::table;
use serde_json::json;
use stage::outside::*;
use stage::trunks::{Trunk, unbound};
use stage::*;

async fn shows(region: &Scenario, trunk: &Trunk, status: &str) -> anyhow::Result<()> {
    let path = format!("/v2.0/trunks/{}", trunk.0);
    let wanted = |shown: &serde_json::Value| shown["trunk"]["status"] == status;
    region.wait(&path, LONG, wanted).await?;
    Ok(())
}

async fn bind(region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
    let host = region.lab().host_id(1);
    change(region, port, json!({ "binding:host_id": host })).await
}

/// The agent anew, which now knows the host's ways outside, and looks at its switch often.
async fn start_anew(region: &Scenario) -> anyhow::Result<()> {
    let often = "--audit-seconds=1".to_owned();
    region.start_agent_with(1, &[mappings(), often]).await
}

#[tokio::test]
async fn a_trunk_is_degraded_while_a_sub_port_cannot_be_set_up() -> anyhow::Result<()> {
    // The host has no way to physical networks.
    with_outside_on(1, 0, async |region| {
        let lab = region.lab();
        let base = region.segment("base", "10.1.0.0/24").await?;
        let red = json!({ "name": "red", "mtu": 1400 });
        let red = region.segment_of(red, json!({ "ip_version": 4, "cidr": "10.2.0.0/24" }));
        let red = red.await?;
        let wired = json!({ "name": "vlan", "mtu": 1400, "provider:network_type": "vlan",
            "provider:segmentation_id": TAG, "provider:physical_network": TAGGED });
        let wired = region.segment_of(wired, json!({ "ip_version": 4, "cidr": "192.0.2.0/24" }));
        let wired = wired.await?;
        let own = unbound(region, &base, at("10.1.0.11")).await?;
        let one = unbound(region, &red, at("10.2.0.11")).await?;
        let trunk = Trunk::make(region, &own, &[(&one, 100)]).await?;
        shows(region, &trunk, "DOWN").await?;
        bind(region, &own).await?;
        let waits =
            |port: &serde_json::Value| port["status_reason"].to_string().contains("iface-id");
        port_shows(region, &own, waits).await?;
        shows(region, &trunk, "DOWN").await?;
        region.plug("vm", 1, &own).await?;
        shows(region, &trunk, "ACTIVE").await?;
        // A sub-port on a network that the host does not reach.
        let two = unbound(region, &wired, at("192.0.2.11")).await?;
        trunk.add(region, &two, 200).await?;
        shows(region, &trunk, "DEGRADED").await?;
        // One whose own port is on such a network.
        let lost = unbound(region, &wired, at("192.0.2.12")).await?;
        let more = unbound(region, &red, at("10.2.0.12")).await?;
        let other = Trunk::make(region, &lost, &[(&more, 100)]).await?;
        bind(region, &lost).await?;
        shows(region, &other, "ERROR").await?;
        // While the agent is away nobody sets a sub-port up.
        lab.kill(Role::Agent(1)).await?;
        let three = unbound(region, &red, at("10.2.0.13")).await?;
        trunk.add(region, &three, 300).await?;
        shows(region, &trunk, "BUILD").await?;
        start_anew(region).await?;
        shows(region, &trunk, "ACTIVE").await?;
        region.plug("lost", 1, &lost).await?;
        shows(region, &other, "ACTIVE").await?;
        // The switch takes no further sub-port, until it does.
        refusal::full(lab, 1, table::CLASSIFY).await?;
        let four = unbound(region, &red, at("10.2.0.14")).await?;
        trunk.add(region, &four, 400).await?;
        shows(region, &trunk, "DEGRADED").await?;
        port_shows(region, &four, |port| port["status"] == "ERROR").await?;
        refusal::free(lab, 1).await?;
        shows(region, &trunk, "ACTIVE").await?;
        // What its owner has switched off is no failure.
        change(region, &four, json!({ "admin_state_up": false })).await?;
        let off = |port: &serde_json::Value| port["status"] == "DOWN";
        port_shows(region, &four, off).await?;
        shows(region, &trunk, "ACTIVE").await?;
        change(region, &own, json!({ "admin_state_up": false })).await?;
        shows(region, &trunk, "DOWN").await
    })
    .await
}
