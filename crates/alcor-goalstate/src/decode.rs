//! From wire messages to typed goals. Whatever a goal cannot hold is an error that names
//! the resource and the field; nothing of such a message is applied.

use crate::wire::router_configuration::{RoutingRule, SubnetRoutingTable};
mod acl;
mod group;
mod limits;
mod north;
mod peer;
mod taps;
mod trunk;
use crate::wire::{
    DhcpConfiguration, DhcpState, GoalStateV2, NeighborConfiguration, NeighborState, NetworkType,
    OperationType, PortConfiguration, PortState, RouterConfiguration, RouterState,
    SubnetConfiguration, SubnetState, VpcConfiguration, VpcState,
};
use crate::{
    Carrier, DhcpGoal, Goal, GoalChange, GoalKey, InterfaceGoal, NeighborGoal, PortGoal,
    PortIdentity, SubnetGoal, SubnetRoute, SubnetRoutes, VpcGoal,
};
use alcor_types::{
    AddressScopeId, ExtraDhcpOption, FixedIp, HostRoute, Ipv6Mode, Revision, SecurityGroupId, Vni,
};
use std::fmt::Display;
use std::str::FromStr;
use uuid::Uuid;

/// A wire message that no goal can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{resource} {id}: field {field}: {problem}")]
pub struct DecodeError {
    /// The kind of resource.
    pub resource: &'static str,
    /// Its id, as sent.
    pub id: String,
    /// The field of its configuration.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// All changes of a message. Networks and subnets come first, because the rest leans on them.
pub fn goal_state(state: &GoalStateV2) -> Result<Vec<GoalChange>, DecodeError> {
    let vpcs = state.vpc_states.values().map(vpc);
    let subnets = state.subnet_states.values().map(subnet);
    let acls = state.network_acl_states.values().map(acl::acl);
    let ports = state.port_states.values().map(port);
    let leases = state.dhcp_states.values().map(dhcp);
    let neighbors = state.neighbor_states.values().map(neighbor);
    let interfaces = state.router_states.values().map(interface);
    let groups = state.security_group_states.values().map(group::group);
    let members = state.security_group_member_states.values();
    let addresses = state.address_group_states.values().map(group::addresses);
    let all = vpcs
        .chain(subnets)
        .chain(acls)
        .chain(ports)
        .chain(leases)
        .chain(neighbors)
        .chain(interfaces)
        .chain(groups)
        .chain(members.map(group::member))
        .chain(addresses)
        .chain(state.floating_ip_states.values().map(north::floating))
        .chain(state.router_outlet_states.values().map(north::outlet))
        .chain(state.peer_states.values().map(peer::peer));
    all.filter_map(Result::transpose).collect()
}

/// What an operation asks for. INFO and GET give context, and here that is a fact like any other.
fn deletes(operation: i32) -> bool {
    operation == i32::from(OperationType::Delete)
}

/// Reads the fields of one resource and says which of them is wrong.
struct Fields<'a> {
    resource: &'static str,
    id: &'a str,
}

impl Fields<'_> {
    fn parse<T: FromStr<Err: Display>>(
        &self,
        field: &'static str,
        text: &str,
    ) -> Result<T, DecodeError> {
        text.parse()
            .map_err(|error| self.wrong(field, format!("'{text}': {error}")))
    }

    fn wrong(&self, field: &'static str, problem: impl Display) -> DecodeError {
        let (resource, id) = (self.resource, self.id.to_owned());
        DecodeError {
            resource,
            id,
            field,
            problem: problem.to_string(),
        }
    }

    fn vni(&self, number: u32) -> Result<Vni, DecodeError> {
        Vni::new(number).map_err(|error| self.wrong("tunnel_id", error))
    }
}

type Decoded = Result<Option<GoalChange>, DecodeError>;

fn vpc(state: &VpcState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "vpc",
        id: &sent.id,
    };
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Vpc(fields.parse("id", &sent.id)?);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Vpc(vpc_goal(&fields, sent)?))
}

fn vpc_goal(fields: &Fields<'_>, sent: &VpcConfiguration) -> Result<VpcGoal, DecodeError> {
    Ok(VpcGoal {
        id: fields.parse("id", &sent.id)?,
        revision: Revision(sent.store_revision),
        project_id: sent.project_id.as_str().into(),
        name: sent.name.clone(),
        carrier: carried(
            fields,
            sent.network_type,
            sent.tunnel_id,
            &sent.physical_network,
        )?,
        mtu: u16::try_from(sent.mtu).map_err(|error| fields.wrong("mtu", error))?,
        admin_state_up: !sent.admin_down,
        dns_domain: sent.dns_domain.clone(),
        on_demand: sent.on_demand,
    })
}

fn carried(
    fields: &Fields<'_>,
    network_type: i32,
    tunnel_id: u32,
    physical_network: &str,
) -> Result<Carrier, DecodeError> {
    let physical_network = || match physical_network {
        "" => Err(fields.wrong("physical_network", "a VLAN lies on one")),
        named => Ok(named.to_owned()),
    };
    match NetworkType::try_from(network_type) {
        Ok(NetworkType::Vxlan) => fields.vni(tunnel_id).map(Carrier::Vxlan),
        Ok(NetworkType::Geneve) => fields.vni(tunnel_id).map(Carrier::Geneve),
        Ok(NetworkType::Vlan) if tunnel_id == 0 => Ok(Carrier::Flat {
            physical_network: physical_network()?,
        }),
        Ok(NetworkType::Vlan) => Ok(Carrier::Vlan {
            physical_network: physical_network()?,
            tag: tag(fields, tunnel_id)?,
        }),
        Ok(NetworkType::Gre | NetworkType::VxlanGpe) | Err(_) => {
            Err(fields.wrong("network_type", format!("{network_type} is not served")))
        }
    }
}

/// A VLAN's tag has twelve bits, of which 4095 is reserved.
fn tag(fields: &Fields<'_>, number: u32) -> Result<u16, DecodeError> {
    let tag = u16::try_from(number).ok().filter(|tag| *tag < 4095);
    tag.ok_or_else(|| fields.wrong("tunnel_id", format!("{number} is no VLAN tag")))
}

fn subnet(state: &SubnetState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "subnet",
        id: &sent.id,
    };
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Subnet(fields.parse("id", &sent.id)?);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Subnet(subnet_goal(&fields, sent)?))
}

fn scope(
    fields: &Fields<'_>,
    field: &'static str,
    sent: &str,
) -> Result<Option<AddressScopeId>, DecodeError> {
    let named = Some(sent).filter(|sent| !sent.is_empty());
    named.map(|sent| fields.parse(field, sent)).transpose()
}

fn subnet_goal(fields: &Fields<'_>, sent: &SubnetConfiguration) -> Result<SubnetGoal, DecodeError> {
    let gateway = sent
        .gateway
        .as_ref()
        .map(|gateway| gateway.ip_address.as_str());
    let route = |route: &crate::wire::subnet_configuration::HostRoute| {
        Ok(HostRoute {
            destination: fields.parse("host_routes.destination", &route.destination)?,
            nexthop: fields.parse("host_routes.next_hop", &route.next_hop)?,
        })
    };
    Ok(SubnetGoal {
        id: fields.parse("id", &sent.id)?,
        revision: Revision(sent.store_revision),
        vpc: fields.parse("vpc_id", &sent.vpc_id)?,
        cidr: fields.parse("cidr", &sent.cidr)?,
        gateway_ip: gateway
            .filter(|ip| !ip.is_empty())
            .map(|ip| fields.parse("gateway.ip_address", ip))
            .transpose()?,
        dhcp: sent.dhcp_enable,
        dns_nameservers: sent
            .dns_entry_list
            .iter()
            .map(|server| fields.parse("dns_entry_list", &server.entry))
            .collect::<Result<_, _>>()?,
        host_routes: sent
            .host_routes
            .iter()
            .map(route)
            .collect::<Result<_, _>>()?,
        ipv6_address_mode: mode(fields, "ipv6_address_mode", sent.ipv6_address_mode)?,
        ipv6_ra_mode: mode(fields, "ipv6_ra_mode", sent.ipv6_ra_mode)?,
        address_scope: scope(fields, "address_scope_id", &sent.address_scope_id)?,
    })
}

/// A mode that is not known here may ask for anything: it is refused, not taken for none.
fn mode(
    fields: &Fields<'_>,
    field: &'static str,
    sent: i32,
) -> Result<Option<Ipv6Mode>, DecodeError> {
    use crate::wire::subnet_configuration::Ipv6Mode as Sent;
    let sent = Sent::try_from(sent).map_err(|error| fields.wrong(field, error))?;
    Ok(match sent {
        Sent::None => None,
        Sent::Dhcpv6Stateful => Some(Ipv6Mode::Dhcpv6Stateful),
        Sent::Dhcpv6Stateless => Some(Ipv6Mode::Dhcpv6Stateless),
        Sent::Slaac => Some(Ipv6Mode::Slaac),
    })
}

fn port(state: &PortState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "port",
        id: &sent.id,
    };
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Port(fields.parse("id", &sent.id)?);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Port(port_goal(&fields, sent)?))
}

fn port_goal(fields: &Fields<'_>, sent: &PortConfiguration) -> Result<PortGoal, DecodeError> {
    let fixed_ips = sent
        .fixed_ips
        .iter()
        .map(|ip| fixed_ip(fields, &ip.subnet_id, &ip.ip_address));
    let option = |option: &crate::wire::port_configuration::ExtraDhcpOption| {
        Ok(ExtraDhcpOption {
            opt_name: option.name.clone(),
            opt_value: option.value.clone(),
            ip_version: u8::try_from(option.ip_version)
                .map_err(|error| fields.wrong("extra_dhcp_options.ip_version", error))?,
        })
    };
    Ok(PortGoal {
        id: fields.parse("id", &sent.id)?,
        revision: Revision(sent.store_revision),
        vpc: fields.parse("vpc_id", &sent.vpc_id)?,
        name: sent.name.clone(),
        mac: fields.parse("mac_address", &sent.mac_address)?,
        admin_state_up: sent.admin_state_up,
        fixed_ips: fixed_ips.collect::<Result<_, _>>()?,
        device_id: sent.device_id.clone(),
        device_owner: sent.device_owner.clone(),
        extra_dhcp_opts: sent
            .extra_dhcp_options
            .iter()
            .map(option)
            .collect::<Result<_, _>>()?,
        port_security_enabled: !sent.port_security_disabled,
        security_groups: sent
            .security_group_ids
            .iter()
            .map(|group| fields.parse("security_group_ids.id", &group.id))
            .collect::<Result<_, _>>()?,
        allowed_address_pairs: sent
            .allow_address_pairs
            .iter()
            .map(|pair| group::pair(fields, pair))
            .collect::<Result<_, _>>()?,
        identity: Box::new(PortIdentity {
            project_id: sent.project_id.as_str().into(),
            dns_name: sent.dns_name.clone(),
            trunk: trunk::trunk(fields, sent.trunk.as_ref())?,
        }),
        limits: limits::limits(fields, sent.limits.as_ref())?.into(),
        taps: taps::taps(fields, sent.taps.as_ref())?,
    })
}

fn dhcp(state: &DhcpState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "dhcp",
        id: &sent.id,
    };
    let goal_key = GoalKey::Dhcp(
        fields.parse("port_id", &sent.port_id)?,
        fields.parse("subnet_id", &sent.subnet_id)?,
    );
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        return Ok(Some(GoalChange::Delete {
            key: goal_key,
            revision,
        }));
    }
    put(Goal::Dhcp(dhcp_goal(&fields, sent)?))
}

fn dhcp_goal(fields: &Fields<'_>, sent: &DhcpConfiguration) -> Result<DhcpGoal, DecodeError> {
    Ok(DhcpGoal {
        port: fields.parse("port_id", &sent.port_id)?,
        subnet: fields.parse("subnet_id", &sent.subnet_id)?,
        revision: Revision(sent.store_revision),
        mac: fields.parse("mac_address", &sent.mac_address)?,
        ipv4: fields.parse("ipv4_address", &sent.ipv4_address)?,
        host_name: sent.port_host_name.clone(),
    })
}

fn neighbor(state: &NeighborState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "neighbor",
        id: &sent.id,
    };
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Neighbor(fields.parse("id", &sent.id)?);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Neighbor(neighbor_goal(&fields, sent)?))
}

fn neighbor_goal(
    fields: &Fields<'_>,
    sent: &NeighborConfiguration,
) -> Result<NeighborGoal, DecodeError> {
    let fixed_ips = sent
        .fixed_ips
        .iter()
        .map(|ip| fixed_ip(fields, &ip.subnet_id, &ip.ip_address));
    let groups = sent.security_groups.iter().map(|bytes| {
        let id = Uuid::from_slice(bytes);
        id.map(SecurityGroupId)
            .map_err(|error| fields.wrong("security_groups", error))
    });
    Ok(NeighborGoal {
        port: fields.parse("id", &sent.id)?,
        revision: Revision(sent.store_revision),
        vpc: fields.parse("vpc_id", &sent.vpc_id)?,
        mac: fields.parse("mac_address", &sent.mac_address)?,
        host_ip: fields.parse("host_ip_address", &sent.host_ip_address)?,
        fixed_ips: fixed_ips.collect::<Result<_, _>>()?,
        dns_name: sent.dns_name.clone(),
        security_groups: groups.collect::<Result<_, _>>()?,
    })
}

fn interface(state: &RouterState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "router interface",
        id: &sent.port_id,
    };
    let revision = Revision(sent.store_revision);
    if deletes(state.operation_type) {
        let key = GoalKey::Interface(fields.parse("port_id", &sent.port_id)?);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Interface(interface_goal(&fields, sent)?))
}

fn interface_goal(
    fields: &Fields<'_>,
    sent: &RouterConfiguration,
) -> Result<InterfaceGoal, DecodeError> {
    let fixed_ips = sent
        .addresses
        .iter()
        .map(|ip| fixed_ip(fields, &ip.subnet_id, &ip.ip_address));
    let route = |route: &RoutingRule| {
        Ok(HostRoute {
            destination: fields.parse("routes.destination", &route.destination)?,
            nexthop: fields.parse("routes.next_hop_ip", &route.next_hop_ip)?,
        })
    };
    Ok(InterfaceGoal {
        port: fields.parse("port_id", &sent.port_id)?,
        revision: Revision(sent.store_revision),
        vpc: fields.parse("vpc_id", &sent.vpc_id)?,
        router: fields.parse("id", &sent.id)?,
        mac: fields.parse("mac_address", &sent.mac_address)?,
        fixed_ips: fixed_ips.collect::<Result<_, _>>()?,
        admin_state_up: !sent.admin_down,
        routes: sent.routes.iter().map(route).collect::<Result<_, _>>()?,
        tables: sent
            .subnet_routing_tables
            .iter()
            .map(|table| subnet_routes(fields, table))
            .collect::<Result<_, _>>()?,
        dns_name: sent.dns_name.clone(),
        gateways: sent
            .gateways
            .iter()
            .map(|gateway| north::gateway(fields, gateway))
            .collect::<Result<_, _>>()?,
    })
}

fn subnet_routes(
    fields: &Fields<'_>,
    table: &SubnetRoutingTable,
) -> Result<SubnetRoutes, DecodeError> {
    let route = |rule: &RoutingRule| {
        let hop = Some(&*rule.next_hop_ip).filter(|ip| !ip.is_empty());
        Ok(SubnetRoute {
            destination: fields.parse("routing_rules.destination", &rule.destination)?,
            nexthop: hop
                .map(|ip| fields.parse("routing_rules.next_hop_ip", ip))
                .transpose()?,
        })
    };
    Ok(SubnetRoutes {
        subnet: fields.parse("subnet_routing_tables.subnet_id", &table.subnet_id)?,
        routes: table
            .routing_rules
            .iter()
            .map(route)
            .collect::<Result<_, _>>()?,
    })
}

fn fixed_ip(fields: &Fields<'_>, subnet: &str, address: &str) -> Result<FixedIp, DecodeError> {
    Ok(FixedIp {
        subnet_id: fields.parse("fixed_ips.subnet_id", subnet)?,
        ip_address: fields.parse("fixed_ips.ip_address", address)?,
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape that every decoder returns"
)]
fn put(goal: Goal) -> Decoded {
    Ok(Some(GoalChange::Put(goal)))
}
