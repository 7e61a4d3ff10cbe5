//! What is done to a region once its ports are there: churn and restarts.

use crate::create::{Maker, Network};
use crate::quiet;
use crate::region::Region;
use crate::report::{Figures, percentiles};
use crate::scenario::Scenario;
use anyhow::bail;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// What a region may take to bring all hosts up to date.
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);
/// A random host's restart.
const RESTART: Duration = Duration::from_mins(1);

/// A generator of numbers that a seed repeats (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let wide = u128::from(z ^ (z >> 31)) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }
}

/// Makes a port and deletes another of the same network and host, again and again.
pub(crate) async fn churn(
    maker: &Maker,
    networks: &mut [Network],
    scenario: &Scenario,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let before = maker.fleet.seen();
    let (own, everywhere) = maker.fleet.watch().samples();
    let former = [own.len(), everywhere.len()];
    let audiences: Vec<_> = networks
        .iter()
        .map(|network| maker.audience(network.number, u32::MAX))
        .collect();
    let mut dice = Dice(scenario.seed);
    let began = Instant::now();
    let length = Duration::from_secs(scenario.churn.seconds.into());
    let step = Duration::from_secs(1) / scenario.churn.rate;
    let mut pairs = 0;
    while began.elapsed() < length {
        let network = dice.below(networks.len());
        let port = dice.below(networks[network].ports.len());
        let host = maker
            .plan
            .host_of(networks[network].number, u32::try_from(port)?);
        let new = maker
            .port(&networks[network], host, "vpc", audiences[network].as_ref())
            .await?;
        let old = std::mem::replace(&mut networks[network].ports[port], new);
        maker.rest.delete(&format!("/v2.0/ports/{old}")).await?;
        maker.timeline.deleted.fetch_add(1, Relaxed);
        pairs += 1;
        tokio::time::sleep_until((began + step * pairs).into()).await;
    }
    let took = began.elapsed().as_secs_f64();
    quiet::quiet(&maker.fleet, maker.timeline.ports(), PATIENCE).await?;
    let seen = maker.fleet.seen().since(&before);
    told_since(former, maker, figures);
    let changes = f64::from(2 * pairs);
    figures.add("churn: changes (creates and deletes)", changes, "");
    figures.add("churn: changes a second", changes / took, "/s");
    figures.add("churn: pushes a change", per(seen.pushes, changes), "");
    figures.add("churn: goals a change", per(seen.changes, changes), "");
    figures.add("churn: bytes a change", per(seen.bytes, changes), "B");
    figures.add(
        "churn: bytes of repeats",
        percent(seen.repeated_bytes, seen.bytes),
        "%",
    );
    Ok(())
}

/// How long ports took to be told of, beyond the first so many that were told of.
fn told_since(former: [usize; 2], maker: &Maker, figures: &mut Figures) {
    let (own, everywhere) = maker.fleet.watch().samples();
    for (who, samples, former) in [("own", own, former[0]), ("last", everywhere, former[1])] {
        let times = samples.iter().skip(former).map(|sample| sample.took * 1e3);
        let [p50, p95, p99] = percentiles(times.collect());
        for (name, value) in [("p50", p50), ("p95", p95), ("p99", p99)] {
            let what = format!("churn: call to {who} host's word, {name}");
            figures.add(&what, value, "ms");
        }
    }
}

/// Restarts agents one after the other, and then the region.
pub(crate) async fn restarts(
    maker: &Maker,
    region: &mut Region,
    scenario: &Scenario,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (fleet, mut dice) = (&maker.fleet, Dice(scenario.seed));
    let mut times = Vec::new();
    for _ in 0..scenario.restart.agents {
        let host = u32::try_from(dice.below(fleet.len()))?;
        times.push(fleet.restart(host, RESTART).await?.as_secs_f64());
    }
    if !times.is_empty() {
        let [p50, _, p99] = percentiles(times);
        figures.add("agent restarted: holds all again, p50", p50 * 1e3, "ms");
        figures.add("agent restarted: holds all again, p99", p99 * 1e3, "ms");
    }
    if scenario.restart.region {
        restart_region(maker, region, figures).await?;
    }
    Ok(())
}

async fn restart_region(
    maker: &Maker,
    region: &mut Region,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let fleet = &maker.fleet;
    maker.timeline.phase("restart the region");
    let (before, held) = (fleet.seen(), fleet.seen().goals);
    let began = Instant::now();
    let served = region.restart().await?;
    maker.timeline.watch_region(region.pid());
    let whole = quiet::complete(fleet, PATIENCE).await?;
    let seen = fleet.seen().since(&before);
    figures.add("region restarted: serves", served.as_secs_f64(), "s");
    let took = whole.duration_since(began);
    figures.add(
        "region restarted: all hosts complete",
        took.as_secs_f64(),
        "s",
    );
    figures.add(
        "region restarted: bytes a host",
        per(seen.bytes, count(fleet.len())),
        "B",
    );
    figures.add("region restarted: goals sent", count(seen.changes), "");
    if fleet.seen().goals != held {
        bail!(
            "hosts hold {} goals after the restart, {held} before",
            fleet.seen().goals
        );
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) fn count(number: impl TryInto<u64>) -> f64 {
    number.try_into().unwrap_or_default() as f64
}

pub(crate) fn per(sum: u64, number: f64) -> f64 {
    count(sum) / number.max(1.0)
}

pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    100.0 * count(part) / count(whole).max(1.0)
}
