//! One network with its subnets and ports, and what hosts are told because of them.

mod acl;
mod change;
mod directory;
mod limits;
mod outlet;
mod spread;

use crate::acls::Guard;
use crate::compile;
use crate::hosts::Hosts;
use crate::log::Log;
use alcor_goalstate::{FloatingGoal, Goal, OutletGoal, RouterGateway};
use alcor_types::{
    AddressScopeId, FloatingIpId, HostName, Network, NetworkAclId, NetworkId, Port, PortId,
    Revision, RouteTable, RouteTableId, Router, Subnet, SubnetId,
};
use directory::Directory;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use directory::Found;

/// A resource, and when the goal made from it last changed. A write that changes nothing
/// that hosts are told (a tag, a description) leaves that revision alone.
struct Held<T> {
    fact: Arc<T>,
    revision: Revision,
}

/// A port of the network. Its own host and the others are told different things, which
/// change at different times.
struct Member {
    port: Arc<Port>,
    own: Revision,
    peer: Revision,
}

/// A router's port in the network.
struct Interface {
    port: Arc<Port>,
    router: Arc<Router>,
    gateways: Arc<[RouterGateway]>,
    revision: Revision,
}

/// A network ACL.
struct HeldGuard {
    guard: Guard,
    revision: Revision,
}

/// What hosts are told because of one port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The port's host.
    pub(crate) host: HostName,
    /// For that host: the port, its leases, and its addresses outside.
    pub(crate) own: Vec<Goal>,
    /// For the others.
    pub(crate) peer: Option<Goal>,
}

/// One network as the intent has it. Its network may be missing for a moment, when facts of
/// one revision arrive in an order of their own; nobody is told anything meanwhile. It is
/// missing for good where the network is of a type that agents do not program.
pub(crate) struct Scope {
    id: NetworkId,
    network: Option<Held<Network>>,
    subnets: BTreeMap<SubnetId, Held<Subnet>>,
    /// Of the subnets whose pool has one.
    address_scopes: BTreeMap<SubnetId, AddressScopeId>,
    acls: BTreeMap<NetworkAclId, HeldGuard>,
    ports: BTreeMap<PortId, Member>,
    interfaces: BTreeMap<PortId, Interface>,
    tables: BTreeMap<RouteTableId, Arc<RouteTable>>,
    floating: BTreeMap<PortId, BTreeMap<FloatingIpId, FloatingGoal>>,
    /// Of every host, by the router's interface and the outlet's port.
    outlets: BTreeMap<HostName, BTreeMap<(PortId, PortId), OutletGoal>>,
    /// The ports bound to every host, whether or not its node exists.
    bound: BTreeMap<HostName, BTreeSet<PortId>>,
    /// XOR of the hashes of all neighbour goals.
    peers: u64,
    /// How many ports are bound to a host.
    size: usize,
    /// Who has which address; only of a large network, whose hosts ask for it.
    directory: Option<Directory>,
    log: Log,
}

/// The port's goals as they were, to compare with.
pub(crate) type Former = (PortId, Option<Told>);

impl Scope {
    /// An empty scope whose history begins after `revision`.
    pub(crate) fn new(id: NetworkId, log_limit: usize, revision: Revision) -> Self {
        Self {
            id,
            network: None,
            subnets: BTreeMap::new(),
            address_scopes: BTreeMap::new(),
            acls: BTreeMap::new(),
            ports: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            tables: BTreeMap::new(),
            floating: BTreeMap::new(),
            outlets: BTreeMap::new(),
            bound: BTreeMap::new(),
            peers: 0,
            size: 0,
            directory: None,
            log: Log::new(log_limit, revision),
        }
    }

    /// Whether nothing is left to know about.
    pub(crate) fn is_empty(&self) -> bool {
        self.network.is_none()
            && self.subnets.is_empty()
            && self.acls.is_empty()
            && self.ports.is_empty()
            && self.interfaces.is_empty()
            && self.tables.is_empty()
            && self.floating.is_empty()
            && self.outlets.is_empty()
    }

    /// Its history.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Whether a port of the network is bound to the host.
    pub(crate) fn binds(&self, host: &HostName) -> bool {
        self.bound.contains_key(host)
    }

    /// The hosts with a bound port, whether or not their nodes exist.
    pub(crate) fn bound_hosts(&self) -> impl Iterator<Item = &HostName> {
        self.bound.keys()
    }

    /// Whether the host is to hold this network: it has a port of it, or of a network that
    /// routers join with it.
    pub(crate) fn has_host(&self, host: &HostName, hosts: &Hosts) -> bool {
        self.network.is_some()
            && hosts.tunnel_ip(host).is_some()
            && (self.binds(host) || hosts.needs(host, self.id))
    }

    /// The port.
    pub(crate) fn port(&self, id: PortId) -> Option<&Arc<Port>> {
        self.ports.get(&id).map(|member| &member.port)
    }

    /// All ports.
    pub(crate) fn ports(&self) -> impl Iterator<Item = &Arc<Port>> {
        self.ports.values().map(|member| &member.port)
    }

    /// The subnet.
    pub(crate) fn subnet(&self, id: SubnetId) -> Option<&Arc<Subnet>> {
        self.subnets.get(&id).map(|held| &held.fact)
    }

    /// The host that the port is bound to.
    pub(crate) fn host_of(&self, id: PortId) -> Option<HostName> {
        self.ports.get(&id)?.port.host.clone()
    }

    /// The network as a goal.
    pub(crate) fn vpc_goal(&self) -> Option<Goal> {
        let network = self.network.as_ref()?;
        compile::vpc(&network.fact, self.is_large(), network.revision)
    }

    /// The subnet as a goal.
    pub(crate) fn subnet_goal(&self, id: SubnetId) -> Option<Goal> {
        self.network.as_ref()?;
        let subnet = self.subnets.get(&id)?;
        let scope = self.address_scopes.get(&id).copied();
        Some(compile::subnet(&subnet.fact, scope, subnet.revision))
    }

    /// All subnets as goals.
    pub(crate) fn subnet_goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.subnets.keys();
        ids.filter_map(|id| self.subnet_goal(*id))
    }

    /// The router's port as a goal.
    pub(crate) fn interface_goal(&self, id: PortId) -> Option<Goal> {
        self.network.as_ref()?;
        let held = self.interfaces.get(&id)?;
        let (port, router) = (&held.port, &held.router);
        Some(compile::interface(
            port,
            router,
            (self.tables_for(held), &held.gateways),
            held.revision,
        ))
    }

    /// The tables that a router follows for the subnets of one of its ports: each its own, or the
    /// network's. Only the network's router, which its table names, follows any.
    fn tables_for<'a>(
        &'a self,
        interface: &'a Interface,
    ) -> impl Iterator<Item = (SubnetId, &'a RouteTable)> {
        let of = |subnet: Option<SubnetId>| {
            let mut tables = self.tables.values();
            tables.find(|table| table.subnet_id == subnet)
        };
        let default = of(None).filter(|table| table.router_id == Some(interface.router.id));
        let subnets = interface.port.fixed_ips.iter().map(|fixed| fixed.subnet_id);
        subnets.filter_map(move |subnet| {
            let default = default?;
            Some((subnet, &**of(Some(subnet)).unwrap_or(default)))
        })
    }

    /// All routers' ports as goals.
    pub(crate) fn interface_goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.interfaces.keys();
        ids.filter_map(|id| self.interface_goal(*id))
    }

    /// What hosts are told of the port, where it has a host that exists.
    pub(crate) fn told(&self, id: PortId, hosts: &Hosts) -> Option<Told> {
        self.network.as_ref()?;
        let Member { port, own, peer } = self.ports.get(&id)?;
        let host = port.host.clone()?;
        let host_ip = hosts.tunnel_ip(&host)?;
        let leases = compile::leases(port, |subnet| self.has_dhcp(subnet), *own);
        let taps = hosts.taps.of(id, |host| hosts.tunnel_ip(host));
        let trunk = hosts.trunks.of(id);
        let floating = self
            .floating
            .get(&id)
            .into_iter()
            .flat_map(BTreeMap::values);
        let floating = floating.map(|goal| {
            let revision = *own;
            Goal::Floating(FloatingGoal { revision, ..*goal })
        });
        let own = compile::port(port, (self.limits(port, hosts), taps, trunk), *own);
        let goals = std::iter::once(own).chain(leases).chain(floating);
        Some(Told {
            host,
            own: goals.collect(),
            peer: compile::neighbor(port, host_ip, *peer),
        })
    }

    /// What the host is told of those of its ports of which that has changed since.
    pub(crate) fn told_since(
        &self,
        host: &HostName,
        since: Revision,
        hosts: &Hosts,
    ) -> impl Iterator<Item = Goal> {
        let members = self
            .ports_on(host)
            .filter_map(|id| Some((id, self.ports.get(&id)?)));
        let changed = members.filter(move |(_, member)| member.own > since);
        let told = changed.filter_map(|(id, _)| self.told(id, hosts));
        told.flat_map(|told| told.own)
    }

    /// What the other hosts are told of the port.
    pub(crate) fn neighbor_goal(&self, id: PortId, hosts: &Hosts) -> Option<Goal> {
        self.network.as_ref()?;
        let Member { port, peer, .. } = self.ports.get(&id)?;
        let host_ip = hosts.tunnel_ip(port.host.as_ref()?)?;
        compile::neighbor(port, host_ip, *peer)
    }

    /// All ports as neighbours, but for those of `host`.
    pub(crate) fn neighbor_goals(
        &self,
        host: &HostName,
        hosts: &Hosts,
    ) -> impl Iterator<Item = Goal> {
        let others = self.bound.iter().filter(move |(other, _)| *other != host);
        let others = others.filter_map(|(other, ports)| Some((hosts.tunnel_ip(other)?, ports)));
        others.flat_map(|(host_ip, ports)| {
            let members = ports.iter().filter_map(|id| self.ports.get(id));
            members.filter_map(move |member| compile::neighbor(&member.port, host_ip, member.peer))
        })
    }

    /// The ports bound to the host.
    pub(crate) fn ports_on(&self, host: &HostName) -> impl Iterator<Item = PortId> {
        self.bound.get(host).into_iter().flatten().copied()
    }

    /// XOR of the hashes of all neighbour goals, those of every host included.
    pub(crate) fn peers_digest(&self) -> u64 {
        self.peers
    }

    /// The network and its subnets, as routers that lead there tell of it.
    pub(crate) fn outside(
        &self,
    ) -> Option<(
        &Network,
        impl Iterator<Item = (&Subnet, Option<AddressScopeId>)>,
    )> {
        let network = self.network.as_ref()?;
        let subnets = self.subnets.iter();
        let subnets = subnets.map(|(id, held)| (&*held.fact, self.address_scopes.get(id).copied()));
        Some((&network.fact, subnets))
    }

    fn has_dhcp(&self, id: SubnetId) -> bool {
        let subnet = self.subnets.get(&id);
        subnet.is_some_and(|subnet| subnet.fact.enable_dhcp)
    }
}
