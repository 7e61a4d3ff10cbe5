//! MAC addresses kept by hand: from ranges, and never one that anybody else has.

use crate::region::{Region, refused};
use alcor_managers::mac::lease::{self, CreateMacLease};
use alcor_managers::mac::range::{self, UpdateMacRange};
use alcor_managers::network;
use alcor_managers::port::{CreatePort, UpdatePort};
use alcor_managers::{ApiError, Caller, Settings, audit};
use alcor_types::{MacAddr, MacLease, MacRange, Network, PortId};
use std::collections::BTreeSet;

fn mac(text: &str) -> MacAddr {
    text.parse().unwrap()
}

fn make_range(region: &Region, id: &str, first: &str, last: &str) -> Result<MacRange, ApiError> {
    let range = MacRange {
        id: id.to_owned(),
        first: mac(first),
        last: mac(last),
        active: true,
    };
    region.run(move |txn, _| range::create(txn, &range))
}

fn wish(network: &Network, chosen: Option<&str>) -> CreateMacLease {
    CreateMacLease {
        project_id: "one".into(),
        network_id: network.id,
        port_id: PortId::random(),
        mac: chosen.map(mac),
        active: true,
    }
}

fn take(
    region: &Region,
    request: CreateMacLease,
    range: Option<&'static str>,
) -> Result<MacLease, ApiError> {
    region.run(move |txn, settings| {
        let requests = std::slice::from_ref(&request);
        let mut made = lease::create_many(txn, requests, range, &Caller::admin(), settings)?;
        Ok(made.remove(0))
    })
}

fn sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

#[test]
fn a_small_range_gives_each_address_once_and_then_none() {
    let region = Region::new();
    let network = region.network();
    make_range(&region, "small", "02:00:00:00:00:01", "02:00:00:00:00:04").unwrap();
    let port = CreatePort {
        mac_address: Some(mac("02:00:00:00:00:02")),
        ..CreatePort::new(network.id)
    };
    region.create_port(port).unwrap();
    let given: BTreeSet<_> = (0..3)
        .map(|_| take(&region, wish(&network, None), None).unwrap().mac)
        .collect();
    let expected = [
        "02:00:00:00:00:01",
        "02:00:00:00:00:03",
        "02:00:00:00:00:04",
    ];
    assert_eq!(given, expected.map(mac).into());
    let full = take(&region, wish(&network, None), Some("small"));
    refused(full, "MacRangeExhausted", 409);
    let project = "one".into();
    let back = mac("02:00:00:00:00:03");
    region
        .run(move |txn, _| lease::delete(txn, back, &project))
        .unwrap();
    assert_eq!(take(&region, wish(&network, None), None).unwrap().mac, back);
    sound(&region);
}

#[test]
fn ports_are_not_given_what_is_kept() {
    // The base leaves 2^24 open, so all but few of the draws would be free: the rule is asked
    // directly, with the one address that matters.
    let region = Region::new();
    let network = region.network();
    let kept = take(&region, wish(&network, Some("02:00:00:00:00:01")), None).unwrap();
    let port = |id: PortId| CreatePort {
        id: Some(id),
        mac_address: Some(kept.mac),
        ..CreatePort::new(network.id)
    };
    let other = region.create_port(port(PortId::random()));
    refused(other, "MacAddressInUse", 409);
    let plain = region.port(&network);
    let update = UpdatePort {
        mac_address: Some(Some(kept.mac)),
        ..UpdatePort::default()
    };
    refused(region.update_port(&plain, update), "MacAddressInUse", 409);
    // The port that it is kept for has it.
    region.create_port(port(kept.port_id)).unwrap();
    sound(&region);
}

#[test]
fn automatic_macs_go_around_leases() {
    let settings = Settings::default();
    let base = settings.mac_base;
    let region = Region::with(settings);
    let network = region.network();
    let automatic: BTreeSet<_> = (0..8).map(|_| region.port(&network).mac_address).collect();
    let drawn: BTreeSet<_> = (0..8)
        .map(|_| take(&region, wish(&network, None), None).unwrap().mac)
        .collect();
    assert!(automatic.is_disjoint(&drawn));
    assert!(drawn.iter().all(|mac| mac.0[..3] == base));
    sound(&region);
}

#[test]
fn chosen_addresses_are_unicast_free_and_in_the_named_range() {
    let region = Region::new();
    let network = region.network();
    make_range(&region, "small", "02:00:00:00:00:01", "02:00:00:00:00:04").unwrap();
    let port = region.port(&network).mac_address.to_string();
    let first = take(&region, wish(&network, Some("02:00:00:00:00:01")), None);
    first.unwrap();
    for (chosen, range, kind, status) in [
        ("02:00:00:00:00:01", None, "MacAddressInUse", 409),
        (port.as_str(), None, "MacAddressInUse", 409),
        ("01:00:00:00:00:01", None, "HTTPBadRequest", 400),
        ("02:00:00:00:00:05", Some("small"), "HTTPBadRequest", 400),
        ("02:00:00:00:00:02", Some("none"), "MacRangeNotFound", 404),
    ] {
        refused(
            take(&region, wish(&network, Some(chosen)), range),
            kind,
            status,
        );
    }
}

#[test]
fn ranges_keep_apart() {
    let region = Region::new();
    make_range(&region, "a", "02:00:00:00:00:01", "02:00:00:00:00:04").unwrap();
    for (id, first, last, kind, status) in [
        (
            "a",
            "02:00:00:01:00:00",
            "02:00:00:01:00:01",
            "MacRangeExists",
            409,
        ),
        (
            "range0",
            "02:00:00:01:00:00",
            "02:00:00:01:00:01",
            "MacRangeExists",
            409,
        ),
        (
            "b",
            "02:00:00:00:00:04",
            "02:00:00:00:00:09",
            "MacRangeOverlap",
            409,
        ),
        (
            "b",
            "02:00:00:00:00:09",
            "02:00:00:00:00:08",
            "HTTPBadRequest",
            400,
        ),
        (
            "b",
            "02:00:00:00:00:09",
            "02:00:01:00:00:08",
            "HTTPBadRequest",
            400,
        ),
        (
            "b",
            "01:00:00:00:00:08",
            "01:00:00:00:00:09",
            "HTTPBadRequest",
            400,
        ),
        (
            "",
            "02:00:00:01:00:00",
            "02:00:00:01:00:01",
            "HTTPBadRequest",
            400,
        ),
    ] {
        refused(make_range(&region, id, first, last), kind, status);
    }
}

#[test]
fn nothing_is_drawn_from_inactive_ranges_and_the_default_stays() {
    let region = Region::new();
    let network = region.network();
    make_range(&region, "a", "02:00:00:00:00:01", "02:00:00:00:00:04").unwrap();
    let stop = |active: bool| UpdateMacRange {
        active: Some(active),
        ..UpdateMacRange::default()
    };
    let off = stop(false);
    region
        .run(move |txn, settings| range::update(txn, "a", &off, settings))
        .unwrap();
    let none = take(&region, wish(&network, None), Some("a"));
    refused(none, "MacRangeInactive", 409);
    let off = stop(false);
    let kept = region.run(move |txn, settings| range::update(txn, "range0", &off, settings));
    refused(kept, "MacRangeInUse", 409);
    let kept = region.run(|txn, settings| range::delete(txn, "range0", settings));
    refused(kept, "MacRangeInUse", 409);
    region
        .run(|txn, settings| range::delete(txn, "a", settings))
        .unwrap();
    let all = range::list(&region.store.snapshot(), &region.settings).unwrap();
    assert_eq!(all.len(), 1);
}

#[test]
fn leases_are_a_projects_and_go_with_the_network() {
    let region = Region::new();
    let network = region.network();
    let kept = take(&region, wish(&network, None), None).unwrap().mac;
    let foreign = region.run(move |txn, _| lease::delete(txn, kept, &"two".into()));
    refused(foreign, "MacAddressNotFound", 404);
    let port = region.port(&network);
    let of_port = port.mac_address;
    let project = port.project_id.clone();
    let shown = lease::get(&region.store.snapshot(), of_port, &project).unwrap();
    assert_eq!(shown.port_id, port.id);
    let own = region.run(move |txn, _| lease::delete(txn, of_port, &project));
    refused(own, "MacAddressInUse", 409);
    region.delete_port(&port).unwrap();
    let id = network.id;
    region
        .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    let left = lease::list(&region.store.snapshot(), &"one".into()).unwrap();
    assert_eq!(left, []);
    sound(&region);
}
