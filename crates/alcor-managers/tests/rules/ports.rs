//! Ports: addresses, MACs, attributes, bulk.

use crate::region::{Region, addresses, any_of, at, refused};
use alcor_managers::network::CreateNetwork;
use alcor_managers::port::{self, CreatePort, ExtraDhcpOptionRequest, FixedIpRequest, UpdatePort};
use alcor_managers::subnet::CreateSubnet;
use alcor_managers::{Caller, Settings};
use alcor_types::{AllowedAddressPair, Ipv6Mode, MacAddr, Network, PortId, SecurityGroupId};

fn with_ips(network: &Network, fixed_ips: Vec<FixedIpRequest>) -> CreatePort {
    CreatePort {
        fixed_ips: Some(fixed_ips),
        ..CreatePort::new(network.id)
    }
}

fn new_ips(fixed_ips: Vec<FixedIpRequest>) -> UpdatePort {
    UpdatePort {
        fixed_ips: Some(fixed_ips),
        ..UpdatePort::default()
    }
}

#[test]
fn a_port_gets_one_address_of_each_family() {
    let region = Region::new();
    let network = region.network();
    for cidr in ["10.0.0.0/24", "10.0.1.0/24", "fd00::/64"] {
        region.subnet(&network, cidr);
    }
    let port = region.port(&network);
    assert_eq!(port.fixed_ips.len(), 2);
    assert!(port.fixed_ips[0].ip_address.is_ipv4() && port.fixed_ips[1].ip_address.is_ipv6());
    assert_eq!(port.mac_address.0[..3], [0xfa, 0x16, 0x3e]);
    assert!(port.port_security_enabled && port.host.is_none());
}

#[test]
fn no_subnet_and_an_empty_list_mean_no_address() {
    let region = Region::new();
    let network = region.network();
    assert!(region.port(&network).fixed_ips.is_empty());
    region.subnet(&network, "10.0.0.0/24");
    assert!(
        region
            .create_port(with_ips(&network, Vec::new()))
            .unwrap()
            .fixed_ips
            .is_empty()
    );
}

#[test]
fn a_chosen_address_is_given_once() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    let port = region.port_at(&network, "10.0.0.77").unwrap();
    refused(
        region.port_at(&network, "10.0.0.77"),
        "IpAddressAlreadyAllocated",
        409,
    );
    region.delete_port(&port).unwrap();
    region.port_at(&network, "10.0.0.77").unwrap();
}

#[test]
fn an_address_outside_the_pools_may_be_chosen_and_others_may_not() {
    let region = Region::new();
    let network = region.network();
    let pool = alcor_types::IpPool {
        start: "10.0.0.10".parse().unwrap(),
        end: "10.0.0.20".parse().unwrap(),
    };
    let subnet = region
        .create_subnet(CreateSubnet {
            allocation_pools: Some(vec![pool]),
            ..CreateSubnet::new(network.id, "10.0.0.0/24".parse().unwrap())
        })
        .unwrap();
    region.port_at(&network, "10.0.0.200").unwrap();
    refused(
        region.port_at(&network, "10.0.0.0"),
        "InvalidIpForNetwork",
        400,
    );
    refused(
        region.port_at(&network, "10.0.0.255"),
        "InvalidIpForNetwork",
        400,
    );
    refused(
        region.port_at(&network, "10.0.1.1"),
        "InvalidIpForNetwork",
        400,
    );
    // A port that a router will get later has the gateway's address already.
    region.port_at(&network, "10.0.0.1").unwrap();
    let both = FixedIpRequest {
        subnet_id: Some(subnet.id),
        ..at("10.0.0.255")
    };
    refused(
        region.create_port(with_ips(&network, vec![both])),
        "InvalidIpForSubnet",
        400,
    );
    let empty = FixedIpRequest::default();
    refused(
        region.create_port(with_ips(&network, vec![empty])),
        "HTTPBadRequest",
        400,
    );
    let elsewhere = region.subnet(&region.network(), "10.0.0.0/24");
    let foreign = with_ips(&network, vec![any_of(&elsewhere)]);
    refused(region.create_port(foreign), "InvalidInput", 400);
}

#[test]
fn several_addresses_come_in_the_order_asked_for() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    // The chosen address is the one that automatic allocation would take first.
    let asked = vec![any_of(&subnet), at("10.0.0.2"), any_of(&subnet)];
    let port = region.create_port(with_ips(&network, asked)).unwrap();
    assert_eq!(addresses(&port), ["10.0.0.3", "10.0.0.2", "10.0.0.4"]);
    let twice = with_ips(&network, vec![at("10.0.0.9"), at("10.0.0.9")]);
    refused(region.create_port(twice), "HTTPBadRequest", 400);
    let six = with_ips(&network, vec![any_of(&subnet); 6]);
    refused(region.create_port(six), "InvalidInput", 400);
}

#[test]
fn an_exhausted_subnet_says_so_and_a_second_one_takes_over() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/29");
    let ports: Vec<_> = (0..5).map(|_| region.port(&network)).collect();
    let full = region.create_port(CreatePort::new(network.id));
    refused(full, "IpAddressGenerationFailure", 409);
    region.delete_port(&ports[2]).unwrap();
    assert_eq!(addresses(&region.port(&network)), addresses(&ports[2]));
    region.subnet(&network, "10.0.1.0/29");
    assert_eq!(addresses(&region.port(&network)), ["10.0.1.2"]);
}

#[test]
fn a_freed_address_rests_until_the_pool_has_been_gone_through() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/29");
    let mut given = Vec::new();
    for _ in 0..10 {
        let port = region.port(&network);
        given.extend(addresses(&port));
        region.delete_port(&port).unwrap();
    }
    let first: Vec<_> = (2..=6).map(|host| format!("10.0.0.{host}")).collect();
    assert_eq!(given, [first.clone(), first].concat());
}

#[test]
fn an_update_keeps_the_addresses_that_stay() {
    let region = Region::new();
    let network = region.network();
    let one = region.subnet(&network, "10.0.0.0/24");
    let two = region.subnet(&network, "10.0.1.0/24");
    let port = region
        .create_port(with_ips(&network, vec![any_of(&one), any_of(&one)]))
        .unwrap();
    assert_eq!(addresses(&port), ["10.0.0.2", "10.0.0.3"]);
    let port = region
        .update_port(&port, new_ips(vec![any_of(&two), any_of(&one)]))
        .unwrap();
    assert_eq!(addresses(&port), ["10.0.1.2", "10.0.0.2"]);
    let port = region
        .update_port(&port, new_ips(vec![at("10.0.0.2"), at("10.0.0.3")]))
        .unwrap();
    assert_eq!(addresses(&port), ["10.0.0.2", "10.0.0.3"]);
    let port = region.update_port(&port, new_ips(Vec::new())).unwrap();
    assert!(port.fixed_ips.is_empty());
    region.port_at(&network, "10.0.0.2").unwrap();
    refused(
        region.update_port(&port, new_ips(vec![at("10.0.0.2")])),
        "IpAddressAlreadyAllocated",
        409,
    );
    let port = region.update_port(&port, UpdatePort::default()).unwrap();
    assert!(
        port.fixed_ips.is_empty(),
        "an update that does not name fixed_ips keeps them"
    );
}

#[test]
fn derived_addresses_follow_the_mac() {
    let region = Region::new();
    let network = region.network();
    let slaac = region
        .create_subnet(CreateSubnet {
            ipv6_address_mode: Some(Ipv6Mode::Slaac),
            ..CreateSubnet::new(network.id, "2001:db8::/64".parse().unwrap())
        })
        .unwrap();
    let mac: MacAddr = "fa:16:3e:00:00:01".parse().unwrap();
    let chosen = CreatePort {
        mac_address: Some(mac),
        ..CreatePort::new(network.id)
    };
    let port = region.create_port(chosen).unwrap();
    assert_eq!(addresses(&port), ["2001:db8::f816:3eff:fe00:1"]);
    refused(
        region.port_at(&network, "2001:db8::9"),
        "AllocationOnAutoAddressSubnet",
        400,
    );
    let mac = Some(Some("fa:16:3e:00:00:02".parse().unwrap()));
    let port = region
        .update_port(
            &port,
            UpdatePort {
                mac_address: mac,
                ..UpdatePort::default()
            },
        )
        .unwrap();
    assert_eq!(addresses(&port), ["2001:db8::f816:3eff:fe00:2"]);
    // What a client read it may send back.
    let same = vec![FixedIpRequest {
        subnet_id: Some(slaac.id),
        ..at("2001:db8::f816:3eff:fe00:2")
    }];
    let port = region.update_port(&port, new_ips(same)).unwrap();
    assert_eq!(addresses(&port), ["2001:db8::f816:3eff:fe00:2"]);
}

#[test]
fn a_mac_is_given_once_in_a_network() {
    let region = Region::new();
    let (one, other) = (region.network(), region.network());
    let with = |network: &Network, mac: &str| {
        region.create_port(CreatePort {
            mac_address: Some(mac.parse().unwrap()),
            ..CreatePort::new(network.id)
        })
    };
    with(&one, "02:00:00:00:00:01").unwrap();
    refused(with(&one, "02:00:00:00:00:01"), "MacAddressInUse", 409);
    with(&other, "02:00:00:00:00:01").unwrap();
    refused(with(&one, "03:00:00:00:00:01"), "HTTPBadRequest", 400);
    refused(with(&one, "00:00:00:00:00:00"), "HTTPBadRequest", 400);
}

#[test]
fn macs_come_from_the_regions_base() {
    let region = Region::with(Settings {
        mac_base: [2, 0xaa, 0xbb],
        ..Settings::default()
    });
    assert_eq!(
        region.port(&region.network()).mac_address.0[..3],
        [2, 0xaa, 0xbb]
    );
}

#[test]
fn a_bound_ports_mac_stays() {
    let region = Region::new();
    let node = region.node("host1");
    let port = region.port(&region.network());
    let bind = UpdatePort {
        host: Some(Some(node.name)),
        ..UpdatePort::default()
    };
    let port = region.update_port(&port, bind).unwrap();
    let mac = || UpdatePort {
        mac_address: Some(Some("02:00:00:00:00:01".parse().unwrap())),
        ..UpdatePort::default()
    };
    refused(region.update_port(&port, mac()), "PortBound", 409);
    let unbind = UpdatePort {
        host: Some(None),
        ..UpdatePort::default()
    };
    region.update_port(&port, unbind).unwrap();
    region.update_port(&port, mac()).unwrap();
}

#[test]
fn address_pairs_are_few_different_and_need_port_security() {
    let region = Region::new();
    let network = region.network();
    let pair = |block: &str| AllowedAddressPair {
        ip_address: block.parse().unwrap(),
        mac_address: None,
    };
    let with = |pairs: Vec<AllowedAddressPair>, port_security_enabled| {
        region.create_port(CreatePort {
            allowed_address_pairs: pairs,
            port_security_enabled,
            ..CreatePort::new(network.id)
        })
    };
    let twice = vec![pair("10.0.0.9/32"); 2];
    refused(with(twice, None), "DuplicateAddressPairInRequest", 400);
    let many = (0..11)
        .map(|host| pair(&format!("10.0.0.{host}/32")))
        .collect();
    refused(with(many, None), "AddressPairsExhausted", 400);
    let unfiltered = with(vec![pair("10.0.0.9/32")], Some(false));
    refused(unfiltered, "AddressPairAndPortSecurityRequired", 409);
    let port = with(vec![pair("10.0.0.9/32")], None).unwrap();
    let off = || UpdatePort {
        port_security_enabled: Some(false),
        ..UpdatePort::default()
    };
    refused(
        region.update_port(&port, off()),
        "AddressPairAndPortSecurityRequired",
        409,
    );
    let both = UpdatePort {
        allowed_address_pairs: Some(Vec::new()),
        security_groups: Some(Vec::new()),
        ..off()
    };
    region.update_port(&port, both).unwrap();
}

#[test]
fn port_security_defaults_to_the_networks() {
    let region = Region::new();
    let open = CreateNetwork {
        port_security_enabled: Some(false),
        ..CreateNetwork::default()
    };
    let port = region.port(&region.create_network(open).unwrap());
    assert!(!port.port_security_enabled);
}

#[test]
fn single_attributes_are_checked() {
    let region = Region::new();
    let network = region.network();
    let plain = || CreatePort::new(network.id);
    let wrong = [
        CreatePort {
            dns_name: "a.b".to_owned(),
            ..plain()
        },
        CreatePort {
            vnic_type: Some("magic".to_owned()),
            ..plain()
        },
        CreatePort {
            binding_profile: Some("[]".to_owned()),
            ..plain()
        },
        CreatePort {
            device_id: "x".repeat(256),
            ..plain()
        },
    ];
    for request in wrong {
        refused(region.create_port(request), "HTTPBadRequest", 400);
    }
    let groups = CreatePort {
        security_groups: Some(vec![SecurityGroupId::random()]),
        ..plain()
    };
    refused(region.create_port(groups), "SecurityGroupNotFound", 404);
    region
        .create_port(CreatePort {
            security_groups: Some(Vec::new()),
            ..plain()
        })
        .unwrap();
    let option = ExtraDhcpOptionRequest {
        opt_name: "mtu".to_owned(),
        ..Default::default()
    };
    let without_value = CreatePort {
        extra_dhcp_opts: vec![option],
        ..plain()
    };
    refused(
        region.create_port(without_value),
        "ExtraDhcpOptBadData",
        400,
    );
}

#[test]
fn subnets_for_other_devices_are_passed_over() {
    let region = Region::new();
    let network = region.network();
    region
        .create_subnet(CreateSubnet {
            service_types: vec!["compute:nova".to_owned()],
            ..CreateSubnet::new(network.id, "10.0.0.0/24".parse().unwrap())
        })
        .unwrap();
    let none = region.create_port(CreatePort::new(network.id));
    refused(none, "IpAddressGenerationFailureNoMatchingSubnet", 409);
    region
        .create_port(CreatePort {
            device_owner: "compute:nova".to_owned(),
            ..CreatePort::new(network.id)
        })
        .unwrap();
}

#[test]
fn a_bulk_is_all_or_nothing_and_gives_each_its_own() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/28");
    let bulk = |count| {
        let request = CreatePort::new(network.id);
        region.run(move |txn, settings| {
            port::create_many(
                txn,
                &vec![request.clone(); count],
                &Caller::admin(),
                settings,
            )
        })
    };
    let before = region.store.revision();
    refused(bulk(14), "IpAddressGenerationFailure", 409);
    assert_eq!(region.store.revision(), before, "nothing was written");
    let ports = bulk(13).unwrap();
    let mut all: Vec<_> = ports.iter().flat_map(addresses).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 13);
}

#[test]
fn a_chosen_id_must_be_free_and_a_gone_port_is_not_found() {
    let region = Region::new();
    let network = region.network();
    let id = Some(PortId::random());
    let request = CreatePort {
        id,
        ..CreatePort::new(network.id)
    };
    let port = region.create_port(request.clone()).unwrap();
    refused(
        region.create_port(request.clone()),
        "NeutronDbObjectDuplicateEntry",
        409,
    );
    region.delete_port(&port).unwrap();
    refused(region.delete_port(&port), "PortNotFound", 404);
    refused(
        region.update_port(&port, UpdatePort::default()),
        "PortNotFound",
        404,
    );
    region.create_port(request).unwrap();
}

#[test]
fn a_port_costs_few_rows() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/16");
    region.port(&network);
    let mut watch = region.store.watch(region.store.revision(), &[]).unwrap();
    region.port(&network);
    let commit = region.wait(async move { watch.next().await.unwrap() });
    // The port, eight index entries, the allocation bitmap, its cursor and its count, the usage
    // counter.
    assert_eq!(commit.changes.len(), 13, "{:?}", commit.changes);
}
