//! What must hold when 64 callers come at once: nothing is given twice, and nothing is withheld.

use crate::region::{Region, at};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::{ApiError, Caller, Provider, Settings};
use alcor_store::{Store, TransactError};
use alcor_types::{Port, PortId};
use std::collections::BTreeSet;
use std::net::IpAddr;
use tokio::task::JoinSet;

const TASKS: usize = 64;

async fn create(store: &Store, request: CreatePort) -> Result<Port, ApiError> {
    let rule = move |txn: &mut alcor_store::Txn<'_>| {
        port::create(txn, &request, &Caller::admin(), &Settings::default())
    };
    match store.transact(rule).await {
        Ok(done) => Ok(done.value),
        Err(TransactError::Aborted(error)) => Err(error),
        Err(TransactError::Store(error)) => panic!("the store failed: {error}"),
    }
}

/// Runs the same work in 64 tasks on several threads.
fn together<W, F, T>(work: W) -> Vec<T>
where
    W: Fn() -> F,
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            tasks.spawn(work());
        }
        tasks.join_all().await
    })
}

fn all_addresses(ports: &[Port]) -> Vec<IpAddr> {
    ports
        .iter()
        .flat_map(|port| &port.fixed_ips)
        .map(|fixed| fixed.ip_address)
        .collect()
}

#[test]
fn a_subnet_is_given_out_whole_and_nothing_twice() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    region.subnet(&network, "fd00::/64");
    let until_full = || {
        let (store, network) = (region.store.clone(), network.id);
        async move {
            let mut made = Vec::new();
            loop {
                match create(&store, CreatePort::new(network)).await {
                    Ok(port) => made.push(port),
                    Err(error) => return (made, error.kind()),
                }
            }
        }
    };
    let outcomes = together(until_full);
    assert!(
        outcomes
            .iter()
            .all(|(_, kind)| *kind == "IpAddressGenerationFailure")
    );
    let ports: Vec<_> = outcomes.into_iter().flat_map(|(ports, _)| ports).collect();
    assert_eq!(
        ports.len(),
        253,
        "all but network, gateway and broadcast address"
    );
    let addresses = all_addresses(&ports);
    assert_eq!(addresses.len(), 2 * 253);
    assert_eq!(
        addresses.iter().collect::<BTreeSet<_>>().len(),
        addresses.len()
    );
    assert_eq!(
        ports
            .iter()
            .map(|port| port.mac_address)
            .collect::<BTreeSet<_>>()
            .len(),
        253
    );
    assert_eq!(
        ports
            .iter()
            .map(|port| port.id)
            .collect::<BTreeSet<_>>()
            .len(),
        253
    );
}

#[test]
fn one_caller_gets_what_all_ask_for() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    let plain = || CreatePort::new(network.id);
    let coveted = [
        (
            CreatePort {
                fixed_ips: Some(vec![at("10.0.0.9")]),
                ..plain()
            },
            "IpAddressAlreadyAllocated",
        ),
        (
            CreatePort {
                mac_address: Some("02:00:00:00:00:01".parse().unwrap()),
                ..plain()
            },
            "MacAddressInUse",
        ),
        (
            CreatePort {
                id: Some(PortId::random()),
                ..plain()
            },
            "NeutronDbObjectDuplicateEntry",
        ),
    ];
    for (request, kind) in coveted {
        let ask = || {
            let (store, request) = (region.store.clone(), request.clone());
            async move { create(&store, request).await.map_err(|error| error.kind()) }
        };
        let (winners, losers): (Vec<_>, Vec<_>) =
            together(ask).into_iter().partition(Result::is_ok);
        assert_eq!(winners.len(), 1, "{kind}");
        assert!(losers.into_iter().all(|loser| loser == Err(kind)));
    }
}

#[test]
fn vnis_are_given_once() {
    let region = Region::new();
    let make = || {
        let store = region.store.clone();
        async move {
            let rule = |txn: &mut alcor_store::Txn<'_>| {
                let settings = Settings {
                    provider: Provider::default().with_vnis(1..=40),
                    ..Settings::default()
                };
                network::create(txn, &CreateNetwork::default(), &Caller::admin(), &settings)
            };
            store
                .transact(rule)
                .await
                .ok()
                .map(|done| done.value.vni().unwrap())
        }
    };
    let vnis: Vec<_> = together(make).into_iter().flatten().collect();
    assert_eq!(
        (vnis.len(), vnis.iter().collect::<BTreeSet<_>>().len()),
        (40, 40)
    );
}

#[test]
fn churn_leaves_nothing_behind() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/26");
    let rows = || alcor_store::Read::prefix(&region.store.snapshot(), &[]).count();
    let warm = region.port(&network);
    region.delete_port(&warm).unwrap();
    let before = rows();
    let churn = || {
        let (store, network) = (region.store.clone(), network.id);
        async move {
            for _ in 0..8 {
                // There are fewer addresses than callers, so some are refused.
                let Ok(port) = create(&store, CreatePort::new(network)).await else {
                    continue;
                };
                let gone = move |txn: &mut alcor_store::Txn<'_>| {
                    port::delete(txn, port.id, &Caller::admin(), None)
                };
                store.transact(gone).await.map_err(|_| "refused").unwrap();
            }
        }
    };
    together(churn);
    assert_eq!(rows(), before);
}
