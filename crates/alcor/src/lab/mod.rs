//! `alcor lab`: emulated hosts and VMs on this machine, to try things and to test them.

mod demo;
mod show;
mod vm;

use crate::scenario::Scenario;
use alcor_lab::{DEFAULT_BASE, Lab, LabName, Settings};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with a lab.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Boot emulated hosts, a region server, and an agent on each host.
    Up(Up),
    /// Make a port and boot a VM with it.
    Vm(vm::Flags),
    /// Run a command in a VM, a host (h1, h2, ...), or the fabric.
    Exec(Exec),
    /// Show what runs.
    Status(Status),
    /// End everything and remove it.
    Down(Which),
    /// Two networks with overlapping addresses, six VMs on three hosts: who reaches whom.
    Demo(demo::Flags),
}

/// Names a lab.
#[derive(Args, Clone)]
pub(crate) struct Which {
    /// The lab; may be left out when there is just one
    #[arg(long, env = "ALCOR_LAB_NAME")]
    name: Option<LabName>,
    /// The folder that holds labs
    #[arg(long, env = "ALCOR_LAB_BASE", default_value = DEFAULT_BASE)]
    base: PathBuf,
}

impl Which {
    fn name(&self) -> anyhow::Result<LabName> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let mut labs = Lab::list(&self.base)?;
        match labs.len() {
            1 => Ok(labs.remove(0)),
            0 => bail!(
                "there is no lab in {}: make one by 'alcor lab up'",
                self.base.display()
            ),
            _ => {
                let names: Vec<_> = labs.iter().map(ToString::to_string).collect();
                bail!(
                    "there are several labs, choose one by --name: {}",
                    names.join(", ")
                )
            }
        }
    }

    fn open(&self) -> anyhow::Result<Lab> {
        Ok(Lab::open(&self.base, &self.name()?)?)
    }
}

/// How a lab is to be.
#[derive(Args)]
pub(crate) struct Up {
    /// The lab's name: up to 12 lower-case letters and digits [default: a unique one]
    #[arg(long)]
    name: Option<LabName>,
    /// How many hosts
    #[arg(long, default_value_t = 3)]
    hosts: u16,
    /// The folder that holds labs
    #[arg(long, env = "ALCOR_LAB_BASE", default_value = DEFAULT_BASE)]
    base: PathBuf,
}

/// A command in a lab.
#[derive(Args)]
pub(crate) struct Exec {
    #[command(flatten)]
    which: Which,
    /// A VM's name, h1, h2, ..., or fabric
    target: String,
    /// The command and its arguments
    #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// What to show, and how.
#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    which: Which,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(up) => boot(up).await,
        Command::Vm(flags) => vm::run(flags).await,
        Command::Exec(exec) => execute(&exec),
        Command::Status(status) => show::run(&status.which.open()?, status.json),
        Command::Down(which) => down(&which),
        Command::Demo(flags) => demo::run(flags).await,
    }
}

async fn boot(up: Up) -> anyhow::Result<()> {
    let name = up.name.unwrap_or_else(LabName::unique);
    let settings = Settings {
        name,
        base: up.base,
        ..Settings::hosts(up.hosts)
    };
    let scenario = Scenario::up(settings, &std::env::current_exe()?).await?;
    let lab = scenario.keep();
    println!(
        "lab {} is up; its API is at {}",
        lab.name(),
        lab.rest_url()?
    );
    Ok(())
}

/// Replaces nothing of the terminal: the command has our input and output, and its status
/// becomes ours.
fn execute(exec: &Exec) -> anyhow::Result<()> {
    let lab = exec.which.open()?;
    let mut command = lab.command(&exec.target, exec.command.clone())?;
    let status = command
        .status()
        .with_context(|| format!("cannot run {:?}", exec.command))?;
    if status.success() {
        return Ok(());
    }
    std::process::exit(status.code().unwrap_or(1))
}

fn down(which: &Which) -> anyhow::Result<()> {
    let name = which.name()?;
    alcor_lab::down(&which.base, &name)?;
    println!("lab {name} is down");
    Ok(())
}
