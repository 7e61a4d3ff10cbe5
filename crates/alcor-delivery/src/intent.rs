//! From rows of the store to facts for the compiler.

use crate::DeliveryError;
use alcor_compiler::Fact;
use alcor_managers::records::{self, Record};
use alcor_managers::schema;
use alcor_store::{Change, Snapshot};
use alcor_types::{
    AddressGroup, FloatingIp, HostName, Network, NetworkAcl, NetworkAclRule, Node, Port,
    PortForwarding, QosRule, RouteTable, Router, SecurityGroup, SecurityGroupRule, Subnet, TapFlow,
    TapService,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The rows of the tables that make up intent, without their indexes.
pub(crate) fn prefixes() -> [&'static [u8]; 16] {
    const NETWORKS: &[u8] = &[schema::NETWORKS.id, 0];
    const SUBNETS: &[u8] = &[schema::SUBNETS.id, 0];
    const PORTS: &[u8] = &[schema::PORTS.id, 0];
    const NODES: &[u8] = &[schema::NODES.id, 0];
    const ROUTERS: &[u8] = &[schema::ROUTERS.id, 0];
    const TABLES: &[u8] = &[schema::ROUTE_TABLES.id, 0];
    const GROUPS: &[u8] = &[schema::SECURITY_GROUPS.id, 0];
    const RULES: &[u8] = &[schema::SECURITY_GROUP_RULES.id, 0];
    const ADDRESS_GROUPS: &[u8] = &[schema::ADDRESS_GROUPS.id, 0];
    const FLOATING_IPS: &[u8] = &[schema::FLOATING_IPS.id, 0];
    const FORWARDINGS: &[u8] = &[schema::PORT_FORWARDINGS.id, 0];
    const ACLS: &[u8] = &[schema::NETWORK_ACLS.id, 0];
    const ACL_RULES: &[u8] = &[schema::NETWORK_ACL_RULES.id, 0];
    const TAP_SERVICES: &[u8] = &[schema::TAP_SERVICES.id, 0];
    const TAP_FLOWS: &[u8] = &[schema::TAP_FLOWS.id, 0];
    const QOS_RULES: &[u8] = &[schema::QOS_RULES.id, 0];
    [
        NETWORKS,
        SUBNETS,
        PORTS,
        NODES,
        ROUTERS,
        TABLES,
        GROUPS,
        RULES,
        ADDRESS_GROUPS,
        FLOATING_IPS,
        FORWARDINGS,
        ACLS,
        ACL_RULES,
        QOS_RULES,
        TAP_SERVICES,
        TAP_FLOWS,
    ]
}

/// Reads facts out of changes. Nodes are rows by id, but ports speak of them by name: the
/// names are remembered, so that the end of a row is the end of a name.
#[derive(Debug, Default)]
pub(crate) struct Intent {
    names: HashMap<Vec<u8>, HostName>,
    /// The domain of networks that name none.
    domain: String,
}

impl Intent {
    /// All facts of a snapshot.
    pub(crate) fn load(
        snapshot: &Snapshot,
        domain: &str,
    ) -> Result<(Self, Vec<Fact>), DeliveryError> {
        let mut intent = Self {
            names: HashMap::new(),
            domain: domain.to_owned(),
        };
        let mut facts = Vec::new();
        for network in scan::<Network>(snapshot) {
            let network = network?;
            facts.push(Fact::Network(network.id, Some(intent.network(network))));
        }
        for subnet in scan::<Subnet>(snapshot) {
            let subnet = subnet?;
            facts.push(Fact::Subnet(subnet.id, Some(Arc::new(subnet))));
        }
        for node in scan::<Node>(snapshot) {
            let node = node?;
            facts.extend(intent.node(node.key(), Some(node)));
        }
        for router in scan::<Router>(snapshot) {
            let router = router?;
            facts.push(Fact::Router(router.id, Some(Arc::new(router))));
        }
        for table in scan::<RouteTable>(snapshot) {
            let table = table?;
            facts.push(Fact::RouteTable(table.id, Some(Arc::new(table))));
        }
        for group in scan::<SecurityGroup>(snapshot) {
            let group = group?;
            facts.push(Fact::SecurityGroup(group.id, Some(Arc::new(group))));
        }
        for rule in scan::<SecurityGroupRule>(snapshot) {
            let rule = rule?;
            facts.push(Fact::SecurityGroupRule(rule.id, Some(Arc::new(rule))));
        }
        for group in scan::<AddressGroup>(snapshot) {
            let group = group?;
            facts.push(Fact::AddressGroup(group.id, Some(Arc::new(group))));
        }
        for floating in scan::<FloatingIp>(snapshot) {
            let floating = floating?;
            facts.push(Fact::FloatingIp(floating.id, Some(Arc::new(floating))));
        }
        for forwarding in scan::<PortForwarding>(snapshot) {
            let forwarding = forwarding?;
            let id = forwarding.id;
            facts.push(Fact::PortForwarding(id, Some(Arc::new(forwarding))));
        }
        // An ACL's goal is made once where its rules are there first.
        for rule in scan::<NetworkAclRule>(snapshot) {
            let rule = rule?;
            facts.push(Fact::NetworkAclRule(rule.id, Some(Arc::new(rule))));
        }
        for acl in scan::<NetworkAcl>(snapshot) {
            let acl = acl?;
            facts.push(Fact::NetworkAcl(acl.id, Some(Arc::new(acl))));
        }
        for service in scan::<TapService>(snapshot) {
            let service = service?;
            facts.push(Fact::TapService(service.id, Some(Arc::new(service))));
        }
        for flow in scan::<TapFlow>(snapshot) {
            let flow = flow?;
            facts.push(Fact::TapFlow(flow.id, Some(Arc::new(flow))));
        }
        for rule in scan::<QosRule>(snapshot) {
            let rule = rule?;
            facts.push(Fact::QosRule(rule.id, Some(Arc::new(rule))));
        }
        for port in scan::<Port>(snapshot) {
            let port = port?;
            facts.push(Fact::Port(port.id, Some(Arc::new(port))));
        }
        Ok((intent, facts))
    }

    /// The facts of one commit.
    pub(crate) fn facts(&mut self, changes: &[Change]) -> Result<Vec<Fact>, DeliveryError> {
        let mut facts = Vec::with_capacity(changes.len());
        for change in changes {
            if let Some((key, network)) = decode::<Network>(change)? {
                let network = network.map(|network| self.network(network));
                facts.push(Fact::Network(id(&key)?.into(), network));
            } else if let Some((key, subnet)) = decode::<Subnet>(change)? {
                facts.push(Fact::Subnet(id(&key)?.into(), subnet.map(Arc::new)));
            } else if let Some((key, port)) = decode::<Port>(change)? {
                facts.push(Fact::Port(id(&key)?.into(), port.map(Arc::new)));
            } else if let Some((key, router)) = decode::<Router>(change)? {
                facts.push(Fact::Router(id(&key)?.into(), router.map(Arc::new)));
            } else if let Some((key, table)) = decode::<RouteTable>(change)? {
                facts.push(Fact::RouteTable(id(&key)?.into(), table.map(Arc::new)));
            } else if let Some((key, node)) = decode::<Node>(change)? {
                facts.extend(self.node(key, node));
            } else if let Some(fact) = acl(change)? {
                facts.push(fact);
            } else {
                facts.extend(set(change)?);
            }
        }
        Ok(facts)
    }

    /// The domain of networks that name none.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    fn network(&self, mut network: Network) -> Arc<Network> {
        if network.dns_domain.is_empty() {
            network.dns_domain.clone_from(&self.domain);
        }
        Arc::new(network)
    }

    /// A renamed node is one that went and one that came.
    fn node(&mut self, key: Vec<u8>, node: Option<Node>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let name = node.as_ref().map(|node| node.name.clone());
        let old = match &name {
            Some(name) => self.names.insert(key, name.clone()),
            None => self.names.remove(&key),
        };
        if let Some(old) = old.filter(|old| Some(old) != name.as_ref()) {
            facts.push(Fact::Node(old, None));
        }
        if let (Some(name), Some(node)) = (name, node) {
            facts.push(Fact::Node(name, Some(Arc::new(node))));
        }
        facts
    }
}

/// The fact of a change of a group or rule, also of a QoS policy's, if it is one.
fn set(change: &Change) -> Result<Option<Fact>, DeliveryError> {
    if let Some((key, group)) = decode::<SecurityGroup>(change)? {
        let group = group.map(Arc::new);
        return Ok(Some(Fact::SecurityGroup(id(&key)?.into(), group)));
    }
    if let Some((key, rule)) = decode::<SecurityGroupRule>(change)? {
        let rule = rule.map(Arc::new);
        return Ok(Some(Fact::SecurityGroupRule(id(&key)?.into(), rule)));
    }
    if let Some((key, group)) = decode::<AddressGroup>(change)? {
        let group = group.map(Arc::new);
        return Ok(Some(Fact::AddressGroup(id(&key)?.into(), group)));
    }
    if let Some((key, service)) = decode::<TapService>(change)? {
        let service = service.map(Arc::new);
        return Ok(Some(Fact::TapService(id(&key)?.into(), service)));
    }
    if let Some((key, flow)) = decode::<TapFlow>(change)? {
        let flow = flow.map(Arc::new);
        return Ok(Some(Fact::TapFlow(id(&key)?.into(), flow)));
    }
    if let Some((key, rule)) = decode::<QosRule>(change)? {
        let rule = rule.map(Arc::new);
        return Ok(Some(Fact::QosRule(id(&key)?.into(), rule)));
    }
    outside(change)
}

/// The fact of a change of a floating IP or port forwarding, if it is one.
fn outside(change: &Change) -> Result<Option<Fact>, DeliveryError> {
    if let Some((key, floating)) = decode::<FloatingIp>(change)? {
        let floating = floating.map(Arc::new);
        return Ok(Some(Fact::FloatingIp(id(&key)?.into(), floating)));
    }
    if let Some((key, forwarding)) = decode::<PortForwarding>(change)? {
        let forwarding = forwarding.map(Arc::new);
        return Ok(Some(Fact::PortForwarding(id(&key)?.into(), forwarding)));
    }
    Ok(None)
}

/// The fact of a change of a network ACL or one of its rules, if it is one.
fn acl(change: &Change) -> Result<Option<Fact>, DeliveryError> {
    if let Some((key, acl)) = decode::<NetworkAcl>(change)? {
        let acl = acl.map(Arc::new);
        return Ok(Some(Fact::NetworkAcl(id(&key)?.into(), acl)));
    }
    if let Some((key, rule)) = decode::<NetworkAclRule>(change)? {
        let rule = rule.map(Arc::new);
        return Ok(Some(Fact::NetworkAclRule(id(&key)?.into(), rule)));
    }
    Ok(None)
}

fn scan<'a, R: Record + 'a>(
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = Result<R, DeliveryError>> + 'a {
    let rows = records::scan::<R>(snapshot, None, false);
    rows.map(|row| row.map_err(|error| DeliveryError::Record(error.to_string())))
}

/// A row's key, and what it holds now; nothing where it was deleted.
type Row<R> = (Vec<u8>, Option<R>);

fn decode<R: Record>(change: &Change) -> Result<Option<Row<R>>, DeliveryError> {
    let decoded = records::decode_change::<R>(change).transpose();
    decoded.map_err(|error| DeliveryError::Record(error.to_string()))
}

fn id(key: &[u8]) -> Result<uuid::Uuid, DeliveryError> {
    uuid::Uuid::from_slice(key).map_err(|error| DeliveryError::Record(error.to_string()))
}
