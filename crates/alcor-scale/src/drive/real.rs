//! Real hosts in a run.

use super::{Run, secs};
use crate::create::Network;
use crate::switches::Switches;
use std::time::Instant;

impl Run<'_> {
    /// Real hosts, if there are to be any.
    pub(super) async fn boot_switches(&mut self) -> anyhow::Result<()> {
        let (asked, timeline) = (&self.scenario.switches, &self.maker.timeline);
        if asked.hosts == 0 {
            return Ok(());
        }
        timeline.phase("real hosts");
        let began = Instant::now();
        let region = (&self.maker.rest, self.region.agents());
        let switches = Switches::start(asked, self.program, region).await?;
        timeline.real.watch(switches.pids()?);
        self.switches = Some(switches);
        let figures = &mut self.figures;
        figures.add("real hosts", f64::from(asked.hosts), "");
        figures.add("real hosts: all registered after", secs(began), "s");
        Ok(())
    }

    /// VMs of real hosts in the largest network, and what their packets find.
    pub(super) async fn play_on_switches(&mut self, networks: &[Network]) -> anyhow::Result<()> {
        let largest = networks.iter().max_by_key(|network| network.ports.len());
        if let (Some(switches), Some(network)) = (&mut self.switches, largest) {
            let pings = switches.play(&self.maker, network, &mut self.figures);
            self.first_pings = Some(pings.await?);
        }
        Ok(())
    }
}
