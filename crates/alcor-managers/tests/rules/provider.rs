//! Networks of every type: what they may ask for, what they get, and what is unique.

use crate::region::{Region, refused};
use alcor_managers::network::{self, CreateNetwork, UpdateNetwork};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::segment::TransportRequest;
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{ApiError, Caller, Provider, Settings};
use alcor_types::{Network, NetworkType, Transport};

pub(crate) fn provider() -> Settings {
    let tunnels = [
        (NetworkType::Vxlan, vec![100..=199]),
        (NetworkType::Geneve, vec![100..=101]),
    ];
    Settings {
        provider: Provider {
            tunnels: tunnels.into(),
            vlans: [
                ("physnet1".to_owned(), vec![10..=11]),
                ("physnet2".to_owned(), vec![10..=10]),
                ("bare".to_owned(), vec![]),
            ]
            .into(),
            flats: ["physnet1".to_owned()].into(),
            physical_mtu: 9000,
            physical_mtus: [("physnet2".to_owned(), 1400)].into(),
            ..Provider::default()
        },
        ..Settings::default()
    }
}

pub(crate) fn of(
    network_type: &str,
    physical_network: Option<&str>,
    segmentation_id: Option<i64>,
) -> TransportRequest {
    TransportRequest {
        network_type: Some(network_type.to_owned()),
        physical_network: physical_network.map(str::to_owned),
        segmentation_id,
    }
}

pub(crate) fn network(provider: TransportRequest) -> CreateNetwork {
    CreateNetwork {
        provider,
        ..CreateNetwork::default()
    }
}

fn several(segments: Vec<TransportRequest>) -> CreateNetwork {
    CreateNetwork {
        segments,
        ..CreateNetwork::default()
    }
}

fn delete(region: &Region, network: &Network) {
    let id = network.id;
    let deleted = region.run(move |txn, _| network::delete(txn, id, &Caller::admin(), None));
    deleted.unwrap();
}

fn update(region: &Region, network: &Network, request: UpdateNetwork) -> Result<Network, ApiError> {
    let id = network.id;
    region.run(move |txn, settings| network::update(txn, id, &request, &Caller::admin(), settings))
}

fn shown(network: &Network) -> (&str, Option<&str>, Option<u32>) {
    let [only] = network.segments.as_slice() else {
        panic!("one segment: {network:?}")
    };
    (
        only.network_type.as_str(),
        only.physical_network.as_deref(),
        only.segmentation_id,
    )
}

#[test]
fn every_type_gets_what_it_needs_and_its_own_mtu() {
    let region = Region::with(provider());
    for (request, expected, mtu) in [
        (of("vxlan", None, None), ("vxlan", None, Some(100)), 8950),
        (of("geneve", None, None), ("geneve", None, Some(100)), 8950),
        (of("gre", None, Some(7)), ("gre", None, Some(7)), 8958),
        (
            of("vlan", Some("physnet2"), None),
            ("vlan", Some("physnet2"), Some(10)),
            1400,
        ),
        (
            of("vlan", None, None),
            ("vlan", Some("physnet1"), Some(10)),
            9000,
        ),
        (
            of("flat", Some("physnet1"), None),
            ("flat", Some("physnet1"), None),
            9000,
        ),
        (of("local", None, None), ("local", None, None), 9000),
    ] {
        let made = region.create_network(network(request)).unwrap();
        assert_eq!((shown(&made), made.mtu), (expected, mtu));
    }
}

#[test]
fn wrong_combinations_are_refused() {
    let region = Region::with(provider());
    for wrong in [
        of("flat", None, None),
        of("flat", Some("physnet1"), Some(1)),
        of("flat", Some("physnet2"), None),
        of("vlan", Some("nowhere"), Some(5)),
        of("vlan", None, Some(5)),
        of("vlan", Some("physnet1"), Some(0)),
        of("vlan", Some("physnet1"), Some(4095)),
        of("vxlan", Some("physnet1"), None),
        of("vxlan", None, Some(1 << 24)),
        of("gre", None, Some(1 << 32)),
        of("local", None, Some(1)),
        of("carrier pigeon", None, None),
        TransportRequest {
            segmentation_id: Some(5),
            ..TransportRequest::default()
        },
    ] {
        refused(region.create_network(network(wrong)), "InvalidInput", 400);
    }
    assert_eq!(region.store.revision().0, 0, "nothing was written");
}

#[test]
fn a_type_that_the_operator_leaves_out_is_refused() {
    let mut settings = provider();
    settings.provider.types = vec![NetworkType::Vxlan];
    let region = Region::with(settings);
    let local = network(of("local", None, None));
    refused(region.create_network(local), "InvalidInput", 400);
}

#[test]
fn numbers_are_unique_in_their_space_only() {
    let region = Region::with(provider());
    let make = |request: TransportRequest| region.create_network(network(request));
    make(of("vxlan", None, Some(7))).unwrap();
    make(of("geneve", None, Some(7))).unwrap();
    make(of("vlan", Some("physnet1"), Some(7))).unwrap();
    make(of("vlan", Some("bare"), Some(7))).unwrap();
    let flat = make(of("flat", Some("physnet1"), None)).unwrap();
    refused(make(of("vxlan", None, Some(7))), "TunnelIdInUse", 409);
    refused(make(of("geneve", None, Some(7))), "TunnelIdInUse", 409);
    refused(
        make(of("vlan", Some("physnet1"), Some(7))),
        "VlanIdInUse",
        409,
    );
    refused(
        make(of("flat", Some("physnet1"), None)),
        "FlatNetworkInUse",
        409,
    );
    delete(&region, &flat);
    make(of("flat", Some("physnet1"), None)).unwrap();
}

#[test]
fn ranges_end_and_physical_networks_are_tried_in_turn() {
    let region = Region::with(provider());
    let vlan = || region.create_network(network(of("vlan", None, None)));
    let got: Vec<_> = (0..3).map(|_| vlan().unwrap()).collect();
    let got: Vec<_> = got.iter().map(shown).collect();
    let (one, two) = (Some("physnet1"), Some("physnet2"));
    assert_eq!(
        got,
        [
            ("vlan", one, Some(10)),
            ("vlan", one, Some(11)),
            ("vlan", two, Some(10)),
        ]
    );
    refused(vlan(), "NoNetworkAvailable", 503);
    let bare = network(of("vlan", Some("bare"), None));
    refused(region.create_network(bare), "NoNetworkAvailable", 503);
}

#[test]
fn tenants_get_the_first_type_that_has_room() {
    let mut settings = provider();
    settings.provider.tenant_types =
        vec![NetworkType::Flat, NetworkType::Geneve, NetworkType::Vlan];
    let region = Region::with(settings);
    let types: Vec<_> = (0..4)
        .map(|_| region.network().segments[0].network_type)
        .collect();
    let (geneve, vlan) = (NetworkType::Geneve, NetworkType::Vlan);
    assert_eq!(types, [geneve, geneve, vlan, vlan]);
}

#[test]
fn a_network_of_several_segments_gives_them_all_back() {
    let region = Region::with(provider());
    let both = || {
        several(vec![
            of("vxlan", None, None),
            of("vlan", Some("physnet2"), Some(10)),
        ])
    };
    let made = region.create_network(both()).unwrap();
    let expected = |network_type, name: Option<&str>, id| Transport {
        network_type,
        physical_network: name.map(str::to_owned),
        segmentation_id: Some(id),
    };
    assert_eq!(
        made.segments,
        [
            expected(NetworkType::Vxlan, None, 100),
            expected(NetworkType::Vlan, Some("physnet2"), 10),
        ]
    );
    assert_eq!(made.mtu, 1400);
    refused(region.create_network(both()), "VlanIdInUse", 409);
    delete(&region, &made);
    region.create_network(both()).unwrap();
}

#[test]
fn segments_are_given_once_and_one_way() {
    let region = Region::with(provider());
    let twice = several(vec![of("vxlan", None, Some(5)), of("vxlan", None, Some(5))]);
    refused(
        region.create_network(twice),
        "SegmentsContainDuplicateEntry",
        400,
    );
    let mixed = CreateNetwork {
        provider: of("vxlan", None, None),
        ..several(vec![of("vxlan", None, None)])
    };
    refused(
        region.create_network(mixed),
        "SegmentsSetInConjunctionWithProviders",
        400,
    );
    // Two that leave the number open are two segments.
    let open = several(vec![of("vxlan", None, None), of("vxlan", None, None)]);
    assert_eq!(region.create_network(open).unwrap().segments.len(), 2);
}

#[test]
fn only_a_vlan_tag_can_change() {
    let region = Region::with(provider());
    let tag = |id| UpdateNetwork {
        segmentation_id: Some(id),
        ..UpdateNetwork::default()
    };
    let vlan = |id| network(of("vlan", Some("physnet1"), Some(id)));
    let moved = region.create_network(vlan(5)).unwrap();
    region.create_network(vlan(6)).unwrap();
    refused(update(&region, &moved, tag(6)), "VlanIdInUse", 409);
    refused(update(&region, &moved, tag(4095)), "InvalidInput", 400);
    let after = update(&region, &moved, tag(7)).unwrap();
    assert_eq!(shown(&after), ("vlan", Some("physnet1"), Some(7)));
    update(&region, &moved, tag(7)).unwrap();
    region.create_network(vlan(5)).unwrap();
    let tunnelled = region.network();
    refused(update(&region, &tunnelled, tag(7)), "InvalidInput", 400);
}

#[test]
fn a_port_on_a_network_that_agents_do_not_program_says_so() {
    let region = Region::with(provider());
    region.node("h");
    let silence = |kind, number| {
        let on = region.create_network(network(of(kind, None, number)));
        let bound = CreatePort {
            host: Some("h".into()),
            ..CreatePort::new(on.unwrap().id)
        };
        let port = region.create_port(bound).unwrap();
        let state = port::state(&region.store.snapshot(), &port).unwrap();
        assert_eq!(state.status, alcor_types::PortStatus::Down);
        state.reason
    };
    let gre = silence("gre", Some(7));
    assert!(gre.contains("networks of type gre, only"), "{gre}");
    let geneve = silence("geneve", None);
    assert!(geneve.contains("has not reported"), "{geneve}");
}

#[test]
fn subnets_stay_within_the_networks_block() {
    let region = Region::new();
    let vpc = region
        .create_network(CreateNetwork {
            cidr: Some("10.0.0.0/16".parse().unwrap()),
            ..CreateNetwork::default()
        })
        .unwrap();
    let subnet = |cidr: &str| CreateSubnet::new(vpc.id, cidr.parse().unwrap());
    refused(
        region.create_subnet(subnet("10.1.0.0/24")),
        "InvalidInput",
        400,
    );
    region.create_subnet(subnet("10.0.9.0/24")).unwrap();
    let block = |cidr: &str| UpdateNetwork {
        cidr: Some(Some(cidr.parse().unwrap())),
        ..UpdateNetwork::default()
    };
    refused(
        update(&region, &vpc, block("10.0.0.0/24")),
        "InvalidInput",
        400,
    );
    update(&region, &vpc, block("10.0.8.0/21")).unwrap();
}

#[test]
fn one_external_network_is_the_default() {
    let region = Region::new();
    let default = |external| CreateNetwork {
        external: Some(external),
        is_default: Some(true),
        ..CreateNetwork::default()
    };
    let inside = region.create_network(default(false)).unwrap();
    assert!(!inside.is_default, "only external networks can be");
    let first = region.create_network(default(true)).unwrap();
    assert!(first.is_default);
    refused(
        region.create_network(default(true)),
        "DefaultExternalNetworkExists",
        409,
    );
    let close = UpdateNetwork {
        external: Some(false),
        ..UpdateNetwork::default()
    };
    assert!(!update(&region, &first, close).unwrap().is_default);
    region.create_network(default(true)).unwrap();
}

#[test]
fn tags_of_vms_are_not_carried() {
    let region = Region::new();
    let transparent = |asked| CreateNetwork {
        vlan_transparent: Some(asked),
        ..CreateNetwork::default()
    };
    refused(
        region.create_network(transparent(true)),
        "VlanTransparencyDriverError",
        400,
    );
    let network = region.create_network(transparent(false)).unwrap();
    assert_eq!(network.vlan_transparent, Some(false));
}
