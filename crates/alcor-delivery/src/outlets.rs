//! Gives hosts outlets: where a router translates on every host for itself, each host with ports
//! behind it has an address of its own outside, from the first of these ports on until the last is
//! gone.
//!
//! A host that has no wire of the external network gets none: what is behind the router there leaves
//! by the gateway. A silent host keeps its own, for its switch may live and use it.

use crate::DeliveryError;
use crate::hosts::Hosts;
use alcor_compiler::Compiler;
use alcor_managers::{ApiError, Settings, records, router, schema};
use alcor_store::{Snapshot, Store, TransactError, Txn, Watch};
use alcor_types::{HostName, Network, NetworkId, PortId, Revision, Router, RouterId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often is looked: many ports that come at once are one change.
const LOOK: Duration = Duration::from_millis(50);
/// When an outlet that could not be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The hosts that live, each with its physical networks.
type Living = BTreeMap<HostName, BTreeSet<String>>;
type Place = (RouterId, NetworkId, HostName);

/// The task that does it.
pub(crate) struct Outlets {
    store: Store,
    hosts: Arc<Hosts>,
    compiler: Arc<RwLock<Compiler>>,
    /// How far the compiler is.
    progress: watch::Receiver<Revision>,
    settings: Arc<Settings>,
    routers: Watch,
    ways: Vec<Way>,
    /// Outlets that could not be opened, with when to try again.
    refused: BTreeMap<Place, Instant>,
}

/// A router's way to an external network, for which hosts translate.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Way {
    router: RouterId,
    network: NetworkId,
    physical_network: String,
}

/// What is to be done to one way.
#[derive(Default, PartialEq, Eq, Debug)]
struct Work {
    open: Vec<HostName>,
    close: Vec<PortId>,
}

impl Outlets {
    /// Begins to follow routers, and through the compiler their ports.
    pub(crate) fn new(
        store: Store,
        hosts: Arc<Hosts>,
        (compiler, progress): (Arc<RwLock<Compiler>>, watch::Receiver<Revision>),
        settings: Arc<Settings>,
    ) -> Result<Self, DeliveryError> {
        let routers = follow(&store)?;
        let ways = ways(&store.snapshot());
        Ok(Self {
            store,
            hosts,
            compiler,
            progress,
            settings,
            routers,
            ways,
            refused: BTreeMap::new(),
        })
    }

    /// Runs until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let (mut seen, mut due) = (0, true);
        loop {
            let mark = self.hosts.living_mark();
            due |= mark != seen || self.progress.has_changed().unwrap_or(false);
            due |= self.refused.values().any(|at| *at <= Instant::now());
            if due {
                self.progress.mark_unchanged();
                due = !self.ways.is_empty() && !self.settle(&self.hosts.living()).await;
                seen = mark;
            }
            tokio::select! {
                news = self.routers.next() => {
                    if news.is_err() && !self.follow_anew() {
                        return;
                    }
                    self.ways = ways(&self.store.snapshot());
                    due = true;
                }
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// The watch fell behind, or the store is gone.
    fn follow_anew(&mut self) -> bool {
        match follow(&self.store) {
            Ok(routers) => self.routers = routers,
            Err(error) => {
                tracing::error!(%error, "hosts are given no outlets any more");
                return false;
            }
        }
        true
    }

    /// Opens and closes what must be; whether all of it was done.
    async fn settle(&mut self, living: &Living) -> bool {
        let snapshot = self.store.snapshot();
        let mut done = true;
        self.refused.retain(|_, at| *at > Instant::now());
        for way in self.ways.clone() {
            let Ok(held) = held(&snapshot, &way) else {
                continue;
            };
            let behind = self.compiler.read().await.hosts_behind(way.router);
            let work = way.work(&behind, &held, living);
            for port in work.close {
                let closing = move |txn: &mut Txn<'_>| router::close_outlet(txn, port);
                done &= self.transact("closed", closing).await.is_some();
            }
            for host in work.open {
                done &= self.open(&way, host).await;
            }
        }
        done
    }

    async fn open(&mut self, way: &Way, host: HostName) -> bool {
        let place = (way.router, way.network, host.clone());
        if self.refused.contains_key(&place) {
            return true;
        }
        let (at, settings) = ((way.router, way.network), Arc::clone(&self.settings));
        let to = host.clone();
        let opening = move |txn: &mut Txn<'_>| router::open_outlet(txn, at, &to, &settings);
        let opened = self.transact("opened", opening).await;
        if let Some(false) = opened {
            self.refused.insert(place, Instant::now() + AGAIN);
        }
        opened.is_some()
    }

    /// Whether the rules allowed it; nothing where the store failed.
    async fn transact(
        &self,
        what: &str,
        change: impl FnMut(&mut Txn<'_>) -> Result<bool, ApiError> + Send + 'static,
    ) -> Option<bool> {
        match self.store.transact(change).await {
            Ok(_) => Some(true),
            Err(TransactError::Aborted(error)) => {
                tracing::warn!(%error, "no outlet {what}");
                Some(false)
            }
            Err(TransactError::Store(error)) => {
                tracing::error!(%error, "no outlet {what}; trying again");
                None
            }
        }
    }
}

impl Way {
    fn work(
        &self,
        behind: &BTreeSet<HostName>,
        held: &BTreeMap<HostName, PortId>,
        living: &Living,
    ) -> Work {
        let serves = |host: &HostName| {
            let networks = living.get(host);
            networks.map(|networks| networks.contains(&self.physical_network))
        };
        let open = behind
            .iter()
            .filter(|host| !held.contains_key(*host) && serves(host) == Some(true));
        let close = held
            .iter()
            .filter(|(host, _)| !behind.contains(*host) || serves(host) == Some(false));
        Work {
            open: open.cloned().collect(),
            close: close.map(|(_, port)| *port).collect(),
        }
    }
}

fn follow(store: &Store) -> Result<Watch, DeliveryError> {
    const ROUTERS: &[u8] = &[schema::ROUTERS.id, 0];
    Ok(store.watch(store.snapshot().revision(), &[ROUTERS])?)
}

/// The outlets that there are, by host.
fn held(snapshot: &Snapshot, way: &Way) -> Result<BTreeMap<HostName, PortId>, ApiError> {
    let outlets = router::outlets(snapshot, way.router)?.into_iter();
    let there = outlets.filter(|port| port.network_id == way.network);
    Ok(there
        .filter_map(|port| Some((port.host?, port.id)))
        .collect())
}

fn ways(snapshot: &Snapshot) -> Vec<Way> {
    let routers = records::scan::<Router>(snapshot, None, false);
    let routers = routers.filter_map(Result::ok);
    let spread = routers.filter(|router| router.distributed_snat);
    let ways = spread.flat_map(|router| {
        let gateways = router.gateways.into_iter();
        let translating = gateways.filter(|gateway| gateway.enable_snat);
        let networks: BTreeSet<_> = translating.map(|gateway| gateway.network_id).collect();
        let found = networks.into_iter().filter_map(move |id| {
            let network: Network = records::get(snapshot, id.as_bytes()).ok()??;
            let mut segments = network.segments.into_iter();
            Some(Way {
                router: router.id,
                network: id,
                physical_network: segments.find_map(|segment| segment.physical_network)?,
            })
        });
        found.collect::<Vec<_>>()
    });
    ways.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_ports_and_a_wire_have_outlets_and_silent_ones_keep_theirs() {
        let way = Way {
            router: RouterId::random(),
            network: NetworkId::random(),
            physical_network: "p".to_owned(),
        };
        let host = |name: &str| HostName::from(name);
        let hosts = |names: &[&str]| names.iter().map(|name| host(name)).collect::<BTreeSet<_>>();
        let wire = || BTreeSet::from(["p".to_owned()]);
        let living = Living::from([
            (host("new"), wire()),
            (host("old"), wire()),
            (host("cut"), BTreeSet::new()),
            (host("off"), BTreeSet::new()),
        ]);
        let ports = ["old", "silent", "left", "cut"].map(|name| (host(name), PortId::random()));
        let held = BTreeMap::from(ports);
        let behind = hosts(&["new", "old", "silent", "cut", "off", "gone"]);
        let work = way.work(&behind, &held, &living);
        assert_eq!(work.open, [host("new")]);
        let closed: BTreeSet<_> = work.close.into_iter().collect();
        assert_eq!(
            closed,
            BTreeSet::from([held[&host("left")], held[&host("cut")]])
        );
        assert_eq!(
            way.work(&hosts(&["old"]), &BTreeMap::new(), &Living::new()),
            Work::default()
        );
    }
}
