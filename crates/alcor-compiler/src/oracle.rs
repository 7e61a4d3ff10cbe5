//! Who may reach whom, straight from the intent.
//!
//! This is the definition that compiler and pipeline are tested against. It is written to be
//! read, not to be fast, and shares no code with either.

mod acl;
mod explain;
mod filter;
mod limits;
mod outside;
mod routes;
mod scopes;
mod step;

pub use filter::Packet;
pub use outside::{Exit, Translator};
pub use routes::Arrival;
pub use step::{Hindrance, Step};

use crate::Fact;
use alcor_goalstate::Carrier;
use alcor_types::{
    AddressGroup, AddressGroupId, FloatingIp, FloatingIpId, HostName, Network, NetworkAcl,
    NetworkAclId, NetworkAclRule, NetworkAclRuleId, NetworkId, Node, Port, PortForwarding,
    PortForwardingId, PortId, QosRule, QosRuleId, RouteTable, RouteTableId, Router, RouterId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId,
    SubnetPool, SubnetPoolId,
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
    pools: BTreeMap<SubnetPoolId, Arc<SubnetPool>>,
    routers: BTreeMap<RouterId, Arc<Router>>,
    tables: BTreeMap<RouteTableId, Arc<RouteTable>>,
    groups: BTreeMap<SecurityGroupId, Arc<SecurityGroup>>,
    rules: BTreeMap<SecurityGroupRuleId, Arc<SecurityGroupRule>>,
    address_groups: BTreeMap<AddressGroupId, Arc<AddressGroup>>,
    acls: BTreeMap<NetworkAclId, Arc<NetworkAcl>>,
    acl_rules: BTreeMap<NetworkAclRuleId, Arc<NetworkAclRule>>,
    qos_rules: BTreeMap<QosRuleId, Arc<QosRule>>,
    floating: BTreeMap<FloatingIpId, Arc<FloatingIp>>,
    forwardings: BTreeMap<PortForwardingId, Arc<PortForwarding>>,
    /// Where gateways are.
    seats: BTreeMap<PortId, HostName>,
}

impl Intent {
    /// Takes in a fact. The last about a resource counts.
    pub fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::Network(id, network) => set(&mut self.networks, id, network.as_ref()),
            // A gateway is on its host without being plugged there.
            Fact::Port(id, port) => {
                let plugged = port.as_ref().map(crate::north::plugged);
                let seat = port.as_ref().and_then(|port| port.host.as_ref());
                let away = plugged.as_ref().is_some_and(|port| port.host.is_none());
                match seat.filter(|_| away) {
                    Some(host) => drop(self.seats.insert(*id, host.clone())),
                    None => drop(self.seats.remove(id)),
                }
                set(&mut self.ports, id, plugged.as_ref());
            }
            Fact::Node(host, node) => set(&mut self.nodes, host, node.as_ref()),
            Fact::Subnet(id, subnet) => set(&mut self.subnets, id, subnet.as_ref()),
            Fact::SubnetPool(id, pool) => set(&mut self.pools, id, pool.as_ref()),
            Fact::Router(id, router) => set(&mut self.routers, id, router.as_ref()),
            Fact::RouteTable(id, table) => set(&mut self.tables, id, table.as_ref()),
            Fact::SecurityGroup(id, group) => set(&mut self.groups, id, group.as_ref()),
            Fact::SecurityGroupRule(id, rule) => set(&mut self.rules, id, rule.as_ref()),
            Fact::AddressGroup(id, group) => set(&mut self.address_groups, id, group.as_ref()),
            Fact::NetworkAcl(id, acl) => set(&mut self.acls, id, acl.as_ref()),
            Fact::NetworkAclRule(id, rule) => set(&mut self.acl_rules, id, rule.as_ref()),
            Fact::FloatingIp(id, floating) => set(&mut self.floating, id, floating.as_ref()),
            Fact::PortForwarding(id, one) => set(&mut self.forwardings, id, one.as_ref()),
            // Who looks on, and which interface carries a port, changes nothing of who reaches whom.
            Fact::TapService(..) | Fact::TapFlow(..) | Fact::Trunk(..) => {}
            Fact::QosRule(id, rule) => set(&mut self.qos_rules, id, rule.as_ref()),
        }
    }

    /// All ports.
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.ports.values().map(|port| &**port)
    }

    /// A port.
    pub fn port(&self, id: PortId) -> Option<&Port> {
        self.ports.get(&id).map(|port| &**port)
    }

    /// A network.
    pub fn network(&self, id: NetworkId) -> Option<&Network> {
        self.networks.get(&id).map(|network| &**network)
    }

    /// A router.
    pub fn router(&self, id: RouterId) -> Option<&Router> {
        self.routers.get(&id).map(|router| &**router)
    }

    /// A security group.
    pub fn group(&self, id: SecurityGroupId) -> Option<&SecurityGroup> {
        self.groups.get(&id).map(|group| &**group)
    }

    /// A rule of a security group.
    pub fn rule(&self, id: SecurityGroupRuleId) -> Option<&SecurityGroupRule> {
        self.rules.get(&id).map(|rule| &**rule)
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
        self.hindrance(port).is_none()
    }

    /// What keeps a port from taking part in its network.
    fn hindrance(&self, port: &Port) -> Option<Hindrance> {
        let unbound = || match &port.host {
            None => Some(Hindrance::Unbound),
            Some(host) if self.nodes.contains_key(host) => None,
            Some(host) => Some(Hindrance::NoHost(host.clone())),
        };
        self.obstruction(port).or_else(unbound)
    }

    /// The same but for the port's place.
    fn obstruction(&self, port: &Port) -> Option<Hindrance> {
        if !port.admin_state_up {
            return Some(Hindrance::PortDown);
        }
        match self.networks.get(&port.network_id) {
            None => Some(Hindrance::NoNetwork),
            Some(network) if !network.admin_state_up => Some(Hindrance::NetworkDown),
            Some(network) if Carrier::of(network).is_none() => Some(Hindrance::NotCarried),
            Some(_) => None,
        }
    }
}

fn set<K: Clone + Ord, T>(map: &mut BTreeMap<K, Arc<T>>, key: &K, value: Option<&Arc<T>>) {
    match value {
        Some(value) => map.insert(key.clone(), Arc::clone(value)),
        None => map.remove(key),
    };
}
