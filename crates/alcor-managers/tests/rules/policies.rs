//! Who may see and do what.

use crate::region::{Region, any_of, at, member, refused};
use alcor_managers::network::{self, CreateNetwork, UpdateNetwork};
use alcor_managers::port::{self, CreatePort, UpdatePort};
use alcor_managers::segment::TransportRequest;
use alcor_managers::subnet::{self, CreateSubnet, UpdateSubnet};
use alcor_managers::{ApiError, Caller};
use alcor_types::{Network, Port};

fn network_of(region: &Region, project: &str, shared: bool) -> Network {
    region
        .create_network(CreateNetwork {
            project_id: Some(project.into()),
            shared: Some(shared),
            ..CreateNetwork::default()
        })
        .unwrap()
}

fn create_port(region: &Region, project: &str, request: CreatePort) -> Result<Port, ApiError> {
    let caller = member(project);
    region.run(move |txn, settings| port::create(txn, &request, &caller, settings))
}

#[test]
fn another_projects_resources_do_not_exist() {
    let region = Region::new();
    let network = network_of(&region, "blue", false);
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let port = create_port(&region, "blue", CreatePort::new(network.id)).unwrap();
    let guest = member("red");
    let read = region.store.snapshot();
    refused(
        network::get(&read, network.id, &guest),
        "NetworkNotFound",
        404,
    );
    refused(subnet::get(&read, subnet.id, &guest), "SubnetNotFound", 404);
    refused(port::get(&read, port.id, &guest), "PortNotFound", 404);
    refused(
        region.run({
            let guest = guest.clone();
            move |txn, settings| {
                network::update(txn, network.id, &UpdateNetwork::default(), &guest, settings)
            }
        }),
        "NetworkNotFound",
        404,
    );
    refused(
        region.run({
            let guest = guest.clone();
            move |txn, settings| {
                subnet::update(txn, subnet.id, &UpdateSubnet::default(), &guest, settings)
            }
        }),
        "SubnetNotFound",
        404,
    );
    refused(
        region.run({
            let guest = guest.clone();
            move |txn, _| port::delete(txn, port.id, &guest, None)
        }),
        "PortNotFound",
        404,
    );
    let intruder = create_port(&region, "red", CreatePort::new(network.id));
    refused(intruder, "NetworkNotFound", 404);
    let read = region.store.snapshot();
    port::get(&read, port.id, &member("blue")).unwrap();
}

#[test]
fn a_shared_network_is_usable_but_not_changeable() {
    let region = Region::new();
    let network = network_of(&region, "blue", true);
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let guest = member("red");
    let port = create_port(&region, "red", CreatePort::new(network.id)).unwrap();
    let read = region.store.snapshot();
    network::get(&read, network.id, &guest).unwrap();
    subnet::get(&read, subnet.id, &guest).unwrap();
    // The network's owner sees, and may remove, what others plugged in.
    port::get(&read, port.id, &member("blue")).unwrap();
    refused(
        region.run({
            let guest = guest.clone();
            move |txn, _| network::delete(txn, network.id, &guest, None)
        }),
        "PolicyNotAuthorized",
        403,
    );
    refused(
        region.run({
            let guest = guest.clone();
            move |txn, settings| {
                let request = CreateSubnet::new(network.id, "10.9.0.0/24".parse().unwrap());
                subnet::create(txn, &request, &guest, settings)
            }
        }),
        "PolicyNotAuthorized",
        403,
    );
    refused(
        region.run(move |txn, _| subnet::delete(txn, subnet.id, &guest, None)),
        "PolicyNotAuthorized",
        403,
    );
    region
        .run(move |txn, _| port::delete(txn, port.id, &member("blue"), None))
        .unwrap();
}

#[test]
fn guests_of_a_shared_network_choose_little() {
    let region = Region::new();
    let network = network_of(&region, "blue", true);
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let plain = || CreatePort::new(network.id);
    let refused_to_guests = [
        CreatePort {
            mac_address: Some("02:00:00:00:00:01".parse().unwrap()),
            ..plain()
        },
        CreatePort {
            fixed_ips: Some(vec![at("10.0.0.9")]),
            ..plain()
        },
        CreatePort {
            device_owner: "network:dhcp".to_owned(),
            ..plain()
        },
        CreatePort {
            port_security_enabled: Some(false),
            ..plain()
        },
    ];
    for request in refused_to_guests {
        refused(
            create_port(&region, "red", request.clone()),
            "PolicyNotAuthorized",
            403,
        );
        create_port(&region, "blue", request).unwrap();
    }
    let by_subnet = CreatePort {
        fixed_ips: Some(vec![any_of(&subnet)]),
        ..plain()
    };
    create_port(&region, "red", by_subnet).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of attributes")]
fn some_attributes_are_the_administrators() {
    let region = Region::new();
    let plain = CreateNetwork::default;
    let requests = [
        CreateNetwork {
            shared: Some(true),
            ..plain()
        },
        CreateNetwork {
            external: Some(true),
            ..plain()
        },
        CreateNetwork {
            provider: TransportRequest {
                network_type: Some("gre".to_owned()),
                segmentation_id: Some(9),
                ..TransportRequest::default()
            },
            ..plain()
        },
        CreateNetwork {
            provider: TransportRequest {
                network_type: Some("vxlan".to_owned()),
                ..TransportRequest::default()
            },
            ..plain()
        },
        CreateNetwork {
            project_id: Some("red".into()),
            ..plain()
        },
    ];
    for request in requests {
        let made = request.clone();
        refused(
            region.run(move |txn, settings| network::create(txn, &made, &member("blue"), settings)),
            "PolicyNotAuthorized",
            403,
        );
        region.create_network(request).unwrap();
    }
    let network = network_of(&region, "blue", false);
    let bound = CreatePort {
        host: Some("host1".into()),
        ..CreatePort::new(network.id)
    };
    refused(
        create_port(&region, "blue", bound),
        "PolicyNotAuthorized",
        403,
    );
    let port = create_port(&region, "blue", CreatePort::new(network.id)).unwrap();
    let update = |request: UpdatePort| {
        let id = port.id;
        region.run(move |txn, settings| port::update(txn, id, &request, &member("blue"), settings))
    };
    let host = UpdatePort {
        host: Some(Some("host1".into())),
        ..UpdatePort::default()
    };
    refused(update(host), "PolicyNotAuthorized", 403);
    let mac = Some(Some("02:00:00:00:00:01".parse().unwrap()));
    let mac = UpdatePort {
        mac_address: mac,
        ..UpdatePort::default()
    };
    refused(update(mac), "PolicyNotAuthorized", 403);
    update(UpdatePort {
        name: Some("mine".to_owned()),
        ..UpdatePort::default()
    })
    .unwrap();
}

#[test]
fn readers_read() {
    let region = Region::new();
    let network = network_of(&region, "blue", false);
    let reader = Caller::with_roles("blue", &["reader"]);
    network::get(&region.store.snapshot(), network.id, &reader).unwrap();
    let writes = region.run({
        let reader = reader.clone();
        move |txn, settings| network::create(txn, &CreateNetwork::default(), &reader, settings)
    });
    refused(writes, "PolicyNotAuthorized", 403);
    let deletes = region.run(move |txn, _| network::delete(txn, network.id, &reader, None));
    refused(deletes, "PolicyNotAuthorized", 403);
}
