//! Waiting until nothing is under way any more.

use crate::fleet::Fleet;
use anyhow::bail;
use std::time::{Duration, Instant};

/// Without a push for so long, nothing is under way.
const QUIET: Duration = Duration::from_millis(1_500);
const LOOK: Duration = Duration::from_millis(20);

/// Waits until all hosts are connected and complete, `ports` ports are verified, and no push has
/// come for a while. Returns when the last one came.
pub(crate) async fn quiet(
    fleet: &Fleet,
    ports: i64,
    patience: Duration,
) -> anyhow::Result<Instant> {
    let began = Instant::now();
    let (mut last, mut pushes) = (Instant::now(), 0);
    loop {
        let seen = fleet.seen();
        let moved = Instant::now();
        if seen.pushes != pushes {
            (pushes, last) = (seen.pushes, moved);
        }
        let whole = seen.ports == ports && usize::try_from(seen.complete) == Ok(fleet.len());
        if whole && last.elapsed() > QUIET {
            return Ok(last);
        }
        if began.elapsed() > patience {
            bail!(
                "after {} s: {} of {} hosts are complete, {} of {ports} ports verified",
                patience.as_secs(),
                seen.complete,
                fleet.len(),
                seen.ports,
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until all hosts are connected and complete.
pub(crate) async fn complete(fleet: &Fleet, patience: Duration) -> anyhow::Result<Instant> {
    let began = Instant::now();
    while usize::try_from(fleet.seen().complete) != Ok(fleet.len()) {
        if began.elapsed() > patience {
            let complete = fleet.seen().complete;
            bail!(
                "after {patience:?}: {complete} of {} hosts are complete",
                fleet.len()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(Instant::now())
}
