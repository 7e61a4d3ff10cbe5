//! Ranges of elastic IPs bound which addresses of an external network are given out.

use crate::region::{Region, member, refused};
use alcor_managers::floating_ip::range::{self, CreateElasticRange, UpdateElasticRange};
use alcor_managers::floating_ip::{self, CreateFloatingIp};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::{ApiError, Caller, audit, subnet};
use alcor_types::{ElasticRange, FloatingIp, IpPool, Network};
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn pool((first, last): (&str, &str)) -> IpPool {
    IpPool::new(ip(first), ip(last)).unwrap()
}

/// An external network with this block.
fn outside(region: &Region, cidr: &str) -> Network {
    let request = CreateNetwork {
        external: Some(true),
        ..CreateNetwork::default()
    };
    let network = region.create_network(request).unwrap();
    region.subnet(&network, cidr);
    network
}

fn make(region: &Region, name: &str, pools: &[(&str, &str)]) -> Result<ElasticRange, ApiError> {
    let request = CreateElasticRange {
        name: name.to_owned(),
        pools: pools.iter().copied().map(pool).collect(),
        ..CreateElasticRange::default()
    };
    region.run(move |txn, _| range::create(txn, &request))
}

fn change(
    region: &Region,
    range: &ElasticRange,
    pools: &[(&str, &str)],
) -> Result<ElasticRange, ApiError> {
    let request = UpdateElasticRange {
        pools: Some(pools.iter().copied().map(pool).collect()),
        ..UpdateElasticRange::default()
    };
    let id = range.id;
    region.run(move |txn, _| range::update(txn, id, &request))
}

fn remove(region: &Region, range: &ElasticRange) -> Result<(), ApiError> {
    let id = range.id;
    region.run(move |txn, _| range::delete(txn, id))
}

fn float(region: &Region, network: &Network, chosen: Option<&str>) -> Result<FloatingIp, ApiError> {
    let request = CreateFloatingIp {
        floating_ip_address: chosen.map(ip),
        ..CreateFloatingIp::new(network.id)
    };
    region.run(move |txn, settings| floating_ip::create(txn, &request, &Caller::admin(), settings))
}

fn address(floated: Result<FloatingIp, ApiError>) -> String {
    floated.unwrap().floating_ip_address.to_string()
}

fn sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

#[test]
fn ranges_are_used_up_in_the_order_of_their_names_and_then_nothing_is_left() {
    let region = Region::new();
    let network = outside(&region, "203.0.113.0/24");
    make(&region, "b", &[("203.0.113.100", "203.0.113.100")]).unwrap();
    // The gateway is never given.
    let first = make(
        &region,
        "a",
        &[
            ("203.0.113.1", "203.0.113.2"),
            ("203.0.113.50", "203.0.113.50"),
        ],
    );
    let first = first.unwrap();
    let given: Vec<_> = (0..3)
        .map(|_| address(float(&region, &network, None)))
        .collect();
    assert_eq!(given, ["203.0.113.2", "203.0.113.50", "203.0.113.100"]);
    let none = float(&region, &network, None);
    refused(none, "ExternalIpAddressExhausted", 400);
    let read = region.store.snapshot();
    assert_eq!(range::used(&read, &first).unwrap(), 2);
    sound(&region);
}

#[test]
fn chosen_addresses_are_of_a_range_too_and_networks_without_ranges_are_as_before() {
    let region = Region::new();
    let network = outside(&region, "203.0.113.0/24");
    let other = outside(&region, "198.51.100.0/24");
    make(&region, "a", &[("203.0.113.10", "203.0.113.11")]).unwrap();
    let beside = float(&region, &network, Some("203.0.113.12"));
    refused(beside, "BadRequest", 400);
    let within = float(&region, &network, Some("203.0.113.11"));
    assert_eq!(address(within), "203.0.113.11");
    let again = float(&region, &network, Some("203.0.113.11"));
    refused(again, "IpAddressAlreadyAllocated", 409);
    assert_eq!(address(float(&region, &network, None)), "203.0.113.10");
    let free = float(&region, &other, Some("198.51.100.77"));
    assert_eq!(address(free), "198.51.100.77");
    assert!(address(float(&region, &other, None)).starts_with("198.51.100."));
    sound(&region);
}

#[test]
fn ranges_are_of_one_external_subnet_each_and_keep_apart() {
    let region = Region::new();
    outside(&region, "203.0.113.0/24");
    let inside = region.network();
    region.subnet(&inside, "10.0.0.0/24");
    make(&region, "a", &[("203.0.113.10", "203.0.113.19")]).unwrap();
    for (pools, kind, status) in [
        (
            vec![("203.0.113.19", "203.0.113.25")],
            "ElasticIpRangeOverlap",
            409,
        ),
        (
            vec![("203.0.113.250", "203.0.113.255")],
            "HTTPBadRequest",
            400,
        ),
        (vec![("10.0.0.5", "10.0.0.9")], "HTTPBadRequest", 400),
        (vec![("fd00::1", "fd00::2")], "HTTPBadRequest", 400),
        (vec![], "HTTPBadRequest", 400),
        (
            vec![
                ("203.0.113.30", "203.0.113.35"),
                ("203.0.113.35", "203.0.113.36"),
            ],
            "HTTPBadRequest",
            400,
        ),
    ] {
        refused(make(&region, "b", &pools), kind, status);
    }
    outside(&region, "203.0.113.0/24");
    let either = make(&region, "b", &[("203.0.113.30", "203.0.113.35")]);
    refused(either, "HTTPBadRequest", 400);
    sound(&region);
}

#[test]
fn what_is_given_out_keeps_its_range_and_the_range_its_subnet() {
    let region = Region::new();
    let network = outside(&region, "203.0.113.0/24");
    let range = make(&region, "a", &[("203.0.113.10", "203.0.113.19")]).unwrap();
    let floated = float(&region, &network, Some("203.0.113.15")).unwrap();
    let narrow = change(&region, &range, &[("203.0.113.10", "203.0.113.14")]);
    refused(narrow, "ElasticIpRangeInUse", 409);
    refused(remove(&region, &range), "ElasticIpRangeInUse", 409);
    change(&region, &range, &[("203.0.113.15", "203.0.113.15")]).unwrap();
    let id = floated.id;
    region
        .run(move |txn, _| floating_ip::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    let of = range.parts[0].subnet_id;
    let gone = region.run(move |txn, _| subnet::delete(txn, of, &Caller::admin(), None));
    refused(gone, "SubnetInUse", 409);
    let id = network.id;
    let gone = region.run(move |txn, _| network::delete(txn, id, &Caller::admin(), None));
    refused(gone, "SubnetInUse", 409);
    remove(&region, &range).unwrap();
    refused(remove(&region, &range), "ElasticIpRangeNotFound", 404);
    region
        .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    sound(&region);
}

#[test]
fn the_first_range_with_room_says_which_network() {
    let region = Region::new();
    let one = outside(&region, "203.0.113.0/24");
    let other = outside(&region, "198.51.100.0/24");
    let first = || range::first_network(&region.store.snapshot(), &member("one")).unwrap();
    assert_eq!(first(), None);
    make(&region, "a", &[("198.51.100.10", "198.51.100.10")]).unwrap();
    make(&region, "b", &[("203.0.113.10", "203.0.113.10")]).unwrap();
    assert_eq!(first(), Some(other.id));
    float(&region, &other, None).unwrap();
    assert_eq!(first(), Some(one.id));
    float(&region, &one, None).unwrap();
    assert_eq!(first(), Some(other.id));
}
