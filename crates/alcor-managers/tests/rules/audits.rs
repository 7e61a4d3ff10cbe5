//! The audit finds what rules would never do.

use crate::region::Region;
use alcor_managers::route_table::{self, CreateRouteTable};
use alcor_managers::{ApiError, Caller, audit, records};
use alcor_store::{Read, Txn};
use alcor_types::{IpLease, IpPool, IpRange, IpRangeId, Network, Subnet};

/// The faults after `damage`, which goes past the rules.
fn faults(
    region: &Region,
    damage: impl Fn(&mut Txn<'_>) -> Result<(), ApiError> + Send + 'static,
) -> Vec<String> {
    region.run(move |txn, _| damage(txn)).unwrap();
    audit(&region.store.snapshot()).unwrap()
}

fn one(faults: &[String], words: &str) {
    let named = faults.iter().any(|fault| fault.contains(words));
    assert!(named, "no '{words}' in {faults:?}");
}

#[test]
fn a_lost_network_a_doubled_address_and_a_lost_count_are_found() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let port = region.port(&network);
    assert!(audit(&region.store.snapshot()).unwrap().is_empty());

    let mut double = port.clone();
    double.id = alcor_types::PortId::random();
    double.mac_address = "fa:16:3e:ff:ff:ff".parse().unwrap();
    double.fixed_ips[0].ip_address = "10.0.0.200".parse().unwrap();
    let found = faults(&region, move |txn| Ok(records::insert(txn, &double)?));
    one(&found, "not marked as taken");
    one(&found, "are counted against its quota");

    let id = network.id;
    let found = faults(&region, move |txn| {
        records::delete::<Network>(txn, id.as_bytes())?;
        Ok(())
    });
    one(&found, "is on network");
    let id = subnet.id;
    let found = faults(&region, move |txn| {
        records::delete::<Subnet>(txn, id.as_bytes())?;
        Ok(())
    });
    one(&found, "has an address of subnet");
}

#[test]
fn a_stray_and_a_missing_index_row_are_found() {
    let region = Region::new();
    let network = region.network();
    let found = faults(&region, move |txn| {
        let table = 1;
        let by_name = [&[table, 2][..], b"ghost\0\x01", network.id.as_bytes()].concat();
        txn.put(by_name, Vec::new());
        Ok(())
    });
    one(&found, "leads to nothing");
    let found = faults(&region, move |txn| {
        let row: Vec<u8> = txn
            .prefix(&[1, 1])
            .map(|(key, _)| key.to_vec())
            .next()
            .unwrap();
        txn.delete(&row);
        Ok(())
    });
    one(&found, "is missing");
}

#[test]
fn a_route_table_that_outlives_its_subnet_is_found() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24").id;
    let found = faults(&region, move |txn| {
        let request = CreateRouteTable {
            subnet_id: Some(subnet),
            ..CreateRouteTable::default()
        };
        let mut table = route_table::create(txn, &request, &Caller::admin())?;
        table.subnet_id = Some(alcor_types::SubnetId::random());
        table.router_id = Some(alcor_types::RouterId::random());
        Ok(records::put(txn, &table)?)
    });
    one(&found, "is of subnet");
    one(&found, "is followed by router");
}

#[test]
fn an_address_kept_twice_and_a_stray_range_are_found() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let address = region.port(&network).fixed_ips[0].ip_address;
    let lease = IpLease {
        subnet_id: subnet.id,
        address,
        active: true,
    };
    let range = IpRange {
        id: IpRangeId::random(),
        subnet_id: subnet.id,
        pool: IpPool::new(address, "10.0.0.255".parse().unwrap()).unwrap(),
    };
    let found = faults(&region, move |txn| {
        records::insert(txn, &lease)?;
        Ok(records::insert(txn, &range)?)
    });
    one(&found, "is kept by hand, but a port has it");
    one(&found, "is no part of subnet");
}
