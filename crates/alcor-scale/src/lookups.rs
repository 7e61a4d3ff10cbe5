//! Look-ups: hosts of a large network ask for neighbours at a steady rate, and how long the answers take.

use crate::create::{Maker, Network};
use crate::phases::{Dice, count};
use crate::questions::Told;
use crate::report::{Figures, percentiles};
use crate::scenario::Scenario;
use alcor_goalstate::Sought;
use anyhow::Context;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Addresses that are asked for: those of so many ports.
const SOUGHT: usize = 1_000;
/// Without an answer for so long there will be none.
const LONG: Duration = Duration::from_secs(30);

/// Asks, and says how that went.
pub(crate) async fn lookups(
    maker: &Maker,
    network: &Network,
    scenario: &Scenario,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let addresses = addresses(maker, network).await?;
    let size = maker.plan.networks()[network.number as usize].size;
    let hosts: Vec<u32> = maker.plan.hosts_of(network.number, size).collect();
    let mut dice = Dice(scenario.seed);
    let mut asked = JoinSet::new();
    let began = Instant::now();
    let length = Duration::from_secs(scenario.lookups.seconds.into());
    let step = Duration::from_secs(1) / scenario.lookups.rate;
    let mut number = 0;
    while began.elapsed() < length {
        let host = hosts[dice.below(hosts.len())];
        let sought = Sought::Address(addresses[dice.below(addresses.len())]);
        let told = maker.fleet.ask(host, network.id, sought);
        asked.spawn(tokio::time::timeout(LONG, told));
        number += 1;
        tokio::time::sleep_until((began + step * number).into()).await;
    }
    let asking = began.elapsed().as_secs_f64();
    let (mut times, mut put_off, mut lost) = (Vec::new(), 0_u32, 0_u32);
    while let Some(told) = asked.join_next().await {
        match told? {
            Ok(Ok(Told::After(took))) => times.push(took.as_secs_f64() * 1e3),
            Ok(Ok(Told::PutOff)) => put_off += 1,
            Ok(Err(_)) | Err(_) => lost += 1,
        }
    }
    figures.add("look-ups a second", count(times.len()) / asking, "/s");
    let [p50, p95, p99] = percentiles(times);
    figures.add("look-up to answer, p50", p50, "ms");
    figures.add("look-up to answer, p95", p95, "ms");
    figures.add("look-up to answer, p99", p99, "ms");
    figures.add("look-ups put off", count(put_off), "");
    figures.add("look-ups without an answer", count(lost), "");
    Ok(())
}

/// Addresses of some ports of the network.
async fn addresses(maker: &Maker, network: &Network) -> anyhow::Result<Vec<IpAddr>> {
    let path = format!(
        "/v2.0/ports?network_id={}&fields=fixed_ips&limit={SOUGHT}",
        network.id
    );
    let answer = maker.rest.get(&path).await?;
    let ports = answer["ports"].as_array().context("no ports")?;
    let texts = ports
        .iter()
        .filter_map(|port| port["fixed_ips"][0]["ip_address"].as_str());
    let addresses: Vec<IpAddr> = texts.map(str::parse).collect::<Result<_, _>>()?;
    anyhow::ensure!(!addresses.is_empty(), "no port has an address");
    Ok(addresses)
}
