//! One network with its subnets and ports, and what a change to them means for its hosts.

use crate::compile;
use crate::hosts::Hosts;
use crate::log::{Log, Subject};
use alcor_goalstate::{Goal, GoalKey, digest};
use alcor_types::{HostName, Network, Port, PortId, Revision, Subnet, SubnetId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// What hosts are told because of one port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The port's host.
    pub(crate) host: HostName,
    /// For that host: the port, and its leases.
    pub(crate) own: Vec<Goal>,
    /// For the others.
    pub(crate) peer: Option<Goal>,
}

/// One network as the intent has it. Its network may be missing for a moment, when facts of
/// one revision arrive in an order of their own; nobody is told anything meanwhile.
pub(crate) struct Scope {
    network: Option<Held<Network>>,
    subnets: BTreeMap<SubnetId, Held<Subnet>>,
    ports: BTreeMap<PortId, Member>,
    /// The ports bound to every host, whether or not its node exists.
    bound: BTreeMap<HostName, BTreeSet<PortId>>,
    /// XOR of the hashes of all neighbour goals.
    peers: u64,
    log: Log,
}

/// The port's goals as they were, to compare with.
pub(crate) type Former = (PortId, Option<Told>);

impl Scope {
    /// An empty scope whose history begins after `revision`.
    pub(crate) fn new(log_limit: usize, revision: Revision) -> Self {
        Self {
            network: None,
            subnets: BTreeMap::new(),
            ports: BTreeMap::new(),
            bound: BTreeMap::new(),
            peers: 0,
            log: Log::new(log_limit, revision),
        }
    }

    /// Whether nothing is left to know about.
    pub(crate) fn is_empty(&self) -> bool {
        self.network.is_none() && self.subnets.is_empty() && self.ports.is_empty()
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

    /// Whether the host is to hold this network.
    pub(crate) fn has_host(&self, host: &HostName, hosts: &Hosts) -> bool {
        self.network.is_some() && self.binds(host) && hosts.tunnel_ip(host).is_some()
    }

    /// The hosts that are to hold this network.
    pub(crate) fn hosts<'a>(&'a self, hosts: &'a Hosts) -> impl Iterator<Item = &'a HostName> {
        let bound = self.bound.keys();
        bound.filter(move |host| self.has_host(host, hosts))
    }

    /// The host that the port is bound to.
    pub(crate) fn host_of(&self, id: PortId) -> Option<HostName> {
        self.ports.get(&id)?.port.host.clone()
    }

    /// The network as a goal.
    pub(crate) fn vpc_goal(&self) -> Option<Goal> {
        let network = self.network.as_ref()?;
        Some(compile::vpc(&network.fact, network.revision))
    }

    /// The subnet as a goal.
    pub(crate) fn subnet_goal(&self, id: SubnetId) -> Option<Goal> {
        let vni = self.network.as_ref()?.fact.vni;
        let subnet = self.subnets.get(&id)?;
        Some(compile::subnet(&subnet.fact, vni, subnet.revision))
    }

    /// All subnets as goals.
    pub(crate) fn subnet_goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.subnets.keys();
        ids.filter_map(|id| self.subnet_goal(*id))
    }

    /// What hosts are told of the port, where it has a host that exists.
    pub(crate) fn told(&self, id: PortId, hosts: &Hosts) -> Option<Told> {
        self.network.as_ref()?;
        let Member { port, own, peer } = self.ports.get(&id)?;
        let host = port.host.clone()?;
        let host_ip = hosts.tunnel_ip(&host)?;
        let leases = compile::leases(port, |subnet| self.has_dhcp(subnet), *own);
        let goals = std::iter::once(compile::port(port, *own)).chain(leases);
        Some(Told {
            host,
            own: goals.collect(),
            peer: compile::neighbor(port, host_ip, *peer),
        })
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
        let elsewhere = self
            .ports
            .iter()
            .filter(move |(_, member)| member.port.host.as_ref() != Some(host));
        elsewhere.filter_map(|(id, _)| self.neighbor_goal(*id, hosts))
    }

    /// The ports bound to the host.
    pub(crate) fn ports_on(&self, host: &HostName) -> impl Iterator<Item = PortId> {
        self.bound.get(host).into_iter().flatten().copied()
    }

    /// XOR of the hashes of all neighbour goals, those of every host included.
    pub(crate) fn peers_digest(&self) -> u64 {
        self.peers
    }

    fn has_dhcp(&self, id: SubnetId) -> bool {
        let subnet = self.subnets.get(&id);
        subnet.is_some_and(|subnet| subnet.fact.enable_dhcp)
    }
}

// Changes. Each takes what hosts were told before, changes the facts, and compares: only a
// goal whose content differs is news and gets the new revision.
impl Scope {
    /// The network was written or deleted. True when hosts must hear of it.
    pub(crate) fn set_network(
        &mut self,
        revision: Revision,
        network: Option<Arc<Network>>,
        hosts: &Hosts,
    ) -> bool {
        let vni = |held: Option<&Network>| held.map(|network| network.vni);
        let former = self.network.as_ref().map(|held| &*held.fact);
        // The VNI is in every subnet's goal, and nothing is told without a network.
        let affects_all = vni(former) != vni(network.as_deref());
        let ports = if affects_all {
            self.former_ports(hosts)
        } else {
            Vec::new()
        };
        let subnets: Vec<_> = if affects_all {
            self.former_subnets()
        } else {
            Vec::new()
        };
        let vpc = self.vpc_goal();

        self.network = network.map(|fact| Held {
            fact,
            revision: self.network.as_ref().map_or(revision, |held| held.revision),
        });
        let mut news = self.retell_vpc(revision, vpc.as_ref());
        for (id, former) in subnets {
            news |= self.retell_subnet(revision, id, former.as_ref());
        }
        self.retell(revision, ports, hosts) || news
    }

    /// A subnet was written or deleted. Walks the network's ports when its DHCP is switched.
    pub(crate) fn set_subnet(
        &mut self,
        revision: Revision,
        id: SubnetId,
        subnet: Option<Arc<Subnet>>,
        hosts: &Hosts,
    ) -> bool {
        let switched = self.has_dhcp(id) != subnet.as_ref().is_some_and(|new| new.enable_dhcp);
        let ports = if switched {
            self.former_ports(hosts)
        } else {
            Vec::new()
        };
        let former = self.subnet_goal(id);
        match subnet {
            None => drop(self.subnets.remove(&id)),
            Some(fact) => {
                let held = self.subnets.get(&id);
                let revision = held.map_or(revision, |held| held.revision);
                self.subnets.insert(id, Held { fact, revision });
            }
        }
        let news = self.retell_subnet(revision, id, former.as_ref());
        self.retell(revision, ports, hosts) || news
    }

    /// A port was written or deleted.
    pub(crate) fn set_port(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<Arc<Port>>,
        hosts: &Hosts,
    ) -> bool {
        let former = self.told(id, hosts);
        self.unbind(id);
        match port {
            None => drop(self.ports.remove(&id)),
            Some(port) => {
                if let Some(host) = &port.host {
                    self.bound.entry(host.clone()).or_default().insert(id);
                }
                let held = self.ports.get(&id);
                let (own, peer) = held.map_or((revision, revision), |held| (held.own, held.peer));
                self.ports.insert(id, Member { port, own, peer });
            }
        }
        self.retell_port(revision, (id, former), hosts)
    }

    /// What hosts are told now of the ports bound to `host`, to compare with later.
    pub(crate) fn former_ports_on(&self, host: &HostName, hosts: &Hosts) -> Vec<Former> {
        let ids = self.ports_on(host);
        ids.map(|id| (id, self.told(id, hosts))).collect()
    }

    /// Compares what hosts were told of these ports with what they are told now.
    pub(crate) fn retell(
        &mut self,
        revision: Revision,
        former: Vec<Former>,
        hosts: &Hosts,
    ) -> bool {
        let mut news = false;
        for port in former {
            news |= self.retell_port(revision, port, hosts);
        }
        news
    }

    fn former_ports(&self, hosts: &Hosts) -> Vec<Former> {
        let ids = self.ports.keys();
        ids.map(|id| (*id, self.told(*id, hosts))).collect()
    }

    fn former_subnets(&self) -> Vec<(SubnetId, Option<Goal>)> {
        let ids = self.subnets.keys();
        ids.map(|id| (*id, self.subnet_goal(*id))).collect()
    }

    fn unbind(&mut self, id: PortId) {
        let Some(host) = self.host_of(id) else {
            return;
        };
        if let Some(ports) = self.bound.get_mut(&host) {
            ports.remove(&id);
            if ports.is_empty() {
                self.bound.remove(&host);
            }
        }
    }

    fn retell_vpc(&mut self, revision: Revision, former: Option<&Goal>) -> bool {
        let now = self.vpc_goal();
        let Some(key) = changed(former, now.as_ref()) else {
            return false;
        };
        if let Some(held) = &mut self.network {
            held.revision = revision;
        }
        self.log.touch(revision, Subject { host: None, key }, None);
        true
    }

    fn retell_subnet(&mut self, revision: Revision, id: SubnetId, former: Option<&Goal>) -> bool {
        let now = self.subnet_goal(id);
        let Some(key) = changed(former, now.as_ref()) else {
            return false;
        };
        if let Some(held) = self.subnets.get_mut(&id) {
            held.revision = revision;
        }
        self.log.touch(revision, Subject { host: None, key }, None);
        true
    }

    fn retell_port(&mut self, revision: Revision, (id, former): Former, hosts: &Hosts) -> bool {
        let now = self.told(id, hosts);
        let host = |told: &Option<Told>| told.as_ref().map(|told| told.host.clone());
        let peer = |told: &Option<Told>| told.as_ref().and_then(|told| told.peer.clone());
        let moved = host(&former) != host(&now);
        let (old_peer, new_peer) = (peer(&former), peer(&now));
        let own_news = moved || own(former.as_ref()) != own(now.as_ref());
        let any_peer = old_peer.is_some() || new_peer.is_some();
        let peer_news = any_peer && (moved || old_peer != new_peer);

        if let Some(member) = self.ports.get_mut(&id) {
            member.own = if own_news { revision } else { member.own };
            member.peer = if peer_news { revision } else { member.peer };
        }
        if own_news {
            self.log_own(revision, former.as_ref());
            self.log_own(revision, now.as_ref());
        }
        if peer_news {
            self.log_peer(revision, id, [host(&former), host(&now)]);
            let new_peer = self.neighbor_goal(id, hosts);
            self.peers ^= hash(old_peer.as_ref()) ^ hash(new_peer.as_ref());
        }
        own_news || peer_news
    }

    fn log_own(&mut self, revision: Revision, told: Option<&Told>) {
        let Some(told) = told else {
            return;
        };
        for goal in &told.own {
            let subject = Subject {
                host: Some(told.host.clone()),
                key: goal.key(),
            };
            self.log.touch(revision, subject, None);
        }
    }

    /// A port that was and is on one host only is no news as a neighbour to that host.
    fn log_peer(&mut self, revision: Revision, id: PortId, places: [Option<HostName>; 2]) {
        let except = match places {
            [Some(old), Some(new)] => (old == new).then_some(new),
            [old, new] => old.or(new),
        };
        let subject = Subject {
            host: None,
            key: GoalKey::Neighbor(id),
        };
        self.log.touch(revision, subject, except);
    }
}

fn own(told: Option<&Told>) -> &[Goal] {
    told.map_or(&[], |told| &told.own)
}

/// The key under which two versions of one goal differ, if they do.
fn changed(former: Option<&Goal>, now: Option<&Goal>) -> Option<GoalKey> {
    let either = former.or(now)?;
    (former != now).then(|| either.key())
}

fn hash(goal: Option<&Goal>) -> u64 {
    goal.map_or(0, digest::goal)
}
