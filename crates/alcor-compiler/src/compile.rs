//! One resource in, one goal out: the whole of the translation, without state.

use alcor_goalstate::{
    Bounded, Carrier, DhcpGoal, ExternalSubnet, Forwarding, Goal, InterfaceGoal, Limits,
    NeighborGoal, PortGoal, PortIdentity, RouterGateway, SubnetGoal, SubnetRoute, SubnetRoutes,
    Taps, TrunkPart, VpcGoal,
};
use alcor_types::{
    AddressScopeId, ExternalGateway, Network, Port, Revision, RouteTable, RouteTarget, Router,
    Subnet, SubnetId,
};
mod acl;
mod group;
pub(crate) use acl::{acl, acl_rule};
pub(crate) use group::{address_group, group, member};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What every host of the network is told of it; nothing where agents cannot program it.
pub(crate) fn vpc(network: &Network, on_demand: bool, revision: Revision) -> Option<Goal> {
    Some(Goal::Vpc(VpcGoal {
        id: network.id,
        revision,
        project_id: network.project_id.clone(),
        name: network.standard.name.clone(),
        carrier: Carrier::of(network)?,
        mtu: network.mtu,
        admin_state_up: network.admin_state_up,
        dns_domain: network.dns_domain.clone(),
        on_demand,
    }))
}

/// What every host of its network is told of a subnet.
pub(crate) fn subnet(
    subnet: &Subnet,
    address_scope: Option<AddressScopeId>,
    revision: Revision,
) -> Goal {
    Goal::Subnet(SubnetGoal {
        id: subnet.id,
        revision,
        vpc: subnet.network_id,
        cidr: subnet.cidr,
        gateway_ip: subnet.gateway_ip,
        dhcp: subnet.enable_dhcp,
        dns_nameservers: subnet.dns_nameservers.clone(),
        host_routes: subnet.host_routes.clone(),
        ipv6_address_mode: subnet.ipv6_address_mode,
        ipv6_ra_mode: subnet.ipv6_ra_mode,
        address_scope,
    })
}

/// What its own host is told of a port.
pub(crate) fn port(
    port: &Port,
    (limits, taps, trunk): (Limits, Option<Box<Taps>>, Option<TrunkPart>),
    revision: Revision,
) -> Goal {
    Goal::Port(PortGoal {
        id: port.id,
        revision,
        vpc: port.network_id,
        name: port.standard.name.clone(),
        mac: port.mac_address,
        admin_state_up: port.admin_state_up,
        fixed_ips: port.fixed_ips.clone(),
        device_id: port.device_id.clone(),
        device_owner: port.device_owner.clone(),
        extra_dhcp_opts: port.extra_dhcp_opts.clone(),
        port_security_enabled: port.port_security_enabled,
        security_groups: port.security_groups.clone(),
        allowed_address_pairs: port.allowed_address_pairs.clone(),
        identity: Box::new(PortIdentity {
            project_id: port.project_id.clone(),
            dns_name: port.dns_name.clone(),
            trunk,
        }),
        limits: limits.into(),
        taps,
    })
}

/// The leases that its own host gives a port: its first IPv4 address on every subnet that
/// `by_dhcp` says is answered by DHCP. A client holds one address an interface and subnet,
/// so further addresses on the same subnet get none.
pub(crate) fn leases(
    port: &Port,
    by_dhcp: impl Fn(SubnetId) -> bool,
    revision: Revision,
) -> impl Iterator<Item = Goal> {
    let mut served = BTreeSet::new();
    port.fixed_ips.iter().filter_map(move |fixed| {
        let IpAddr::V4(ipv4) = fixed.ip_address else {
            return None;
        };
        if !by_dhcp(fixed.subnet_id) || !served.insert(fixed.subnet_id) {
            return None;
        }
        Some(Goal::Dhcp(DhcpGoal {
            port: port.id,
            subnet: fixed.subnet_id,
            revision,
            mac: port.mac_address,
            ipv4,
            host_name: port.dns_name.clone(),
        }))
    })
}

/// What the other hosts are told of a port; nothing while it is switched off, so that
/// frames to it end where they start.
pub(crate) fn neighbor(port: &Port, host_ip: IpAddr, revision: Revision) -> Option<Goal> {
    port.admin_state_up.then(|| {
        Goal::Neighbor(NeighborGoal {
            port: port.id,
            revision,
            vpc: port.network_id,
            mac: port.mac_address,
            host_ip,
            fixed_ips: port.fixed_ips.clone(),
            dns_name: port.dns_name.clone(),
            security_groups: port.security_groups.clone(),
        })
    })
}

/// What every host that needs the network is told of a router's port in it. The router follows
/// these tables.
pub(crate) fn interface<'a>(
    port: &Port,
    router: &Router,
    (tables, gateways): (
        impl Iterator<Item = (SubnetId, &'a RouteTable)>,
        &[RouterGateway],
    ),
    revision: Revision,
) -> Goal {
    Goal::Interface(InterfaceGoal {
        port: port.id,
        revision,
        vpc: port.network_id,
        router: router.id,
        mac: port.mac_address,
        fixed_ips: port.fixed_ips.clone(),
        admin_state_up: port.admin_state_up && router.admin_state_up,
        routes: router.routes.clone(),
        tables: tables
            .map(|(subnet, table)| SubnetRoutes {
                subnet,
                routes: table_routes(table),
            })
            .filter(|table| !table.routes.is_empty())
            .collect(),
        dns_name: port.dns_name.clone(),
        gateways: gateways.to_vec(),
    })
}

/// What a router's interfaces tell of a way out; nothing where agents cannot program the network.
pub(crate) fn gateway<'a>(
    gateway: &ExternalGateway,
    port: &Port,
    (network, subnets): (
        &Network,
        impl Iterator<Item = (&'a Subnet, Option<AddressScopeId>)>,
    ),
    host_ip: Option<IpAddr>,
    (forwardings, bounded): (Vec<Forwarding>, Vec<Bounded>),
) -> Option<RouterGateway> {
    Some(RouterGateway {
        network: network.id,
        carrier: Carrier::of(network)?,
        mtu: network.mtu,
        port: port.id,
        mac: port.mac_address,
        addresses: port.fixed_ips.iter().map(|ip| ip.ip_address).collect(),
        subnets: subnets
            .map(|(subnet, address_scope)| ExternalSubnet {
                cidr: subnet.cidr,
                gateway_ip: subnet.gateway_ip,
                address_scope,
            })
            .collect(),
        snat: gateway.enable_snat,
        host_ip,
        forwardings,
        bounded,
    })
}

/// Of several routes to one block, the one with the lowest priority counts. The ways out of the
/// region are the gateway's business.
fn table_routes(table: &RouteTable) -> Vec<SubnetRoute> {
    let mut routes: Vec<_> = table.routes.iter().collect();
    routes.sort_by_key(|route| (route.destination, route.priority));
    routes.dedup_by_key(|route| route.destination);
    let leading = routes.iter().filter_map(|route| {
        let nexthop = match route.target {
            RouteTarget::Local => None,
            RouteTarget::NextHop(address) => Some(address),
            RouteTarget::InternetGateway | RouteTarget::NatGateway => return None,
        };
        Some(SubnetRoute {
            destination: route.destination,
            nexthop,
        })
    });
    leading.collect()
}
