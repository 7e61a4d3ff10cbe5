//! Subnets: blocks, gateways, pools, options, deletion.

use crate::region::{Region, addresses, any_of, refused};
use alcor_managers::port::CreatePort;
use alcor_managers::subnet::{self, CreateSubnet, UpdateSubnet};
use alcor_managers::{ApiError, Caller};
use alcor_types::{HostRoute, IpPool, IpVersion, Ipv6Mode, Network, Subnet};

fn update(region: &Region, subnet: &Subnet, request: UpdateSubnet) -> Result<Subnet, ApiError> {
    let id = subnet.id;
    region.run(move |txn, settings| subnet::update(txn, id, &request, &Caller::admin(), settings))
}

fn delete(region: &Region, subnet: &Subnet) -> Result<(), ApiError> {
    let id = subnet.id;
    region.run(move |txn, _| subnet::delete(txn, id, &Caller::admin(), None))
}

fn request(network: &Network, cidr: &str) -> CreateSubnet {
    CreateSubnet::new(network.id, cidr.parse().unwrap())
}

fn pool(start: &str, end: &str) -> IpPool {
    IpPool {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

#[test]
fn host_bits_are_cleared_and_the_first_host_is_the_gateway() {
    let region = Region::new();
    let subnet = region.subnet(&region.network(), "10.1.2.3/24");
    assert_eq!(subnet.cidr.to_string(), "10.1.2.0/24");
    assert_eq!(subnet.gateway_ip.unwrap().to_string(), "10.1.2.1");
    assert_eq!(subnet.allocation_pools, [pool("10.1.2.2", "10.1.2.254")]);
    assert!(subnet.enable_dhcp);
}

#[test]
fn null_means_no_gateway() {
    let region = Region::new();
    let network = region.network();
    let none = CreateSubnet {
        gateway_ip: Some(None),
        ..request(&network, "10.0.0.0/30")
    };
    let subnet = region.create_subnet(none).unwrap();
    assert_eq!(subnet.gateway_ip, None);
    assert_eq!(subnet.allocation_pools, [pool("10.0.0.1", "10.0.0.2")]);
}

#[test]
fn subnets_of_one_network_never_overlap() {
    let region = Region::new();
    let (one, other) = (region.network(), region.network());
    region.subnet(&one, "10.0.0.0/16");
    for cidr in ["10.0.0.0/16", "10.0.255.0/24", "10.0.0.0/8"] {
        refused(
            region.create_subnet(request(&one, cidr)),
            "InvalidInput",
            400,
        );
    }
    region.subnet(&one, "10.1.0.0/16");
    region.subnet(&one, "fd00::/64");
    region.subnet(&other, "10.0.0.0/16");
}

#[test]
fn the_version_and_the_block_agree() {
    let region = Region::new();
    let network = region.network();
    let wrong = CreateSubnet {
        ip_version: Some(IpVersion::V6),
        ..request(&network, "10.0.0.0/24")
    };
    refused(region.create_subnet(wrong), "InvalidInput", 400);
}

#[test]
fn a_gateway_is_a_host_and_lies_outside_the_pools() {
    let region = Region::new();
    let network = region.network();
    let with = |gateway: &str, pools: Option<Vec<IpPool>>| CreateSubnet {
        gateway_ip: Some(Some(gateway.parse().unwrap())),
        allocation_pools: pools,
        ..request(&network, "10.0.0.0/24")
    };
    for wrong in ["10.0.0.0", "10.0.0.255", "fd00::1"] {
        refused(region.create_subnet(with(wrong, None)), "InvalidInput", 400);
    }
    let elsewhere = region.network();
    let on_link = CreateSubnet {
        gateway_ip: Some(Some("192.0.2.1".parse().unwrap())),
        ..request(&elsewhere, "10.0.0.0/24")
    };
    let on_link = region.create_subnet(on_link).unwrap();
    assert_eq!(on_link.allocation_pools, [pool("10.0.0.1", "10.0.0.254")]);
    let pools = Some(vec![pool("10.0.0.10", "10.0.0.20")]);
    let inside = with("10.0.0.15", pools.clone());
    refused(
        region.create_subnet(inside),
        "GatewayConflictWithAllocationPools",
        409,
    );
    let subnet = region.create_subnet(with("10.0.0.9", pools)).unwrap();
    let gateway = Some(Some("10.0.0.10".parse().unwrap()));
    let moved = UpdateSubnet {
        gateway_ip: gateway,
        ..UpdateSubnet::default()
    };
    refused(
        update(&region, &subnet, moved),
        "GatewayConflictWithAllocationPools",
        409,
    );
}

#[test]
fn pools_lie_inside_the_block_in_order_and_apart() {
    let region = Region::new();
    let network = region.network();
    let with = |pools: &[(&str, &str)]| {
        let pools = pools.iter().map(|(start, end)| pool(start, end)).collect();
        region.create_subnet(CreateSubnet {
            allocation_pools: Some(pools),
            ..request(&network, "10.0.0.0/24")
        })
    };
    refused(
        with(&[("10.0.0.9", "10.0.0.8")]),
        "InvalidAllocationPool",
        400,
    );
    refused(
        with(&[("10.0.0.9", "fd00::1")]),
        "InvalidAllocationPool",
        400,
    );
    refused(
        with(&[("fd00::1", "fd00::2")]),
        "InvalidAllocationPool",
        400,
    );
    refused(
        with(&[("10.0.0.0", "10.0.0.8")]),
        "OutOfBoundsAllocationPool",
        400,
    );
    refused(
        with(&[("10.0.0.9", "10.0.0.255")]),
        "OutOfBoundsAllocationPool",
        400,
    );
    let meeting = [("10.0.0.20", "10.0.0.30"), ("10.0.0.10", "10.0.0.20")];
    refused(with(&meeting), "OverlappingAllocationPools", 409);
    let subnet = with(&[("10.0.0.20", "10.0.0.30"), ("10.0.0.10", "10.0.0.19")]).unwrap();
    assert_eq!(subnet.allocation_pools[0], pool("10.0.0.10", "10.0.0.19"));
}

#[test]
fn ipv6_modes_keep_to_their_combinations() {
    let region = Region::new();
    let network = region.network();
    let with = |cidr: &str, ra, address, enable_dhcp| {
        region.create_subnet(CreateSubnet {
            ipv6_ra_mode: ra,
            ipv6_address_mode: address,
            enable_dhcp: Some(enable_dhcp),
            ..request(&network, cidr)
        })
    };
    let (slaac, stateful) = (Some(Ipv6Mode::Slaac), Some(Ipv6Mode::Dhcpv6Stateful));
    refused(with("10.0.0.0/24", slaac, None, true), "InvalidInput", 400);
    refused(with("fd00::/64", slaac, slaac, false), "InvalidInput", 400);
    refused(
        with("fd00::/64", slaac, stateful, true),
        "InvalidInput",
        400,
    );
    refused(with("fd00::/96", slaac, slaac, true), "InvalidInput", 400);
    with("fd00::/96", stateful, stateful, true).unwrap();
    let subnet = with("fd01::/64", None, slaac, true).unwrap();
    let off = UpdateSubnet {
        enable_dhcp: Some(false),
        ..UpdateSubnet::default()
    };
    refused(update(&region, &subnet, off), "InvalidInput", 400);
}

#[test]
fn name_servers_and_routes_are_of_the_family_and_few() {
    let region = Region::new();
    let network = region.network();
    let servers = |servers: &[&str]| {
        region.create_subnet(CreateSubnet {
            dns_nameservers: servers.iter().map(|text| text.parse().unwrap()).collect(),
            ..request(&network, "10.0.0.0/24")
        })
    };
    refused(servers(&["fd00::1"]), "InvalidInput", 400);
    refused(servers(&["8.8.8.8", "8.8.8.8"]), "HTTPBadRequest", 400);
    refused(servers(&["8.8.8.8"; 6]), "DNSNameServersExhausted", 400);
    let route = |destination: &str, nexthop: &str| HostRoute {
        destination: destination.parse().unwrap(),
        nexthop: nexthop.parse().unwrap(),
    };
    let routes = |host_routes| {
        region.create_subnet(CreateSubnet {
            host_routes,
            ..request(&network, "10.0.0.0/24")
        })
    };
    refused(
        routes(vec![route("fd00::/8", "10.0.0.9")]),
        "InvalidInput",
        400,
    );
    refused(
        routes(vec![route("10.9.0.0/16", "fd00::1")]),
        "InvalidInput",
        400,
    );
    refused(
        routes(vec![route("10.9.0.0/16", "10.0.0.9"); 2]),
        "HTTPBadRequest",
        400,
    );
    let many = (0..21)
        .map(|number| route(&format!("10.{number}.0.0/16"), "10.0.0.9"))
        .collect();
    refused(routes(many), "HostRoutesExhausted", 400);
    routes(vec![route("0.0.0.0/0", "10.0.0.9")]).unwrap();
}

#[test]
fn an_update_that_does_not_name_the_gateway_keeps_it() {
    let region = Region::new();
    let subnet = region.subnet(&region.network(), "10.0.0.0/24");
    let rename = UpdateSubnet {
        name: Some("x".to_owned()),
        ..UpdateSubnet::default()
    };
    let renamed = update(&region, &subnet, rename).unwrap();
    assert_eq!(renamed.gateway_ip, subnet.gateway_ip);
    let clear = UpdateSubnet {
        gateway_ip: Some(None),
        ..UpdateSubnet::default()
    };
    assert_eq!(update(&region, &renamed, clear).unwrap().gateway_ip, None);
}

#[test]
fn a_gateway_that_a_router_has_cannot_change() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let gateway = |text: &str| UpdateSubnet {
        gateway_ip: Some(Some(text.parse().unwrap())),
        allocation_pools: Some(vec![pool("10.0.0.100", "10.0.0.200")]),
        ..UpdateSubnet::default()
    };
    let router = region
        .create_port(CreatePort {
            device_owner: "network:router_interface".to_owned(),
            fixed_ips: Some(vec![crate::region::at("10.0.0.1")]),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    refused(
        update(&region, &subnet, gateway("10.0.0.9")),
        "GatewayIpInUse",
        409,
    );
    region.delete_port(&router).unwrap();
    update(&region, &subnet, gateway("10.0.0.9")).unwrap();
    update(&region, &subnet, gateway("10.0.0.10")).unwrap();
}

#[test]
fn narrower_pools_leave_addresses_in_use_alone() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let port = region.port(&network);
    let narrow = UpdateSubnet {
        allocation_pools: Some(vec![pool("10.0.0.2", "10.0.0.3")]),
        ..UpdateSubnet::default()
    };
    update(&region, &subnet, narrow).unwrap();
    assert_eq!(addresses(&port), ["10.0.0.2"]);
    assert_eq!(addresses(&region.port(&network)), ["10.0.0.3"]);
    let full = region.create_port(CreatePort::new(network.id));
    refused(full, "IpAddressGenerationFailure", 409);
}

#[test]
fn a_subnet_in_use_stays() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let port = region.port(&network);
    refused(delete(&region, &subnet), "SubnetInUse", 409);
    region.delete_port(&port).unwrap();
    delete(&region, &subnet).unwrap();
    refused(delete(&region, &subnet), "SubnetNotFound", 404);
}

#[test]
fn derived_addresses_come_and_go_with_their_subnet() {
    let region = Region::new();
    let network = region.network();
    region.subnet(&network, "10.0.0.0/24");
    let before = region.port(&network);
    let slaac = region
        .create_subnet(CreateSubnet {
            ipv6_ra_mode: Some(Ipv6Mode::Slaac),
            ipv6_address_mode: Some(Ipv6Mode::Slaac),
            ..request(&network, "2001:db8::/64")
        })
        .unwrap();
    let after = region.port(&network);
    let read = region.store.snapshot();
    let before = alcor_managers::port::get(&read, before.id, &Caller::admin()).unwrap();
    assert_eq!(
        (before.fixed_ips.len(), before.standard.revision_number),
        (2, 1)
    );
    assert_eq!(after.fixed_ips.len(), 2);
    assert!(addresses(&after)[1].contains("ff:fe"), "{after:?}");
    delete(&region, &slaac).unwrap();
    let read = region.store.snapshot();
    let after = alcor_managers::port::get(&read, after.id, &Caller::admin()).unwrap();
    assert_eq!(after.fixed_ips.len(), 1);
}

#[test]
fn dhcps_own_port_does_not_keep_a_subnet() {
    let region = Region::new();
    let network = region.network();
    let subnet = region.subnet(&network, "10.0.0.0/24");
    let dhcp = region
        .create_port(CreatePort {
            device_owner: "network:dhcp".to_owned(),
            fixed_ips: Some(vec![any_of(&subnet)]),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    delete(&region, &subnet).unwrap();
    let read = region.store.snapshot();
    let dhcp = alcor_managers::port::get(&read, dhcp.id, &Caller::admin()).unwrap();
    assert_eq!(addresses(&dhcp), Vec::<String>::new());
}
