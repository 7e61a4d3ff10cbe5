//! `cargo xtask test`: everything that must hold before a change lands.

use crate::{packages, run};
use clap::Args;

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Only unit and integration tests of this crate (repeatable); no checks.
    #[arg(long, short)]
    package: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::ensure()?;
    packages::need_root()?;
    if options.package.is_empty() {
        check()?;
    }
    let mut nextest = run::cargo();
    nextest.args(["nextest", "run", "--locked"]);
    if options.package.is_empty() {
        nextest.arg("--workspace");
    }
    for package in &options.package {
        nextest.args(["--package", package]);
    }
    run::show(&mut nextest)
}

/// Formatting, lints, documentation, licences.
fn check() -> anyhow::Result<()> {
    run::show(run::cargo().args(["fmt", "--all", "--check"]))?;
    // Licences are read from the sources of every dependency, also of those that this platform
    // does not build; a fresh machine has none of them yet.
    run::show(run::cargo().args(["fetch", "--locked"]))?;
    // Advisories need a database from the network; a machine without it checks the rest.
    run::show(run::cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    run::show(run::cargo().args([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}
