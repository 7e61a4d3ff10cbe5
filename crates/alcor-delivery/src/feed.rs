//! The feed: keeps the compiler at the store's newest revision, and rings the sessions.

use crate::DeliveryError;
use crate::aside::aside_if;
use crate::hosts::Hosts;
use crate::intent::{self, Intent};
use crate::service::Owner;
use crate::subscribers::Subscribers;
use alcor_compiler::{Compiler, Touch};
use alcor_store::{Change, Store, StoreError, Watch};
use alcor_types::Revision;
use std::sync::Arc;
use tokio::sync::{RwLock, watch};
use tokio_util::sync::CancellationToken;

/// Changes that one scope's log keeps for agents that reconnect.
const LOG_LIMIT: usize = 65_536;

/// Changes that are taken in as quickly as anything else that is done here.
const FEW: usize = 16;

/// The running feed's own view; what the sessions share of it is the compiler.
pub(crate) struct Feed {
    store: Store,
    watch: Watch,
    compiler: Arc<RwLock<Compiler>>,
    hosts: Arc<Hosts>,
    subscribers: Arc<Subscribers>,
    on_demand_above: usize,
    intent: Intent,
    /// The revision up to which the compiler knows everything.
    at: watch::Sender<Revision>,
}

impl Feed {
    /// Loads the whole intent and starts to watch behind it.
    pub(crate) fn open(
        store: Store,
        (hosts, subscribers): (Arc<Hosts>, Arc<Subscribers>),
        domain: &str,
        on_demand_above: usize,
    ) -> Result<Self, DeliveryError> {
        let (compiler, intent, watch) = load(&store, domain, on_demand_above)?;
        let at = watch::Sender::new(compiler.revision());
        let compiler = Arc::new(RwLock::new(compiler));
        Ok(Self {
            store,
            watch,
            compiler,
            hosts,
            subscribers,
            on_demand_above,
            intent,
            at,
        })
    }

    /// The compiler that the feed keeps current.
    pub(crate) fn compiler(&self) -> Arc<RwLock<Compiler>> {
        Arc::clone(&self.compiler)
    }

    /// Tells how far the compiler is.
    pub(crate) fn progress(&self) -> watch::Receiver<Revision> {
        self.at.subscribe()
    }

    /// Follows the store until told to stop, or until it fails.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), DeliveryError> {
        loop {
            let commit = tokio::select! {
                commit = self.watch.step() => commit,
                () = stop.cancelled() => return Ok(()),
            };
            match commit {
                Ok(Some(commit)) => self.apply(commit.revision, &commit.changes).await?,
                // Whoever waits to be told of must not wait for news of somebody else.
                Ok(None) => drop(self.at.send_replace(self.watch.revision())),
                Err(StoreError::Compacted { oldest }) => {
                    tracing::warn!(%oldest, "the feed fell behind the change log; loading anew");
                    self.reload().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn apply(&mut self, revision: Revision, changes: &[Change]) -> Result<(), DeliveryError> {
        let long = changes.len() > FEW;
        let facts = aside_if(long, || self.intent.facts(changes))?;
        let mut compiler = self.compiler.write().await;
        let touches = aside_if(long, || compiler.apply(revision, &facts));
        self.at.send_replace(revision);
        let compiler = compiler.downgrade();
        aside_if(long, || self.ring(&compiler, &touches));
        Ok(())
    }

    /// A session may look between two rings: it must not hear that its host has left a scope
    /// before it hears of what no longer leans on it.
    fn ring(&self, compiler: &Compiler, touches: &[Touch]) {
        let owner = |touch: &Touch| compiler.scope_owner(touch.scope).cloned();
        for touch in touches {
            let owner = owner(touch);
            let members = match &touch.only {
                None => compiler.scope_hosts(touch.scope),
                Some(only) => {
                    let mut members = self.subscribers.of(&only.ports);
                    members.extend(only.places.iter().chain(&touch.joined).cloned());
                    members.into_iter().collect()
                }
            };
            self.hosts.ring(touch.scope, &owner, members.iter());
        }
        for touch in touches {
            let owner: Owner = owner(touch);
            self.hosts.ring(touch.scope, &owner, touch.left.iter());
            self.tell_of_newcomers(compiler, touch);
        }
    }

    /// Hosts that were told a moment ago that nobody has an address hear who has it now.
    fn tell_of_newcomers(&self, compiler: &Compiler, touch: &Touch) {
        let Some(network) = touch.scope.network() else {
            return;
        };
        let ports = touch.newcomers.iter();
        for sought in ports.flat_map(|port| compiler.sought_by(network, *port)) {
            for host in self.subscribers.take_missed((network, sought)) {
                self.hosts.tell(&host, network, sought);
            }
        }
    }

    /// Every session then finds its cursors too old, and sends snapshots.
    async fn reload(&mut self) -> Result<(), DeliveryError> {
        let (compiler, intent, watch) =
            load(&self.store, self.intent.domain(), self.on_demand_above)?;
        self.watch = watch;
        self.intent = intent;
        self.at.send_replace(compiler.revision());
        let mut shared = self.compiler.write().await;
        *shared = compiler;
        for host in self.hosts.names() {
            for scope in shared.host_scopes(&host) {
                self.hosts.ring(scope, &None, std::iter::once(&host));
            }
        }
        Ok(())
    }
}

fn load(
    store: &Store,
    domain: &str,
    on_demand_above: usize,
) -> Result<(Compiler, Intent, Watch), DeliveryError> {
    let snapshot = store.snapshot();
    let watch = store.watch(snapshot.revision(), &intent::prefixes())?;
    let (intent, facts) = Intent::load(&snapshot, domain)?;
    Ok((
        Compiler::new(LOG_LIMIT)
            .on_demand_above(on_demand_above)
            .loaded(snapshot.revision(), facts.into_iter()),
        intent,
        watch,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn its_progress_is_that_of_the_store_also_where_nothing_is_for_hosts() {
        let store = Store::ephemeral();
        let feed = Feed::open(store.clone(), Default::default(), "", 1_000).unwrap();
        let mut progress = feed.progress();
        let stop = CancellationToken::new();
        let running = tokio::spawn(feed.run(stop.clone()));
        let put = |txn: &mut alcor_store::Txn<'_>| {
            txn.put("a row of no table", "");
            Ok::<_, StoreError>(())
        };
        let written = store.transact(put).await.unwrap().revision;
        let told = progress.wait_for(|at| *at >= written);
        let told = tokio::time::timeout(Duration::from_secs(10), told).await;
        assert!(told.is_ok());
        stop.cancel();
        running.await.unwrap().unwrap();
    }
}
