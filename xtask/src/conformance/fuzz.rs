//! `cargo xtask fuzz`: Schemathesis walks the whole API by its own OpenAPI document, with right
//! and with wrong requests, and looks for server errors, statuses that the document does not
//! name, and answers of another shape than it says.

use super::process::Process;
use super::python::Python;
use super::{free_port, in_folder};
use crate::{packages, run};
use anyhow::bail;
use clap::Args;
use std::path::Path;
use std::process::Command;

/// The pinned versions.
const REQUIREMENTS: &str = include_str!("../../conformance/fuzz.txt");

/// What an answer must not be.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";

/// How much.
#[derive(Args)]
pub(crate) struct Options {
    /// Requests for each operation, in each phase
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    examples: u32,
    /// Where the random numbers begin; the same seed asks the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds after which no new request is thought of
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    seconds: u32,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    packages::ensure_python_venv()?;
    run::show(run::cargo().args(["build", "--locked", "--package", "alcor"]))?;
    in_folder(async |folder| walk(options, folder).await)
}

async fn walk(options: &Options, folder: &Path) -> anyhow::Result<()> {
    let python = Python::ensure_of("fuzz", REQUIREMENTS).await?;
    let (api, agents) = (free_port()?, free_port()?);
    let mut server = Command::new(run::target().join("debug/alcor"));
    server
        .args(["server", "--auth=none"])
        .arg(format!("--listen=127.0.0.1:{api}"))
        .arg(format!("--agent-listen=127.0.0.1:{agents}"))
        .arg("--data-dir")
        .arg(folder.join("region"));
    let mut region = Process::start("fuzzed-region", &mut server)?;
    let mut fuzzer = python.program("schemathesis");
    fuzzer
        .arg("run")
        .arg(format!("http://127.0.0.1:{api}/openapi.json"))
        .args(["--wait-for-schema", "30", "--continue-on-failure"])
        .args(["--checks", CHECKS, "--no-shrink", "--warnings", "off"])
        .args(["--max-examples", &options.examples.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .args(["--max-time", &options.seconds.to_string()])
        .current_dir(folder);
    let status = tokio::task::spawn_blocking(move || fuzzer.status()).await??;
    region.check()?;
    if status.success() {
        return Ok(());
    }
    bail!("Schemathesis found failures ({status})")
}
