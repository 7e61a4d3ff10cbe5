//! What a host needs of a scope: all of it, or a digest to compare.

use crate::log::Log;
use crate::scope::Scope;
use crate::{Compiler, Demand};
use alcor_goalstate::{Goal, GoalKey, ScopeId, digest};
use alcor_types::{HostName, NetworkId, PortId, Revision, RouterId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Everything that one host needs of one scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeView {
    /// The scope's newest change; what a host that holds these goals is up to.
    pub revision: Revision,
    /// The goals: the network, its subnets, its ACLs, its routers' ports, own ports each with its leases,
    /// neighbours; or the group and its members.
    pub goals: Vec<Goal>,
}

impl Compiler {
    /// The networks with at least one port bound to the host and those that routers join with
    /// them, and the groups that these ports are in or that rules of those name; none until its
    /// node exists. Sorted.
    pub fn host_scopes(&self, host: &HostName) -> Vec<ScopeId> {
        let groups = self.groups.scopes_of(host).into_iter();
        let networks = self.hosts.needed(host).into_iter().map(ScopeId::from);
        let scopes = groups.chain(networks);
        scopes.filter(|id| self.has_host(*id, host)).collect()
    }

    /// The hosts with ports in the networks that the router joins.
    pub fn hosts_behind(&self, router: RouterId) -> BTreeSet<HostName> {
        let networks = self.hosts.routing.interfaces(router).into_iter();
        let scopes = networks.filter_map(|(_, network)| self.scopes.get(&network));
        let hosts = scopes.flat_map(Scope::bound_hosts);
        let known = hosts.filter(|host| self.hosts.tunnel_ip(host).is_some());
        known.cloned().collect()
    }

    /// How many hosts there are: those of nodes, and those that ports name.
    pub fn host_count(&self) -> usize {
        self.hosts.len()
    }

    /// Where tunnels to the host end; none until its node exists.
    pub fn tunnel_ip(&self, host: &HostName) -> Option<IpAddr> {
        self.hosts.tunnel_ip(host)
    }

    /// The hosts that need the scope. Sorted.
    pub fn scope_hosts(&self, scope: impl Into<ScopeId>) -> Vec<HostName> {
        match scope.into() {
            ScopeId::Network(id) => self.network_hosts(id),
            scope => self.groups.hosts(scope, &self.hosts),
        }
    }

    /// The scope's newest change; `None` when there is no such scope.
    pub fn scope_revision(&self, scope: impl Into<ScopeId>) -> Option<Revision> {
        match scope.into() {
            ScopeId::Network(id) => self.scopes.get(&id).map(|scope| scope.log().newest()),
            scope => self.groups.log(scope).map(Log::newest),
        }
    }

    /// Whether the host needs the scope.
    pub fn has_host(&self, scope: impl Into<ScopeId>, host: &HostName) -> bool {
        match scope.into() {
            ScopeId::Network(id) => self.member(id, host).is_some(),
            scope => self.groups.has_host(scope, host, &self.hosts),
        }
    }

    /// Whether any host needs the scope.
    pub(crate) fn has_hosts(&self, scope: ScopeId) -> bool {
        match scope {
            ScopeId::Network(id) => self.readers(id).next().is_some(),
            scope => self.groups.has_hosts(scope, &self.hosts),
        }
    }

    fn network_hosts(&self, id: NetworkId) -> Vec<HostName> {
        // Sorted already, as long as no router joins the hosts of several networks, or leads out.
        let routing = &self.hosts.routing;
        let alone = routing.domain(id).nth(1).is_none();
        if alone && routing.seats_in(id).next().is_none() {
            return self.readers(id).cloned().collect();
        }
        let distinct: BTreeSet<_> = self.readers(id).collect();
        distinct.into_iter().cloned().collect()
    }

    /// The hosts that are to hold the network: those with a port in its domain. One may come
    /// twice.
    fn readers(&self, id: NetworkId) -> impl Iterator<Item = &HostName> {
        let scope = self.scopes.get(&id);
        let domain = self.hosts.routing.domain(id);
        let bound = domain
            .filter_map(|id| self.scopes.get(&id))
            .flat_map(Scope::bound_hosts);
        let routing = &self.hosts.routing;
        let seats = routing.domain(id).flat_map(|id| routing.seats_in(id));
        let bound = bound.chain(seats);
        bound.filter(move |host| scope.is_some_and(|scope| scope.has_host(host, &self.hosts)))
    }

    /// Everything the host needs of the scope; `None` when it needs nothing.
    pub fn snapshot(&self, scope: impl Into<ScopeId>, host: &HostName) -> Option<ScopeView> {
        self.snapshot_with(scope, host, &Demand::default())
    }

    /// The same; of the neighbours in large networks those that the host has asked for.
    pub fn snapshot_with(
        &self,
        scope: impl Into<ScopeId>,
        host: &HostName,
        demand: &Demand,
    ) -> Option<ScopeView> {
        match scope.into() {
            ScopeId::Network(id) => self.network_snapshot(id, host, demand),
            scope if !self.has_host(scope, host) => None,
            scope => Some(ScopeView {
                revision: self.groups.log(scope)?.newest(),
                goals: self.groups.goals(scope),
            }),
        }
    }

    /// How many goals of others' ports a host is told of at most: neighbours or members. Where it asks for
    /// them, that is none.
    pub fn breadth(&self, scope: impl Into<ScopeId>) -> usize {
        match scope.into() {
            ScopeId::Network(id) => {
                let scope = self.scopes.get(&id);
                let whole = scope.filter(|scope| !scope.is_large());
                whole.map_or(0, Scope::size)
            }
            scope => self.groups.breadth(scope),
        }
    }

    fn network_snapshot(
        &self,
        id: NetworkId,
        host: &HostName,
        demand: &Demand,
    ) -> Option<ScopeView> {
        let scope = self.member(id, host)?;
        let own = scope
            .ports_on(host)
            .filter_map(|id| scope.told(id, &self.hosts));
        let mut goals: Vec<Goal> = scope.vpc_goal().into_iter().collect();
        goals.extend(scope.subnet_goals());
        goals.extend(scope.acl_goals());
        goals.extend(scope.interface_goals());
        goals.extend(own.flat_map(|told| told.own));
        goals.extend(scope.outlet_goals(host));
        goals.extend(scope.peer_goals(self.hosts.tunnel_ip(host)));
        match demand.of(id).filter(|_| scope.is_large()) {
            Some(ports) => goals.extend(self.demanded(scope, host, ports)),
            None => goals.extend(scope.neighbor_goals(host, &self.hosts)),
        }
        Some(ScopeView {
            revision: scope.log().newest(),
            goals,
        })
    }

    /// XOR of the hashes of all goals that the host needs of the scope; `None` when it needs
    /// nothing. Costs the host's own ports and the subnets, not the neighbours.
    pub fn digest(&self, scope: impl Into<ScopeId>, host: &HostName) -> Option<u64> {
        self.digest_with(scope, host, &Demand::default())
    }

    /// The same, of the neighbours in large networks those that the host has asked for; costs these.
    pub fn digest_with(
        &self,
        scope: impl Into<ScopeId>,
        host: &HostName,
        demand: &Demand,
    ) -> Option<u64> {
        match scope.into() {
            ScopeId::Network(id) => self.network_digest(id, host, demand),
            scope => {
                let needed = self.has_host(scope, host);
                needed.then(|| self.groups.digest(scope))
            }
        }
    }

    fn network_digest(&self, id: NetworkId, host: &HostName, demand: &Demand) -> Option<u64> {
        let scope = self.member(id, host)?;
        let shared = scope.vpc_goal().into_iter().chain(scope.subnet_goals());
        let shared = shared.chain(scope.acl_goals());
        let shared = shared.chain(scope.interface_goals());
        let shared = shared.chain(scope.outlet_goals(host));
        let shared = shared.chain(scope.peer_goals(self.hosts.tunnel_ip(host)));
        let own = scope
            .ports_on(host)
            .filter_map(|id| scope.told(id, &self.hosts));
        if let Some(ports) = demand.of(id).filter(|_| scope.is_large()) {
            let demanded = self.demanded(scope, host, ports);
            let goals = shared.chain(own.flat_map(|told| told.own)).chain(demanded);
            return Some(goals.fold(0, |sum, goal| sum ^ digest::goal(&goal)));
        }
        let shared = shared.fold(scope.peers_digest(), |sum, goal| sum ^ digest::goal(&goal));
        // A host's own ports are neighbours to all hosts but itself: they cancel out.
        let goals = own.flat_map(|told| told.own.into_iter().chain(told.peer));
        Some(goals.fold(shared, |sum, goal| sum ^ digest::goal(&goal)))
    }

    /// The neighbours of a large network that the host has asked for.
    fn demanded<'a>(
        &'a self,
        scope: &'a Scope,
        host: &'a HostName,
        ports: &'a BTreeSet<PortId>,
    ) -> impl Iterator<Item = Goal> + 'a {
        let ports = ports.iter().copied();
        let elsewhere = ports.filter(|id| scope.host_of(*id).as_ref() != Some(host));
        elsewhere.filter_map(|id| scope.neighbor_goal(id, &self.hosts))
    }

    /// The scope, where the host needs it.
    pub(crate) fn member(&self, scope: NetworkId, host: &HostName) -> Option<&Scope> {
        let scope = self.scopes.get(&scope)?;
        scope.has_host(host, &self.hosts).then_some(scope)
    }

    /// What the host is to hold under the key now.
    pub(crate) fn goal(&self, scope: &Scope, host: &HostName, key: GoalKey) -> Option<Goal> {
        match key {
            GoalKey::Vpc(_) => scope.vpc_goal(),
            GoalKey::Subnet(id) => scope.subnet_goal(id),
            GoalKey::Acl(id) => scope.acl_goal(id),
            GoalKey::Interface(id) => scope.interface_goal(id),
            GoalKey::Port(id) | GoalKey::Dhcp(id, _) | GoalKey::Floating(id, _) => {
                self.own_goal(scope, host, id, key)
            }
            GoalKey::Outlet(interface, network) => scope.outlet_goal(host, (interface, network)),
            GoalKey::Neighbor(id) => {
                let elsewhere = scope.host_of(id).as_ref() != Some(host);
                let goal = || scope.neighbor_goal(id, &self.hosts);
                elsewhere.then(goal).flatten()
            }
            GoalKey::Peer(_, ip) => {
                let own = self.hosts.tunnel_ip(host) == Some(ip);
                let goal = || scope.peer_goal(ip);
                (!own).then(goal).flatten()
            }
            GoalKey::Group(_) | GoalKey::Member(..) | GoalKey::AddressGroup(_) => {
                self.groups.goal(key)
            }
        }
    }

    fn own_goal(&self, scope: &Scope, host: &HostName, id: PortId, key: GoalKey) -> Option<Goal> {
        let told = scope.told(id, &self.hosts)?;
        let mut goals = told.own.into_iter().filter(|_| told.host == *host);
        goals.find(|goal| goal.key() == key)
    }
}
