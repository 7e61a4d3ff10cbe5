//! Real hosts among the emulated ones: Open vSwitch in namespaces, `alcor agent`, and VMs whose ports
//! are some of the largest network's. What their packets find is measured there.
//!
//! The agents run where the driver does and reach the region over the loopback, as emulated ones do. The
//! underlay between the switches also leads to where tunnels to emulated hosts end, so that it can be
//! seen which packets come there.

mod cost;
mod first;
mod look;
mod migration;
mod pairs;
mod vms;

pub use first::FirstPings;
pub use look::RealLook;
pub(crate) use look::RealWatch;
pub use migration::migrate;

use crate::create::{Maker, Network};
use crate::fairness::LONG;
use crate::phases::count;
use crate::plan::tunnels;
use crate::report::Figures;
use crate::scenario;
use alcor_lab::{Guard, Lab, Role, Settings};
use alcor_rest::Rest;
use alcor_types::HostName;
use anyhow::{Context, bail};
use std::path::Path;
use std::time::{Duration, Instant};
use vms::Vm;

const LOOK: Duration = Duration::from_millis(20);

/// The real hosts of a run. They and all that runs on them end with it.
pub(crate) struct Switches {
    lab: Guard,
    asked: scenario::Switches,
    /// Where the region's agents connect.
    agents: String,
    vms: Vec<Vm>,
}

impl Switches {
    /// Boots hosts with agents that connect to the region, and waits until it knows them.
    pub(crate) async fn start(
        asked: &scenario::Switches,
        program: &Path,
        (rest, agents): (&Rest, &str),
    ) -> anyhow::Result<Self> {
        let lab = Lab::up(Settings::hosts(asked.hosts)).await;
        let lab = lab.context("cannot boot real hosts")?.guard();
        for host in 1..=asked.hosts {
            let args = ["--datapath", "netdev", "--region", agents];
            lab.start_agent(host, program, args).await?;
        }
        let switches = Self {
            lab,
            asked: asked.clone(),
            agents: agents.to_owned(),
            vms: Vec::new(),
        };
        switches.learn_underlay().await?;
        for host in switches.names() {
            registered(rest, &host).await?;
        }
        Ok(switches)
    }

    /// Has every switch learn where all tunnels end, real and emulated. They forget after a while.
    async fn learn_underlay(&self) -> anyhow::Result<()> {
        let ports = alcor_agent::TUNNELS.map(|(_, name)| name);
        self.lab.learn_underlay(&ports).await?;
        Ok(self.lab.lead_beyond(tunnels()).await?)
    }

    /// Takes everything down.
    pub(crate) async fn down(self) -> anyhow::Result<()> {
        self.lab.keep().down().await?;
        Ok(())
    }

    /// The hosts' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = HostName> + '_ {
        (1..=self.asked.hosts).map(|host| HostName::from(self.lab.host_id(host)))
    }

    /// What it takes to look at a host's switch.
    pub(crate) fn inspection(&self, host: u16) -> alcor_agent::AgentConfig {
        let (name, ovsdb) = (self.lab.host_id(host), self.lab.ovsdb(host));
        let bridge = "br-int".to_owned();
        alcor_agent::AgentConfig::to_look(name.into(), self.agents.clone(), ovsdb, bridge)
    }

    /// The processes of all agents, and of all switches.
    pub(crate) fn pids(&self) -> anyhow::Result<[Vec<u32>; 2]> {
        let pids = |role: fn(u16) -> Role| {
            let pids = (1..=self.asked.hosts).map(|host| {
                let pid = self.lab.pid(role(host))?;
                let pid = pid.with_context(|| format!("{} does not run", role(host)))?;
                anyhow::Ok(u32::try_from(pid)?)
            });
            pids.collect::<anyhow::Result<Vec<_>>>()
        };
        Ok([pids(Role::Agent)?, pids(Role::Vswitchd)?])
    }

    /// Boots VMs in a network and measures what their packets find.
    pub(crate) async fn play(
        &mut self,
        maker: &Maker,
        network: &Network,
        figures: &mut Figures,
    ) -> anyhow::Result<FirstPings> {
        let timeline = &maker.timeline;
        timeline.phase("real VMs");
        self.cost("with nothing bound", figures).await?;
        let began = Instant::now();
        self.boot(maker, network).await?;
        let took = began.elapsed().as_secs_f64();
        figures.add("real hosts: VMs", count(self.vms.len()), "");
        figures.add("real hosts: all VMs' ports ACTIVE after", took, "s");
        self.cost("with its VMs", figures).await?;
        self.learn_underlay().await?;
        timeline.phase("first pings");
        let pings = self.first_pings(maker, figures).await?;
        self.to_emulated(maker, network, figures).await?;
        self.cost("after first pings", figures).await?;
        self.told(figures).await?;
        timeline.phase("moves");
        self.moves(maker, figures).await?;
        Ok(pings)
    }
}

/// Waits until the region hears from a host's agent.
async fn registered(rest: &Rest, host: &HostName) -> anyhow::Result<()> {
    let (path, began) = (format!("/v2.0/agents?host={host}"), Instant::now());
    while rest.get(&path).await?["agents"][0]["alive"] != true {
        if began.elapsed() > LONG {
            bail!("the region does not hear from the agent of {host}");
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
