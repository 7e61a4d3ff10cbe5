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
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A cloud-native control plane for virtual networks.
#[derive(Parser)]
#[command(name = "alcor", version, after_long_help = config::HELP)]
struct Arguments {
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
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the region: the REST API for tenants, and goal states for agents.
    Server(Box<server::Flags>),
    /// Program this host's Open vSwitch as the region wants it.
    Agent(agent::Flags),
    /// Check the data of a region that is not running.
    Audit(audit::Flags),
    /// Compare this host's switch with what the region wants there.
    Diff(diff::Flags),
    /// Make this host's switch as the region wants it.
    Repair(diff::Flags),
    /// Say what becomes of a packet, hop by hop and why: by intent, then on the switches.
    Trace(Box<trace::Flags>),
    /// Load a region with many emulated agents, and check what they hold.
    Scale(Box<alcor_scale::Options>),
    /// Emulated hosts and VMs on this machine.
    #[command(subcommand)]
    Lab(lab::Command),
}

/// Reads the command line and does what it says. The code is that of success, but for
/// `alcor trace`, which says by it what becomes of the packet.
pub fn run() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    log::start(&arguments.log, arguments.log_json)?;
    if matches!(arguments.command, Command::Agent(_))
        && let Err(error) = allocator::give_back()
    {
        tracing::warn!(%error, "the agent will take more memory than it needs");
    }
    let file = config::File::read(arguments.config.as_deref())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Server(flags) => Box::pin(server::run(flags.or(file.server))).await,
            Command::Agent(flags) => agent::run(flags.or(file.agent)).await,
            Command::Audit(flags) => audit::run(flags).await,
            Command::Diff(flags) => diff::diff(flags).await,
            Command::Repair(flags) => diff::repair(flags).await,
            Command::Trace(flags) => return Ok(Box::pin(trace::run(&flags)).await),
            Command::Scale(options) => scale::run(*options).await,
            Command::Lab(command) => lab::run(command).await,
        }
        .map(|()| ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn no_two_parts_of_the_command_line_share_a_name() {
        Arguments::command().debug_assert();
    }
}
