//! A floating IP is ACTIVE while the host of its port serves it, and says why where it does not.

mod stage;

use alcor::scenario::Scenario;
use alcor_lab::Role;
use alcor_pipeline::table;
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

#[tokio::test]
async fn a_floating_ip_that_the_switch_refuses_is_in_error_until_it_takes_it() -> anyhow::Result<()>
{
    with_outside(1, async |region| {
        let lab = region.lab();
        lab.kill(Role::Agent(1)).await?;
        let often = "--audit-seconds=1".to_owned();
        region.start_agent_with(1, &[mappings(), often]).await?;
        let net = region.segment("red", "10.1.0.0/24").await?;
        let outside = external(region, false).await?;
        let router = router(region, &[&net]).await?;
        lead_out(region, &router, &outside, true).await?;
        let one = passing_guest(region, "one", 1, &net, "10.1.0.11").await?;
        let two = passing_guest(region, "two", 1, &net, "10.1.0.12").await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let (first, ip) = floating(region, &outside, Some(&one)).await?;
        shows(region, &first, "ACTIVE", "").await?;
        // Nobody who asks for the second one's address could be answered.
        refusal::full(lab, 1, table::ASKED).await?;
        let (second, other) = floating(region, &outside, Some(&two)).await?;
        shows(region, &second, "ERROR", "flow table is full").await?;
        shows(region, &first, "ACTIVE", "").await?;
        is_seen_as(lab, "one", (world(), 80), ip).await?;
        refusal::free(lab, 1).await?;
        shows(region, &second, "ACTIVE", "").await?;
        is_seen_as(lab, "two", (world(), 80), other).await
    })
    .await
}
