//! Who may reach whom, straight from the intent.
//!
//! This is the definition that compiler and pipeline are tested against. It is written to be
//! read, not to be fast, and shares no code with either.

mod acl;
mod filter;
mod limits;
mod routes;

pub use filter::Packet;
pub use routes::Arrival;

use crate::Fact;
use alcor_goalstate::Carrier;
use alcor_types::{
    AddressGroup, AddressGroupId, HostName, Network, NetworkAcl, NetworkAclId, NetworkAclRule,
    NetworkAclRuleId, NetworkId, Node, Port, PortId, QosRule, QosRuleId, RouteTable, RouteTableId,
    Router, RouterId, SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId,
    Subnet, SubnetId,
};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The intent of a region, as the last fact about every resource has it.
#[derive(Clone, Default, Debug)]
pub struct Intent {
    networks: BTreeMap<NetworkId, Arc<Network>>,
    ports: BTreeMap<PortId, Arc<Port>>,
    nodes: BTreeMap<HostName, Arc<Node>>,
    subnets: BTreeMap<SubnetId, Arc<Subnet>>,
    routers: BTreeMap<RouterId, Arc<Router>>,
    tables: BTreeMap<RouteTableId, Arc<RouteTable>>,
    groups: BTreeMap<SecurityGroupId, Arc<SecurityGroup>>,
    rules: BTreeMap<SecurityGroupRuleId, Arc<SecurityGroupRule>>,
    address_groups: BTreeMap<AddressGroupId, Arc<AddressGroup>>,
    acls: BTreeMap<NetworkAclId, Arc<NetworkAcl>>,
    acl_rules: BTreeMap<NetworkAclRuleId, Arc<NetworkAclRule>>,
    qos_rules: BTreeMap<QosRuleId, Arc<QosRule>>,
}

impl Intent {
    /// Takes in a fact. The last about a resource counts.
    pub fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::Network(id, network) => set(&mut self.networks, id, network.as_ref()),
            // A gateway is on its host without being plugged there.
            Fact::Port(id, port) => {
                let port = port.as_ref().map(crate::north::plugged);
                set(&mut self.ports, id, port.as_ref());
            }
            Fact::Node(host, node) => set(&mut self.nodes, host, node.as_ref()),
            Fact::Subnet(id, subnet) => set(&mut self.subnets, id, subnet.as_ref()),
            Fact::Router(id, router) => set(&mut self.routers, id, router.as_ref()),
            Fact::RouteTable(id, table) => set(&mut self.tables, id, table.as_ref()),
            Fact::SecurityGroup(id, group) => set(&mut self.groups, id, group.as_ref()),
            Fact::SecurityGroupRule(id, rule) => set(&mut self.rules, id, rule.as_ref()),
            Fact::AddressGroup(id, group) => set(&mut self.address_groups, id, group.as_ref()),
            // They lead out of the region, and this oracle speaks of what lies in it.
            Fact::FloatingIp(..) | Fact::PortForwarding(..) => {}
            Fact::NetworkAcl(id, acl) => set(&mut self.acls, id, acl.as_ref()),
            Fact::NetworkAclRule(id, rule) => set(&mut self.acl_rules, id, rule.as_ref()),
            Fact::QosRule(id, rule) => set(&mut self.qos_rules, id, rule.as_ref()),
        }
    }

    /// All ports.
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.ports.values().map(|port| &**port)
    }

    /// Whether unicast frames of port `from` arrive at port `to`: two ports of one network
    /// that is up and of a type that agents program, both up, both on hosts that exist. On one host or two makes no difference.
    pub fn reaches(&self, from: PortId, to: PortId) -> bool {
        let (Some(from), Some(to)) = (self.ports.get(&from), self.ports.get(&to)) else {
            return false;
        };
        from.id != to.id
            && from.network_id == to.network_id
            && self.forwards(from)
            && self.forwards(to)
    }

    /// The port that answers when `from` sends to an address of its own network; `None` when
    /// nobody may.
    pub fn answers(&self, from: PortId, address: IpAddr) -> Option<&Port> {
        self.ports().find(|port| {
            let addresses = port.fixed_ips.iter();
            self.reaches(from, port.id)
                && addresses
                    .map(|fixed| fixed.ip_address)
                    .any(|own| own == address)
        })
    }

    /// Whether a port takes part in its network at all.
    fn forwards(&self, port: &Port) -> bool {
        let network = self.networks.get(&port.network_id);
        let host = port.host.as_ref();
        port.admin_state_up
            && network
                .is_some_and(|network| network.admin_state_up && Carrier::of(network).is_some())
            && host.is_some_and(|host| self.nodes.contains_key(host))
    }
}

fn set<K: Clone + Ord, T>(map: &mut BTreeMap<K, Arc<T>>, key: &K, value: Option<&Arc<T>>) {
    match value {
        Some(value) => map.insert(key.clone(), Arc::clone(value)),
        None => map.remove(key),
    };
}
