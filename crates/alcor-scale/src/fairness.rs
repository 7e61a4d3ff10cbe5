//! One tenant makes many ports while another makes one after the other: what the latter's times become.
//!
//! The latter's calls and its hosts have threads of their own. Hosts that share a process would otherwise
//! wait for each other, which real ones do not.

use crate::create::{self, BUSY, Maker, Network};
use crate::fleet::ASIDE;
use crate::phases::count;
use crate::plan::Plan;
use crate::report::{Figures, percentiles};
use crate::scenario::{Profile, Scenario};
use crate::watch::Audience;
use alcor_rest::Rest;
use alcor_types::PortId;
use anyhow::bail;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// What a single port may take.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// How long one port took, in seconds from before the call that asks for it.
#[derive(Clone, Copy, Debug)]
struct Probe {
    /// Until the API's answer.
    created: f64,
    /// Until the API says ACTIVE.
    active: f64,
}

type Time = fn(&Probe) -> f64;

/// What is told of probes.
const PROBED: [(&str, Time); 2] = [
    ("created", |probe| probe.created),
    ("ACTIVE", |probe| probe.active),
];

/// Times the ports of one tenant, alone and beside another's many.
pub(crate) async fn fairness(
    maker: &Maker,
    rest: Rest,
    scenario: &Scenario,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let ports = scenario.fairness.ports;
    let (busy, mut theirs) = tenant(maker, scenario, ports, (ports / 100).max(1)).await?;
    let (quiet, mut ours) = tenant(maker, scenario, ASIDE, 1).await?;
    quiet.ports(&mut ours, "fair", scenario).await?;
    let prober = Prober {
        maker: Maker { rest, ..quiet },
        network: ours.swap_remove(0),
    };
    let always = Arc::new(AtomicBool::new(true));
    let alone = prober.probe(scenario.fairness.probes, &always).await?;
    let going = Arc::new(AtomicBool::new(true));
    let load = async {
        let began = Instant::now();
        let made = busy.ports(&mut theirs, BUSY, scenario).await;
        going.store(false, Relaxed);
        made.map(|()| began.elapsed().as_secs_f64())
    };
    let (took, beside) = tokio::try_join!(load, prober.probe(u32::MAX, &going))?;
    let rate = f64::from(ports) / took;
    figures.add("fairness: busy tenant's ports a second", rate, "/s");
    figures.add("fairness: probes beside it", count(beside.len()), "");
    compare(&alone, &beside, figures);
    Ok(())
}

fn compare(alone: &[Probe], beside: &[Probe], figures: &mut Figures) {
    for (what, of) in PROBED {
        let times = |probes: &[Probe]| percentiles(probes.iter().map(of).collect());
        let (alone, beside) = (times(alone), times(beside));
        for (name, at) in [("p50", 0), ("p99", 2)] {
            let told = format!("fairness: {what}, {name}");
            figures.add(&format!("{told}, alone"), alone[at] * 1e3, "ms");
            figures.add(&format!("{told}, beside"), beside[at] * 1e3, "ms");
            let ratio = beside[at] / alone[at];
            figures.add(&format!("{told}, beside / alone"), ratio, "x");
        }
    }
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
    let prefix = if vpcs == 1 { "fair" } else { BUSY };
    let networks = create::networks(&maker.rest, &maker.plan, prefix).await?;
    Ok((maker, networks))
}

/// The tenant whose ports are timed.
#[derive(Clone)]
struct Prober {
    maker: Maker,
    network: Network,
}

impl Prober {
    /// Times ports on a thread of its own, as long as `going`.
    async fn probe(&self, most: u32, going: &Arc<AtomicBool>) -> anyhow::Result<Vec<Probe>> {
        let (prober, going) = (self.clone(), Arc::clone(going));
        let done = spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(prober.probes(most, &going))
        });
        done.await?
    }

    /// Makes ports one by one, each gone before the next.
    async fn probes(&self, most: u32, going: &AtomicBool) -> anyhow::Result<Vec<Probe>> {
        let (mut times, nobody) = (Vec::new(), Some(&Audience::Nobody));
        let maker = &self.maker;
        while going.load(Relaxed) && times.len() < most as usize {
            let host = u32::try_from(times.len())? % ASIDE;
            let host = maker.plan.host_of(self.network.number, host);
            let began = Instant::now();
            let port = maker.port(&self.network, host, "fair", nobody).await?;
            let created = began.elapsed().as_secs_f64();
            active(&maker.rest, port).await?;
            let active = began.elapsed().as_secs_f64();
            times.push(Probe { created, active });
            // The network stays as it is, however long the other goes on.
            maker.rest.delete(&format!("/v2.0/ports/{port}")).await?;
            maker.timeline.deleted.fetch_add(1, Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(times)
    }
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
