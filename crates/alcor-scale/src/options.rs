//! The command line of a run.

use crate::scenario::{Profile, Scenario};
use clap::Args;
use std::path::PathBuf;

/// What to run. Options win over the scenario's file.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// A scenario, as TOML
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Emulated hosts [default: 1000]
    #[arg(long, value_name = "N")]
    pub hosts: Option<u32>,
    /// Ports of all networks together [default: 10000]
    #[arg(long, value_name = "N")]
    pub ports: Option<u32>,
    /// Networks, each of a project of its own [default: 100]
    #[arg(long, value_name = "N")]
    pub vpcs: Option<u32>,
    /// How ports are spread over networks [default: many-small]
    #[arg(long)]
    pub profile: Option<Profile>,
    /// Real hosts among the emulated ones, with Open vSwitch and VMs in the largest network; needs root
    /// [default: 0]
    #[arg(long, value_name = "N")]
    pub switches: Option<u16>,
    /// Write report.json and report.html into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Print the report as one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Use the region whose API is here; needs --agents, and a region without anything in it
    #[arg(long, value_name = "URL", requires = "agents")]
    pub api: Option<String>,
    /// Where that region's agents connect
    #[arg(long, value_name = "URL", requires = "api")]
    pub agents: Option<String>,
    /// Where a region of its own keeps its store [default: the system's temporary folder]
    #[arg(long, value_name = "DIR", conflicts_with = "api")]
    pub data_dir: Option<PathBuf>,
}

impl Options {
    /// The scenario that they ask for.
    pub fn scenario(&self) -> anyhow::Result<Scenario> {
        let mut scenario = match &self.scenario {
            Some(path) => Scenario::read(path)?,
            None => Scenario::default(),
        };
        scenario.hosts = self.hosts.unwrap_or(scenario.hosts);
        scenario.ports = self.ports.unwrap_or(scenario.ports);
        scenario.vpcs = self.vpcs.unwrap_or(scenario.vpcs);
        scenario.switches.hosts = self.switches.unwrap_or(scenario.switches.hosts);
        if let Some(profile) = self.profile {
            scenario.profile = profile;
            if profile == Profile::Churn && scenario.churn.seconds == 0 {
                scenario.churn.seconds = 30;
            }
        }
        if scenario.profile == Profile::OneLarge {
            scenario.vpcs = 1;
        }
        scenario.validate()?;
        Ok(scenario)
    }
}
