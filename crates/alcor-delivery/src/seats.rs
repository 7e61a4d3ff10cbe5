//! Puts routers' gateways on hosts: on one that has the external network's physical network, and on
//! another when that host is silent, or has lost the network.
//!
//! A gateway stays where it is for as long as its host lives, whoever else comes. Of several hosts
//! each gateway takes the one that a hash of both says, so that they spread, and spread again over
//! those that are left. A silent agent may have a switch that lives: its gateway moves all the same,
//! for nobody could tell that switch of the next change.

use crate::DeliveryError;
use crate::hosts::Hosts;
use alcor_managers::{records, router, schema};
use alcor_store::{Snapshot, Store, TransactError, Watch};
use alcor_types::{HostName, Network, Port, PortId, Router};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often hosts are looked at: silence itself makes no event.
const LOOK: Duration = Duration::from_millis(100);
/// After a start agents have so many silences to come back before any gateway leaves one.
const PATIENCE: u32 = 4;

/// The hosts that live, each with its physical networks.
type Living = BTreeMap<HostName, BTreeSet<String>>;

/// The task that does it.
pub(crate) struct Seats {
    store: Store,
    hosts: Arc<Hosts>,
    watch: Watch,
    /// Before this, a host that was not heard of may only be late.
    settled: Instant,
}

impl Seats {
    /// Begins to follow the routers.
    pub(crate) fn new(
        store: Store,
        hosts: Arc<Hosts>,
        silence: Duration,
    ) -> Result<Self, DeliveryError> {
        let watch = follow(&store)?;
        Ok(Self {
            store,
            hosts,
            watch,
            settled: Instant::now() + silence * PATIENCE,
        })
    }

    /// Runs until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut seen: Option<(Living, bool)> = None;
        loop {
            let state = (self.hosts.living(), Instant::now() >= self.settled);
            if seen.as_ref() != Some(&state) {
                let done = self.settle(&state.0, state.1).await;
                seen = done.then_some(state);
            }
            tokio::select! {
                news = self.watch.next() => {
                    seen = None;
                    if news.is_err() && !self.follow_anew(&stop).await {
                        return;
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// The watch fell behind, or the store is gone.
    async fn follow_anew(&mut self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return false,
        }
        match follow(&self.store) {
            Ok(watch) => {
                self.watch = watch;
                true
            }
            Err(error) => {
                tracing::error!(%error, "gateways are not moved any more");
                false
            }
        }
    }

    /// Moves what must move; whether all of it was done.
    async fn settle(&self, living: &Living, settled: bool) -> bool {
        let snapshot = self.store.snapshot();
        let mut done = true;
        for gateway in gateways(&snapshot) {
            let Some(host) = gateway.choice(living, settled) else {
                continue;
            };
            let (port, host) = (gateway.port, host.clone());
            let to = host.clone();
            let moved = self
                .store
                .transact(move |txn| router::seat(txn, port, &to))
                .await;
            match moved {
                Ok(_) => tracing::info!(%port, %host, "gateway placed"),
                Err(TransactError::Aborted(error)) => {
                    tracing::error!(%error, %port, "gateway not placed");
                }
                Err(TransactError::Store(error)) => {
                    tracing::error!(%error, %port, "gateway not placed; trying again");
                    done = false;
                }
            }
        }
        done
    }
}

fn follow(store: &Store) -> Result<Watch, DeliveryError> {
    const ROUTERS: &[u8] = &[schema::ROUTERS.id, 0];
    Ok(store.watch(store.snapshot().revision(), &[ROUTERS])?)
}

/// A router's port on an external network that lies on a physical one.
struct Gateway {
    port: PortId,
    host: Option<HostName>,
    physical_network: String,
}

impl Gateway {
    /// Where it is to go, if it must go anywhere.
    fn choice<'a>(&self, living: &'a Living, settled: bool) -> Option<&'a HostName> {
        let serves = |networks: &BTreeSet<String>| networks.contains(&self.physical_network);
        let stays = self.host.as_ref().and_then(|host| living.get(host));
        if stays.is_some_and(serves) || self.host.is_some() && !settled {
            return None;
        }
        let able = living.iter().filter(|(_, networks)| serves(networks));
        let able = able.map(|(host, _)| host);
        able.max_by_key(|host| (weight(self.port, host), *host))
    }
}

/// The same in every life of the region.
fn weight(port: PortId, host: &HostName) -> u64 {
    let mut hasher = DefaultHasher::new();
    (port.as_bytes(), host.as_str()).hash(&mut hasher);
    hasher.finish()
}

fn gateways(snapshot: &Snapshot) -> Vec<Gateway> {
    let routers = records::scan::<Router>(snapshot, None, false);
    let routers = routers.filter_map(Result::ok);
    let gateways = routers.flat_map(|router| router.gateways);
    let known = gateways.filter_map(|gateway| {
        let port: Port = records::get(snapshot, gateway.port_id.as_bytes()).ok()??;
        let network: Network = records::get(snapshot, gateway.network_id.as_bytes()).ok()??;
        let physical_network = network
            .segments
            .iter()
            .find_map(|segment| segment.physical_network.clone())?;
        Some(Gateway {
            port: port.id,
            host: port.host,
            physical_network,
        })
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn living(hosts: &[&str]) -> Living {
        let wire = || BTreeSet::from(["p".to_owned()]);
        hosts.iter().map(|host| ((*host).into(), wire())).collect()
    }

    fn gateway(number: u128, host: Option<&str>) -> Gateway {
        Gateway {
            port: PortId(uuid::Uuid::from_u128(number)),
            host: host.map(Into::into),
            physical_network: "p".to_owned(),
        }
    }

    #[test]
    fn a_gateway_stays_while_its_host_lives_and_waits_after_a_start() {
        let three = living(&["a", "b", "c"]);
        assert_eq!(gateway(1, Some("b")).choice(&three, true), None);
        assert_eq!(gateway(1, Some("d")).choice(&three, false), None);
        assert!(gateway(1, Some("d")).choice(&three, true).is_some());
        assert!(gateway(1, None).choice(&three, false).is_some());
        let mut lost = three;
        lost.insert("b".into(), BTreeSet::new());
        let to = gateway(1, Some("b")).choice(&lost, true);
        assert!(to.is_some_and(|to| to.as_str() != "b"));
        assert_eq!(gateway(1, None).choice(&living(&[]), true), None);
    }

    #[test]
    fn gateways_spread_and_those_of_a_dead_host_spread_again() {
        let (three, two) = (living(&["a", "b", "c"]), living(&["a", "b"]));
        let mut counts = BTreeMap::new();
        for number in 0..300 {
            let first = gateway(number, None).choice(&three, true).unwrap();
            *counts.entry(first.clone()).or_insert(0) += 1;
            let then = gateway(number, None).choice(&two, true).unwrap();
            assert!(
                first.as_str() == "c" || first == then,
                "only what must moves"
            );
        }
        assert!(counts.len() == 3 && counts.values().all(|count| *count > 60));
    }
}
