//! `cargo xtask nova`: a server on a real Nova whose network endpoint is the region.
//!
//! Keystone, Placement and Nova are real and speak to each other through RabbitMQ and MariaDB.
//! Nova's compute service fakes the guest, and plugs its interfaces into the Open vSwitch of a
//! host with a real agent; so ports become ACTIVE, and Nova hears of it, as with real guests. The
//! image service alone is a stand-in: nobody reads the image.

mod broker;
mod cloud;
mod compute;
mod config;
mod events;
mod scenario;
mod steps;

use super::python::Python;
use super::{PROGRAMS, in_folder};
use crate::{packages, run};
use clap::Args;
use cloud::Cloud;
use scenario::Scenario;
use std::path::Path;
use steps::Steps;

/// The pinned versions.
const REQUIREMENTS: &str = include_str!("../../nova/requirements.txt");

/// What the machine must have beyond what conformance takes.
const BROKER: &[(&str, &str)] = &[
    ("rabbitmq-server", "rabbitmq-server"),
    ("epmd", "erlang-base"),
];

/// What to leave.
#[derive(Args)]
pub(crate) struct Options {
    /// When all is done, leave Nova and the region running until Ctrl-C
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::need_root()?;
    packages::ensure_programs(PROGRAMS)?;
    packages::ensure_programs(BROKER)?;
    packages::ensure_python_venv()?;
    run::show(run::cargo().args(["build", "--locked", "--package", "alcor"]))?;
    in_folder(async |folder| play(options, folder).await)
}

async fn play(options: &Options, folder: &Path) -> anyhow::Result<()> {
    let python = Python::ensure_of("nova", REQUIREMENTS).await?;
    println!(
        "starting Keystone, Placement, RabbitMQ, Nova, the region and a host (a minute or two)"
    );
    let mut steps = Steps::default();
    let mut cloud = None;
    let played = all(&python, folder, &mut steps, &mut cloud).await;
    println!("{}", steps.table());
    if let (true, Some(cloud)) = (options.keep, &cloud) {
        hold(cloud).await?;
    }
    played
}

async fn all(
    python: &Python,
    folder: &Path,
    steps: &mut Steps,
    cloud: &mut Option<Cloud>,
) -> anyhow::Result<()> {
    let cloud = cloud.insert(Cloud::start(python, folder, steps).await?);
    let scenario = Scenario::prepare(cloud).await?;
    scenario.play(steps).await
}

async fn hold(cloud: &Cloud) -> anyhow::Result<()> {
    println!(
        "Keystone: {} (admin, password {}, project admin); Ctrl-C ends all",
        cloud.keystone().url(),
        super::keystone::PASSWORD,
    );
    std::future::pending().await
}
