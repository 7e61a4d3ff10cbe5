//! What real hosts hold: flows, neighbours, memory.

use super::Switches;
use crate::check::observe;
use crate::create::Maker;
use crate::machine::{cpu_seconds, resident_bytes};
use crate::phases::count;
use crate::report::Figures;

impl Switches {
    /// What the hosts take now: flows of the one with most, memory of all in the mean.
    pub(super) async fn cost(&self, when: &str, figures: &mut Figures) -> anyhow::Result<()> {
        let mut flows = 0;
        for host in 1..=self.asked.hosts {
            flows = self.lab.flow_count(host).await?.max(flows);
        }
        let mut add = |what: &str, value: f64, unit| {
            figures.add(&format!("real host {when}: {what}"), value, unit);
        };
        add("flows, most", count(flows), "");
        let whose = ["agent's memory, mean", "switch's memory, mean"];
        for (whose, pids) in whose.into_iter().zip(self.pids()?) {
            let all: u64 = pids.iter().map(|pid| resident_bytes(*pid)).sum();
            let mean = count(all) / count(pids.len());
            add(whose, mean / f64::from(1 << 20), "MiB");
        }
        Ok(())
    }

    /// Processor seconds that all agents, all switches and the region have spent so far.
    pub(super) fn spent(&self, maker: &Maker) -> anyhow::Result<[f64; 3]> {
        let [agents, switches] = self.pids()?;
        let region = maker.timeline.region().into_iter().collect();
        let all = |pids: Vec<u32>| pids.into_iter().map(cpu_seconds).sum();
        Ok([agents, switches, region].map(all))
    }

    /// What the region tells the host that it tells most, and how many neighbours that one has asked for.
    pub(super) async fn told(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let (mut goals, mut neighbors) = (0, 0);
        for name in self.names() {
            let held = observe(&self.agents, &name).await?;
            goals = held.len().max(goals);
            let demand = held.demand();
            let asked: usize = demand.iter().map(|(_, ports)| ports.len()).sum();
            neighbors = asked.max(neighbors);
        }
        figures.add("real host: goals, most", count(goals), "");
        let what = "real host: neighbours asked for, most";
        figures.add(what, count(neighbors), "");
        Ok(())
    }
}
