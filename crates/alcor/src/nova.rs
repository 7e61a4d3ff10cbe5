//! Telling Nova of its servers' ports, where the region is told to.

use alcor_identity::{Interface, Keystone};
use alcor_notifier::{Notifier, NotifierError, Pass, Settings, Tokens, Unchecked};
use alcor_store::Store;
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The region's own token, and Nova's place in the catalogue.
struct FromKeystone(Keystone);

impl Tokens for FromKeystone {
    fn pass(&self) -> BoxFuture<'_, Result<Pass, NotifierError>> {
        let pass = async {
            let token = self.0.token().await;
            let token = token.map_err(|error| NotifierError::Token(error.to_string()))?;
            let compute = self.0.endpoint("compute", None, Interface::Public).await;
            Ok(Pass {
                token: Some(token.expose().to_owned()),
                compute: compute.ok(),
            })
        };
        Box::pin(pass)
    }
}

fn tell<T: Tokens>(
    store: &Store,
    settings: Settings,
    tokens: T,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let ended = Notifier::open(store, settings, tokens)?.run(stop);
    Ok(tokio::spawn(async move {
        if let Err(error) = ended.await {
            tracing::error!(%error, "nova is no longer told of its ports");
        }
    }))
}

/// The notifier's task, if there is one.
pub(crate) struct Telling {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Telling {
    /// Starts to tell the Nova that the settings name; without an URL, nobody is told. With a Keystone the
    /// region shows Nova its own token.
    pub(crate) fn start(
        settings: Settings,
        keystone: Option<Keystone>,
        store: &Store,
    ) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let Some(url) = &settings.url else {
            return Ok(Self { stop, task: None });
        };
        tracing::info!(url, "nova is told of its ports");
        let task = match keystone {
            None => tell(store, settings, Unchecked, stop.clone())?,
            Some(keystone) => tell(store, settings, FromKeystone(keystone), stop.clone())?,
        };
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
