//! The figures of `docs/performance.md`: what the region, the agent and the switch cost and
//! how long they take, measured from outside on real processes.
//!
//! `cargo bench --package alcor --bench figures -- api` runs one of them and prints a table;
//! `--json FILE` writes the same for machines. These are benchmarks, not tests: they judge
//! nothing but by the goals printed beside each figure, and a missed goal is no failure.
//! Everything they start lives on the loopback and in namespaces of its own, and ends with
//! them.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measuring program prints, and counts of things measured fit a float"
)]

mod agent;
mod api;
mod change;
mod compiler;
mod datapath;
mod dhcp;
mod failover;
mod frame;
mod intent;
mod load;
mod machine;
mod meter;
mod peers;
mod region;
mod report;
mod samples;
#[path = "../../tests/stage/mod.rs"]
mod stage;
mod stub;
mod switch;
mod wire;

use anyhow::bail;
use clap::{Parser, ValueEnum};
use peers::Kits;
use report::Report;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// One benchmark.
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
    /// The same scenario on OVN or Neutron and on us; needs `--kit` or `--api-kit`.
    Peers,
}

/// Measures, and prints a table.
#[derive(Parser)]
#[command(name = "figures")]
struct Arguments {
    /// What to measure; everything when nothing is named
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
    /// Ports of the largest table that the api benchmark reads
    #[arg(long, default_value_t = 100_000)]
    ports: u64,
    /// The folder of the kit that measures OVN (`peers`)
    #[arg(long, value_name = "DIR")]
    kit: Option<PathBuf>,
    /// The folder of the kit that measures Neutron's API (`peers`)
    #[arg(long, value_name = "DIR")]
    api_kit: Option<PathBuf>,
    /// Speak the kit's protocol: the kit starts us so
    #[arg(long, hide = true)]
    plane: bool,
    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
    /// What test runners ask of every target: there are no tests here
    #[arg(long, hide = true)]
    list: bool,
    /// What test runners pass with `--list`
    #[arg(long, hide = true, value_name = "FORMAT")]
    format: Option<String>,
    /// What test runners pass with `--list`
    #[arg(long, hide = true)]
    ignored: bool,
}

/// How large the rounds are.
#[derive(Clone, Copy, Debug)]
struct Scale {
    quick: bool,
    hosts: u16,
    ports: u64,
}

impl Scale {
    /// The full size, or the small one of `--quick`.
    fn pick<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.list || !arguments.bench {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // What is given up is dropped, and takes its processes and namespaces with it.
        tokio::select! {
            spoken = peers::speak(), if arguments.plane => spoken,
            measured = measure(&arguments), if !arguments.plane => measured,
            _ = terminate.recv() => bail!("stopped by SIGTERM"),
            _ = interrupt.recv() => bail!("stopped by SIGINT"),
        }
    })
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let scale = Scale {
        quick: arguments.quick,
        hosts: arguments.hosts,
        ports: arguments.ports,
    };
    let all = Name::value_variants();
    // The peer is measured where it is asked for: not everybody has its kit.
    let chosen = |name: &Name| {
        let unasked = arguments.names.is_empty() && *name != Name::Peers;
        unasked || arguments.names.contains(name)
    };
    let mut reports = Vec::new();
    for name in all.iter().copied().filter(chosen) {
        let kits = Kits {
            hosts: arguments.kit.as_deref(),
            api: arguments.api_kit.as_deref(),
        };
        let report = run(name, scale, kits).await?;
        println!("{report}");
        reports.push(report);
        // Written after every one, so that a later one that fails costs nothing.
        if let Some(path) = &arguments.json {
            std::fs::write(path, serde_json::to_vec_pretty(&reports)?)?;
        }
    }
    Ok(())
}

async fn run(name: Name, scale: Scale, kits: Kits<'_>) -> anyhow::Result<Report> {
    let mut report = Report::begin(match name {
        Name::Api => "api",
        Name::Intent => "intent",
        Name::Change => "change",
        Name::Datapath => "datapath",
        Name::Failover => "failover",
        Name::Agent => "agent",
        Name::Dhcp => "dhcp",
        Name::Compiler => "compiler",
        Name::Peers => "peers",
    });
    match name {
        Name::Api => api::run(scale, &mut report).await?,
        Name::Intent => intent::run(scale, &mut report).await?,
        Name::Change => change::run(scale, &mut report).await?,
        Name::Datapath => datapath::run(scale, &mut report).await?,
        Name::Failover => failover::run(scale, &mut report).await?,
        Name::Agent => agent::run(scale, &mut report).await?,
        Name::Dhcp => dhcp::run(scale, &mut report)?,
        Name::Compiler => compiler::run(scale, &mut report)?,
        Name::Peers => peers::run(scale, kits, &mut report).await?,
    }
    report.end();
    Ok(report)
}
