//! What Nova says of the events that the region sends: its API logs each one that comes.

use super::super::process;
use anyhow::bail;
use std::time::Duration;

/// Looks for an event, before it is taken for lost.
const LOOKS: u32 = 600;

/// Waits until Nova has taken the event; with `count`, that many of them.
pub(super) async fn taken(name: &str, port: &str, count: usize) -> anyhow::Result<()> {
    let text = format!("Creating event {name}:{port} ");
    wait(&[text], count, name).await
}

/// Waits until the event has come, also where its server has gone before it.
pub(super) async fn came(name: &str, port: &str) -> anyhow::Result<()> {
    let words = ["Creating", "Dropping"];
    let texts = words.map(|word| format!("{word} event {name}:{port} "));
    wait(&texts, 1, name).await
}

async fn wait(texts: &[String], count: usize, name: &str) -> anyhow::Result<()> {
    let log = process::log("nova-api")?;
    for _ in 0..LOOKS {
        let said = tokio::fs::read(&log).await?;
        let said = String::from_utf8_lossy(&said);
        let seen = texts.iter().map(|text| said.matches(text.as_str()).count());
        if seen.sum::<usize>() >= count {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("Nova has not heard {name}: see {}", log.display())
}
