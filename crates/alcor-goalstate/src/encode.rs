//! From typed goals to wire messages.
//!
//! Every resource travels as its whole configuration (`UpdateType` FULL), so that applying
//! a message twice is applying it once. A deletion carries the id and the revision alone.

pub(crate) mod acl;
pub(crate) mod group;
mod limits;
pub(crate) mod north;
pub(crate) mod peer;
mod taps;
mod trunk;

use crate::wire::{
    DhcpConfiguration, DhcpState, GoalStateV2, NeighborConfiguration, NeighborState, NetworkType,
    OperationType, PortConfiguration, PortState, RouterConfiguration, RouterState,
    SubnetConfiguration, SubnetState, UpdateType, VpcConfiguration, VpcState,
    neighbor_configuration, port_configuration, router_configuration, subnet_configuration,
};
use crate::{
    Carrier, DhcpGoal, Goal, GoalChange, GoalKey, InterfaceGoal, NeighborGoal, PortGoal,
    SubnetGoal, SubnetRoutes, VpcGoal,
};
use alcor_types::{AddressScopeId, Ipv6Mode, PortId, SecurityGroupId, SubnetId};

/// The format of [`GoalStateV2`] that we write.
pub const FORMAT_VERSION: u32 = 2;

/// One message that carries all these changes. Of several changes to one key the last counts.
pub fn goal_state<'a>(changes: impl IntoIterator<Item = &'a GoalChange>) -> GoalStateV2 {
    let mut state = GoalStateV2 {
        format_version: FORMAT_VERSION,
        ..GoalStateV2::default()
    };
    for change in changes {
        match change {
            GoalChange::Put(goal) => put(&mut state, goal),
            GoalChange::Delete { key, revision } => delete(&mut state, *key, revision.0),
        }
    }
    state
}

fn put(state: &mut GoalStateV2, goal: &Goal) {
    let update = OperationType::Update;
    match goal {
        Goal::Vpc(goal) => insert_vpc(state, update, vpc(goal)),
        Goal::Subnet(goal) => insert_subnet(state, update, subnet(goal)),
        Goal::Acl(goal) => acl::insert(state, update, acl::acl(goal)),
        Goal::Port(goal) => insert_port(state, update, port(goal)),
        Goal::Dhcp(goal) => insert_dhcp(state, update, dhcp(goal)),
        Goal::Neighbor(goal) => insert_neighbor(state, update, neighbor(goal)),
        Goal::Interface(goal) => insert_interface(state, update, interface(goal)),
        Goal::Group(goal) => group::insert(state, update, group::group(goal)),
        Goal::Member(goal) => group::insert_member(state, update, group::member(goal)),
        Goal::AddressGroup(goal) => {
            group::insert_addresses(state, update, group::addresses(goal));
        }
        Goal::Floating(goal) => north::insert(state, update, north::floating(goal)),
        Goal::Outlet(goal) => north::insert_outlet(state, update, north::outlet(goal)),
        Goal::Peer(goal) => peer::insert(state, update, peer::peer(goal)),
    }
}

fn delete(state: &mut GoalStateV2, key: GoalKey, store_revision: u64) {
    let operation = OperationType::Delete;
    match key {
        GoalKey::Vpc(id) => {
            let id = id.to_string();
            let gone = VpcConfiguration {
                id,
                store_revision,
                ..Default::default()
            };
            insert_vpc(state, operation, gone);
        }
        GoalKey::Subnet(id) => {
            let id = id.to_string();
            let gone = SubnetConfiguration {
                id,
                store_revision,
                ..Default::default()
            };
            insert_subnet(state, operation, gone);
        }
        GoalKey::Acl(id) => acl::delete(state, id, store_revision),
        GoalKey::Port(id) => {
            let id = id.to_string();
            let gone = PortConfiguration {
                id,
                store_revision,
                ..Default::default()
            };
            insert_port(state, operation, gone);
        }
        GoalKey::Dhcp(port, subnet) => {
            let gone = DhcpConfiguration {
                id: dhcp_id(port, subnet),
                port_id: port.to_string(),
                subnet_id: subnet.to_string(),
                store_revision,
                ..Default::default()
            };
            insert_dhcp(state, operation, gone);
        }
        GoalKey::Neighbor(port) => {
            let id = port.to_string();
            let gone = NeighborConfiguration {
                id,
                store_revision,
                ..Default::default()
            };
            insert_neighbor(state, operation, gone);
        }
        GoalKey::Interface(port) => {
            let gone = RouterConfiguration {
                port_id: port.to_string(),
                store_revision,
                ..Default::default()
            };
            insert_interface(state, operation, gone);
        }
        GoalKey::Floating(port, id) => north::delete(state, port, id, store_revision),
        GoalKey::Outlet(port, network) => {
            north::delete_outlet(state, port, network, store_revision);
        }
        GoalKey::Peer(vpc, host_ip) => peer::delete(state, vpc, host_ip, store_revision),
        GoalKey::Group(_) | GoalKey::Member(..) | GoalKey::AddressGroup(_) => {
            group::delete(state, key, store_revision);
        }
    }
}

fn insert_vpc(state: &mut GoalStateV2, operation: OperationType, sent: VpcConfiguration) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    state.vpc_states.insert(
        key,
        VpcState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

fn insert_subnet(state: &mut GoalStateV2, operation: OperationType, sent: SubnetConfiguration) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    state.subnet_states.insert(
        key,
        SubnetState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

fn insert_port(state: &mut GoalStateV2, operation: OperationType, sent: PortConfiguration) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    state.port_states.insert(
        key,
        PortState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

fn insert_dhcp(state: &mut GoalStateV2, operation: OperationType, sent: DhcpConfiguration) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    state.dhcp_states.insert(
        key,
        DhcpState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

/// The key's form is the published convention; the configuration's id is the bare port.
fn insert_neighbor(state: &mut GoalStateV2, operation: OperationType, sent: NeighborConfiguration) {
    let (key, operation_type) = (format!("L2/{}", sent.id), operation.into());
    state.neighbor_states.insert(
        key,
        NeighborState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

/// A lease's id on the wire: one port may have leases on several subnets.
pub(crate) fn dhcp_id(port: PortId, subnet: SubnetId) -> String {
    format!("{port}/{subnet}")
}

fn insert_interface(state: &mut GoalStateV2, operation: OperationType, sent: RouterConfiguration) {
    let (key, operation_type) = (sent.port_id.clone(), operation.into());
    state.router_states.insert(
        key,
        RouterState {
            operation_type,
            configuration: Some(sent),
        },
    );
}

pub(crate) fn vpc(goal: &VpcGoal) -> VpcConfiguration {
    let (network_type, tunnel_id) = carrier(&goal.carrier);
    VpcConfiguration {
        id: goal.id.to_string(),
        update_type: UpdateType::Full.into(),
        project_id: goal.project_id.to_string(),
        name: goal.name.clone(),
        tunnel_id,
        network_type: network_type.into(),
        physical_network: goal
            .carrier
            .physical_network()
            .unwrap_or_default()
            .to_owned(),
        store_revision: goal.revision.0,
        mtu: goal.mtu.into(),
        admin_down: !goal.admin_state_up,
        dns_domain: goal.dns_domain.clone(),
        on_demand: goal.on_demand,
        ..VpcConfiguration::default()
    }
}

fn carrier(carrier: &Carrier) -> (NetworkType, u32) {
    match carrier {
        Carrier::Vxlan(vni) => (NetworkType::Vxlan, vni.get()),
        Carrier::Geneve(vni) => (NetworkType::Geneve, vni.get()),
        Carrier::Vlan { tag, .. } => (NetworkType::Vlan, (*tag).into()),
        Carrier::Flat { .. } => (NetworkType::Vlan, 0),
    }
}

pub(crate) fn subnet(goal: &SubnetGoal) -> SubnetConfiguration {
    use subnet_configuration::{DnsEntry, Gateway, HostRoute};
    SubnetConfiguration {
        id: goal.id.to_string(),
        update_type: UpdateType::Full.into(),
        vpc_id: goal.vpc.to_string(),
        cidr: goal.cidr.to_string(),
        gateway: goal.gateway_ip.map(|ip| Gateway {
            ip_address: ip.to_string(),
            mac_address: String::new(),
        }),
        dhcp_enable: goal.dhcp,
        dns_entry_list: goal
            .dns_nameservers
            .iter()
            .map(|server| DnsEntry {
                entry: server.to_string(),
            })
            .collect(),
        store_revision: goal.revision.0,
        host_routes: goal
            .host_routes
            .iter()
            .map(|route| HostRoute {
                destination: route.destination.to_string(),
                next_hop: route.nexthop.to_string(),
            })
            .collect(),
        ipv6_address_mode: mode(goal.ipv6_address_mode).into(),
        ipv6_ra_mode: mode(goal.ipv6_ra_mode).into(),
        address_scope_id: scope(goal.address_scope),
        ..SubnetConfiguration::default()
    }
}

fn mode(mode: Option<Ipv6Mode>) -> subnet_configuration::Ipv6Mode {
    use subnet_configuration::Ipv6Mode as Sent;
    match mode {
        None => Sent::None,
        Some(Ipv6Mode::Dhcpv6Stateful) => Sent::Dhcpv6Stateful,
        Some(Ipv6Mode::Dhcpv6Stateless) => Sent::Dhcpv6Stateless,
        Some(Ipv6Mode::Slaac) => Sent::Slaac,
    }
}

pub(crate) fn port(goal: &PortGoal) -> PortConfiguration {
    use port_configuration::{AllowAddressPair, ExtraDhcpOption, FixedIp, SecurityGroupId};
    PortConfiguration {
        id: goal.id.to_string(),
        update_type: UpdateType::Full.into(),
        vpc_id: goal.vpc.to_string(),
        name: goal.name.clone(),
        device_id: goal.device_id.clone(),
        device_owner: goal.device_owner.clone(),
        mac_address: goal.mac.to_string(),
        admin_state_up: goal.admin_state_up,
        fixed_ips: goal
            .fixed_ips
            .iter()
            .map(|ip| FixedIp {
                subnet_id: ip.subnet_id.to_string(),
                ip_address: ip.ip_address.to_string(),
            })
            .collect(),
        store_revision: goal.revision.0,
        extra_dhcp_options: goal
            .extra_dhcp_opts
            .iter()
            .map(|option| ExtraDhcpOption {
                name: option.opt_name.clone(),
                value: option.opt_value.clone(),
                ip_version: option.ip_version.into(),
            })
            .collect(),
        port_security_disabled: !goal.port_security_enabled,
        project_id: goal.identity.project_id.to_string(),
        dns_name: goal.identity.dns_name.clone(),
        security_group_ids: goal
            .security_groups
            .iter()
            .map(|id| SecurityGroupId { id: id.to_string() })
            .collect(),
        allow_address_pairs: goal
            .allowed_address_pairs
            .iter()
            .map(|pair| AllowAddressPair {
                ip_address: pair.ip_address.to_string(),
                mac_address: pair
                    .mac_address
                    .map_or_else(String::new, |mac| mac.to_string()),
            })
            .collect(),
        limits: limits::limits(&goal.limits),
        taps: goal.taps.as_deref().map(taps::taps),
        trunk: goal.identity.trunk.as_ref().map(trunk::trunk),
        ..PortConfiguration::default()
    }
}

pub(crate) fn dhcp(goal: &DhcpGoal) -> DhcpConfiguration {
    DhcpConfiguration {
        id: dhcp_id(goal.port, goal.subnet),
        update_type: UpdateType::Full.into(),
        subnet_id: goal.subnet.to_string(),
        mac_address: goal.mac.to_string(),
        ipv4_address: goal.ipv4.to_string(),
        port_host_name: goal.host_name.clone(),
        store_revision: goal.revision.0,
        port_id: goal.port.to_string(),
        ..DhcpConfiguration::default()
    }
}

pub(crate) fn neighbor(goal: &NeighborGoal) -> NeighborConfiguration {
    use neighbor_configuration::FixedIp;
    NeighborConfiguration {
        id: goal.port.to_string(),
        update_type: UpdateType::Full.into(),
        vpc_id: goal.vpc.to_string(),
        mac_address: goal.mac.to_string(),
        host_ip_address: goal.host_ip.to_string(),
        fixed_ips: goal
            .fixed_ips
            .iter()
            .map(|ip| FixedIp {
                subnet_id: ip.subnet_id.to_string(),
                ip_address: ip.ip_address.to_string(),
                ..FixedIp::default()
            })
            .collect(),
        store_revision: goal.revision.0,
        dns_name: goal.dns_name.clone(),
        security_groups: goal.security_groups.iter().map(bytes).collect(),
        ..NeighborConfiguration::default()
    }
}

fn bytes(group: &SecurityGroupId) -> Vec<u8> {
    group.as_bytes().to_vec()
}

pub(crate) fn interface(goal: &InterfaceGoal) -> RouterConfiguration {
    use router_configuration::{Address, RoutingRule};
    RouterConfiguration {
        id: goal.router.to_string(),
        update_type: UpdateType::Full.into(),
        store_revision: goal.revision.0,
        port_id: goal.port.to_string(),
        vpc_id: goal.vpc.to_string(),
        mac_address: goal.mac.to_string(),
        addresses: goal
            .fixed_ips
            .iter()
            .map(|ip| Address {
                subnet_id: ip.subnet_id.to_string(),
                ip_address: ip.ip_address.to_string(),
            })
            .collect(),
        admin_down: !goal.admin_state_up,
        routes: goal
            .routes
            .iter()
            .map(|route| RoutingRule {
                destination: route.destination.to_string(),
                next_hop_ip: route.nexthop.to_string(),
                ..RoutingRule::default()
            })
            .collect(),
        subnet_routing_tables: goal.tables.iter().map(subnet_routes).collect(),
        dns_name: goal.dns_name.clone(),
        gateways: goal.gateways.iter().map(north::gateway).collect(),
        ..RouterConfiguration::default()
    }
}

/// Empty where there is none.
fn scope(scope: Option<AddressScopeId>) -> String {
    scope.map(|id| id.to_string()).unwrap_or_default()
}

fn subnet_routes(table: &SubnetRoutes) -> router_configuration::SubnetRoutingTable {
    let rules = table.routes.iter();
    router_configuration::SubnetRoutingTable {
        subnet_id: table.subnet.to_string(),
        routing_rules: rules
            .map(|route| router_configuration::RoutingRule {
                destination: route.destination.to_string(),
                next_hop_ip: route.nexthop.map(|ip| ip.to_string()).unwrap_or_default(),
                ..router_configuration::RoutingRule::default()
            })
            .collect(),
    }
}
