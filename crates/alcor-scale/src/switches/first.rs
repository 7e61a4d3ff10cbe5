//! First packets to cold neighbours: to VMs of other real hosts, which answer, and to ports of emulated
//! hosts, whose end of the tunnel shows what comes.

use super::{Switches, pairs};
use crate::create::{Maker, Network};
use crate::phases::{Dice, count};
use crate::plan::tunnel_ip;
use crate::report::{Figures, percentiles};
use alcor_lab::{Arrival, Echo, Echoed};
use alcor_types::MacAddr;
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Without an answer for so long, a ping is lost. The VM's own kernel gives up earlier.
const LOST: Duration = Duration::from_secs(5);
/// How long a packet may take to the end of a tunnel: longer than an agent lets one wait, for a VM that asks
/// in vain for the way asks again.
const CARRIED: Duration = Duration::from_secs(5);

/// How long first pings took, in milliseconds, the quickest first; lost ones are not among them.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct FirstPings {
    /// One after the other.
    pub one_by_one: Vec<f64>,
    /// All at once.
    pub at_once: Vec<f64>,
}

/// A port of an emulated host.
struct Far {
    mac: MacAddr,
    echo: Echo,
    host: u32,
}

impl Switches {
    /// Pings VMs that the pinging VM's host has never heard of, which have not heard of it either.
    pub(super) async fn first_pings(
        &self,
        maker: &Maker,
        figures: &mut Figures,
    ) -> anyhow::Result<FirstPings> {
        let echoes = self.cold(maker.seed);
        let (one_by_one, rest) = echoes.split_at(self.asked.one_by_one as usize);
        let (mut first, mut again) = (Vec::new(), Vec::new());
        for echo in one_by_one {
            let echo = std::slice::from_ref(echo);
            first.extend(self.ping(maker, echo).await?);
            again.extend(self.lab.echo(echo, LOST).await?);
        }
        let one_by_one = told(&first, "first ping to a cold neighbour", figures);
        told(&again, "second ping, to compare", figures);
        let before = self.spent(maker)?;
        let rest = &rest[..self.asked.at_once as usize];
        let at_once = self.ping(maker, rest).await?;
        let after = self.spent(maker)?;
        let at_once = told(&at_once, "first pings, all at once", figures);
        let whose = ["agents", "switches", "the region"];
        for (whose, (now, then)) in whose.into_iter().zip(after.into_iter().zip(before)) {
            let each = (now - then) * 1e3 / count(rest.len().max(1));
            let what = format!("first pings, all at once: processor time each, {whose}");
            figures.add(&what, each, "ms");
        }
        Ok(FirstPings {
            one_by_one,
            at_once,
        })
    }

    /// A ping for each pair of VMs that have never spoken.
    fn cold(&self, seed: u64) -> Vec<Echo> {
        let (hosts, vms) = (self.asked.hosts, self.asked.vms_per_host);
        let pairs = pairs::cold(hosts, vms, &mut Dice(seed)).into_iter();
        let echoes = pairs.map(|[from, to]| Echo {
            from: self.vm(from).name.clone(),
            to: self.vm(to).ip,
        });
        echoes.collect()
    }

    async fn ping(&self, maker: &Maker, echoes: &[Echo]) -> anyhow::Result<Vec<Echoed>> {
        let done = self.lab.echo(echoes, LOST).await?;
        maker.timeline.real.pinged(&done);
        Ok(done)
    }

    /// Sends a first packet to each of some ports of emulated hosts, and sees that it comes to where the
    /// tunnel to that host ends, in the network's own.
    pub(super) async fn to_emulated(
        &self,
        maker: &Maker,
        network: &Network,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let far = self.some_far(maker, network).await?;
        if far.is_empty() {
            return Ok(());
        }
        let path = format!("/v2.0/networks/{}", network.id);
        let shown = maker.rest.get(&path).await?;
        let vni = shown["network"]["provider:segmentation_id"].as_u64();
        let beyond = self.lab.beyond().await?;
        let echoes: Vec<_> = far.iter().map(|far| far.echo.clone()).collect();
        let macs: Vec<_> = far.iter().map(|far| far.mac).collect();
        let (sent, came) = tokio::try_join!(
            self.lab.echo(&echoes, CARRIED),
            beyond.frames_to(&macs, CARRIED)
        )?;
        let (mut times, mut astray) = (Vec::new(), 0_u32);
        for (far, echoed) in far.iter().zip(&sent) {
            let right = |arrival: &&Arrival| {
                arrival.host_ip == tunnel_ip(far.host) && Some(u64::from(arrival.vni)) == vni
            };
            match came.get(&far.mac).filter(right) {
                Some(arrival) => {
                    let took = arrival.at.duration_since(echoed.sent).unwrap_or_default();
                    times.push(took.as_secs_f64() * 1e3);
                }
                None => astray += 1,
            }
        }
        let what = "first packets to emulated hosts, until at the tunnel's end";
        tell(&times, what, figures);
        let lost = "first packets to emulated hosts: lost, or at another tunnel's end";
        figures.add(lost, count(astray), "");
        Ok(())
    }

    /// Some random ports of the network, each to be spoken to by another VM.
    async fn some_far(&self, maker: &Maker, network: &Network) -> anyhow::Result<Vec<Far>> {
        let wanted = (self.asked.to_emulated as usize).min(network.ports.len());
        let (mut dice, mut chosen) = (Dice(maker.seed), BTreeSet::new());
        while chosen.len() < wanted {
            chosen.insert(dice.below(network.ports.len()));
        }
        let mut far = Vec::with_capacity(wanted);
        for (vm, number) in self.vms.iter().cycle().zip(chosen) {
            let path = format!("/v2.0/ports/{}", network.ports[number]);
            let port = maker.rest.get(&path).await?["port"].take();
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let mac = text(&port["mac_address"]).context("no MAC address")?;
            let ip = text(&port["fixed_ips"][0]["ip_address"]).context("no address")?;
            far.push(Far {
                mac: mac.parse()?,
                echo: Echo {
                    from: vm.name.clone(),
                    to: ip.parse()?,
                },
                host: maker.plan.host_of(network.number, u32::try_from(number)?),
            });
        }
        Ok(far)
    }
}

/// How long answered pings took, in milliseconds and in order, which is noted as figures.
fn told(done: &[Echoed], what: &str, figures: &mut Figures) -> Vec<f64> {
    let answered = done.iter().filter_map(|echoed| echoed.took);
    let mut times: Vec<_> = answered.map(|took| took.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    if !done.is_empty() {
        tell(&times, what, figures);
        let lost = count(done.len() - times.len());
        figures.add(&format!("{what}: lost"), lost, "");
    }
    times
}

fn tell(times: &[f64], what: &str, figures: &mut Figures) {
    let [p50, _, p99] = percentiles(times.to_vec());
    figures.add(&format!("{what}: p50"), p50, "ms");
    figures.add(&format!("{what}: p99"), p99, "ms");
}
