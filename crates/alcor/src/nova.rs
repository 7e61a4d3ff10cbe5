//! Telling Nova of its servers' ports, where the region is told to.

use alcor_notifier::{Notifier, Settings, Unchecked};
use alcor_store::Store;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The notifier's task, if there is one.
pub(crate) struct Telling {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Telling {
    /// Starts to tell the Nova at this URL; without one, nobody is told.
    pub(crate) fn start(url: Option<String>, store: &Store) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let Some(url) = url else {
            return Ok(Self { stop, task: None });
        };
        tracing::info!(url, "nova is told of its ports");
        let settings = Settings { url: Some(url) };
        let notifier = Notifier::open(store, settings, Unchecked)?;
        let ended = notifier.run(stop.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = ended.await {
                tracing::error!(%error, "nova is no longer told of its ports");
            }
        });
        let task = Some(task);
        Ok(Self { stop, task })
    }

    /// Ends it; what Nova has not heard by now it hears after the next start.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        let Some(task) = self.task else {
            return;
        };
        if task.await.is_err() {
            tracing::error!("the notifier of nova panicked");
        }
    }
}
