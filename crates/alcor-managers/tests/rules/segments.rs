//! Segments by themselves, ranges of their numbers, and how many addresses are taken.

use crate::provider::{network, of, provider};
use crate::region::{Region, member, refused};
use alcor_managers::network::{self as networks, CreateNetwork};
use alcor_managers::port::CreatePort;
use alcor_managers::segment::range::{self, CreateRange, UpdateRange};
use alcor_managers::segment::{self, CreateSegment, TransportRequest, UpdateSegment};
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{ApiError, Caller, ip, records};
use alcor_types::{
    Ipv6Mode, Network, NetworkId, ProjectId, Segment, SegmentId, SegmentRange, SegmentRangeId,
};

fn add(
    region: &Region,
    network: &Network,
    transport: TransportRequest,
) -> Result<Segment, ApiError> {
    let request = CreateSegment {
        id: None,
        network_id: network.id,
        name: "piece".to_owned(),
        description: String::new(),
        transport,
    };
    region.run(move |txn, settings| segment::create(txn, &request, &Caller::admin(), settings))
}

fn drop_segment(region: &Region, id: SegmentId) -> Result<(), ApiError> {
    region.run(move |txn, _| segment::delete(txn, id, &Caller::admin(), None))
}

fn get(region: &Region, id: NetworkId) -> Network {
    networks::get(&region.store.snapshot(), id, &Caller::admin()).unwrap()
}

fn segments(region: &Region) -> Vec<Segment> {
    let read = region.store.snapshot();
    records::scan::<Segment>(&read, None, false)
        .map(Result::unwrap)
        .collect()
}

#[test]
fn a_networks_own_segment_is_one_of_the_list() {
    let region = Region::with(provider());
    let made = region.network();
    let [own] = segments(&region).try_into().unwrap();
    assert_eq!(own.network_id, made.id);
    assert_eq!(vec![own.transport], made.segments);
}

#[test]
fn segments_come_and_go_with_their_numbers() {
    let region = Region::with(provider());
    let made = region.network();
    let vlan = || of("vlan", Some("physnet2"), Some(9));
    let second = add(&region, &made, vlan()).unwrap();
    let both = get(&region, made.id);
    assert_eq!(both.segments.len(), 2);
    assert_eq!(both.segments[1], second.transport);
    assert_eq!(both.mtu, 1400, "no more than the new segment carries");
    assert_eq!(both.standard.revision_number, 1);
    refused(add(&region, &made, vlan()), "VlanIdInUse", 409);
    drop_segment(&region, second.id).unwrap();
    assert_eq!(get(&region, made.id).segments, made.segments);
    refused(drop_segment(&region, second.id), "SegmentNotFound", 404);
    add(&region, &made, vlan()).unwrap();
}

#[test]
fn the_segment_of_bound_ports_stays() {
    let region = Region::with(provider());
    let made = region.network();
    let bound = CreatePort {
        host: Some("h".into()),
        ..CreatePort::new(made.id)
    };
    let port = region.create_port(bound).unwrap();
    let [own] = segments(&region).try_into().unwrap();
    refused(drop_segment(&region, own.id), "SegmentInUse", 409);
    region.delete_port(&port).unwrap();
    drop_segment(&region, own.id).unwrap();
    let bare = get(&region, made.id);
    assert!(bare.segments.is_empty() && bare.vni().is_none());
}

#[test]
fn a_segment_is_renamed_and_only_its_owner_sees_it() {
    let region = Region::with(provider());
    let made = region.network();
    let own = add(&region, &made, of("vxlan", None, None)).unwrap();
    let (id, request) = (
        own.id,
        UpdateSegment {
            name: Some("rack-1".to_owned()),
            expected_revision: Some(0),
            ..UpdateSegment::default()
        },
    );
    let rename = || {
        region.run({
            let request = request.clone();
            move |txn, _| segment::update(txn, id, &request, &Caller::admin())
        })
    };
    let renamed = rename().unwrap();
    assert_eq!(renamed.standard.name, "rack-1");
    assert_eq!(renamed.transport, own.transport);
    refused(rename(), "RevisionNumberConstraintFailed", 412);
    let read = region.store.snapshot();
    refused(
        segment::get(&read, id, &member("x")),
        "SegmentNotFound",
        404,
    );
}

fn range(network_type: &str, minimum: u32, maximum: u32) -> CreateRange {
    CreateRange {
        network_type: Some(network_type.to_owned()),
        minimum,
        maximum,
        ..CreateRange::default()
    }
}

fn of_project(project: &str, range: CreateRange) -> CreateRange {
    CreateRange {
        shared: Some(false),
        project_id: Some(project.into()),
        ..range
    }
}

fn create(region: &Region, request: CreateRange) -> Result<SegmentRange, ApiError> {
    region.run(move |txn, settings| range::create(txn, &request, &Caller::admin(), settings))
}

fn change(
    region: &Region,
    id: SegmentRangeId,
    min: u32,
    max: u32,
) -> Result<SegmentRange, ApiError> {
    let request = UpdateRange {
        minimum: Some(min),
        maximum: Some(max),
        ..UpdateRange::default()
    };
    region.run(move |txn, _| range::update(txn, id, &request, &Caller::admin()))
}

fn remove(region: &Region, id: SegmentRangeId) -> Result<(), ApiError> {
    region.run(move |txn, _| range::delete(txn, id, &Caller::admin(), None))
}

fn of_tenant(region: &Region, project: &str) -> Result<u32, ApiError> {
    let request = CreateNetwork {
        project_id: Some(project.into()),
        ..CreateNetwork::default()
    };
    let made = region.create_network(request)?;
    Ok(made.segments[0].segmentation_id.unwrap())
}

#[test]
fn ranges_bound_what_projects_get() {
    let mut settings = provider();
    settings.provider = settings.provider.with_vnis(100..=103);
    let region = Region::with(settings);
    create(&region, of_project("red", range("vxlan", 102, 110))).unwrap();
    create(&region, range("vxlan", 500, 500)).unwrap();
    let ids = |project, count: usize| -> Vec<u32> {
        (0..count)
            .map(|_| of_tenant(&region, project).unwrap())
            .collect()
    };
    let blue = ids("blue", 3);
    assert_eq!(blue, [100, 101, 500], "what is red's is nobody else's");
    refused(of_tenant(&region, "blue"), "NoNetworkAvailable", 503);
    let mut red = ids("red", 9);
    red.sort_unstable();
    assert_eq!(red, (102..=110).collect::<Vec<_>>());
    refused(of_tenant(&region, "red"), "NoNetworkAvailable", 503);
}

#[test]
fn a_vlan_range_makes_a_physical_network_known() {
    let region = Region::with(provider());
    let vlan = || region.create_network(network(of("vlan", Some("fresh"), None)));
    refused(vlan(), "InvalidInput", 400);
    let fresh = CreateRange {
        physical_network: Some("fresh".to_owned()),
        ..range("vlan", 20, 20)
    };
    create(&region, fresh).unwrap();
    assert_eq!(vlan().unwrap().segments[0].segmentation_id, Some(20));
    refused(vlan(), "NoNetworkAvailable", 503);
}

#[test]
fn ranges_are_checked() {
    let region = Region::with(provider());
    let kind = "NetworkSegmentRangeNetTypeNotSupported";
    refused(create(&region, range("flat", 1, 2)), kind, 400);
    refused(
        create(&region, range("vxlan", 9, 8)),
        "NetworkTunnelRangeError",
        400,
    );
    refused(create(&region, range("vlan", 1, 2)), "HTTPBadRequest", 400);
    let vlan = |min, max| CreateRange {
        physical_network: Some("p".to_owned()),
        ..range("vlan", min, max)
    };
    refused(create(&region, vlan(1, 4095)), "NetworkVlanRangeError", 400);
    create(&region, vlan(1, 10)).unwrap();
    create(&region, range("vxlan", 1, 10)).unwrap();
    let overlaps = "NetworkSegmentRangeOverlaps";
    refused(create(&region, vlan(10, 20)), overlaps, 409);
    refused(create(&region, range("vxlan", 5, 6)), overlaps, 409);
    let next = create(&region, range("vxlan", 11, 20)).unwrap();
    refused(change(&region, next.id, 10, 20), overlaps, 409);
    assert_eq!(change(&region, next.id, 12, 30).unwrap().maximum, 30);
}

#[test]
fn a_range_keeps_the_ids_in_use() {
    let region = Region::with(provider());
    let own = create(&region, of_project("red", range("vxlan", 10, 20))).unwrap();
    assert_eq!(of_tenant(&region, "red").unwrap(), 10);
    let used = range::used(&region.store.snapshot(), &own).unwrap();
    assert_eq!(used, [(10, Some(ProjectId::from("red")))].into());
    let free = range::available(&region.store.snapshot(), &own).unwrap();
    assert_eq!(free, (11..=20).collect::<Vec<_>>());
    let kind = "NetworkSegmentRangeReferencedByProject";
    refused(change(&region, own.id, 11, 20), kind, 409);
    refused(change(&region, own.id, 1, 9), kind, 409);
    refused(remove(&region, own.id), kind, 409);
    change(&region, own.id, 10, 10).unwrap();
    change(&region, own.id, 5, 12).unwrap();
    let [made] = segments(&region).try_into().unwrap();
    let id = made.network_id;
    let gone = region.run(move |txn, _| networks::delete(txn, id, &Caller::admin(), None));
    gone.unwrap();
    remove(&region, own.id).unwrap();
}

#[test]
fn configured_ranges_are_listed_and_stay() {
    let region = Region::with(provider());
    let list = || -> Vec<SegmentRange> {
        let read = region.store.snapshot();
        let all = records::scan::<SegmentRange>(&read, None, false);
        all.map(Result::unwrap).collect()
    };
    let install = || region.run(range::install_defaults);
    install().unwrap();
    let before = list();
    assert_eq!(before.len(), 4, "{before:?}");
    assert!(
        before
            .iter()
            .all(|range| range.default && range.project_id.is_none())
    );
    let revision = region.store.revision();
    install().unwrap();
    assert_eq!(region.store.revision(), revision, "nothing to write");
    let kind = "NetworkSegmentRangeDefaultReadOnly";
    refused(remove(&region, before[0].id), kind, 400);
    refused(change(&region, before[0].id, 1, 2), kind, 400);
    // A range of an operator may lie in a default one.
    create(&region, range("vxlan", 150, 160)).unwrap();
    region
        .run(|txn, settings| {
            let provider = settings.provider.clone().with_vnis(100..=120);
            let settings = alcor_managers::Settings {
                provider,
                ..settings.clone()
            };
            range::install_defaults(txn, &settings)
        })
        .unwrap();
    let after = list();
    assert!(after.iter().any(|range| range.maximum == 120));
    assert!(after.iter().all(|range| range.maximum != 199));
    assert!(after.iter().any(|range| range.maximum == 160));
}

#[test]
fn taken_addresses_are_counted() {
    let region = Region::new();
    let made = region.network();
    let v4 = region.subnet(&made, "10.0.0.0/24");
    let slaac = |cidr: &str| CreateSubnet {
        ipv6_ra_mode: Some(Ipv6Mode::Slaac),
        ipv6_address_mode: Some(Ipv6Mode::Slaac),
        ..CreateSubnet::new(made.id, cidr.parse().unwrap())
    };
    let v6 = region.create_subnet(slaac("fd00::/64")).unwrap();
    let used = |id| ip::used(&region.store.snapshot(), id).unwrap();
    let ports: Vec<_> = (0..3).map(|_| region.port(&made)).collect();
    let gateway = CreatePort {
        device_owner: "network:router_interface".to_owned(),
        fixed_ips: Some(vec![crate::region::at("10.0.0.1")]),
        ..CreatePort::new(made.id)
    };
    let gateway = region.create_port(gateway).unwrap();
    assert_eq!((used(v4.id), used(v6.id)), (4, 3));
    let in_pools = ip::used_in_pools(&region.store.snapshot(), &v4).unwrap();
    assert_eq!(in_pools, 3, "the gateway lies outside of the pool");
    // A later subnet gives every port an address, but for routers'.
    let late = region.create_subnet(slaac("fd01::/64")).unwrap();
    assert_eq!(used(late.id), 3);
    for port in ports.iter().chain([&gateway]) {
        region.delete_port(port).unwrap();
    }
    assert_eq!((used(v4.id), used(v6.id), used(late.id)), (0, 0, 0));
}
