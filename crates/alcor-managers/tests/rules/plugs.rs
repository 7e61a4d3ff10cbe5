//! The region's own ports: made without a user's rights, and guarded from users.

use crate::region::{Region, addresses, any_of, at, member, refused};
use alcor_managers::port::{self, CreatePort};
use alcor_managers::quota::{self, Kind};
use alcor_managers::{ApiError, Settings, schema};
use alcor_types::{Network, Port, ProjectId, RouterId};

fn interface(network: &Network, router: RouterId) -> CreatePort {
    CreatePort {
        device_id: router.to_string(),
        device_owner: "network:router_interface".to_owned(),
        fixed_ips: Some(vec![at("10.0.0.1")]),
        ..CreatePort::new(network.id)
    }
}

fn plug(region: &Region, request: CreatePort) -> Result<Port, ApiError> {
    region.run(move |txn, settings| port::plug(txn, &request, &ProjectId::from("one"), settings))
}

#[test]
fn the_region_plugs_past_a_quota_and_is_counted() {
    let mut settings = Settings::default();
    settings.quotas.insert(Kind::Port, 0);
    let region = Region::with(settings);
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    refused(region.port_at(&network, "10.0.0.1"), "OverQuota", 409);
    let port = plug(&region, interface(&network, RouterId::random())).unwrap();
    assert_eq!(port.project_id.as_str(), "one");
    assert!(!port.port_security_enabled, "the region trusts its own");
    let used = region.run(|txn, _| quota::used(txn, Kind::Port, &ProjectId::from("one")));
    assert_eq!(used.unwrap(), 1);
    let again = plug(&region, interface(&network, RouterId::random()));
    refused(again, "IpAddressAlreadyAllocated", 409);
}

#[test]
fn a_device_takes_gives_back_and_readdresses_a_port() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let port = region.port_at(&network, "10.0.0.7").unwrap();
    let claimed = region.run(move |txn, _| {
        let mut port = port.clone();
        port::claim(txn, &mut port, "router", "network:router_interface")?;
        port::readdress(txn, &mut port, &[any_of(&subnet), at("10.0.0.9")])?;
        Ok(port)
    });
    let claimed = claimed.unwrap();
    assert_eq!(addresses(&claimed), ["10.0.0.7", "10.0.0.9"]);
    assert_eq!(claimed.standard.revision_number, 2);
}

#[test]
fn users_may_delete_only_orphans_of_routers() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    let orphan = plug(&region, interface(&network, RouterId::random())).unwrap();
    region.delete_port(&orphan).unwrap();
    let router = RouterId::random();
    let row = [&[schema::ROUTERS.id, 0], &router.as_bytes()[..]].concat();
    region
        .run(move |txn, _| {
            txn.put(row.clone(), b"there".to_vec());
            Ok(())
        })
        .unwrap();
    let port = plug(&region, interface(&network, router)).unwrap();
    refused(region.delete_port(&port), "ServicePortInUse", 409);
    let id = port.id;
    let by_user = region.run(move |txn, _| port::delete(txn, id, &member("one"), None));
    refused(by_user, "ServicePortInUse", 409);
    region.run(move |txn, _| port::unplug(txn, &port)).unwrap();
}
