//! `cargo xtask scale`: `alcor scale`, built with optimisation.

use crate::run;
use clap::Args;

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Words for `alcor scale`, such as --hosts 1000; `alcor scale --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let target = [
        "run",
        "--locked",
        "--release",
        "--package",
        "alcor",
        "--",
        "scale",
    ];
    run::show(run::cargo().args(target).args(&options.words))
}
