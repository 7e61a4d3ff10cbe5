//! Taps: a port sees what others exchange, on its own host and from another, while they are looked at
//! and no longer.

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use anyhow::Context;
use serde_json::{Value, json};
use stage::{at, on_hosts, reach, run, settle, until};
/// Pings while looking.
const MANY: u32 = 20;

/// How many frames a VM's interface has received, whoever they were for.
async fn seen(region: &Scenario, vm: &str) -> anyhow::Result<u64> {
    let line = "cat /sys/class/net/eth0/statistics/rx_packets";
    Ok(run(region.lab(), vm, line).await?.trim().parse()?)
}

/// What a looker sees of so many pings from `a` to `b`.
async fn sees(region: &Scenario, looker: &str, b: &PortInfo) -> anyhow::Result<u64> {
    let before = seen(region, looker).await?;
    reach(region.lab(), "a", b.ip, MANY).await?;
    Ok(seen(region, looker).await? - before)
}

async fn look(
    region: &Scenario,
    port: &PortInfo,
    at: &PortInfo,
    direction: &str,
) -> anyhow::Result<[String; 2]> {
    let id = |answer: &Value| answer["id"].as_str().map(str::to_owned);
    let body = json!({ "tap_service": { "port_id": port.id } });
    let service = region.rest().post("/v2.0/taas/tap_services", &body).await?;
    let service = id(&service["tap_service"]).context("no id")?;
    let body = json!({ "tap_flow": {
        "tap_service_id": service, "source_port": at.id, "direction": direction,
    } });
    let flow = region.rest().post("/v2.0/taas/tap_flows", &body).await?;
    Ok([service, id(&flow["tap_flow"]).context("no id")?])
}

#[tokio::test]
async fn a_tap_shows_what_others_exchange_wherever_it_is() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let red = region.segment("red", "10.0.0.0/24").await?;
        let blue = region.segment("blue", "10.0.0.0/24").await?;
        let a = settle(region, "a", 1, &red, at("10.0.0.11")).await?;
        let b = settle(region, "b", 2, &red, at("10.0.0.12")).await?;
        // One looks on from the same host, one from a third; both are in another network.
        let near = settle(region, "near", 1, &blue, at("10.0.0.13")).await?;
        let far = settle(region, "far", 3, &blue, at("10.0.0.14")).await?;
        reach(region.lab(), "a", b.ip, 3).await?;
        assert!(sees(region, "near", &b).await? < u64::from(MANY) / 2);

        let [service, flow] = look(region, &near, &a, "BOTH").await?;
        until("near sees requests and answers", async || {
            anyhow::Ok(sees(region, "near", &b).await? >= 2 * u64::from(MANY))
        })
        .await?;
        let [far_service, _] = look(region, &far, &b, "IN").await?;
        until("far sees requests", async || {
            anyhow::Ok(sees(region, "far", &b).await? >= u64::from(MANY))
        })
        .await?;
        assert!(sees(region, "far", &b).await? < 2 * u64::from(MANY));

        let rest = region.rest();
        rest.delete(&format!("/v2.0/taas/tap_flows/{flow}")).await?;
        until("near sees nothing more", async || {
            anyhow::Ok(sees(region, "near", &b).await? < u64::from(MANY) / 2)
        })
        .await?;
        let services = "/v2.0/taas/tap_services";
        rest.delete(&format!("{services}/{service}")).await?;
        rest.delete(&format!("{services}/{far_service}")).await?;
        until("far sees nothing more", async || {
            anyhow::Ok(sees(region, "far", &b).await? < u64::from(MANY) / 2)
        })
        .await
    })
    .await
}
