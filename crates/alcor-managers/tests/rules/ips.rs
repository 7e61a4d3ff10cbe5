//! Addresses kept by hand: of ranges, and never one that a port has, nor the reverse.

use crate::region::{Region, any_of, member, refused};
use alcor_managers::ip::lease::{self, CreateIpLease, Held, Holder, IpPlace};
use alcor_managers::ip::range::{self, Claim, CreateIpRange, Place, UpdateIpRange};
use alcor_managers::port::CreatePort;
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{ApiError, Caller, audit, availability, network, subnet};
use alcor_types::{IpRangeId, IpVersion, Ipv6Mode, Subnet, SubnetId};
use std::collections::BTreeSet;
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What a caller without a project of its own in mind would say of all subnets here.
fn owner() -> alcor_types::ProjectId {
    Caller::admin().project_id
}

fn whole(subnet: &Subnet) -> IpRangeId {
    IpRangeId(subnet.id.0)
}

fn make_range(
    region: &Region,
    subnet: &Subnet,
    first: &str,
    last: &str,
) -> Result<Place, ApiError> {
    let request = CreateIpRange {
        id: None,
        subnet_id: subnet.id,
        claim: Claim::default(),
        first: ip(first),
        last: ip(last),
    };
    region.run(move |txn, _| range::create(txn, &request, &owner(), &Caller::admin()))
}

fn of(range: IpRangeId, chosen: Option<&str>) -> CreateIpLease {
    CreateIpLease {
        range_id: Some(range),
        address: chosen.map(ip),
        active: true,
        ..CreateIpLease::default()
    }
}

fn take_all(region: &Region, requests: Vec<CreateIpLease>) -> Result<Vec<Held>, ApiError> {
    region.run(move |txn, _| lease::create_many(txn, &requests, &owner(), &Caller::admin()))
}

fn take(region: &Region, request: CreateIpLease) -> Result<IpAddr, ApiError> {
    Ok(take_all(region, vec![request])?.remove(0).address)
}

fn give(region: &Region, range: IpRangeId, address: IpAddr) -> Result<(), ApiError> {
    let at = [IpPlace {
        range_id: range,
        address,
    }];
    region.run(move |txn, _| lease::delete_many(txn, &at, &owner(), &Caller::admin()))
}

fn holder(region: &Region, range: IpRangeId, address: &str) -> Result<Holder, ApiError> {
    let at = IpPlace {
        range_id: range,
        address: ip(address),
    };
    let read = region.store.snapshot();
    Ok(lease::get(&read, at, &owner(), &Caller::admin())?.holder)
}

fn sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

#[test]
fn a_subnet_is_shared_out_among_ports_and_leases_to_its_last_address() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/28");
    let mut given = BTreeSet::new();
    for at in 0..13 {
        let address = if at % 2 == 0 {
            take(&region, of(whole(&subnet), None)).unwrap()
        } else {
            region.port(&network).fixed_ips[0].ip_address
        };
        assert!(given.insert(address), "{address} twice");
    }
    let full = take(&region, of(whole(&subnet), None));
    refused(full, "IpRangeExhausted", 409);
    let full = region.create_port(CreatePort::new(network.id));
    refused(full, "IpAddressGenerationFailure", 409);
    let counts = availability::of(&region.store.snapshot(), &subnet).unwrap();
    assert_eq!((counts.total, counts.used), (13, 13));
    sound(&region);
}

#[test]
fn what_is_kept_no_port_gets_by_choice_and_the_reverse() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let range = whole(&subnet);
    let kept = take(&region, of(range, Some("10.0.0.9"))).unwrap();
    refused(
        region.port_at(&network, "10.0.0.9"),
        "IpAddressAlreadyAllocated",
        409,
    );
    let port = region.port_at(&network, "10.0.0.10").unwrap();
    for chosen in ["10.0.0.9", "10.0.0.10"] {
        refused(
            take(&region, of(range, Some(chosen))),
            "IpAddressAlreadyAllocated",
            409,
        );
    }
    refused(give(&region, range, ip("10.0.0.10")), "IpAddressInUse", 409);
    assert_eq!(
        holder(&region, range, "10.0.0.10").unwrap(),
        Holder::Port(port.id)
    );
    assert_eq!(
        holder(&region, range, "10.0.0.9").unwrap(),
        Holder::Lease(true)
    );
    give(&region, range, kept).unwrap();
    assert_eq!(holder(&region, range, "10.0.0.9").unwrap(), Holder::Free);
    refused(give(&region, range, kept), "IpAddressNotFound", 404);
    region.port_at(&network, "10.0.0.9").unwrap();
    sound(&region);
}

#[test]
fn a_part_of_a_subnet_gives_all_but_the_gateway_in_or_out_of_the_pools() {
    let region = Region::new();
    let network = region.network();
    let request = CreateSubnet {
        allocation_pools: Some(vec![
            alcor_types::IpPool::new(ip("10.0.0.100"), ip("10.0.0.110")).unwrap(),
        ]),
        ..CreateSubnet::new(network.id, "10.0.0.0/24".parse().unwrap())
    };
    let subnet = region.create_subnet(request).unwrap();
    let part = make_range(&region, &subnet, "10.0.0.1", "10.0.0.3").unwrap();
    let wishes = vec![of(part.id, None), of(part.id, Some("10.0.0.2"))];
    let held = take_all(&region, wishes).unwrap();
    let held: Vec<_> = held.iter().map(|held| held.address).collect();
    assert_eq!(held, [ip("10.0.0.3"), ip("10.0.0.2")]);
    refused(take(&region, of(part.id, None)), "IpRangeExhausted", 409);
    refused(
        take(&region, of(part.id, Some("10.0.0.4"))),
        "HTTPBadRequest",
        400,
    );
    // All of a subnet gives what the pools have.
    let pooled = take(&region, of(whole(&subnet), None)).unwrap();
    assert!(pooled >= ip("10.0.0.100") && pooled <= ip("10.0.0.110"));
    let usage = range::usage(&region.store.snapshot(), &part).unwrap();
    assert_eq!((usage.total, usage.used), (3, 2));
    sound(&region);
}

#[test]
fn a_vpc_gives_of_its_oldest_subnet_with_room() {
    let region = Region::new();
    let network = region.network();
    // Subnets of one second are in the order of their ids.
    let make = |id: u128, cidr: &str| {
        let request = CreateSubnet {
            id: Some(SubnetId(uuid::Uuid::from_u128(id))),
            ..CreateSubnet::new(network.id, cidr.parse().unwrap())
        };
        region.create_subnet(request).unwrap()
    };
    let small = make(1, "10.0.0.0/30");
    let large = make(2, "10.0.1.0/24");
    let by_vpc = |version, chosen: Option<&str>| CreateIpLease {
        claim: Claim {
            network_id: Some(network.id),
            version,
            ..Claim::default()
        },
        address: chosen.map(ip),
        active: true,
        ..CreateIpLease::default()
    };
    let four = Some(IpVersion::V4);
    let first = take(&region, by_vpc(four, None)).unwrap();
    assert!(small.cidr.contains(&first));
    let second = take(&region, by_vpc(four, None)).unwrap();
    assert!(large.cidr.contains(&second));
    let chosen = take(&region, by_vpc(None, Some("10.0.1.77"))).unwrap();
    assert_eq!(chosen, ip("10.0.1.77"));
    refused(take(&region, by_vpc(None, None)), "HTTPBadRequest", 400);
    refused(
        take(&region, by_vpc(Some(IpVersion::V6), None)),
        "IpRangeExhausted",
        409,
    );
    refused(
        take(&region, by_vpc(four, Some("10.9.0.1"))),
        "HTTPBadRequest",
        400,
    );
    sound(&region);
}

#[test]
fn what_is_said_of_the_subnet_must_be_so() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let other = region.network();
    let wrong = [
        Claim {
            network_id: Some(other.id),
            ..Claim::default()
        },
        Claim {
            version: Some(IpVersion::V6),
            ..Claim::default()
        },
    ];
    for claim in wrong {
        let request = CreateIpLease {
            claim,
            ..of(whole(&subnet), None)
        };
        refused(take(&region, request), "HTTPBadRequest", 400);
    }
    let none = take(&region, CreateIpLease::default());
    refused(none, "HTTPBadRequest", 400);
}

#[test]
fn ranges_are_parts_of_a_subnet_and_keep_apart() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let part = make_range(&region, &subnet, "10.0.0.10", "10.0.0.19").unwrap();
    for (first, last, kind, status) in [
        ("10.0.0.19", "10.0.0.30", "IpRangeOverlap", 409),
        ("10.0.0.30", "10.0.0.20", "HTTPBadRequest", 400),
        ("10.0.0.250", "10.0.0.255", "HTTPBadRequest", 400),
        ("fd00::1", "fd00::2", "HTTPBadRequest", 400),
    ] {
        refused(make_range(&region, &subnet, first, last), kind, status);
    }
    let request = CreateIpRange {
        id: Some(whole(&subnet)),
        subnet_id: subnet.id,
        claim: Claim::default(),
        first: ip("10.0.0.40"),
        last: ip("10.0.0.41"),
    };
    let same = region.run(move |txn, _| range::create(txn, &request, &owner(), &Caller::admin()));
    refused(same, "IpRangeExists", 409);
    let kept = take(&region, of(part.id, Some("10.0.0.19"))).unwrap();
    let narrow = UpdateIpRange {
        last: Some(ip("10.0.0.12")),
        ..UpdateIpRange::default()
    };
    let (id, all) = (part.id, whole(&subnet));
    let change = move |id: IpRangeId| {
        let narrow = narrow.clone();
        move |txn: &mut alcor_store::Txn<'_>, _: &alcor_managers::Settings| {
            range::update(txn, id, &narrow, &owner(), &Caller::admin())
        }
    };
    let changed = region.run(change(id)).unwrap();
    assert_eq!(changed.pool.end, ip("10.0.0.12"));
    refused(region.run(change(all)), "IpRangeInUse", 409);
    // The address stays kept, and belongs to the whole subnet.
    refused(give(&region, id, kept), "IpAddressNotFound", 404);
    region
        .run(move |txn, _| range::delete(txn, id, &owner(), &Caller::admin()))
        .unwrap();
    give(&region, all, kept).unwrap();
    sound(&region);
}

#[test]
fn a_project_sees_its_own_ranges_only_and_mac_derived_subnets_have_none() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let derived = CreateSubnet {
        ipv6_address_mode: Some(Ipv6Mode::Slaac),
        ipv6_ra_mode: Some(Ipv6Mode::Slaac),
        ..CreateSubnet::new(network.id, "fd00::/64".parse().unwrap())
    };
    let derived = region.create_subnet(derived).unwrap();
    let read = region.store.snapshot();
    let all = range::list(&read, &owner()).unwrap();
    let ids: Vec<_> = all.iter().map(|place| place.id).collect();
    assert_eq!(ids, [whole(&subnet)]);
    let foreign = range::get(&read, whole(&subnet), &"two".into(), &Caller::admin());
    refused(foreign, "IpRangeNotFound", 404);
    let hidden = range::get(&read, whole(&subnet), &owner(), &member("two"));
    refused(hidden, "IpRangeNotFound", 404);
    let none = take(&region, of(whole(&derived), None));
    refused(none, "IpRangeNotFound", 404);
    let refuses = make_range(&region, &derived, "fd00::1", "fd00::2");
    refused(refuses, "AllocationOnAutoAddressSubnet", 400);
}

#[test]
fn all_or_none_and_one_step_of_giving_and_taking() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/30");
    let range = whole(&subnet);
    // One address is free beside the gateway's.
    let two = take_all(&region, vec![of(range, None), of(range, None)]);
    refused(two, "IpRangeExhausted", 409);
    let kept = take(&region, of(range, None)).unwrap();
    let at = [IpPlace {
        range_id: range,
        address: kept,
    }];
    let (given, wishes) = (at, vec![of(range, None)]);
    let moved =
        region.run(move |txn, _| lease::replace(txn, &given, &wishes, &owner(), &Caller::admin()));
    assert_eq!(moved.unwrap()[0].address, kept);
    let marks = [(at[0], false)];
    region
        .run(move |txn, _| lease::mark_many(txn, &marks, &owner(), &Caller::admin()))
        .unwrap();
    assert_eq!(
        holder(&region, range, &kept.to_string()).unwrap(),
        Holder::Lease(false)
    );
    sound(&region);
}

#[test]
fn pages_of_a_range_are_its_taken_addresses_in_order() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/16");
    let range = whole(&subnet);
    let expected = ["10.0.0.7", "10.0.3.1", "10.0.200.0", "10.0.255.254"];
    for chosen in expected {
        take(&region, of(range, Some(chosen))).unwrap();
    }
    let read = region.store.snapshot();
    let place = range::get(&read, range, &owner(), &Caller::admin()).unwrap();
    let page = |after: Option<&str>, limit| {
        let page = lease::page(&read, &place, after.map(ip), limit).unwrap();
        let page = page.iter().map(|held| held.address.to_string());
        page.collect::<Vec<_>>()
    };
    assert_eq!(page(None, 100), expected);
    assert_eq!(page(None, 2), expected[..2]);
    assert_eq!(page(Some("10.0.3.1"), 100), expected[2..]);
    assert_eq!(page(Some("10.0.255.254"), 100), [""; 0]);
}

#[test]
fn leases_and_ranges_go_with_their_subnet() {
    let region = Region::new();
    let network = region.network();
    let rows = region.rows();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let range = make_range(&region, &subnet, "10.0.0.10", "10.0.0.19").unwrap();
    take(&region, of(range.id, None)).unwrap();
    let id = subnet.id;
    region
        .run(move |txn, _| subnet::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    assert_eq!(region.rows(), rows);
    let again = region.subnet(&network, "10.0.0.0/24");
    take(&region, of(whole(&again), None)).unwrap();
    let port = CreatePort {
        fixed_ips: Some(vec![any_of(&again)]),
        ..CreatePort::new(network.id)
    };
    let port = region.create_port(port).unwrap();
    sound(&region);
    region.delete_port(&port).unwrap();
    let id = network.id;
    region
        .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    sound(&region);
}
