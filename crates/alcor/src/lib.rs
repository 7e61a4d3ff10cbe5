//! The `alcor` command: the region server, the host agent, and the lab of emulated hosts.
//!
//! Everything that does work lives in the crates below this one; here are flags,
//! configuration, logs, what is printed for people, and the scenarios that the demo, the
//! benchmarks and the end-to-end tests play on a lab.

#![allow(
    clippy::print_stdout,
    reason = "a command speaks to its caller on standard output"
)]

mod access;
mod agent;
mod allocator;
mod audit;
mod config;
mod diff;
mod lab;
mod log;
mod nova;
mod provider;
mod scale;
pub mod scenario;
mod server;
mod trace;

pub use alcor_rest as rest;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// A cloud-native control plane for virtual networks.
#[derive(Parser)]
#[command(name = "alcor", version, after_long_help = config::HELP)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Alcor on a host that runs VMs: what `alcor` does there, without the rest.
#[derive(Parser)]
#[command(name = "alcor-host", version, after_long_help = config::HELP)]
struct HostArguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: HostCommand,
}

/// What holds for every command.
#[derive(Args)]
struct Settings {
    /// A TOML file with settings; flags and environment win over it.
    #[arg(long, global = true, env = "ALCOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to log: a level, or directives such as `info,alcor_delivery=debug`.
    #[arg(
        long,
        global = true,
        env = "ALCOR_LOG",
        default_value = "info,fjall=warn,lsm_tree=warn"
    )]
    log: String,
    /// Log as one JSON object a line.
    #[arg(long, global = true, env = "ALCOR_LOG_JSON")]
    log_json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the region: the REST API for tenants, and goal states for agents.
    Server(Box<server::Flags>),
    #[command(flatten)]
    Host(HostCommand),
    /// Check the data of a region that is not running.
    Audit(audit::Flags),
    /// Say what becomes of a packet, hop by hop and why: by intent, then on the switches.
    Trace(Box<trace::Flags>),
    /// Load a region with many emulated agents, and check what they hold.
    Scale(Box<alcor_scale::Options>),
    /// Emulated hosts and VMs on this machine.
    #[command(subcommand)]
    Lab(lab::Command),
}

/// What is run on hosts that run VMs.
#[derive(Subcommand)]
enum HostCommand {
    /// Program this host's Open vSwitch as the region wants it.
    Agent(agent::Flags),
    /// Compare this host's switch with what the region wants there.
    Diff(diff::Flags),
    /// Make this host's switch as the region wants it.
    Repair(diff::Flags),
}

impl Settings {
    fn start_log(&self) -> anyhow::Result<()> {
        log::start(&self.log, self.log_json)
    }

    fn file(&self) -> anyhow::Result<config::File> {
        config::File::read(self.config.as_deref())
    }
}

impl HostCommand {
    /// Before anything is allocated that counts.
    fn prepare(&self) {
        if matches!(self, Self::Agent(_))
            && let Err(error) = allocator::give_back()
        {
            tracing::warn!(%error, "the agent will take more memory than it needs");
        }
    }

    async fn run(self, file: config::File) -> anyhow::Result<()> {
        match self {
            Self::Agent(flags) => agent::run(flags.or(file.agent)).await,
            Self::Diff(flags) => diff::diff(flags).await,
            Self::Repair(flags) => diff::repair(flags).await,
        }
    }
}

/// Tasks that a thread runs before it looks whether requests and agents' words have come. A task may work out a push
/// for a good part of a millisecond, and sixty of them (tokio's usual number) would keep a request unheard for long.
const TASKS_BETWEEN_LOOKS: u32 = 4;

/// The threads that everything runs on.
fn threads() -> std::io::Result<Runtime> {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads
        .event_interval(TASKS_BETWEEN_LOOKS)
        .enable_all()
        .build()
}

/// Reads the command line of `alcor-host` and does what it says.
pub fn run_on_host() -> anyhow::Result<()> {
    let HostArguments { settings, command } = HostArguments::parse();
    settings.start_log()?;
    command.prepare();
    let file = settings.file()?;
    threads()?.block_on(command.run(file))
}

/// Reads the command line and does what it says. The code is that of success, but for
/// `alcor trace`, which says by it what becomes of the packet.
pub fn run() -> anyhow::Result<ExitCode> {
    let Arguments { settings, command } = Arguments::parse();
    settings.start_log()?;
    if let Command::Host(command) = &command {
        command.prepare();
    }
    let file = settings.file()?;
    threads()?.block_on(async {
        match command {
            Command::Server(flags) => Box::pin(server::run(flags.or(file.server))).await,
            Command::Host(command) => command.run(file).await,
            Command::Audit(flags) => audit::run(flags).await,
            Command::Trace(flags) => return Ok(Box::pin(trace::run(&flags)).await),
            Command::Scale(options) => scale::run(*options).await,
            Command::Lab(command) => lab::run(command).await,
        }
        .map(|()| ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::{Arguments, HostArguments};
    use clap::CommandFactory;

    #[test]
    fn no_two_parts_of_the_command_line_share_a_name() {
        Arguments::command().debug_assert();
        HostArguments::command().debug_assert();
    }
}
