//! Intent as the API tells it, page by page.

use alcor_compiler::Fact;
use alcor_rest::Rest;
use alcor_types::{
    Direction, EtherType, FixedIp, MacAddr, Network, NetworkType, Node, Port, ProjectId, Remote,
    SecurityGroup, SecurityGroupRule, Sharing, Standard, Subnet, TrafficMatch, Transport,
};
use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::str::FromStr;
use std::sync::Arc;

const PAGE: usize = 1_000;

/// Everything that scenarios make. Other resources are none of theirs, and none must be there.
pub(super) async fn read(rest: &Rest) -> anyhow::Result<Vec<Fact>> {
    let mut facts = Vec::new();
    walk(rest, "/v2.0/networks", "networks", network, &mut facts).await?;
    walk(rest, "/v2.0/subnets", "subnets", subnet, &mut facts).await?;
    walk(rest, "/nodes", "host_infos", node, &mut facts).await?;
    let groups = "/v2.0/security-groups?fields=id&fields=stateful&fields=project_id&fields=name";
    walk(rest, groups, "security_groups", group, &mut facts).await?;
    let rules = "/v2.0/security-group-rules";
    walk(rest, rules, "security_group_rules", rule, &mut facts).await?;
    let fields = [
        "id",
        "network_id",
        "project_id",
        "name",
        "mac_address",
        "fixed_ips",
        "admin_state_up",
        "binding:host_id",
        "device_id",
        "device_owner",
        "port_security_enabled",
        "security_groups",
        "dns_name",
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|field| format!("fields={field}"))
        .collect();
    let ports = format!("/v2.0/ports?{}", fields.join("&"));
    walk(rest, &ports, "ports", port, &mut facts).await?;
    let routers = rest.get("/v2.0/routers?limit=1").await?;
    if routers["routers"]
        .as_array()
        .is_none_or(|routers| !routers.is_empty())
    {
        bail!("the region has routers, which no scenario makes: use a region of its own");
    }
    Ok(facts)
}

async fn walk<T: DeserializeOwned>(
    rest: &Rest,
    path: &str,
    name: &str,
    fact: impl Fn(T) -> anyhow::Result<Fact>,
    facts: &mut Vec<Fact>,
) -> anyhow::Result<()> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut marker = String::new();
    loop {
        let page = rest
            .get(&format!("{path}{joint}limit={PAGE}{marker}"))
            .await?;
        let items = match page {
            Value::Object(mut page) => page.remove(name),
            _ => None,
        };
        let Some(Value::Array(items)) = items else {
            bail!("GET {path}: no {name}");
        };
        let Some(last) = items.last() else {
            return Ok(());
        };
        let id = last["id"]
            .as_str()
            .or(last["node_id"].as_str())
            .context("no id")?;
        marker = format!("&marker={id}");
        let count = items.len();
        for item in items {
            let item = serde_json::from_value(item).with_context(|| format!("in {name}"))?;
            facts.push(fact(item)?);
        }
        if count < PAGE {
            return Ok(());
        }
    }
}

#[derive(Deserialize)]
struct NetworkRow {
    id: String,
    project_id: String,
    name: String,
    admin_state_up: bool,
    mtu: u16,
    dns_domain: String,
    #[serde(rename = "provider:network_type")]
    network_type: String,
    #[serde(rename = "provider:segmentation_id")]
    segmentation_id: Option<u32>,
}

fn network(row: NetworkRow) -> anyhow::Result<Fact> {
    let network_type = match &*row.network_type {
        "vxlan" => NetworkType::Vxlan,
        "geneve" => NetworkType::Geneve,
        other => bail!("network {} is of type {other}", row.id),
    };
    let id = parse(&row.id)?;
    let network = Network {
        project_id: ProjectId::from(&*row.project_id),
        standard: named(row.name),
        admin_state_up: row.admin_state_up,
        mtu: row.mtu,
        segments: vec![Transport {
            network_type,
            physical_network: None,
            segmentation_id: row.segmentation_id,
        }],
        dns_domain: row.dns_domain,
        ..Network::new(id)
    };
    Ok(Fact::Network(id, Some(Arc::new(network))))
}

#[derive(Deserialize)]
struct SubnetRow {
    id: String,
    project_id: String,
    name: String,
    network_id: String,
    cidr: String,
    gateway_ip: Option<String>,
    enable_dhcp: bool,
}

fn subnet(row: SubnetRow) -> anyhow::Result<Fact> {
    let id = parse(&row.id)?;
    let subnet = Subnet {
        project_id: ProjectId::from(&*row.project_id),
        standard: named(row.name),
        gateway_ip: row.gateway_ip.as_deref().map(parse).transpose()?,
        enable_dhcp: row.enable_dhcp,
        ..Subnet::new(id, parse(&row.network_id)?, parse(&row.cidr)?)
    };
    Ok(Fact::Subnet(id, Some(Arc::new(subnet))))
}

#[derive(Deserialize)]
struct NodeRow {
    node_id: String,
    node_name: String,
    local_ip: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "rows are handed over, as the others are"
)]
fn node(row: NodeRow) -> anyhow::Result<Fact> {
    let node = Node::new(
        parse(&row.node_id)?,
        row.node_name.as_str().into(),
        parse(&row.local_ip)?,
    );
    Ok(Fact::Node(node.name.clone(), Some(Arc::new(node))))
}

#[derive(Deserialize)]
struct GroupRow {
    id: String,
    project_id: String,
    name: String,
    stateful: bool,
}

fn group(row: GroupRow) -> anyhow::Result<Fact> {
    let id = parse(&row.id)?;
    let group = SecurityGroup {
        id,
        project_id: ProjectId::from(&*row.project_id),
        is_default: row.name == "default",
        standard: named(row.name),
        stateful: row.stateful,
        shared: Sharing::default(),
    };
    Ok(Fact::SecurityGroup(id, Some(Arc::new(group))))
}

#[derive(Deserialize)]
struct RuleRow {
    id: String,
    project_id: String,
    security_group_id: String,
    direction: String,
    ethertype: String,
    protocol: Option<String>,
    port_range_min: Option<u16>,
    port_range_max: Option<u16>,
    remote_ip_prefix: Option<String>,
    remote_group_id: Option<String>,
}

fn rule(row: RuleRow) -> anyhow::Result<Fact> {
    let id = parse(&row.id)?;
    let remote = match (&row.remote_group_id, &row.remote_ip_prefix) {
        (Some(group), _) => Remote::Group(parse(group)?),
        (None, Some(block)) => Remote::Prefix(parse(block)?),
        (None, None) => Remote::Any,
    };
    let rule = SecurityGroupRule {
        id,
        project_id: ProjectId::from(&*row.project_id),
        standard: Standard::default(),
        security_group_id: parse(&row.security_group_id)?,
        traffic: TrafficMatch {
            direction: match &*row.direction {
                "ingress" => Direction::Ingress,
                _ => Direction::Egress,
            },
            ethertype: match &*row.ethertype {
                "IPv6" => EtherType::Ipv6,
                _ => EtherType::Ipv4,
            },
            protocol: row.protocol,
            port_range_min: row.port_range_min,
            port_range_max: row.port_range_max,
            remote,
        },
    };
    Ok(Fact::SecurityGroupRule(id, Some(Arc::new(rule))))
}

#[derive(Deserialize)]
struct PortRow {
    id: String,
    network_id: String,
    project_id: String,
    name: String,
    mac_address: String,
    fixed_ips: Vec<FixedIp>,
    admin_state_up: bool,
    #[serde(rename = "binding:host_id")]
    host: String,
    device_id: String,
    device_owner: String,
    port_security_enabled: bool,
    security_groups: Vec<String>,
    dns_name: String,
}

fn port(row: PortRow) -> anyhow::Result<Fact> {
    let id = parse(&row.id)?;
    let mac: MacAddr = parse(&row.mac_address)?;
    let groups = row.security_groups.iter().map(|group| parse(group));
    let port = Port {
        project_id: ProjectId::from(&*row.project_id),
        standard: named(row.name),
        admin_state_up: row.admin_state_up,
        fixed_ips: row.fixed_ips,
        device_id: row.device_id,
        device_owner: row.device_owner,
        host: (!row.host.is_empty()).then(|| row.host.as_str().into()),
        port_security_enabled: row.port_security_enabled,
        security_groups: groups.collect::<anyhow::Result<_>>()?,
        dns_name: row.dns_name,
        ..Port::new(id, parse(&row.network_id)?, mac)
    };
    Ok(Fact::Port(id, Some(Arc::new(port))))
}

fn named(name: String) -> Standard {
    Standard {
        name,
        ..Standard::default()
    }
}

fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> anyhow::Result<T> {
    text.parse()
        .with_context(|| format!("'{text}' in the API's answer"))
}
