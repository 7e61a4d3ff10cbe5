//! Frames that guests should not send, and who hears them.

use super::run;
use alcor_lab::Lab;
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/frames.py");

/// Sends frames, whose text `stage/frames.py` explains.
pub(crate) async fn send(lab: &Lab, vm: &str, frames: &[String]) -> anyhow::Result<()> {
    run(
        lab,
        vm,
        &format!("python3 {SCRIPT} send {}", frames.join(" ")),
    )
    .await?;
    Ok(())
}

/// The labels of those frames that another VM hears: the expected ones, at least, and whatever
/// comes before a last one, which is sent by itself because a switch may change the order of frames
/// that come together. So nobody needs to wait for those that must not come.
pub(crate) async fn heard(
    lab: &Lab,
    (from, to): (&str, &str),
    (frames, last): (&[String], String),
    expected: &[&str],
) -> anyhow::Result<BTreeSet<String>> {
    let end = last.split_once(':').context("no label")?.0.to_owned();
    let mut ear = Ear::open(lab, to, &[expected, &[&end]].concat())?;
    send(lab, from, frames).await?;
    send(lab, from, &[last]).await?;
    let labels = tokio::task::spawn_blocking(move || ear.labels()).await?;
    let mut labels = labels.with_context(|| format!("{to} waits for {expected:?} and {end}"))?;
    labels.remove(&end);
    Ok(labels)
}

struct Ear {
    child: Child,
    from: BufReader<ChildStdout>,
}

impl Ear {
    fn open(lab: &Lab, vm: &str, wanted: &[&str]) -> anyhow::Result<Self> {
        // Ends by itself, should nobody be left to end it.
        let words = ["timeout", "30", "python3", SCRIPT, "hear"];
        let mut command = lab.command(vm, words.iter().chain(wanted).copied())?;
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let from = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut ear = Self { child, from };
        match ear.line()?.as_str() {
            "ready" => Ok(ear),
            other => bail!("{vm} does not listen: {other}"),
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn labels(&mut self) -> anyhow::Result<BTreeSet<String>> {
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("no labels: {line}"))
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}
