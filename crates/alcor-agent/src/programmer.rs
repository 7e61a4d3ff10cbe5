//! Carries out one job on the switch: atomic bundles, and who is to blame when one fails.

use crate::engine::{Job, JobResult, Refused};
use crate::metering;
use alcor_openflow::{BundleItem, Client, CommitError, Flow, FlowMod, RequestError};
use alcor_pipeline::{FlowChanges, Installed};

/// Changes in one bundle. A bundle is applied at once, and the switch does nothing else
/// meanwhile; a copy of it is kept until the switch has confirmed it.
const PER_BUNDLE: usize = 2_000;

/// Refused changes that are looked for one by one; with more the switch is no switch of ours.
const MAX_REFUSED: usize = 100;

/// Does all of it, except for what the switch refuses. What is added comes before what is
/// deleted, so that a packet never finds less than before; meters come before the flows that go
/// through them, and go after them.
pub(crate) async fn program(client: Client, job: Job) -> JobResult {
    if let Err(error) = flush(&client, &job.flushes.before).await {
        return lost(&error);
    }
    let refused = match change(&client, job.changes).await {
        Ok(refused) => refused,
        Err(error) => return lost(&error),
    };
    match flush(&client, &job.flushes.after).await {
        Ok(()) => JobResult::Done(refused),
        Err(error) => lost(&error),
    }
}

fn lost(error: &dyn std::error::Error) -> JobResult {
    tracing::warn!(%error, "flows not programmed");
    JobResult::Lost
}

/// Forgets the connections of these zones.
async fn flush(client: &Client, zones: &[u16]) -> Result<(), RequestError> {
    for zone in zones {
        client.flush_zone(*zone).await?;
    }
    Ok(())
}

async fn change(client: &Client, changes: FlowChanges) -> Result<Vec<Refused>, CommitError> {
    let meters = changes.meters;
    metering::put(client, &meters.put).await?;
    let refused = change_flows(client, changes.add, changes.delete).await?;
    metering::delete(client, &meters.delete).await?;
    Ok(refused)
}

async fn change_flows(
    client: &Client,
    add: Vec<Flow>,
    delete: Vec<Installed>,
) -> Result<Vec<Refused>, CommitError> {
    let adds = add.into_iter().map(FlowMod::add);
    let deletes = delete
        .into_iter()
        .map(|flow| FlowMod::delete_strict(flow.key));
    let mut changes = adds.chain(deletes).peekable();
    let mut refused = Vec::new();
    while changes.peek().is_some() {
        let bundle: Vec<_> = changes
            .by_ref()
            .take(PER_BUNDLE)
            .map(BundleItem::Flow)
            .collect();
        refused.extend(commit(client, bundle).await?);
    }
    Ok(refused)
}

/// Commits what the switch accepts of a bundle, and returns the rest.
async fn commit(client: &Client, mut bundle: Vec<BundleItem>) -> Result<Vec<Refused>, CommitError> {
    let mut refused = Vec::new();
    loop {
        let (index, reason) = match client.commit(bundle.clone()).await {
            Ok(()) => return Ok(refused),
            Err(CommitError::Item { index, error }) if refused.len() < MAX_REFUSED => {
                (index, error.to_string())
            }
            Err(CommitError::Encode { index, error }) if refused.len() < MAX_REFUSED => {
                (index, error.to_string())
            }
            Err(error) => return Err(error),
        };
        if let BundleItem::Flow(change) = bundle.remove(index) {
            refused.push(Refused {
                flow: change.flow,
                reason,
            });
        }
    }
}
