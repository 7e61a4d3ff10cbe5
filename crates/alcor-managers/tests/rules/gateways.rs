//! Gateways: of VPCs that are there, one of a kind, and gone with them.

use crate::region::{Region, refused};
use alcor_managers::gateway::{self, CreateGateway, UpdateGateway};
use alcor_managers::{ApiError, Caller, audit, network, records};
use alcor_types::{
    Gateway, GatewayAddress, GatewayKind, GatewayStatus, Network, NetworkId, ProjectId,
};

fn owner() -> ProjectId {
    Caller::admin().project_id
}

fn enter(region: &Region, request: CreateGateway) -> Result<Gateway, ApiError> {
    region.run(move |txn, _| gateway::create(txn, &request, &owner(), &Caller::admin()))
}

fn address(ip: &str, mac: Option<&str>) -> GatewayAddress {
    GatewayAddress {
        ip: ip.parse().unwrap(),
        mac: mac.map(|mac| mac.parse().unwrap()),
    }
}

fn sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

fn report(
    region: &Region,
    network: &Network,
    all: Option<GatewayStatus>,
    single: &'static [(GatewayKind, GatewayStatus)],
) -> Result<Vec<Gateway>, ApiError> {
    let id = network.id;
    region.run(move |txn, _| gateway::report(txn, id, (all, single), &owner(), &Caller::admin()))
}

#[test]
fn a_vpc_has_one_gateway_of_a_kind_and_they_go_with_it() {
    let region = Region::new();
    let network = region.network();
    let zeta = CreateGateway::new(network.id, GatewayKind::Zeta);
    enter(&region, zeta.clone()).unwrap();
    refused(enter(&region, zeta), "GatewayExists", 409);
    enter(&region, CreateGateway::new(network.id, GatewayKind::Nat)).unwrap();
    let all = gateway::list(&region.store.snapshot(), &owner()).unwrap();
    assert_eq!(all.len(), 2);
    sound(&region);
    let id = network.id;
    region
        .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    let all = gateway::list(&region.store.snapshot(), &owner()).unwrap();
    assert_eq!(all, []);
    sound(&region);
}

#[test]
fn a_gateway_is_of_a_vpc_of_the_project_with_this_vni() {
    let region = Region::new();
    let network = region.network();
    let nowhere = CreateGateway::new(NetworkId::random(), GatewayKind::Zeta);
    refused(enter(&region, nowhere), "NetworkNotFound", 404);
    let request = CreateGateway::new(network.id, GatewayKind::Zeta);
    let foreign = request.clone();
    let foreign =
        region.run(move |txn, _| gateway::create(txn, &foreign, &"two".into(), &Caller::admin()));
    refused(foreign, "NetworkNotFound", 404);
    let vni = network.segments[0].segmentation_id.unwrap();
    let with = |vni| CreateGateway {
        vni: Some(vni),
        ..request.clone()
    };
    refused(enter(&region, with(vni + 1)), "HTTPBadRequest", 400);
    let made = enter(&region, with(vni)).unwrap();
    let read = region.store.snapshot();
    let foreign = gateway::get(&read, made.id, &"two".into());
    refused(foreign, "GatewayNotFound", 404);
}

#[test]
fn addresses_are_other_machines_and_given_once() {
    let region = Region::new();
    let network = region.network();
    for ips in [
        vec![address("127.0.0.1", None)],
        vec![address("224.0.0.1", None)],
        vec![address("::", None)],
        vec![address("192.0.2.1", Some("01:00:5e:00:00:01"))],
        vec![address("192.0.2.1", None), address("192.0.2.1", None)],
        (0..65)
            .map(|at| address(&format!("192.0.2.{at}"), None))
            .collect(),
    ] {
        let request = CreateGateway {
            ips,
            ..CreateGateway::new(network.id, GatewayKind::Zeta)
        };
        refused(enter(&region, request), "HTTPBadRequest", 400);
    }
    let made = enter(&region, CreateGateway::new(network.id, GatewayKind::Zeta)).unwrap();
    let ips = vec![address("192.0.2.1", Some("fa:16:3e:00:00:01"))];
    let change = UpdateGateway {
        ips: Some(ips.clone()),
        ..UpdateGateway::default()
    };
    let id = made.id;
    let changed = region.run(move |txn, _| gateway::update(txn, id, &change, &owner()));
    assert_eq!(changed.unwrap(), Gateway { ips, ..made });
}

#[test]
fn reports_set_statuses_of_all_or_of_kinds() {
    let region = Region::new();
    let network = region.network();
    let ready = Some(GatewayStatus::Ready);
    refused(
        report(&region, &network, ready, &[]),
        "GatewayNotFound",
        404,
    );
    for kind in [GatewayKind::Zeta, GatewayKind::Nat] {
        enter(&region, CreateGateway::new(network.id, kind)).unwrap();
    }
    let failed = &[(GatewayKind::Nat, GatewayStatus::Failed)];
    let reported = report(&region, &network, ready, failed).unwrap();
    for gateway in reported {
        let expected = match gateway.kind {
            GatewayKind::Nat => GatewayStatus::Failed,
            _ => GatewayStatus::Ready,
        };
        assert_eq!(gateway.status, expected);
    }
    let absent = &[(GatewayKind::Internet, GatewayStatus::Ready)];
    refused(
        report(&region, &network, None, absent),
        "GatewayNotFound",
        404,
    );
    let id = network.id;
    region
        .run(move |txn, _| gateway::delete_of_vpc(txn, id, &owner(), &Caller::admin()))
        .unwrap();
    refused(
        report(&region, &network, ready, &[]),
        "GatewayNotFound",
        404,
    );
}

#[test]
fn the_audit_finds_a_gateway_without_its_vpc() {
    let region = Region::new();
    let network = region.network();
    let made = enter(&region, CreateGateway::new(network.id, GatewayKind::Zeta)).unwrap();
    let stray = Gateway {
        id: alcor_types::GatewayId::random(),
        network_id: NetworkId::random(),
        ..made
    };
    region
        .run(move |txn, _| Ok(records::insert(txn, &stray)?))
        .unwrap();
    let faults = audit(&region.store.snapshot()).unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("which is gone"), "{faults:?}");
}
