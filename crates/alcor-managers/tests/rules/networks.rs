//! Networks: defaults, VNIs, MTUs, updates, deletion.

use crate::region::{Region, refused};
use alcor_managers::network::{self, CreateNetwork, UpdateNetwork};
use alcor_managers::port::CreatePort;
use alcor_managers::segment::TransportRequest;
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{ApiError, Caller, Provider, Settings};
use alcor_types::{DEFAULT_MTU, Network, NetworkId};

fn update(region: &Region, network: &Network, request: UpdateNetwork) -> Result<Network, ApiError> {
    let id = network.id;
    region.run(move |txn, settings| network::update(txn, id, &request, &Caller::admin(), settings))
}

fn delete(region: &Region, network: &Network) -> Result<(), ApiError> {
    let id = network.id;
    region.run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
}

fn vxlan(segmentation_id: Option<i64>) -> TransportRequest {
    TransportRequest {
        network_type: Some("vxlan".to_owned()),
        physical_network: None,
        segmentation_id,
    }
}

#[test]
fn a_network_begins_with_neutrons_defaults() {
    let network = Region::new().network();
    assert!(network.admin_state_up && !network.shared.is_public() && network.port_security_enabled);
    assert_eq!(
        (network.mtu, network.standard.revision_number),
        (DEFAULT_MTU, 0)
    );
}

#[test]
fn a_chosen_id_must_be_free() {
    let region = Region::new();
    let id = Some(NetworkId::random());
    let request = CreateNetwork {
        id,
        ..CreateNetwork::default()
    };
    assert_eq!(Some(region.create_network(request.clone()).unwrap().id), id);
    refused(
        region.create_network(request),
        "NeutronDbObjectDuplicateEntry",
        409,
    );
}

#[test]
fn vnis_are_given_back_and_reused_after_the_others() {
    let region = Region::with(Settings {
        provider: Provider::default().with_vnis(100..=102),
        ..Settings::default()
    });
    let networks: Vec<_> = (0..3).map(|_| region.network()).collect();
    let vnis: Vec<_> = networks
        .iter()
        .map(|network| network.vni().unwrap().get())
        .collect();
    assert_eq!(vnis, [100, 101, 102]);
    refused(
        region.create_network(CreateNetwork::default()),
        "NoNetworkAvailable",
        503,
    );
    delete(&region, &networks[1]).unwrap();
    assert_eq!(region.network().vni().unwrap().get(), 101);
}

#[test]
fn a_chosen_vni_must_be_free() {
    let region = Region::with(Settings {
        provider: Provider::default().with_vnis(100..=200),
        ..Settings::default()
    });
    let chosen = |vni| CreateNetwork {
        provider: vxlan(Some(vni)),
        ..CreateNetwork::default()
    };
    assert_eq!(
        region
            .create_network(chosen(100))
            .unwrap()
            .vni()
            .unwrap()
            .get(),
        100
    );
    refused(region.create_network(chosen(100)), "TunnelIdInUse", 409);
    refused(region.create_network(chosen(0)), "InvalidInput", 400);
    refused(region.create_network(chosen(1 << 24)), "InvalidInput", 400);
    assert_eq!(
        region.network().vni().unwrap().get(),
        101,
        "a chosen VNI is passed over"
    );
    assert_eq!(
        region
            .create_network(chosen(5000))
            .unwrap()
            .vni()
            .unwrap()
            .get(),
        5000
    );
}

#[test]
fn the_mtu_has_bounds_and_ipv6_raises_the_lower() {
    let region = Region::new();
    let with = |mtu| CreateNetwork {
        mtu: Some(mtu),
        ..CreateNetwork::default()
    };
    refused(region.create_network(with(67)), "InvalidInput", 400);
    refused(region.create_network(with(1451)), "InvalidInput", 400);
    refused(region.create_network(with(70_000)), "InvalidInput", 400);
    assert_eq!(region.create_network(with(0)).unwrap().mtu, DEFAULT_MTU);
    let small = region.create_network(with(1279)).unwrap();
    let v6 = || CreateSubnet::new(small.id, "fd00::/64".parse().unwrap());
    refused(region.create_subnet(v6()), "NetworkMTUSubnetConflict", 409);
    let raise = |mtu| UpdateNetwork {
        mtu: Some(mtu),
        ..UpdateNetwork::default()
    };
    update(&region, &small, raise(1280)).unwrap();
    region.create_subnet(v6()).unwrap();
    refused(
        update(&region, &small, raise(1279)),
        "NetworkMTUSubnetConflict",
        409,
    );
}

#[test]
fn an_update_changes_what_it_names_and_counts() {
    let region = Region::new();
    let network = region.network();
    let tags = ["a".to_owned(), "b".to_owned()].into();
    let request = UpdateNetwork {
        name: Some("blue".to_owned()),
        tags: Some(tags),
        admin_state_up: Some(false),
        ..UpdateNetwork::default()
    };
    let changed = update(&region, &network, request).unwrap();
    assert_eq!(changed.standard.name, "blue");
    assert_eq!(changed.standard.tags.len(), 2);
    assert_eq!(changed.standard.revision_number, 1);
    assert!(!changed.admin_state_up && changed.port_security_enabled);
    assert_eq!(
        (changed.segments, changed.mtu),
        (network.segments, network.mtu)
    );
}

#[test]
fn a_stale_revision_is_refused() {
    let region = Region::new();
    let network = region.network();
    let expecting = |revision| UpdateNetwork {
        expected_revision: Some(revision),
        ..UpdateNetwork::default()
    };
    refused(
        update(&region, &network, expecting(1)),
        "RevisionNumberConstraintFailed",
        412,
    );
    update(&region, &network, expecting(0)).unwrap();
    refused(
        update(&region, &network, expecting(0)),
        "RevisionNumberConstraintFailed",
        412,
    );
}

#[test]
fn long_texts_and_many_tags_are_refused() {
    let region = Region::new();
    let name = CreateNetwork {
        name: "x".repeat(256),
        ..CreateNetwork::default()
    };
    refused(region.create_network(name), "HTTPBadRequest", 400);
    let tags = (0..51).map(|number| number.to_string()).collect();
    let tags = CreateNetwork {
        tags,
        ..CreateNetwork::default()
    };
    refused(region.create_network(tags), "HTTPBadRequest", 400);
    let domain = CreateNetwork {
        dns_domain: "a b.".into(),
        ..CreateNetwork::default()
    };
    refused(region.create_network(domain), "HTTPBadRequest", 400);
    let domain = CreateNetwork {
        dns_domain: "example.org.".into(),
        ..CreateNetwork::default()
    };
    region.create_network(domain).unwrap();
}

#[test]
fn a_network_with_ports_stays_and_one_without_takes_its_subnets_along() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    let port = region.port(&network);
    refused(delete(&region, &network), "NetworkInUse", 409);
    region.delete_port(&port).unwrap();
    region
        .create_port(CreatePort {
            device_owner: "network:dhcp".to_owned(),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    delete(&region, &network).unwrap();
    refused(delete(&region, &network), "NetworkNotFound", 404);
    // Of all that was made, only the cursor of the VNIs stays.
    assert_eq!(region.rows(), 1);
}

#[test]
fn a_network_in_use_elsewhere_cannot_be_unshared() {
    let region = Region::new();
    let shared = CreateNetwork {
        shared: Some(true),
        ..CreateNetwork::default()
    };
    let network = region.create_network(shared).unwrap();
    let port = region
        .create_port(CreatePort {
            project_id: Some("tenant".into()),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    let unshare = || UpdateNetwork {
        shared: Some(false),
        ..UpdateNetwork::default()
    };
    refused(
        update(&region, &network, unshare()),
        "InvalidSharedSetting",
        409,
    );
    region.delete_port(&port).unwrap();
    assert!(
        !update(&region, &network, unshare())
            .unwrap()
            .shared
            .is_public()
    );
}

#[test]
fn a_bulk_is_all_or_nothing() {
    let region = Region::with(Settings {
        provider: Provider::default().with_vnis(1..=2),
        ..Settings::default()
    });
    let bulk = |count| {
        region.run(move |txn, settings| {
            let requests = vec![CreateNetwork::default(); count];
            network::create_many(txn, &requests, &Caller::admin(), settings)
        })
    };
    refused(bulk(3), "NoNetworkAvailable", 503);
    assert_eq!(region.store.revision().0, 0, "nothing was written");
    assert_eq!(bulk(2).unwrap().len(), 2);
}
