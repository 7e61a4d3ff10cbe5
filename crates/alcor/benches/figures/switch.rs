//! What a host's switch says of itself.

use alcor_lab::{Lab, Role};
use anyhow::{Context, bail};
use std::time::{Duration, Instant};

/// How often a switch is asked while something is awaited: asking costs it, too.
const LOOK: Duration = Duration::from_millis(20);

/// How many flows `br-int` of a host holds.
pub(crate) async fn flows(lab: &Lab, host: u16) -> anyhow::Result<u64> {
    Ok(lab.flow_count(host).await?)
}

/// Waits until a host's switch holds at least so many flows.
pub(crate) async fn await_flows(
    lab: &Lab,
    host: u16,
    count: u64,
    deadline: Duration,
) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        // A switch that is about to start does not answer yet.
        let seen = flows(lab, host).await.unwrap_or(0);
        if seen >= count {
            return Ok(());
        }
        if began.elapsed() > deadline {
            bail!("{seen} of {count} flows on host {host} after {deadline:?}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The process ids of these roles.
pub(crate) fn pids(lab: &Lab, roles: impl IntoIterator<Item = Role>) -> anyhow::Result<Vec<i32>> {
    let pid = |role| {
        let pid = lab.pid(role)?;
        pid.with_context(|| format!("{role} does not run"))
    };
    roles.into_iter().map(pid).collect()
}
