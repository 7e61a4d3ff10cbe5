//! `alcor diff` and `alcor repair`, as an operator runs them.

use super::binary;
use alcor::scenario::Scenario;
use anyhow::Context;
use serde_json::Value;

/// Whether the command was content with the first host, and what it printed.
pub(crate) async fn look(region: &Scenario, verb: &str) -> anyhow::Result<(bool, Value)> {
    let host = region.lab().host_id(1);
    let answer = question(region, verb, &host)?.output().await?;
    let text = String::from_utf8_lossy(&answer.stderr).into_owned();
    let found = serde_json::from_slice(&answer.stdout).context(text)?;
    Ok((answer.status.success(), found))
}

/// The command, for a host.
pub(crate) fn question(
    region: &Scenario,
    verb: &str,
    host: &str,
) -> anyhow::Result<tokio::process::Command> {
    let lab = region.lab();
    let mut question = tokio::process::Command::new(binary());
    question
        .args([verb, host, "--json"])
        .args(["--region", &lab.region_url()?])
        .args(["--ovsdb", &lab.ovsdb(1)]);
    Ok(question)
}
