//! The chores of this repository, the same by hand and in CI:
//!
//! * `cargo xtask demo` sets everything up and shows the main job: ports created over REST
//!   become VMs that reach each other across emulated hosts.
//! * `cargo xtask test` sets everything up and passes all checks and tests.
//! * `cargo xtask fuzz` walks the API by its OpenAPI document, looking for wrong answers.
//! * `cargo xtask bench` prints the figures of `docs/performance.md`.
//! * `cargo xtask scale` loads a region with many emulated agents and checks what they hold.
//! * `cargo xtask conformance` runs OpenStack's network tests beside a real Keystone.
//! * `cargo xtask nova` boots a server on a real Nova whose network endpoint is the region.
//!
//! What a machine lacks is installed by its package manager, and said once.

#![allow(
    clippy::print_stdout,
    reason = "a chore speaks to its caller on standard output"
)]

mod bench;
mod conformance;
mod demo;
mod packages;
mod run;
mod scale;
mod test;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Set up, build, and show the main job; exits 0 only if every expected pair of VMs
    /// answers and every forbidden pair does not.
    Demo(demo::Options),
    /// Set up, then check formatting, lints and licences, and run all tests.
    Test(test::Options),
    /// Set up, build with optimisation, and print benchmark tables.
    Bench(bench::Options),
    /// Build with optimisation, and load a region with many emulated agents; exits 0 only if every
    /// host holds exactly what intent says.
    Scale(scale::Options),
    /// Set up, build, and run OpenStack's network tests (Tempest) against the region with a real
    /// Keystone; exits 0 only if all that Neutron passes passes.
    Conformance(conformance::Options),
    /// Set up, build, and walk the whole API by its OpenAPI document with right and wrong requests
    /// (Schemathesis); exits 0 only if no answer was wrong.
    Fuzz(conformance::fuzz::Options),
    /// Set up, build, and boot a server on a real Nova whose network endpoint is the region;
    /// exits 0 only if Nova got all that it asked for and heard of all that happened.
    Nova(conformance::nova::Options),
    /// Install what the other chores need, and stop.
    Setup,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Demo(options) => demo::run(&options),
        Chore::Test(options) => test::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Scale(options) => scale::run(&options),
        Chore::Conformance(options) => conformance::run(&options),
        Chore::Fuzz(options) => conformance::fuzz::run(&options),
        Chore::Nova(options) => conformance::nova::run(&options),
        Chore::Setup => packages::ensure(),
    }
}
