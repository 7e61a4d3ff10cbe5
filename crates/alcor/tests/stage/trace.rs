//! `alcor trace` as an operator runs it, with the switches of emulated hosts.

use super::{binary, until};
use alcor::scenario::Scenario;
use anyhow::Context;
use serde_json::{Value, json};

/// Asks with all switches, and has them agree with the intent.
pub(crate) async fn agreed(
    region: &Scenario,
    words: &[&str],
    code: i32,
) -> anyhow::Result<(i32, Value)> {
    let mut last = (9, Value::Null);
    let what = format!("{words:?} is {code}");
    let asked = until(&what, async || {
        last = ask(region, words, &[1, 2, 3]).await?;
        anyhow::Ok(last.0 == code && last.1["asked_all"] == json!(true))
    });
    asked.await.with_context(|| last.1.to_string())?;
    Ok(last)
}

/// The code of `alcor trace`, and what it printed, where the switches of these hosts may be asked.
pub(crate) async fn ask(
    region: &Scenario,
    words: &[&str],
    hosts: &[u16],
) -> anyhow::Result<(i32, Value)> {
    let lab = region.lab();
    let mut question = tokio::process::Command::new(binary());
    question.arg("trace").args(words).arg("--json");
    question.args(["--api", &lab.rest_url()?, "--region", &lab.region_url()?]);
    for host in hosts {
        let control = lab.dir().join(format!("h{host}")).join("vswitchd.ctl");
        let named = format!("{}={}", lab.host_id(*host), control.display());
        question.args(["--unixctl", &named]);
    }
    let answer = question.output().await?;
    let code = answer.status.code().context("ended by a signal")?;
    Ok((
        code,
        serde_json::from_slice(&answer.stdout).unwrap_or_default(),
    ))
}

/// Whether some step of the intent says so.
pub(crate) fn says(found: &Value, text: &str) -> bool {
    let steps = found["intent"]["steps"].as_array();
    let mut steps = steps.into_iter().flatten();
    steps.any(|step| step["text"].to_string().contains(text))
}
