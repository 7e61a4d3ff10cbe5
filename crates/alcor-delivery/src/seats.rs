//! Puts routers' gateways on hosts: on one that has the external network's physical network, and on
//! another when that host is silent, or has lost the network.
//!
//! A gateway stays where it is for as long as its host lives, whoever else comes. Of several hosts
//! each gateway takes the one that a hash of both says, so that they spread, and spread again over
//! those that are left. VMs on flat and VLAN networks of the router reach its gateway by their own
//! wires, so that a host with more of these is a better one, and worth a move. A silent agent may have a switch that lives: its gateway moves all the same,
//! for nobody could tell that switch of the next change.

use crate::DeliveryError;
use crate::hosts::Hosts;
use alcor_managers::{records, router, schema};
use alcor_store::{Snapshot, Store, TransactError, Watch};
use alcor_types::{HostName, Network, NetworkId, Port, PortId, Router, RouterId};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often hosts are looked at: silence itself makes no event.
const LOOK: Duration = Duration::from_millis(100);
/// After a start agents have so many silences to come back before any gateway leaves one,
const PATIENCE: u32 = 4;
/// and so much longer for each host, because they come one after the other.
const EACH: Duration = Duration::from_millis(1);

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
    /// Begins to follow the routers in a region with so many hosts.
    pub(crate) fn new(
        store: Store,
        hosts: Arc<Hosts>,
        (silence, count): (Duration, usize),
    ) -> Result<Self, DeliveryError> {
        let watch = follow(&store)?;
        let all = EACH * u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Self {
            store,
            hosts,
            watch,
            settled: Instant::now() + silence * PATIENCE + all,
        })
    }

    /// Runs until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut seen: Option<(u64, bool)> = None;
        loop {
            let state = (self.hosts.living_mark(), Instant::now() >= self.settled);
            if seen != Some(state) {
                let done = self.settle(state.1).await;
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
    async fn settle(&self, settled: bool) -> bool {
        let snapshot = self.store.snapshot();
        if !has_gateways(&snapshot) {
            return true;
        }
        let living = &self.hosts.living();
        let mut done = true;
        for gateway in gateways(&snapshot, alike(living)) {
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
                Ok(_) => {
                    let out_of_reach = gateway.out_of_reach(living, &host);
                    tracing::info!(%port, %host, ?out_of_reach, "gateway placed");
                }
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
    /// The physical networks of the router's networks inside.
    inner: BTreeSet<String>,
}

impl Gateway {
    /// Where it is to go, if it must go anywhere.
    fn choice<'a>(&self, living: &'a Living, settled: bool) -> Option<&'a HostName> {
        if self.host.is_some() && !settled {
            return None;
        }
        let reach = |host| self.reach(living.get(host)?);
        let best = living
            .keys()
            .filter_map(|host| Some((reach(host)?, weight(self.port, host), host)))
            .max()?;
        let now = self.host.as_ref().and_then(reach);
        (now < Some(best.0)).then_some(best.2)
    }

    /// How many networks inside a host with these physical networks reaches; none where it has no way
    /// outside.
    fn reach(&self, networks: &BTreeSet<String>) -> Option<usize> {
        let serves = networks.contains(&self.physical_network);
        serves.then(|| self.inner.intersection(networks).count())
    }

    /// The physical networks inside whose VMs do not reach the gateway there.
    fn out_of_reach(&self, living: &Living, host: &HostName) -> Vec<String> {
        let networks = living.get(host).cloned().unwrap_or_default();
        self.inner.difference(&networks).cloned().collect()
    }
}

/// Whether every host has the same physical networks, so that none is better than another.
fn alike(living: &Living) -> bool {
    let mut all = living.values();
    let first = all.next();
    all.all(|networks| Some(networks) == first)
}

/// The same in every life of the region.
fn weight(port: PortId, host: &HostName) -> u64 {
    let mut hasher = DefaultHasher::new();
    (port.as_bytes(), host.as_str()).hash(&mut hasher);
    hasher.finish()
}

/// Whether there are any, for which hosts would have to be named.
fn has_gateways(snapshot: &Snapshot) -> bool {
    let mut routers = records::scan::<Router>(snapshot, None, false).filter_map(Result::ok);
    routers.any(|router| !router.gateways.is_empty())
}

/// All gateways; with what is inside, unless it makes no difference.
fn gateways(snapshot: &Snapshot, alike: bool) -> Vec<Gateway> {
    let routers = records::scan::<Router>(snapshot, None, false);
    let routers = routers.filter_map(Result::ok);
    let known = routers.flat_map(|router| {
        let inner = if alike || router.gateways.is_empty() {
            BTreeSet::new()
        } else {
            inner(snapshot, router.id)
        };
        let gateways = router.gateways.into_iter();
        gateways.filter_map(move |gateway| {
            let port: Port = records::get(snapshot, gateway.port_id.as_bytes()).ok()??;
            Some(Gateway {
                port: port.id,
                host: port.host,
                physical_network: physical_network(snapshot, gateway.network_id)?,
                inner: inner.clone(),
            })
        })
    });
    known.collect()
}

/// The physical networks of a router's networks inside.
fn inner(snapshot: &Snapshot, router: RouterId) -> BTreeSet<String> {
    let interfaces = router::interfaces(snapshot, router).unwrap_or_default();
    let networks: BTreeSet<_> = interfaces.iter().map(|port| port.network_id).collect();
    let physical = networks.into_iter();
    physical
        .filter_map(|network| physical_network(snapshot, network))
        .collect()
}

fn physical_network(snapshot: &Snapshot, network: NetworkId) -> Option<String> {
    let network: Network = records::get(snapshot, network.as_bytes()).ok()??;
    let mut segments = network.segments.iter();
    segments.find_map(|segment| segment.physical_network.clone())
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
            inner: BTreeSet::new(),
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
    fn a_gateway_moves_to_where_more_of_its_networks_are_and_stays_there() {
        let mut three = living(&["a", "b", "c"]);
        assert!(alike(&three));
        let wires = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        three.insert("b".into(), wires(&["p", "q"]));
        three.insert("c".into(), wires(&["q", "r"]));
        assert!(!alike(&three));
        let at = |host| Gateway {
            inner: wires(&["q", "r"]),
            ..gateway(1, host)
        };
        let to = |host, settled| at(host).choice(&three, settled).map(HostName::as_str);
        assert_eq!(to(None, false), Some("b"));
        assert_eq!(to(Some("a"), false), None);
        assert_eq!(to(Some("a"), true), Some("b"));
        assert_eq!(to(Some("b"), true), None);
        assert_eq!(at(None).out_of_reach(&three, &"b".into()), ["r"]);
        // Who reaches nothing inside leads out all the same.
        three.remove(&HostName::from("b"));
        let only = at(Some("b")).choice(&three, true).map(HostName::as_str);
        assert_eq!(only, Some("a"));
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
