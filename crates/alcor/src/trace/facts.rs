//! Resources of the API as facts of the intent. Only what says where packets go is read; the rest
//! has its default.

mod acl;
mod outside;

pub(super) use acl::acl;
pub(super) use outside::{GATEWAY_OWNER, floating, floating_network, forwarding, gateways};

use alcor_compiler::Fact;
use alcor_types::{
    AddressGroup, AllowedAddressPair, Direction, EtherType, HostName, HostRoute, IpVersion,
    Network, NetworkType, Node, NodeId, Port, Remote, RouteTable, RouteTableKind, RouteTarget,
    Router, SecurityGroup, SecurityGroupRule, Sharing, Standard, Subnet, SubnetPool, TableRoute,
    TrafficMatch, Transport,
};
use anyhow::Context;
use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

type Read<T> = anyhow::Result<T>;

pub(super) fn port(shown: &Value) -> Read<Port> {
    let id = parsed(shown, "id")?;
    let mut port = Port::new(
        id,
        parsed(shown, "network_id")?,
        parsed(shown, "mac_address")?,
    );
    port.standard = standard(shown);
    port.admin_state_up = flag(shown, "admin_state_up")?;
    port.fixed_ips = whole(shown, "fixed_ips")?;
    text(shown, "device_id")?.clone_into(&mut port.device_id);
    text(shown, "device_owner")?.clone_into(&mut port.device_owner);
    let host = shown["binding:host_id"].as_str();
    let host = host.context("the port's binding:host_id is not shown: use an operator's token")?;
    port.host = (!host.is_empty()).then(|| HostName::from(host));
    port.port_security_enabled = flag(shown, "port_security_enabled")?;
    let groups = list(shown, "security_groups")?.iter();
    let groups = groups.map(|id| Ok(id.as_str().context("no id")?.parse()?));
    port.security_groups = groups.collect::<Read<_>>()?;
    let pairs = list(shown, "allowed_address_pairs")?.iter().map(pair);
    port.allowed_address_pairs = pairs.collect::<Read<_>>()?;
    Ok(port)
}

fn pair(shown: &Value) -> Read<AllowedAddressPair> {
    Ok(AllowedAddressPair {
        ip_address: block(text(shown, "ip_address")?)?,
        mac_address: optional(shown, "mac_address")?,
    })
}

pub(super) fn network(shown: &Value) -> Read<Fact> {
    let several = shown["segments"].as_array().map(Vec::as_slice);
    let segments = several.unwrap_or(std::slice::from_ref(shown)).iter();
    let network = Network {
        standard: standard(shown),
        admin_state_up: flag(shown, "admin_state_up")?,
        segments: segments.map(transport).collect::<Read<_>>()?,
        ..Network::new(parsed(shown, "id")?)
    };
    Ok(Fact::Network(network.id, Some(Arc::new(network))))
}

fn transport(shown: &Value) -> Read<Transport> {
    let kind: NetworkType = parsed(shown, "provider:network_type")
        .context("the network's provider attributes are not shown: use an operator's token")?;
    let id = shown["provider:segmentation_id"].as_u64();
    Ok(Transport {
        network_type: kind,
        physical_network: optional(shown, "provider:physical_network")?,
        segmentation_id: id.map(u32::try_from).transpose()?,
    })
}

pub(super) fn subnet(shown: &Value) -> Read<Fact> {
    let subnet = Subnet {
        standard: standard(shown),
        gateway_ip: optional(shown, "gateway_ip")?,
        enable_dhcp: false,
        host_routes: whole(shown, "host_routes")?,
        subnetpool_id: optional(shown, "subnetpool_id")?,
        ..Subnet::new(
            parsed(shown, "id")?,
            parsed(shown, "network_id")?,
            parsed(shown, "cidr")?,
        )
    };
    Ok(Fact::Subnet(subnet.id, Some(Arc::new(subnet))))
}

/// A pool, of which only the address scope matters here.
pub(super) fn subnet_pool(shown: &Value) -> Read<Fact> {
    let pool = SubnetPool {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        ip_version: IpVersion::V4,
        prefixes: Vec::new(),
        min_prefixlen: 0,
        max_prefixlen: 0,
        default_prefixlen: 0,
        default_quota: None,
        shared: Sharing::default(),
        is_default: false,
        address_scope_id: optional(shown, "address_scope_id")?,
    };
    Ok(Fact::SubnetPool(pool.id, Some(Arc::new(pool))))
}

pub(super) fn router(shown: &Value) -> Read<Router> {
    let routes: Vec<HostRoute> = whole(shown, "routes")?;
    Ok(Router {
        standard: standard(shown),
        admin_state_up: flag(shown, "admin_state_up")?,
        routes,
        ..Router::new(parsed(shown, "id")?)
    })
}

pub(super) fn route_table(shown: &Value) -> Read<RouteTable> {
    // The way into the VPC is shown in every table, without an id; it stands in none.
    let routes = list(shown, "routes")?.iter();
    let routes = routes
        .filter(|route| !route["id"].is_null())
        .map(table_route);
    let subnet_id = optional(shown, "subnet_id")?;
    Ok(RouteTable {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        network_id: parsed(shown, "vpc_id")?,
        subnet_id,
        router_id: optional(shown, "router_id")?,
        kind: match subnet_id {
            Some(_) => RouteTableKind::PrivateSubnet,
            None => RouteTableKind::Vpc,
        },
        routes: routes.collect::<Read<_>>()?,
    })
}

fn table_route(shown: &Value) -> Read<TableRoute> {
    let target = match optional::<IpAddr>(shown, "nexthop")? {
        Some(hop) => RouteTarget::NextHop(hop),
        None => match text(shown, "target")?.to_ascii_lowercase() {
            word if word.contains("local") => RouteTarget::Local,
            word if word.contains("nat") => RouteTarget::NatGateway,
            _ => RouteTarget::InternetGateway,
        },
    };
    Ok(TableRoute {
        id: parsed(shown, "id")?,
        name: String::new(),
        description: String::new(),
        destination: parsed(shown, "destination")?,
        target,
        priority: shown["priority"].as_u64().unwrap_or(0).try_into()?,
    })
}

pub(super) fn group(shown: &Value) -> Read<SecurityGroup> {
    Ok(SecurityGroup {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        is_default: false,
        stateful: shown["stateful"].as_bool().unwrap_or(true),
        shared: Sharing::default(),
    })
}

pub(super) fn rules(shown: &Value) -> Read<Vec<SecurityGroupRule>> {
    let rules = list(shown, "security_group_rules")?;
    rules.iter().map(rule).collect()
}

fn rule(shown: &Value) -> Read<SecurityGroupRule> {
    let number = |name| shown[name].as_u64().map(u16::try_from).transpose();
    let traffic = TrafficMatch {
        direction: match text(shown, "direction")? {
            "egress" => Direction::Egress,
            _ => Direction::Ingress,
        },
        ethertype: match text(shown, "ethertype")? {
            "IPv6" => EtherType::Ipv6,
            _ => EtherType::Ipv4,
        },
        protocol: shown["protocol"].as_str().map(str::to_owned),
        port_range_min: number("port_range_min")?,
        port_range_max: number("port_range_max")?,
        remote: remote(shown)?,
    };
    Ok(SecurityGroupRule {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        security_group_id: parsed(shown, "security_group_id")?,
        traffic,
    })
}

fn remote(shown: &Value) -> Read<Remote> {
    if let Some(id) = optional(shown, "remote_group_id")? {
        return Ok(Remote::Group(id));
    }
    if let Some(id) = optional(shown, "remote_address_group_id")? {
        return Ok(Remote::AddressGroup(id));
    }
    match shown["remote_ip_prefix"].as_str() {
        Some(prefix) => Ok(Remote::Prefix(block(prefix)?)),
        None => Ok(Remote::Any),
    }
}

pub(super) fn address_group(shown: &Value) -> Read<Fact> {
    let addresses = list(shown, "addresses")?.iter();
    let addresses = addresses.map(|one| block(one.as_str().context("no address")?));
    let group = AddressGroup {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        addresses: addresses.collect::<Read<_>>()?,
        shared: Sharing::default(),
    };
    Ok(Fact::AddressGroup(group.id, Some(Arc::new(group))))
}

pub(super) fn node(shown: &Value) -> Read<Node> {
    Ok(Node::new(
        NodeId(parsed(shown, "node_id")?),
        HostName::from(text(shown, "node_name")?),
        parsed(shown, "local_ip")?,
    ))
}

fn standard(shown: &Value) -> Standard {
    Standard {
        name: shown["name"].as_str().unwrap_or_default().to_owned(),
        ..Standard::default()
    }
}

/// A block, or an address as the block of itself.
fn block(text: &str) -> Read<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let block = text.parse().or_else(|_| address());
    block.with_context(|| format!("{text} is no block of addresses"))
}

/// The array of this name.
pub(super) fn list<'a>(shown: &'a Value, name: &str) -> Read<&'a [Value]> {
    let array = shown[name].as_array().map(Vec::as_slice);
    array.with_context(|| format!("no list '{name}' in {shown}"))
}

fn text<'a>(shown: &'a Value, name: &str) -> Read<&'a str> {
    shown[name]
        .as_str()
        .with_context(|| format!("no text '{name}' in {shown}"))
}

fn flag(shown: &Value, name: &str) -> Read<bool> {
    shown[name]
        .as_bool()
        .with_context(|| format!("no flag '{name}' in {shown}"))
}

fn parsed<T: FromStr>(shown: &Value, name: &str) -> Read<T> {
    let value = text(shown, name)?;
    let parsed = value.parse().ok();
    parsed.with_context(|| format!("'{name}' cannot be {value}"))
}

fn optional<T: FromStr>(shown: &Value, name: &str) -> Read<Option<T>> {
    match shown[name].as_str() {
        None | Some("") => Ok(None),
        Some(_) => parsed(shown, name).map(Some),
    }
}

fn whole<T: DeserializeOwned>(shown: &Value, name: &str) -> Read<T> {
    T::deserialize(&shown[name]).with_context(|| format!("'{name}' cannot be read in {shown}"))
}
