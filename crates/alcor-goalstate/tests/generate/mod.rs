//! Random goals for the laws.

#![allow(
    clippy::unwrap_used,
    reason = "test data; a wrong value fails the test"
)]

mod acl;
mod group;
mod limits;
mod north;
mod taps;
mod trunk;

use alcor_goalstate::{
    Carrier, DhcpGoal, Goal, GoalChange, InterfaceGoal, NeighborGoal, PeerGoal, PortGoal,
    PortIdentity, SubnetGoal, SubnetRoute, SubnetRoutes, VpcGoal,
};
use alcor_types::{
    AllowedAddressPair, ExtraDhcpOption, FixedIp, HostRoute, Ipv6Mode, MacAddr, Revision, SubnetId,
    Vni,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

/// Few ids, so that changes meet.
fn id() -> impl Strategy<Value = Uuid> {
    (0u128..6).prop_map(Uuid::from_u128)
}

fn mac() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_map(MacAddr)
}

fn revision() -> impl Strategy<Value = Revision> {
    any::<u64>().prop_map(Revision)
}

fn carrier() -> impl Strategy<Value = Carrier> {
    let vni = || (1u32..1 << 24).prop_map(|number| Vni::new(number).unwrap());
    let vlan = ("[a-z]{1,9}", 1u16..4095);
    prop_oneof![
        vni().prop_map(Carrier::Vxlan),
        vni().prop_map(Carrier::Geneve),
        vlan.prop_map(|(physical_network, tag)| Carrier::Vlan {
            physical_network,
            tag
        }),
        "[a-z]{1,9}".prop_map(|physical_network| Carrier::Flat { physical_network }),
    ]
}

fn fixed_ips() -> impl Strategy<Value = Vec<FixedIp>> {
    let one = (id(), any::<IpAddr>()).prop_map(|(subnet, ip_address)| FixedIp {
        subnet_id: SubnetId(subnet),
        ip_address,
    });
    vec(one, 0..3)
}

fn cidr() -> impl Strategy<Value = ipnet::IpNet> {
    (any::<Ipv4Addr>(), 0u8..=32).prop_map(|(ip, len)| ipnet::IpNet::new(ip.into(), len).unwrap())
}

fn any_vpc() -> impl Strategy<Value = Goal> {
    (
        id(),
        revision(),
        "[a-z]{0,9}",
        carrier(),
        any::<u16>(),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(id, revision, name, carrier, mtu, (admin_state_up, on_demand))| {
                let project_id = name.as_str().into();
                let dns_domain = format!("{name}.example.");
                let id = id.into();
                Goal::Vpc(VpcGoal {
                    id,
                    revision,
                    project_id,
                    name,
                    carrier,
                    mtu,
                    admin_state_up,
                    dns_domain,
                    on_demand,
                })
            },
        )
}

fn any_peer() -> impl Strategy<Value = Goal> {
    (id(), revision(), any::<IpAddr>()).prop_map(|(vpc, revision, host_ip)| {
        let vpc = vpc.into();
        Goal::Peer(PeerGoal {
            vpc,
            revision,
            host_ip,
        })
    })
}

fn routes() -> impl Strategy<Value = Vec<HostRoute>> {
    let route = (cidr(), any::<IpAddr>()).prop_map(|(destination, nexthop)| HostRoute {
        destination,
        nexthop,
    });
    vec(route, 0..3)
}

fn modes() -> impl Strategy<Value = [Option<Ipv6Mode>; 2]> {
    let mode = || {
        let all = vec![
            None,
            Some(Ipv6Mode::Dhcpv6Stateful),
            Some(Ipv6Mode::Dhcpv6Stateless),
            Some(Ipv6Mode::Slaac),
        ];
        prop::sample::select(all)
    };
    [mode(), mode()]
}

fn any_subnet() -> impl Strategy<Value = Goal> {
    let told = (
        any::<Option<IpAddr>>(),
        vec(any::<IpAddr>(), 0..3),
        routes(),
        modes(),
    );
    let place = (cidr(), proptest::option::of(id()));
    (id(), revision(), id(), place, any::<bool>(), told).prop_map(
        |(id, revision, vpc, (cidr, scope), dhcp, told)| {
            let (gateway_ip, dns_nameservers, host_routes, modes) = told;
            let (id, vpc) = (id.into(), vpc.into());
            let [ipv6_address_mode, ipv6_ra_mode] = modes;
            Goal::Subnet(SubnetGoal {
                id,
                revision,
                vpc,
                cidr,
                gateway_ip,
                dhcp,
                dns_nameservers,
                host_routes,
                ipv6_address_mode,
                ipv6_ra_mode,
                address_scope: scope.map(Into::into),
            })
        },
    )
}

fn any_port() -> impl Strategy<Value = Goal> {
    let option = (
        "[a-z-]{1,9}",
        "[a-z0-9.]{0,9}",
        prop::sample::select(vec![4u8, 6]),
    )
        .prop_map(|(opt_name, opt_value, ip_version)| ExtraDhcpOption {
            opt_name,
            opt_value,
            ip_version,
        });
    (
        id(),
        revision(),
        id(),
        mac(),
        any::<bool>(),
        fixed_ips(),
        vec(option, 0..3),
        (limits::any_limits(), taps::any_taps(), trunk::any_trunk()),
    )
        .prop_map(
            |(
                id,
                revision,
                vpc,
                mac,
                admin_state_up,
                fixed_ips,
                extra_dhcp_opts,
                (limits, taps, trunk),
            )| {
                Goal::Port(PortGoal {
                    id: id.into(),
                    revision,
                    vpc: vpc.into(),
                    name: format!("port-{id}"),
                    mac,
                    admin_state_up,
                    fixed_ips,
                    device_id: id.to_string(),
                    device_owner: "compute:nova".to_owned(),
                    extra_dhcp_opts,
                    port_security_enabled: admin_state_up,
                    security_groups: vec![id.into()],
                    allowed_address_pairs: vec![AllowedAddressPair {
                        ip_address: "10.0.0.0/24".parse().unwrap(),
                        mac_address: admin_state_up.then_some(mac),
                    }],
                    identity: Box::new(PortIdentity {
                        project_id: format!("project-{id}").as_str().into(),
                        dns_name: if admin_state_up { "vm" } else { "" }.to_owned(),
                        trunk,
                    }),
                    limits: limits.into(),
                    taps,
                })
            },
        )
}

fn any_dhcp() -> impl Strategy<Value = Goal> {
    (
        id(),
        id(),
        revision(),
        mac(),
        any::<Ipv4Addr>(),
        "[a-z]{0,9}",
    )
        .prop_map(|(port, subnet, revision, mac, ipv4, host_name)| {
            let (port, subnet) = (port.into(), subnet.into());
            Goal::Dhcp(DhcpGoal {
                port,
                subnet,
                revision,
                mac,
                ipv4,
                host_name,
            })
        })
}

fn any_neighbor() -> impl Strategy<Value = Goal> {
    (
        (id(), "[a-z]{0,3}"),
        revision(),
        id(),
        mac(),
        any::<IpAddr>(),
        (fixed_ips(), prop::collection::vec(id(), 0..3)),
    )
        .prop_map(
            |((port, dns_name), revision, vpc, mac, host_ip, (fixed_ips, groups))| {
                let (port, vpc) = (port.into(), vpc.into());
                Goal::Neighbor(NeighborGoal {
                    port,
                    revision,
                    vpc,
                    mac,
                    host_ip,
                    fixed_ips,
                    dns_name,
                    security_groups: groups.into_iter().map(Into::into).collect(),
                })
            },
        )
}

fn any_interface() -> impl Strategy<Value = Goal> {
    let told = (any::<bool>(), routes(), "[a-z]{0,3}", north::gateways());
    (id(), revision(), id(), id(), mac(), fixed_ips(), told).prop_map(
        |(port, revision, vpc, router, mac, fixed_ips, told)| {
            let (admin_state_up, further, dns_name, gateways) = told;
            let (port, vpc, router) = (port.into(), vpc.into(), router.into());
            Goal::Interface(InterfaceGoal {
                port,
                revision,
                vpc,
                router,
                mac,
                fixed_ips,
                admin_state_up,
                tables: vec![SubnetRoutes {
                    subnet: SubnetId(uuid::Uuid::from_u128(1)),
                    routes: further
                        .iter()
                        .map(|route| SubnetRoute {
                            destination: route.destination,
                            nexthop: admin_state_up.then_some(route.nexthop),
                        })
                        .collect(),
                }],
                routes: further,
                dns_name,
                gateways,
            })
        },
    )
}

/// A goal of any kind.
pub(crate) fn any_goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        any_vpc(),
        any_subnet(),
        acl::any_acl(),
        any_port(),
        any_dhcp(),
        any_neighbor(),
        any_peer(),
        any_interface(),
        group::any_group(),
        group::any_member(),
        group::any_address_group(),
        north::any_floating(),
        north::any_outlet(),
    ]
}

/// A goal put or deleted.
pub(crate) fn any_change() -> impl Strategy<Value = GoalChange> {
    (any_goal(), any::<bool>()).prop_map(|(goal, put)| {
        let (key, revision) = (goal.key(), goal.revision());
        if put {
            GoalChange::Put(goal)
        } else {
            GoalChange::Delete { key, revision }
        }
    })
}

/// One certain neighbour.
pub(crate) fn neighbor(port: u128, vpc: u128) -> Goal {
    Goal::Neighbor(NeighborGoal {
        port: Uuid::from_u128(port).into(),
        revision: Revision(1),
        vpc: Uuid::from_u128(vpc).into(),
        mac: MacAddr([2, 0, 0, 0, 0, 7]),
        host_ip: Ipv4Addr::new(192, 0, 2, 7).into(),
        fixed_ips: Vec::new(),
        dns_name: String::new(),
        security_groups: Vec::new(),
    })
}
