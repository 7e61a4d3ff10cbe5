//! A floating IP is ACTIVE while the host of its port serves it, and says why where it does not.

mod stage;

use alcor::scenario::Scenario;
use alcor_lab::Role;
use serde_json::{Value, json};
use stage::outside::*;
use stage::*;
use std::net::IpAddr;

/// Waits until a floating IP has this status, for a reason with these words.
async fn shows(region: &Scenario, id: &str, status: &str, words: &str) -> anyhow::Result<()> {
    let wanted = |shown: &Value| {
        let one = &shown["floatingip"];
        let reason = one["status_reason"].as_str().unwrap_or_default();
        let said = if words.is_empty() {
            reason.is_empty()
        } else {
            reason.contains(words)
        };
        one["status"] == status && said
    };
    region
        .wait(&format!("/v2.0/floatingips/{id}"), LONG, wanted)
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_floating_ips_status_is_what_its_host_says() -> anyhow::Result<()> {
    // The third host has no wire to the outside.
    with_outside_on(3, 2, async |region| {
        let lab = region.lab();
        let world: IpAddr = WORLD_IP.parse()?;
        let net = region.segment("red", "10.1.0.0/24").await?;
        let outside = external(region, false).await?;
        let router = router(region, &[&net]).await?;
        lead_out(region, &router, &outside, true).await?;
        let mut ports = Vec::new();
        for host in 1..=3 {
            let (vm, ip) = (format!("vm{host}"), format!("10.1.0.1{host}"));
            ports.push(settle_behind(region, &vm, host, &net, (&ip, unchecked(&ip))).await?);
        }
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let (id, ip) = floating(region, &outside, None).await?;
        shows(region, &id, "DOWN", "stands for no port").await?;
        associate(region, &id, Some(&ports[0])).await?;
        shows(region, &id, "ACTIVE", "").await?;
        is_seen_as(lab, "vm1", (world, 80), ip).await?;
        associate(region, &id, Some(&ports[2])).await?;
        shows(region, &id, "DOWN", "--bridge-mappings").await?;
        // From host to host, and on one host from port to port.
        associate(region, &id, Some(&ports[1])).await?;
        shows(region, &id, "ACTIVE", "").await?;
        let more = region.port(&net, 2, unchecked("10.1.0.14")).await?;
        associate(region, &id, Some(&more)).await?;
        shows(region, &id, "DOWN", "no interface").await?;
        associate(region, &id, Some(&ports[1])).await?;
        shows(region, &id, "ACTIVE", "").await?;
        // A router that stands still serves nothing, until it works again.
        for (up, status) in [(false, "DOWN"), (true, "ACTIVE")] {
            let body = json!({ "router": { "admin_state_up": up } });
            region
                .rest()
                .put(&format!("/v2.0/routers/{router}"), &body)
                .await?;
            region
                .wait(&format!("/v2.0/floatingips/{id}"), LONG, |shown| {
                    shown["floatingip"]["status"] == status
                })
                .await?;
        }
        // While the agent is away nobody has programmed it.
        lab.kill(Role::Agent(1)).await?;
        associate(region, &id, Some(&ports[0])).await?;
        shows(region, &id, "DOWN", "has not programmed it yet").await?;
        lab.start(Role::Agent(1)).await?;
        shows(region, &id, "ACTIVE", "").await?;
        is_seen_as(lab, "vm1", (world, 80), ip).await?;
        // Its port moves away, and the word of its former host counts no more.
        change(
            region,
            &ports[0],
            json!({ "binding:host_id": lab.host_id(3) }),
        )
        .await?;
        shows(region, &id, "DOWN", "no interface").await?;
        associate(region, &id, None).await?;
        shows(region, &id, "DOWN", "stands for no port").await
    })
    .await
}
