//! `cargo xtask bench`: the figures of `docs/performance.md`.

use crate::{packages, run};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// A benchmark; each prints a table with the machine's load.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// REST: creates, bulks, shows and lists on a durable store.
    Api,
    /// From POST to ACTIVE and to the first ping, beside many ports.
    Intent,
    /// From a rule or a router's interface to packets that follow it, beside many ports.
    Change,
    /// First packets, new connections, and what a port costs.
    Datapath,
    /// What a running ping loses when something moves or fails.
    Failover,
    /// One agent and its switch taking many neighbours.
    Agent,
    /// DHCP transactions of the responder.
    Dhcp,
    /// The compiler in memory: look-ups, ports that join, a large network brought up.
    Compiler,
    /// The same scenario on OVN or Neutron and on us, in turn; needs `--kit` or `--api-kit`, and takes
    /// an hour.
    Peers,
}

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Only these; all when none is named
    #[arg(value_enum)]
    names: Vec<Name>,
    /// Write the figures as JSON to this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fewer and smaller rounds: to see that it works, not to quote
    #[arg(long)]
    quick: bool,
    /// Emulated hosts of the intent, change and datapath benchmarks
    #[arg(long, default_value_t = 3)]
    hosts: u16,
    /// The folder of the kit that measures the peer: its `run.sh` emulates hosts, measures OVN on
    /// them, and puts other control planes through the same by JSON lines
    #[arg(long, value_name = "DIR")]
    kit: Option<PathBuf>,
    /// The folder of the kit that measures Neutron's API: `neutron_peer/start.sh` and `stop.sh`,
    /// `neutron_load/run.sh`, `keystone/stop.sh`
    #[arg(long, value_name = "DIR")]
    api_kit: Option<PathBuf>,
    /// Ports of the largest table that the api benchmark reads
    #[arg(long, default_value_t = 100_000)]
    ports: u64,
}

impl Options {
    /// The words for the benchmark itself.
    fn arguments(&self) -> Vec<String> {
        let names = self.names.iter().filter_map(ValueEnum::to_possible_value);
        let mut words: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
        words.push(format!("--hosts={}", self.hosts));
        words.push(format!("--ports={}", self.ports));
        if let Some(file) = &self.json {
            words.push(format!("--json={}", absolute(file).display()));
        }
        let kits = [("kit", &self.kit), ("api-kit", &self.api_kit)];
        for (name, kit) in kits {
            let folder = kit.iter().map(|kit| absolute(kit));
            words.extend(folder.map(|folder| format!("--{name}={}", folder.display())));
        }
        if self.quick {
            words.push("--quick".to_owned());
        }
        words
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::ensure()?;
    packages::need_root()?;
    let target = ["bench", "--locked", "--package", "alcor", "--bench"];
    let mut bench = run::cargo();
    bench.args(target).args(["figures", "--"]);
    run::show(bench.args(options.arguments()))
}

/// Benchmarks run in their package's folder; a caller means a file beside himself.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
