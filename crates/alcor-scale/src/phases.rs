//! What is done to a region once its ports are there: churn, restarts, an unequal pair of tenants.

use crate::create::{self, Maker, Network};
use crate::plan::Plan;
use crate::quiet;
use crate::region::Region;
use crate::report::{Figures, percentiles};
use crate::scenario::{Profile, Scenario};
use crate::watch::Audience;
use alcor_rest::Rest;
use alcor_types::PortId;
use anyhow::bail;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What a region may take to bring all hosts up to date.
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);
/// What a single port may take.
pub(crate) const LONG: Duration = Duration::from_mins(2);
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

/// One tenant makes many ports while another makes one after the other; the latter's times
/// until the API says ACTIVE, alone and beside the other.
pub(crate) async fn fairness(
    maker: &Maker,
    scenario: &Scenario,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let ports = scenario.fairness.ports;
    let busy = tenant(maker, scenario, ports, (ports / 100).max(1)).await;
    let (busy, mut theirs) = busy?;
    let (quiet, mut ours) = tenant(maker, scenario, 20, 1).await?;
    quiet.ports(&mut ours, "fair", scenario).await?;
    let probes = scenario.fairness.probes;
    let alone = probe(&quiet, &ours[0], probes, &AtomicBool::new(true)).await?;
    let going = Arc::new(AtomicBool::new(true));
    let load = async {
        let began = Instant::now();
        let made = busy.ports(&mut theirs, "busy", scenario).await;
        going.store(false, Relaxed);
        made.map(|()| began.elapsed().as_secs_f64())
    };
    let (took, beside) = tokio::try_join!(load, probe(&quiet, &ours[0], u32::MAX, &going))?;
    figures.add(
        "fairness: busy tenant's ports a second",
        f64::from(ports) / took,
        "/s",
    );
    figures.add("fairness: probes beside it", count(beside.len()), "");
    let (alone, beside) = (percentiles(alone), percentiles(beside));
    for (name, at) in [("p50", 0), ("p99", 2)] {
        figures.add(
            &format!("fairness: ACTIVE alone, {name}"),
            alone[at] * 1e3,
            "ms",
        );
        figures.add(
            &format!("fairness: ACTIVE beside, {name}"),
            beside[at] * 1e3,
            "ms",
        );
    }
    figures.add("fairness: p99 beside / alone", beside[2] / alone[2], "x");
    Ok(())
}

/// Networks of a tenant of its own, on the same hosts.
async fn tenant(
    maker: &Maker,
    scenario: &Scenario,
    ports: u32,
    vpcs: u32,
) -> anyhow::Result<(Maker, Vec<Network>)> {
    let scenario = Scenario {
        ports,
        vpcs,
        profile: Profile::ManySmall,
        ..scenario.clone()
    };
    let maker = Maker {
        plan: Arc::new(Plan::new(&scenario)),
        ..maker.clone()
    };
    let prefix = if vpcs == 1 { "fair" } else { "busy" };
    let networks = create::networks(&maker.rest, &maker.plan, prefix).await?;
    Ok((maker, networks))
}

/// Makes ports one by one while `going`, each gone before the next, and takes the time until the API says ACTIVE.
async fn probe(
    maker: &Maker,
    network: &Network,
    most: u32,
    going: &AtomicBool,
) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    while going.load(Relaxed) && times.len() < most as usize {
        let host = u32::try_from(times.len() % 20)?;
        let host = maker.plan.host_of(network.number, host);
        let began = Instant::now();
        let nobody = Some(&Audience::Nobody);
        let port = maker.port(network, host, "fair", nobody).await?;
        active(&maker.rest, port).await?;
        times.push(began.elapsed().as_secs_f64());
        // The network stays as it is, however long the other goes on.
        maker.rest.delete(&format!("/v2.0/ports/{port}")).await?;
        maker.timeline.deleted.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(times)
}

/// Waits until a port is ACTIVE.
pub(crate) async fn active(rest: &Rest, port: PortId) -> anyhow::Result<()> {
    let path = format!("/v2.0/ports/{port}?fields=status");
    let began = Instant::now();
    while rest.get(&path).await?["port"]["status"] != "ACTIVE" {
        if began.elapsed() > LONG {
            bail!("port {port} is not ACTIVE after {LONG:?}");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
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
