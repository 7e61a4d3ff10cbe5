//! "Get me a network": one topology for a project, whole or not at all.

use crate::region::{Region, member, refused};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port::CreatePort;
use alcor_managers::quota::{self, Kind};
use alcor_managers::router::{self, Detachment};
use alcor_managers::subnet_pool::{self, CreateSubnetPool};
use alcor_managers::{ApiError, Caller, Settings, audit, records, topology};
use alcor_types::{AutoTopology, Network, NetworkId, Port, Router, Subnet};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

fn external(region: &Region) -> Network {
    let outside = CreateNetwork {
        external: Some(true),
        is_default: Some(true),
        ..CreateNetwork::default()
    };
    let outside = region.create_network(outside).unwrap();
    region.subnet(&outside, "203.0.113.0/24");
    outside
}

fn pool(region: &Region, prefix: &str, length: u8, shared: bool) {
    let request = CreateSubnetPool {
        name: "default".to_owned(),
        prefixes: vec![prefix.parse().unwrap()],
        default_prefixlen: Some(length),
        shared,
        is_default: true,
        ..CreateSubnetPool::default()
    };
    let make = move |txn: &mut alcor_store::Txn<'_>, settings: &Settings| {
        subnet_pool::create(txn, &request, &Caller::admin(), settings)
    };
    region.run(make).unwrap();
}

/// A region that has all that a topology is made of.
fn ready() -> Region {
    let region = Region::new();
    external(&region);
    pool(&region, "10.0.0.0/16", 24, true);
    pool(&region, "fd00::/48", 64, true);
    region
}

fn ensure(region: &Region, project: &str, caller: &Caller) -> Result<AutoTopology, ApiError> {
    let (project, caller) = (project.into(), caller.clone());
    region.run(move |txn, settings| topology::ensure(txn, &project, &caller, settings))
}

fn delete(region: &Region, project: &str, caller: &Caller) -> Result<(), ApiError> {
    let (project, caller) = (project.into(), caller.clone());
    region.run(move |txn, _| topology::delete(txn, &project, &caller))
}

fn check(region: &Region, caller: &Caller) -> Result<(), ApiError> {
    topology::check(&region.store.snapshot(), &caller.project_id, caller)
}

fn all<R: records::Record>(region: &Region) -> Vec<R> {
    let read = region.store.snapshot();
    let all = records::scan::<R>(&read, None, false);
    all.map(Result::unwrap).collect()
}

fn assert_sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

fn port_on(region: &Region, network: NetworkId) -> Port {
    region.create_port(CreatePort::new(network)).unwrap()
}

#[test]
fn a_project_gets_one_network_with_a_way_out_and_gives_it_back() {
    let region = ready();
    let (red, blue) = (member("red"), member("blue"));
    // The outside keeps its map of addresses from the first who goes out.
    ensure(&region, "blue", &blue).unwrap();
    delete(&region, "blue", &blue).unwrap();
    let before = region.rows();
    check(&region, &red).unwrap();
    assert_eq!(region.rows(), before, "a check makes nothing");
    let made = ensure(&region, "red", &red).unwrap();
    let rows = region.rows();
    assert_eq!(ensure(&region, "red", &red).unwrap(), made);
    assert_eq!(region.rows(), rows, "asking again makes nothing");
    let network = network::get(&region.store.snapshot(), made.network_id, &red).unwrap();
    assert!(network.admin_state_up && network.project_id == made.project_id);
    let subnets: Vec<Subnet> = all(&region);
    let inside = |subnet: &&Subnet| subnet.network_id == network.id;
    let names = subnets.iter().filter(inside);
    let names: BTreeSet<_> = names.map(|subnet| subnet.standard.name.as_str()).collect();
    let expected = ["auto_allocated_subnet_v4", "auto_allocated_subnet_v6"];
    assert_eq!(names, expected.into());
    let router = router::get(&region.store.snapshot(), made.router_id.unwrap(), &red).unwrap();
    assert_eq!(router.gateways.len(), 1);
    let joined = router::interfaces(&region.store.snapshot(), router.id).unwrap();
    assert_eq!(joined.len(), 2);
    assert_sound(&region);

    let vm = port_on(&region, network.id);
    refused(delete(&region, "red", &red), "NetworkInUse", 409);
    assert_eq!(
        ensure(&region, "red", &red).unwrap(),
        made,
        "all of it stays"
    );
    region.delete_port(&vm).unwrap();
    delete(&region, "red", &red).unwrap();
    assert_eq!(region.rows(), before);
    assert_sound(&region);
    delete(&region, "red", &red).unwrap();
}

#[test]
fn what_the_region_lacks_is_said_and_nothing_is_made() {
    let region = Region::new();
    let red = member("red");
    let lacks = |words: &str| {
        let rows = region.rows();
        for outcome in [check(&region, &red), ensure(&region, "red", &red).map(drop)] {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            refused::<()>(Err(error), "AutoAllocationFailure", 409);
        }
        assert_eq!(region.rows(), rows);
    };
    lacks("No default router:external network");
    external(&region);
    lacks("No default subnetpools defined");
    pool(&region, "10.0.0.0/16", 24, false);
    lacks("No default subnetpools defined");
    assert_eq!(all::<AutoTopology>(&region), []);
}

#[test]
fn what_fails_on_the_way_leaves_nothing() {
    let region = Region::new();
    external(&region);
    pool(&region, "10.0.0.0/24", 24, true);
    ensure(&region, "red", &member("red")).unwrap();
    let rows = region.rows();
    let blue = member("blue");
    let full = ensure(&region, "blue", &blue);
    assert!(
        full.as_ref()
            .unwrap_err()
            .to_string()
            .contains("insufficient prefix space")
    );
    refused(full, "AutoAllocationFailure", 409);
    assert_eq!(region.rows(), rows);
    let limit = |project: &'static str, kind| {
        let set = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
            quota::set(txn, &project.into(), &[(kind, 0)].into(), true)
        };
        region.run(set).unwrap();
        region.rows()
    };
    let rows = limit("blue", Kind::Router);
    delete(&region, "red", &member("red")).unwrap();
    let freed = region.rows();
    assert!(freed < rows);
    refused(ensure(&region, "blue", &blue), "OverQuota", 409);
    assert_eq!(region.rows(), freed);
    assert_sound(&region);
}

#[test]
fn an_outside_that_overlaps_with_the_pool_is_a_fault_of_the_region() {
    let region = Region::new();
    external(&region);
    pool(&region, "203.0.113.0/24", 24, true);
    let refusal = ensure(&region, "red", &member("red"));
    let message = refusal.as_ref().unwrap_err().to_string();
    assert!(
        message.contains("Unable to provide external connectivity"),
        "{message}"
    );
    refused(refusal, "AutoAllocationFailure", 409);
}

#[test]
fn a_topology_is_the_business_of_its_project_and_of_administrators() {
    let region = ready();
    let reader = Caller::with_roles("red", &["reader"]);
    refused(ensure(&region, "red", &reader), "PolicyNotAuthorized", 403);
    check(&region, &reader).unwrap();
    let made = ensure(&region, "red", &Caller::admin()).unwrap();
    assert_eq!(made.project_id, "red".into());
    assert_eq!(ensure(&region, "red", &reader).unwrap(), made);
    let blue = member("blue");
    refused(ensure(&region, "red", &blue), "PolicyNotAuthorized", 403);
    refused(delete(&region, "red", &blue), "PolicyNotAuthorized", 403);
    refused(delete(&region, "red", &reader), "PolicyNotAuthorized", 403);
    assert_ne!(ensure(&region, "blue", &blue).unwrap(), made);
    delete(&region, "red", &Caller::admin()).unwrap();
}

#[test]
fn parts_that_are_deleted_by_hand_are_forgotten() {
    let region = ready();
    let red = member("red");
    let made = ensure(&region, "red", &red).unwrap();
    let (router, caller) = (made.router_id.unwrap(), red.clone());
    let unplug = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
        for port in router::interfaces(txn, router)? {
            router::remove_interface(txn, router, Detachment::Port(port.id, None), &caller)?;
        }
        router::delete(txn, router, &caller, None)
    };
    region.run(unplug).unwrap();
    let left = ensure(&region, "red", &red).unwrap();
    assert_eq!((left.network_id, left.router_id), (made.network_id, None));
    assert_sound(&region);
    let caller = red.clone();
    let (id, drop) = (made.network_id, network::delete);
    region
        .run(move |txn, _| drop(txn, id, &caller, None))
        .unwrap();
    assert_eq!(all::<AutoTopology>(&region), []);
    assert_sound(&region);
    assert_ne!(
        ensure(&region, "red", &red).unwrap().network_id,
        made.network_id
    );
}

#[test]
fn all_who_ask_at_once_get_the_same() {
    let region = ready();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let made = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..32 {
            let store = region.store.clone();
            tasks.spawn(async move {
                let make = |txn: &mut alcor_store::Txn<'_>| {
                    topology::ensure(txn, &"red".into(), &member("red"), &Settings::default())
                };
                store.transact(make).await.unwrap().value.network_id
            });
        }
        tasks.join_all().await
    });
    assert_eq!(made.into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(all::<Router>(&region).len(), 1);
    assert_eq!(all::<Network>(&region).len(), 2);
    assert_sound(&region);
}

#[test]
fn the_audit_finds_a_topology_without_its_parts() {
    let region = ready();
    let made = ensure(&region, "red", &member("red")).unwrap();
    let lose = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
        records::delete::<Network>(txn, made.network_id.as_bytes())?;
        records::delete::<Router>(txn, made.router_id.unwrap().as_bytes())?;
        Ok(())
    };
    region.run(lose).unwrap();
    let faults = audit(&region.store.snapshot()).unwrap();
    for part in ["has network", "has router"] {
        let named =
            |fault: &String| fault.contains("the topology of project red") && fault.contains(part);
        assert!(faults.iter().any(named), "{faults:?}");
    }
}
