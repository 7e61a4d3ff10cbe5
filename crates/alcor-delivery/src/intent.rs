//! From rows of the store to facts for the compiler.

use crate::DeliveryError;
use alcor_compiler::Fact;
use alcor_managers::records::{self, Record};
use alcor_managers::schema;
use alcor_store::{Change, Snapshot};
use alcor_types::{
    AddressGroup, FloatingIp, HostName, Network, NetworkAcl, NetworkAclRule, Node, Port,
    PortForwarding, QosRule, RouteTable, Router, SecurityGroup, SecurityGroupRule, Subnet,
    SubnetPool, TapFlow, TapService, Trunk,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The rows of the tables that make up intent, without their indexes.
pub(crate) fn prefixes() -> [&'static [u8]; 18] {
    const NETWORKS: &[u8] = &[schema::NETWORKS.id, 0];
    const SUBNETS: &[u8] = &[schema::SUBNETS.id, 0];
    const POOLS: &[u8] = &[schema::SUBNET_POOLS.id, 0];
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
    const TRUNKS: &[u8] = &[schema::TRUNKS.id, 0];
    const QOS_RULES: &[u8] = &[schema::QOS_RULES.id, 0];
    [
        NETWORKS,
        SUBNETS,
        POOLS,
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
        TRUNKS,
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
        facts.extend(all::<SubnetPool>(snapshot)?);
        facts.extend(all::<Subnet>(snapshot)?);
        for node in scan::<Node>(snapshot) {
            let node = node?;
            facts.extend(intent.node(node.key(), Some(node)));
        }
        facts.extend(all::<Router>(snapshot)?);
        facts.extend(all::<RouteTable>(snapshot)?);
        facts.extend(all::<SecurityGroup>(snapshot)?);
        facts.extend(all::<SecurityGroupRule>(snapshot)?);
        facts.extend(all::<AddressGroup>(snapshot)?);
        facts.extend(all::<FloatingIp>(snapshot)?);
        facts.extend(all::<PortForwarding>(snapshot)?);
        // An ACL's goal is made once where its rules are there first.
        facts.extend(all::<NetworkAclRule>(snapshot)?);
        facts.extend(all::<NetworkAcl>(snapshot)?);
        facts.extend(all::<TapService>(snapshot)?);
        facts.extend(all::<TapFlow>(snapshot)?);
        facts.extend(all::<Trunk>(snapshot)?);
        facts.extend(all::<QosRule>(snapshot)?);
        facts.extend(all::<Port>(snapshot)?);
        Ok((intent, facts))
    }

    /// The facts of one commit.
    pub(crate) fn facts(&mut self, changes: &[Change]) -> Result<Vec<Fact>, DeliveryError> {
        let mut facts = Vec::with_capacity(changes.len());
        for change in changes {
            if let Some((key, network)) = decode::<Network>(change)? {
                let network = network.map(|network| self.network(network));
                facts.push(Fact::Network(id(&key)?.into(), network));
            } else if let Some((key, node)) = decode::<Node>(change)? {
                facts.extend(self.node(key, node));
            } else {
                facts.extend(plain(change)?);
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

/// A row that is a fact as it is.
trait Plain: Record {
    fn fact(id: Uuid, row: Option<Arc<Self>>) -> Fact;
}

/// Each says which fact a row is, by the row's own name.
macro_rules! plain {
    ($($row:ident)+) => {
        $(impl Plain for $row {
            fn fact(id: Uuid, row: Option<Arc<Self>>) -> Fact {
                Fact::$row(id.into(), row)
            }
        })+

        /// How a change of each is read; the most frequent first.
        const PLAIN: &[fn(&Change) -> Result<Option<Fact>, DeliveryError>] = &[$(told::<$row>),+];
    };
}

plain! {
    Port Subnet SubnetPool SecurityGroup SecurityGroupRule Router RouteTable AddressGroup FloatingIp
    PortForwarding NetworkAcl NetworkAclRule QosRule TapService TapFlow Trunk
}

/// The fact of a change of one of them, if it is one.
fn plain(change: &Change) -> Result<Option<Fact>, DeliveryError> {
    for read in PLAIN {
        if let Some(fact) = read(change)? {
            return Ok(Some(fact));
        }
    }
    Ok(None)
}

fn told<R: Plain>(change: &Change) -> Result<Option<Fact>, DeliveryError> {
    let Some((key, row)) = decode::<R>(change)? else {
        return Ok(None);
    };
    Ok(Some(R::fact(id(&key)?, row.map(Arc::new))))
}

fn all<R: Plain>(snapshot: &Snapshot) -> Result<Vec<Fact>, DeliveryError> {
    let facts = scan::<R>(snapshot).map(|row| {
        let row = row?;
        Ok(R::fact(id(&row.key())?, Some(Arc::new(row))))
    });
    facts.collect()
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

fn id(key: &[u8]) -> Result<Uuid, DeliveryError> {
    Uuid::from_slice(key).map_err(|error| DeliveryError::Record(error.to_string()))
}
