//! Ports created one by one, by several clients at once, and in bulk.

use super::{bulk, network, port, region};
use crate::Scale;
use crate::load::{self, Plan, Round};
use crate::region::Region;
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use crate::wire::{self, Wire};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many clients at once.
const CLIENTS: [usize; 4] = [1, 8, 32, 64];

/// A device that nobody asks for.
const DEVICE: &str = "00000000-0000-4000-8000-000000000000";

pub(super) async fn run(
    scale: Scale,
    dir: &Path,
    durable_write: f64,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (region, mut wire) = region(dir).await?;
    let on = network(&mut wire, "10.0.0.0/8").await?;
    let rounds = single(scale, &region, &on).await?;
    for (clients, rounds) in CLIENTS.into_iter().zip(&rounds) {
        tell(clients, rounds, durable_write, report);
    }
    bulks(scale, &mut wire, &on, report).await?;
    region.stop().await
}

/// Rounds of every number of clients, in turn, so that a busy moment of the machine does not
/// hit just one of them.
async fn single(scale: Scale, region: &Region, on: &str) -> anyhow::Result<Vec<Vec<Round>>> {
    let mut all = vec![Vec::new(); CLIENTS.len()];
    for _ in 0..scale.pick(5, 2) {
        for (clients, rounds) in CLIENTS.into_iter().zip(&mut all) {
            let plan = Plan {
                address: region.address(),
                clients,
                time: scale.pick(Duration::from_secs(3), Duration::from_secs(1)),
                requests: u64::MAX,
                status: 201,
            };
            let make = |number| {
                let body = format!(r#"{{"port":{}}}"#, port(on, DEVICE, number));
                wire::post("/v2.0/ports", &body)
            };
            rounds.push(load::run(plan, region.pid(), make).await?);
        }
    }
    Ok(all)
}

fn tell(clients: usize, rounds: &[Round], durable_write: f64, report: &mut Report) {
    let rates: Samples = rounds.iter().map(Round::rate).collect();
    let mut latencies = Samples::default();
    for round in rounds {
        latencies.extend(&round.latencies);
    }
    let mean = |of: fn(&Round) -> f64| rounds.iter().map(of).sum::<f64>() / rounds.len() as f64;
    let note = format!(
        "server {:.0} us CPU each; cores: server {:.2}, client {:.2}, others {:.2}",
        mean(Round::cpu_micros),
        mean(|round| round.usage.watched / round.usage.wall),
        mean(|round| round.usage.own / round.usage.wall),
        mean(|round| round.usage.others),
    );
    let rate = Row::of(format!("create, {clients} at once"), &rates, "/s").note(note);
    let p50 = Row::of(format!("create, {clients} at once, p50"), &latencies, "ms");
    let p99 = Row::quantile(
        format!("create, {clients} at once, p99"),
        &latencies,
        0.99,
        "ms",
    );
    let rows = match clients {
        1 => [
            rate.peer("6 to 7/s"),
            p50.peer("128 to 154 ms")
                .goal(Goal::Below(2.0 * durable_write))
                .note("goal: two durable writes"),
            p99.peer("224 to 430 ms"),
        ],
        8 => [rate.peer("15/s"), p50.peer("480 ms"), p99.peer("678 ms")],
        32 => [
            rate.peer("14 to 15/s").goal(Goal::AtLeast(5_000.0)),
            p50.peer("2,183 ms"),
            p99.peer("2,391 ms").goal(Goal::Below(20.0)),
        ],
        _ => [rate, p50, p99],
    };
    for row in rows {
        report.add(row);
    }
}

async fn bulks(scale: Scale, wire: &mut Wire, on: &str, report: &mut Report) -> anyhow::Result<()> {
    let hundred = bulk_times(wire, on, 100, scale.pick(30, 5)).await?;
    report.add(Row::of("bulk create, 100 ports in one call", &hundred, "ms").peer("10,803 ms"));
    let thousand = bulk_times(wire, on, 1_000, scale.pick(15, 3)).await?;
    report.add(
        Row::of("bulk create, 1,000 ports in one call", &thousand, "ms")
            .peer("9 to 13 ports/s")
            .goal(Goal::Below(100.0)),
    );
    Ok(())
}

async fn bulk_times(
    wire: &mut Wire,
    on: &str,
    ports: u64,
    calls: usize,
) -> anyhow::Result<Samples> {
    let body = bulk(on, DEVICE, ports);
    let mut times = Samples::default();
    for _ in 0..calls {
        let began = Instant::now();
        wire.post("/v2.0/ports", &body).await?;
        times.add(began.elapsed());
    }
    Ok(times)
}
