//! Frames that guests should not send, and who hears them.

use super::{LONG, run};
use alcor_lab::Lab;
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/frames.py");

/// Sends frames, whose text `stage/frames.py` explains.
pub(crate) async fn send(lab: &Lab, vm: &str, frames: &[String]) -> anyhow::Result<()> {
    run(lab, vm, &format!("python3 {SCRIPT} send {}", frames.join(" "))).await?;
    Ok(())
}

/// The labels of those frames that another VM hears. The last one must be heard: frames do not
/// overtake each other, so that nobody needs to wait for those that must not come.
pub(crate) async fn heard(
    lab: &Lab,
    (from, to): (&str, &str),
    frames: &[String],
) -> anyhow::Result<BTreeSet<String>> {
    let last = frames.last().and_then(|frame| frame.split_once(':'));
    let (last, _) = last.context("no frames")?;
    let mut ear = Ear::open(lab, to, last)?;
    send(lab, from, frames).await?;
    let labels = tokio::time::timeout(LONG, tokio::task::spawn_blocking(move || ear.labels()));
    let labels = labels.await.with_context(|| format!("{to} never hears {last}"))?;
    labels?
}

struct Ear {
    child: Child,
    from: BufReader<ChildStdout>,
}

impl Ear {
    fn open(lab: &Lab, vm: &str, last: &str) -> anyhow::Result<Self> {
        // Ends by itself, should nobody be left to end it.
        let mut command = lab.command(vm, ["timeout", "70", "python3", SCRIPT, "hear", last])?;
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
