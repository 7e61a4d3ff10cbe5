//! What single hosts hold of large networks: the neighbours that they have asked for.

use crate::{Compiler, Found};
use alcor_goalstate::{Goal, GoalKey, Sought};
use alcor_types::{HostName, NetworkId, PortId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The ports of each large network that a host is told of as neighbours. A network that is not here is
/// one that the host takes for a small one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Demand(BTreeMap<NetworkId, BTreeSet<PortId>>);

impl Demand {
    /// The ports of a network, where the host takes it for a large one.
    pub fn of(&self, network: NetworkId) -> Option<&BTreeSet<PortId>> {
        self.0.get(&network)
    }

    /// Whether the port is among them.
    pub fn contains(&self, network: NetworkId, port: PortId) -> bool {
        self.of(network).is_some_and(|ports| ports.contains(&port))
    }

    /// The network is large for the host, and of its ports these are told.
    pub fn set(&mut self, network: NetworkId, ports: BTreeSet<PortId>) {
        self.0.insert(network, ports);
    }

    /// The network is small for the host now, or none of its networks. Returns what was told of it.
    pub fn end(&mut self, network: NetworkId) -> Option<BTreeSet<PortId>> {
        self.0.remove(&network)
    }

    /// The port is told from now on. False where it was already, or the network is no large one.
    pub fn add(&mut self, network: NetworkId, port: PortId) -> bool {
        let ports = self.0.get_mut(&network);
        ports.is_some_and(|ports| ports.insert(port))
    }

    /// The port is no longer told. False where it was not.
    pub fn remove(&mut self, network: NetworkId, port: PortId) -> bool {
        let ports = self.0.get_mut(&network);
        ports.is_some_and(|ports| ports.remove(&port))
    }

    /// All networks with their ports.
    pub fn iter(&self) -> impl Iterator<Item = (NetworkId, &BTreeSet<PortId>)> {
        self.0.iter().map(|(network, ports)| (*network, ports))
    }
}

impl Compiler {
    /// A network with more ports than this is large: hosts are told of a port only once they ask. It is
    /// small again with a fifth less.
    #[must_use]
    pub fn on_demand_above(mut self, ports: usize) -> Self {
        self.on_demand_above = ports;
        self
    }

    /// Whether the network is large.
    pub fn is_large(&self, network: NetworkId) -> bool {
        let scope = self.scopes.get(&network);
        scope.is_some_and(crate::scope::Scope::is_large)
    }

    /// Whether the network has more than twice as many ports as make one large, and is never told whole.
    pub fn is_far_too_large(&self, network: NetworkId) -> bool {
        let scope = self.scopes.get(&network).filter(|scope| scope.is_large());
        scope.is_some_and(|scope| scope.size() / 2 > self.on_demand_above)
    }

    /// Who has an address of a large network, as the host is told; nobody where the host does not need
    /// the network. Costs the same whatever the network's size.
    pub fn find(&self, network: NetworkId, host: &HostName, sought: Sought) -> Found {
        match self.member(network, host) {
            Some(scope) => scope.find(host, sought, &self.hosts),
            None => Found::Absent,
        }
    }

    /// One of the host's ports asks for a port elsewhere, which will answer it: the other's host, and by what
    /// the asker is found there. Nothing where the asker is none of the host's ports, or its network is told whole.
    pub fn introduction(
        &self,
        host: &HostName,
        asker: PortId,
        (network, sought): (NetworkId, PortId),
    ) -> Option<(HostName, NetworkId, Sought)> {
        let home = *self.ports.get(&asker)?;
        let own = self.scopes.get(&home)?.host_of(asker)?;
        let there = self.scopes.get(&network)?.host_of(sought)?;
        let by = self.sought_by(home, asker);
        let mut by = by.into_iter().filter(|by| matches!(by, Sought::Mac(_)));
        (own == *host).then_some((there, home, by.next()?))
    }

    /// What the host is to hold of the network under a key, a neighbour also where it has not asked for it.
    pub fn goal_of(&self, network: NetworkId, host: &HostName, key: GoalKey) -> Option<Goal> {
        self.goal(self.member(network, host)?, host, key)
    }

    /// By what a port of a large network is asked for.
    pub fn sought_by(&self, network: NetworkId, port: PortId) -> Vec<Sought> {
        let scope = self.scopes.get(&network).filter(|scope| scope.is_large());
        scope.map_or_else(Vec::new, |scope| scope.sought_by(port))
    }

    /// By which host and into which network packets go from an address of the network with this number to
    /// another one: the sender's host, and the receiver's network. Nothing where either is nobody's, or no
    /// router leads there.
    pub fn way(&self, vni: u32, from: IpAddr, to: IpAddr) -> Option<(HostName, NetworkId)> {
        let network = *self.vnis.get(&vni)?;
        let host = self.scopes.get(&network)?.at(from)?.host.clone()?;
        let mut domain = self.hosts.routing.domain(network);
        let there = domain.find(|id| {
            let receiver = self.scopes.get(id).and_then(|scope| scope.at(to));
            receiver.is_some_and(|port| port.host.is_some() && port.admin_state_up)
        });
        Some((host, there?))
    }

    /// The host whose tunnels end at this address.
    pub fn host_at(&self, tunnel_ip: IpAddr) -> Option<HostName> {
        self.hosts.at(tunnel_ip).cloned()
    }

    /// The ports of a network that a host would be told of if it were small.
    pub fn neighbors(&self, network: NetworkId, host: &HostName) -> BTreeSet<PortId> {
        let scope = self.member(network, host);
        scope.map_or_else(BTreeSet::new, |scope| scope.neighbors(host, &self.hosts))
    }

    /// Whether the host is to be told of the port if it asks.
    pub fn has_neighbor(&self, network: NetworkId, host: &HostName, port: PortId) -> bool {
        let elsewhere = |scope: &&crate::scope::Scope| scope.host_of(port).as_ref() != Some(host);
        let scope = self.member(network, host).filter(elsewhere);
        scope.is_some_and(|scope| scope.neighbor_goal(port, &self.hosts).is_some())
    }
}
