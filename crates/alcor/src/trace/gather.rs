//! The part of the region's intent that says what becomes of one packet, read by the API: the
//! sender's network and every network that routers join to it, the ports that have an address of
//! interest there, and the groups that are asked.

use super::facts;
use super::question::Question;
use crate::rest::Rest;
use alcor_compiler::Fact;
use alcor_compiler::oracle::Intent;
use alcor_types::{
    NetworkId, Port, PortId, ROUTER_INTERFACE_OWNERS, Remote, RouterId, SecurityGroupId,
};
use anyhow::{bail, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// More networks than this are not followed from router to router.
const MAX_NETWORKS: usize = 256;
/// Addresses that are asked for in one question: a URL has its limits.
const ADDRESSES: usize = 32;

/// What has been read so far.
pub(super) struct Gathering<'a> {
    pub(super) rest: &'a Rest,
    pub(super) intent: Intent,
    /// Where tunnels end, by the host's name.
    pub(super) hosts: BTreeMap<IpAddr, String>,
    ports: BTreeSet<PortId>,
    routers: BTreeSet<RouterId>,
    networks: BTreeSet<NetworkId>,
    groups: BTreeSet<SecurityGroupId>,
    pub(super) external: BTreeSet<NetworkId>,
    /// Next hops and gateways.
    pub(super) hops: BTreeSet<IpAddr>,
}

/// The port that a text names: by its id, or by its name.
pub(super) async fn port(rest: &Rest, named: &str) -> anyhow::Result<Port> {
    if named.parse::<PortId>().is_ok() {
        let shown = rest.get(&format!("/v2.0/ports/{named}")).await?;
        return facts::port(&shown["port"]);
    }
    let path = format!("/v2.0/ports?name={}&limit=10", encoded(named));
    let shown = rest.get(&path).await?;
    match facts::list(&shown, "ports")? {
        [one] => facts::port(one),
        [] => bail!("there is no port '{named}': give a port's id or name"),
        several => {
            let ids = several.iter().filter_map(|port| port["id"].as_str());
            let ids: Vec<_> = ids.collect();
            bail!(
                "several ports are named '{named}', give one by its id: {}",
                ids.join(", ")
            )
        }
    }
}

/// A text as it may stand in a query.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

impl<'a> Gathering<'a> {
    /// All that concerns the packet.
    pub(super) async fn of(rest: &'a Rest, question: &Question) -> anyhow::Result<Self> {
        let packet = &question.packet;
        let mut gathering = Self {
            rest,
            intent: Intent::default(),
            hosts: BTreeMap::new(),
            ports: BTreeSet::new(),
            routers: BTreeSet::new(),
            networks: BTreeSet::new(),
            groups: BTreeSet::new(),
            external: BTreeSet::new(),
            hops: [packet.from, packet.to].into(),
        };
        gathering.nodes().await?;
        if let Some(sender) = question.sender.port() {
            gathering.learn_port(sender.clone());
            gathering.domain(sender.network_id).await?;
            gathering.floating_of(sender.id).await?;
        }
        gathering.behind(question.sender.hop(packet.to)).await?;
        gathering.holders().await?;
        gathering.groups().await?;
        Ok(gathering)
    }

    async fn nodes(&mut self) -> anyhow::Result<()> {
        let shown = self.rest.get("/nodes").await?;
        let nodes = shown["host_infos"].as_array().or_else(|| shown.as_array());
        for shown in nodes.into_iter().flatten() {
            let node = facts::node(shown)?;
            self.hosts.insert(node.local_ip, node.name.to_string());
            let fact = Fact::Node(node.name.clone(), Some(Arc::new(node)));
            self.intent.learn(&fact);
        }
        Ok(())
    }

    pub(super) fn learn_port(&mut self, port: Port) {
        self.ports.insert(port.id);
        self.intent
            .learn(&Fact::Port(port.id, Some(Arc::new(port))));
    }

    /// The network and all that routers join to it.
    pub(super) async fn domain(&mut self, first: NetworkId) -> anyhow::Result<()> {
        let mut waiting = vec![first];
        while let Some(network) = waiting.pop() {
            if !self.networks.insert(network) {
                continue;
            }
            ensure!(
                self.networks.len() <= MAX_NETWORKS,
                "routers join more than {MAX_NETWORKS} networks to that of the port"
            );
            for router in self.network(network).await? {
                if self.routers.insert(router) {
                    waiting.extend(self.router(router).await?);
                }
            }
        }
        Ok(())
    }

    /// A network with its subnets and route tables; answers with its routers.
    async fn network(&mut self, id: NetworkId) -> anyhow::Result<Vec<RouterId>> {
        self.network_and_subnets(id).await?;
        let shown = self
            .rest
            .get(&format!("/v2.0/routetables?vpc_id={id}"))
            .await?;
        for shown in facts::list(&shown, "routetables")? {
            let table = facts::route_table(shown)?;
            self.hops
                .extend(table.routes.iter().filter_map(|route| match route.target {
                    alcor_types::RouteTarget::NextHop(hop) => Some(hop),
                    _ => None,
                }));
            self.intent
                .learn(&Fact::RouteTable(table.id, Some(Arc::new(table))));
        }
        self.acls(id).await?;
        let owners =
            ROUTER_INTERFACE_OWNERS.map(|owner| format!("&device_owner={}", encoded(owner)));
        let path = format!("/v2.0/ports?network_id={id}{}", owners.concat());
        let ports = self.ports_at(&path).await?;
        let routers = ports.iter().filter_map(|port| port.device_id.parse().ok());
        Ok(routers.collect())
    }

    /// The network itself.
    pub(super) async fn network_and_subnets(&mut self, id: NetworkId) -> anyhow::Result<()> {
        let shown = self.rest.get(&format!("/v2.0/networks/{id}")).await?;
        self.intent.learn(&facts::network(&shown["network"])?);
        let shown = self
            .rest
            .get(&format!("/v2.0/subnets?network_id={id}"))
            .await?;
        for shown in facts::list(&shown, "subnets")? {
            let fact = facts::subnet(shown)?;
            if let Fact::Subnet(_, Some(subnet)) = &fact {
                self.hops.extend(subnet.gateway_ip);
                self.hops
                    .extend(subnet.host_routes.iter().map(|route| route.nexthop));
                if let Some(pool) = subnet.subnetpool_id {
                    let path = format!("/v2.0/subnetpools/{pool}");
                    let shown = self.rest.get(&path).await?;
                    let pool = facts::subnet_pool(&shown["subnetpool"])?;
                    self.intent.learn(&pool);
                }
            }
            self.intent.learn(&fact);
        }
        Ok(())
    }

    /// What guards the edges of the network's subnets.
    async fn acls(&mut self, id: NetworkId) -> anyhow::Result<()> {
        let path = format!("/v2.0/network-acls?vpc_id={id}");
        let shown = self.rest.get(&path).await?;
        for shown in facts::list(&shown, "network_acls")? {
            for fact in facts::acl(shown)? {
                self.intent.learn(&fact);
            }
        }
        Ok(())
    }

    /// A router with all that it joins.
    pub(super) async fn behind_router(&mut self, id: RouterId) -> anyhow::Result<()> {
        if self.routers.insert(id) {
            for network in self.router(id).await? {
                self.domain(network).await?;
            }
        }
        Ok(())
    }

    /// A router with its ports; answers with their networks.
    async fn router(&mut self, id: RouterId) -> anyhow::Result<Vec<NetworkId>> {
        let shown = self.rest.get(&format!("/v2.0/routers/{id}")).await?;
        let mut router = facts::router(&shown["router"])?;
        self.hops
            .extend(router.routes.iter().map(|route| route.nexthop));
        let ports = self
            .ports_at(&format!("/v2.0/ports?device_id={id}"))
            .await?;
        facts::gateways(&shown["router"], &mut router, &ports)?;
        self.externals(&router).await?;
        self.intent.learn(&Fact::Router(id, Some(Arc::new(router))));
        let inside = ports.iter().filter(|port| port.is_router_interface());
        Ok(inside.map(|port| port.network_id).collect())
    }

    pub(super) async fn ports_at(&mut self, path: &str) -> anyhow::Result<Vec<Port>> {
        let shown = self.rest.get(path).await?;
        let ports = facts::list(&shown, "ports")?.iter().map(facts::port);
        let ports = ports.collect::<anyhow::Result<Vec<_>>>()?;
        for port in &ports {
            self.learn_port(port.clone());
        }
        Ok(ports)
    }

    /// The ports that have an address of interest.
    async fn holders(&mut self) -> anyhow::Result<()> {
        let hops: Vec<_> = self.hops.iter().copied().collect();
        for network in self.networks.clone() {
            for some in hops.chunks(ADDRESSES) {
                let wanted = some
                    .iter()
                    .map(|hop| format!("&fixed_ips=ip_address={hop}"));
                let wanted: String = wanted.collect();
                let path = format!("/v2.0/ports?network_id={network}{wanted}");
                self.ports_at(&path).await?;
            }
        }
        Ok(())
    }

    /// The groups of the ports, with the members of the groups that their rules name.
    async fn groups(&mut self) -> anyhow::Result<()> {
        let ports = self.ports.iter().filter_map(|id| self.intent.port(*id));
        let groups: BTreeSet<_> = ports
            .flat_map(|port| port.security_groups.clone())
            .collect();
        let (mut remote, mut blocks) = (BTreeSet::new(), BTreeSet::new());
        for group in groups {
            for named in self.group(group).await? {
                match named {
                    Remote::Group(id) => drop(remote.insert(id)),
                    Remote::AddressGroup(id) => drop(blocks.insert(id)),
                    _ => {}
                }
            }
        }
        for group in remote {
            self.group(group).await?;
            self.ports_at(&format!("/v2.0/ports?security_groups={group}"))
                .await?;
        }
        for id in blocks {
            let shown = self.rest.get(&format!("/v2.0/address-groups/{id}")).await?;
            self.intent
                .learn(&facts::address_group(&shown["address_group"])?);
        }
        Ok(())
    }

    /// A group with its rules; answers with whom they name.
    async fn group(&mut self, id: SecurityGroupId) -> anyhow::Result<Vec<Remote>> {
        if !self.groups.insert(id) {
            return Ok(Vec::new());
        }
        let shown: Value = self
            .rest
            .get(&format!("/v2.0/security-groups/{id}"))
            .await?;
        let shown = &shown["security_group"];
        let group = facts::group(shown)?;
        self.intent
            .learn(&Fact::SecurityGroup(id, Some(Arc::new(group))));
        let mut named = Vec::new();
        for rule in facts::rules(shown)? {
            named.push(rule.traffic.remote);
            self.intent
                .learn(&Fact::SecurityGroupRule(rule.id, Some(Arc::new(rule))));
        }
        Ok(named)
    }
}
