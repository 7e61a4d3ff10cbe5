//! `cargo xtask demo`: the main job on real parts.

use crate::{packages, run};
use clap::Args;
use std::process::Command;

/// How to show it.
#[derive(Args)]
pub(crate) struct Options {
    /// Leave everything running, and print how to play with it.
    #[arg(long)]
    keep: bool,
    /// Print the result as JSON instead of tables.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::ensure()?;
    packages::need_root()?;
    run::show(run::cargo().args(["build", "--locked", "--release", "--package", "alcor"]))?;
    let mut demo = Command::new(run::target().join("release/alcor"));
    demo.args(["lab", "demo"]);
    if options.keep {
        demo.arg("--keep");
    }
    if options.json {
        demo.arg("--json");
    }
    run::show(&mut demo)
}
