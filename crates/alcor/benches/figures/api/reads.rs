//! Shows and lists while the table grows, and what a port takes in memory and on the disk.

use super::{bulk, network, region};
use crate::Scale;
use crate::load::{self, Plan};
use crate::machine::disk_bytes;
use crate::meter::{peak_bytes, resident_bytes};
use crate::region::Region;
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use crate::wire::{self, Wire};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Ports of each network and of each device: one page.
const PAGE: u64 = 1_000;

/// What is known of the ports that were made.
#[derive(Default)]
struct Made {
    networks: Vec<String>,
    devices: Vec<String>,
    ports: Vec<String>,
}

pub(super) async fn run(scale: Scale, dir: &Path, report: &mut Report) -> anyhow::Result<()> {
    let (region, mut wire) = region(dir).await?;
    let mut made = Made::default();
    let mut before = None;
    for size in sizes(scale) {
        grow(&mut wire, size, &mut made).await?;
        let now = Footprint::of(&region, size)?;
        let first = *before.get_or_insert(now);
        show(scale, &region, &made, size, report).await?;
        pages(scale, &mut wire, &made, size, report).await?;
        whole(scale, &region, &mut wire, size, report).await?;
        if now.ports > first.ports {
            now.tell(&first, report);
        }
    }
    drop(wire);
    restart(region, dir, made.ports.len(), report).await
}

/// A thousand ports, ten times as many, and so on up to the largest table.
fn sizes(scale: Scale) -> Vec<u64> {
    let tens = std::iter::successors(Some(PAGE), |size| size.checked_mul(10));
    let full = tens.take_while(|size| *size <= scale.ports.max(PAGE));
    scale.pick(full.collect(), vec![1_000, 5_000])
}

/// Makes ports until there are so many.
async fn grow(wire: &mut Wire, size: u64, made: &mut Made) -> anyhow::Result<()> {
    while (made.ports.len() as u64) < size {
        let on = network(wire, "10.0.0.0/16").await?;
        let device = Uuid::new_v4().to_string();
        let answer = wire.post("/v2.0/ports", &bulk(&on, &device, PAGE)).await?;
        let answer: Value = serde_json::from_slice(answer)?;
        let ports = answer["ports"].as_array().context("no ports")?;
        let ids = ports.iter().filter_map(|port| port["id"].as_str());
        made.ports.extend(ids.map(str::to_owned));
        made.networks.push(on);
        made.devices.push(device);
    }
    Ok(())
}

async fn show(
    scale: Scale,
    region: &Region,
    made: &Made,
    size: u64,
    report: &mut Report,
) -> anyhow::Result<()> {
    for clients in [1, 32] {
        let plan = Plan {
            address: region.address(),
            clients,
            time: Duration::from_secs(10),
            requests: scale.pick(20_000, 1_000),
            status: 200,
        };
        let request = |number: u64| {
            // A prime stride looks at rows all over the table.
            let at = usize::try_from(number * 7_919).unwrap_or(0) % made.ports.len();
            wire::get(&format!("/v2.0/ports/{}", made.ports[at]))
        };
        let round = load::run(plan, region.pid(), request).await?;
        let what = format!("show among {size} ports, {clients} at once");
        let note = format!(
            "{:.0}/s, server {:.0} us CPU each, others {:.2} cores",
            round.rate(),
            round.cpu_micros(),
            round.usage.others
        );
        report.add(Row::of(format!("{what}, p50"), &round.latencies, "ms").note(note));
        let p99 = Row::quantile(format!("{what}, p99"), &round.latencies, 0.99, "ms");
        report.add(match clients {
            1 => p99.peer("37 ms").goal(Goal::Below(2.0)),
            _ => p99.peer("544 ms"),
        });
    }
    Ok(())
}

async fn pages(
    scale: Scale,
    wire: &mut Wire,
    made: &Made,
    size: u64,
    report: &mut Report,
) -> anyhow::Result<()> {
    let kinds = [("network_id", &made.networks), ("device_id", &made.devices)];
    for (filter, values) in kinds {
        let mut times = Samples::default();
        for round in 0..scale.pick(100, 10) {
            let value = &values[round * 31 % values.len()];
            let path = format!("/v2.0/ports?{filter}={value}&limit={PAGE}");
            times.add(list(wire, &path, PAGE).await?);
        }
        let what = format!("page of 1,000 by {filter} among {size} ports");
        report.add(Row::of(format!("{what}, p50"), &times, "ms").peer("1,040 ms"));
        let p99 = Row::quantile(format!("{what}, p99"), &times, 0.99, "ms");
        report.add(p99.peer("1,110 ms (p95)").goal(Goal::Below(20.0)));
    }
    Ok(())
}

/// The list of everything, and how much memory the server needed for it.
async fn whole(
    scale: Scale,
    region: &Region,
    wire: &mut Wire,
    size: u64,
    report: &mut Report,
) -> anyhow::Result<()> {
    let before = resident_bytes(region.pid());
    let mut times = Samples::default();
    for _ in 0..scale.pick(5, 2) {
        times.add(list(wire, "/v2.0/ports", size).await?);
    }
    let grown = (peak_bytes(region.pid()) - before).max(0.0) / 1e6;
    let row = Row::of(format!("list of all {size} ports"), &times, "ms")
        .note(format!("at most {grown:.0} MB of memory more than before"));
    report.add(match size {
        1_000 => row.peer("1,040 ms"),
        10_000 => row.peer("6,160 ms"),
        100_000 => row.goal(Goal::Below(1_500.0)),
        _ => row,
    });
    Ok(())
}

/// Reads a list, and makes sure that it has so many elements.
async fn list(wire: &mut Wire, path: &str, expected: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let body = wire.get(path).await?;
    let took = began.elapsed();
    // Every port shows its MAC under this name once.
    let name = b"\"mac_address\":";
    let seen = body
        .windows(name.len())
        .filter(|window| window == name)
        .count();
    ensure!(
        seen as u64 == expected,
        "{path}: {seen} ports instead of {expected}"
    );
    Ok(took)
}

/// What the region takes with so many ports.
#[derive(Clone, Copy)]
struct Footprint {
    ports: u64,
    memory: f64,
    disk: f64,
}

impl Footprint {
    fn of(region: &Region, ports: u64) -> anyhow::Result<Self> {
        Ok(Self {
            ports,
            memory: resident_bytes(region.pid()),
            disk: disk_bytes(&region.store())? as f64,
        })
    }

    fn tell(&self, first: &Self, report: &mut Report) {
        let ports = (self.ports - first.ports) as f64;
        let size = self.ports;
        let memory = (self.memory - first.memory) / ports;
        report.add(
            Row::once(format!("memory a port, at {size}"), memory, "bytes")
                .peer("10 KB planned (first Alcor)")
                .goal(Goal::Below(1_500.0))
                .note(format!(
                    "resident {:.0} MB; compiled goals included",
                    self.memory / 1e6
                )),
        );
        let disk = (self.disk - first.disk) / ports;
        report.add(
            Row::once(format!("disk a port, at {size}"), disk, "bytes")
                .goal(Goal::Below(2_000.0))
                .note(format!("{:.0} MB in all", self.disk / 1e6)),
        );
    }
}

/// How long a region takes to start that was stopped, and one that was killed.
async fn restart(
    region: Region,
    dir: &Path,
    ports: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    region.stop().await?;
    let (region, stopped) = Region::start(dir).await?;
    let memory = resident_bytes(region.pid()) / ports as f64;
    let disk = disk_bytes(&region.store())? as f64 / ports as f64;
    region.kill().await?;
    let (region, killed) = Region::start(dir).await?;
    let goal = Goal::Below(10_000.0 * ports as f64 / 1e6);
    report.add(
        Row::once(
            format!("start with {ports} ports, after a stop"),
            stopped.as_secs_f64() * 1e3,
            "ms",
        )
        .goal(goal)
        .note("goal: 10 s for 10^6"),
    );
    report.add(
        Row::once(
            format!("start with {ports} ports, after kill -9"),
            killed.as_secs_f64() * 1e3,
            "ms",
        )
        .goal(goal)
        .note(format!(
            "then {memory:.0} bytes of memory and {disk:.0} of disk a port"
        )),
    );
    let mut wire = region.connect().await?;
    list(&mut wire, "/v2.0/ports", ports as u64).await?;
    region.stop().await
}
