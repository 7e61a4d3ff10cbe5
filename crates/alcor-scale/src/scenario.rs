//! What a run is made of: sizes, profile, and what is done to the region.

mod switches;

pub(crate) use switches::Switches;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How ports are spread over networks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// One network has all ports. Where the region takes it for a large one, hosts ask for neighbours.
    OneLarge,
    /// All networks have the same number of ports.
    ManySmall,
    /// The n-th network has one n-th of the first one's ports.
    Mixed,
    /// As many-small, and then ports come and go one by one.
    Churn,
}

/// A run, as a scenario file has it. Every setting may be left out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Its name in the report.
    pub name: String,
    /// Emulated hosts.
    pub hosts: u32,
    /// Ports of all networks together.
    pub ports: u32,
    /// Networks; each is of a project of its own.
    pub vpcs: u32,
    /// How ports are spread over networks.
    pub profile: Profile,
    /// Ports of one network on one host; 1 is the widest spread, and the most work.
    pub pack: u32,
    /// Whether ports are in their projects' default security groups.
    pub security_groups: bool,
    /// Networks of more ports are large: hosts ask for neighbours there. A region that runs already must
    /// have been told the same.
    pub on_demand_above: u32,
    /// Ports in one call.
    pub bulk: u32,
    /// Calls under way at once.
    pub concurrency: u32,
    /// Sessions that share an HTTP/2 connection; real agents share none.
    pub sessions_per_connection: u32,
    /// Sessions opened in a second.
    pub connects_per_second: u32,
    /// Of all that is random.
    pub seed: u64,
    /// What emulated agents are like.
    pub agent: AgentLike,
    /// Ports that come and go.
    pub churn: Churn,
    /// Neighbours that hosts of the first network ask for, where it is a large one.
    pub lookups: Lookups,
    /// What is restarted.
    pub restart: Restart,
    /// One tenant that makes many ports while another makes few.
    pub fairness: Fairness,
    /// Real hosts among the emulated ones.
    pub switches: Switches,
    /// What is checked at the end.
    pub check: Check,
}

/// What emulated agents are like.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AgentLike {
    /// The longest time that a switch takes for a push, in milliseconds; half of it at least.
    pub delay_ms: u32,
    /// The part of pushes, 0 to 1, at which the session is lost before they are taken in.
    pub loss: f64,
}

/// Ports that come and go one by one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Churn {
    /// For how long; 0 for not at all.
    pub seconds: u32,
    /// Pairs of a create and a delete asked for in a second.
    pub rate: u32,
}

/// Neighbours that are asked for one by one, by hosts in no order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lookups {
    /// For how long; 0 for not at all.
    pub seconds: u32,
    /// Look-ups asked for in a second.
    pub rate: u32,
}

/// What is restarted, after all ports are there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Restart {
    /// Agents that forget everything, one after the other.
    pub agents: u32,
    /// Whether the region is killed and started again.
    pub region: bool,
}

/// One tenant that makes many ports while another makes few.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fairness {
    /// Ports of the busy tenant; 0 for not at all.
    pub ports: u32,
    /// Ports of the other one, alone and beside the busy one.
    pub probes: u32,
}

/// What is checked at the end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// Random pairs of ports.
    pub pairs: u32,
    /// Random hosts, of which every goal is compared.
    pub hosts: u32,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "scale".to_owned(),
            hosts: 1_000,
            ports: 10_000,
            vpcs: 100,
            profile: Profile::ManySmall,
            pack: 1,
            security_groups: true,
            on_demand_above: 1_000,
            bulk: 500,
            concurrency: 4,
            sessions_per_connection: 100,
            connects_per_second: 2_000,
            seed: 1,
            agent: AgentLike::default(),
            churn: Churn::default(),
            lookups: Lookups::default(),
            restart: Restart::default(),
            fairness: Fairness::default(),
            switches: Switches::default(),
            check: Check::default(),
        }
    }
}

impl Default for Churn {
    fn default() -> Self {
        Self {
            seconds: 0,
            rate: 100,
        }
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            seconds: 0,
            rate: 500,
        }
    }
}

impl Default for Fairness {
    fn default() -> Self {
        Self {
            ports: 0,
            probes: 200,
        }
    }
}

impl Default for Check {
    fn default() -> Self {
        Self {
            pairs: 1_000,
            hosts: 1_000,
        }
    }
}

impl Scenario {
    /// Reads a scenario file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the scenario {shown}"))?;
        toml::from_str(&text).with_context(|| format!("in the scenario {shown}"))
    }

    /// Says what to change in a scenario that cannot be run.
    pub fn validate(&self) -> anyhow::Result<()> {
        let few = |value: u32, name: &str| {
            ensure!(value > 0, "{name} must be at least 1");
            Ok(())
        };
        few(self.hosts, "hosts")?;
        few(self.vpcs, "vpcs")?;
        few(self.pack, "pack")?;
        few(self.concurrency, "concurrency")?;
        few(self.connects_per_second, "connects-per-second")?;
        few(self.churn.rate, "churn.rate")?;
        few(self.lookups.rate, "lookups.rate")?;
        ensure!(
            self.ports >= self.vpcs,
            "ports: {} are fewer than the {} vpcs",
            self.ports,
            self.vpcs
        );
        ensure!(self.hosts <= 1 << 21, "hosts: at most {}", 1 << 21);
        let bulk = 1..=10_000;
        ensure!(
            bulk.contains(&self.bulk),
            "bulk: 1 to 10000 ports in a call"
        );
        // HTTP/2 servers allow 200 streams a connection unless told otherwise.
        let shared = 1..=200;
        ensure!(
            shared.contains(&self.sessions_per_connection),
            "sessions-per-connection: 1 to 200"
        );
        let part = 0.0..1.0;
        ensure!(part.contains(&self.agent.loss), "agent.loss: 0 to below 1");
        self.switches.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_we_ship_can_be_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
        assert!(files.len() >= 6);
        for file in files {
            Scenario::read(&file.unwrap().path())
                .unwrap()
                .validate()
                .unwrap();
        }
    }

    #[test]
    fn a_wrong_scenario_says_what_to_change() {
        assert!(toml::from_str::<Scenario>("host = 3").is_err());
        let wrong: Scenario = toml::from_str("ports = 1\nvpcs = 2").unwrap();
        assert!(wrong.validate().unwrap_err().to_string().contains("ports"));
    }
}
