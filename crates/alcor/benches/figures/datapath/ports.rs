//! What a plugged port costs its host, and what it costs another host that has one port of the same
//! network: flows of the switch, and memory of the agent.

use super::place::PATIENCE;
use crate::meter::resident_bytes;
use crate::report::{Report, Row};
use crate::switch;
use alcor::scenario::{Scenario, Segment};
use alcor_lab::Role;
use serde_json::{Value, json};
use std::time::Duration;

/// Ports created by one call, and plugged by another.
const BULK: usize = 250;
/// How long nothing may change for all to be done.
const QUIET: Duration = Duration::from_secs(1);

/// What the first host has, and the second.
type Cost = [(u64, f64); 2];

pub(super) async fn measure(
    count: usize,
    region: &Scenario,
    report: &mut Report,
) -> anyhow::Result<()> {
    let net = region.segment("ports", "10.24.0.0/16").await?;
    plug(region, &net, 2, 1).await?;
    let before = settled(region).await?;
    plug(region, &net, 1, count).await?;
    let after = settled(region).await?;
    let agents = ["the port's own host", "a host with one port of the network"];
    for (host, where_) in agents.into_iter().enumerate() {
        let (flows, bytes) = after[host];
        let per = |now: f64, then: f64| (now - then) / count as f64;
        let each = per(flows as f64, before[host].0 as f64);
        let what = format!("flows a port, {count} ports, {where_}");
        report.add(Row::once(what, each, "flows").note(format!("{flows} flows in all")));
        let each = per(bytes, before[host].1) / 1e3;
        let what = format!("agent's memory a port, {count} ports, {where_}");
        report.add(Row::once(what, each, "kB").note(format!("{:.1} MB in all", bytes / 1e6)));
    }
    Ok(())
}

/// Ports with interfaces on a host; a VM behind each would only cost time.
async fn plug(region: &Scenario, on: &Segment, host: u16, count: usize) -> anyhow::Result<()> {
    let numbers: Vec<usize> = (0..count).collect();
    for chunk in numbers.chunks(BULK) {
        let port = json!({
            "network_id": on.network.to_string(),
            "binding:host_id": region.lab().host_id(host),
        });
        let body = json!({ "ports": vec![port; chunk.len()] });
        let made = region.rest().post("/v2.0/ports", &body).await?;
        let made = made["ports"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let words = chunk
            .iter()
            .zip(made)
            .flat_map(|(number, port)| interface(*number, port));
        region
            .lab()
            .vsctl(host, ["--no-wait".to_owned()].into_iter().chain(words))
            .await?;
    }
    active(region, host, count).await
}

fn interface(number: usize, port: &Value) -> Vec<String> {
    let text = |name: &str| port[name].as_str().unwrap_or_default().to_owned();
    let name = format!("vp{number}");
    let line = format!(
        "-- add-port br-int {name} -- set Interface {name} type=internal \
         external_ids:iface-id={} external_ids:attached-mac={}",
        text("id"),
        text("mac_address").replace(':', "\\:"),
    );
    line.split_whitespace().map(str::to_owned).collect()
}

async fn active(region: &Scenario, host: u16, count: usize) -> anyhow::Result<()> {
    let host = region.lab().host_id(host);
    let path = format!("/v2.0/ports?binding:host_id={host}&status=ACTIVE&fields=id");
    let all = |shown: &Value| {
        shown["ports"]
            .as_array()
            .is_some_and(|ports| ports.len() == count)
    };
    loop_until(region, &path, all).await
}

async fn loop_until(
    region: &Scenario,
    path: &str,
    wanted: impl Fn(&Value) -> bool,
) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    while !wanted(&region.rest().get(path).await?) {
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "not so after {PATIENCE:?}: {path}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// What both hosts hold once their flows stay the same for a while.
async fn settled(region: &Scenario) -> anyhow::Result<Cost> {
    let lab = region.lab();
    let agents = switch::pids(lab, [1, 2].map(Role::Agent))?;
    let cost = async || {
        let mut cost = [(0, 0.0); 2];
        for (host, cost) in (1..).zip(&mut cost) {
            let agent = agents[usize::from(host) - 1];
            *cost = (switch::flows(lab, host).await?, resident_bytes(agent));
        }
        anyhow::Ok(cost)
    };
    let mut before = cost().await?;
    loop {
        tokio::time::sleep(QUIET).await;
        let now = cost().await?;
        if now.map(|(flows, _)| flows) == before.map(|(flows, _)| flows) {
            return Ok(now);
        }
        before = now;
    }
}
