//! Changes to a scope. Each takes what hosts were told before, changes the facts, and
//! compares: only a goal whose content differs is news, gets the new revision, and is logged.

use super::spread::place;
use super::{Former, Held, Interface, Member, Scope, Told};
use crate::hosts::Hosts;
use alcor_goalstate::{Carrier, FloatingGoal, Goal, GoalKey, RouterGateway, digest};
use alcor_types::{
    AddressScopeId, FloatingIpId, HostName, Network, Port, PortId, Revision, RouteTable,
    RouteTableId, Router, Subnet, SubnetId,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A router's port, the router, and its ways out.
type Attached = ((Arc<Port>, Arc<Router>), Arc<[RouterGateway]>);

impl Scope {
    /// The network was written or deleted. True when hosts must hear of it.
    pub(crate) fn set_network(
        &mut self,
        revision: Revision,
        network: Option<Arc<Network>>,
        hosts: &Hosts,
    ) -> bool {
        let network = network.filter(|network| Carrier::of(network).is_some());
        // Nothing is told without a network.
        let affects_all = self.network.is_some() != network.is_some();
        let policy = network.as_ref().and_then(|network| network.qos_policy_id);
        let ports = if affects_all || policy != self.policy() {
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
        let interfaces = self.former_interfaces();
        let acls = self.former_acls();

        self.network = network.map(|fact| Held {
            fact,
            revision: self.network.as_ref().map_or(revision, |held| held.revision),
        });
        let mut news = self.retell_vpc(revision, vpc.as_ref());
        for (id, former) in subnets {
            news |= self.retell_subnet(revision, id, former.as_ref());
        }
        for (id, former) in interfaces {
            news |= self.retell_interface(revision, id, former.as_ref());
        }
        news |= self.retell_acls(revision, acls);
        if affects_all && !self.outlets.is_empty() {
            self.retell_outlets(revision);
            news = true;
        }
        self.retell(revision, ports, hosts) || news
    }

    /// A subnet was written or deleted. Walks the network's ports when its DHCP is switched.
    pub(crate) fn set_subnet(
        &mut self,
        revision: Revision,
        id: SubnetId,
        (subnet, address_scope): (Option<Arc<Subnet>>, Option<AddressScopeId>),
        hosts: &Hosts,
    ) -> bool {
        let switched = self.has_dhcp(id) != subnet.as_ref().is_some_and(|new| new.enable_dhcp);
        let ports = if switched {
            self.former_ports(hosts)
        } else {
            Vec::new()
        };
        let former = self.subnet_goal(id);
        let acls = self.former_acls();
        match address_scope.filter(|_| subnet.is_some()) {
            None => drop(self.address_scopes.remove(&id)),
            Some(scope) => drop(self.address_scopes.insert(id, scope)),
        }
        match subnet {
            None => drop(self.subnets.remove(&id)),
            Some(fact) => {
                let held = self.subnets.get(&id);
                let revision = held.map_or(revision, |held| held.revision);
                self.subnets.insert(id, Held { fact, revision });
            }
        }
        let mut news = self.retell_subnet(revision, id, former.as_ref());
        news |= self.retell_acls(revision, acls);
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
        self.enter(id, port.as_deref());
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

    /// A router's port was written, or its router was; or one of the two is no more.
    pub(crate) fn set_interface(
        &mut self,
        revision: Revision,
        id: PortId,
        now: Option<Attached>,
    ) -> bool {
        let former = self.interface_goal(id);
        match now {
            None => drop(self.interfaces.remove(&id)),
            Some(((port, router), gateways)) => {
                let held = self.interfaces.get(&id);
                let revision = held.map_or(revision, |held| held.revision);
                let interface = Interface {
                    port,
                    router,
                    gateways,
                    revision,
                };
                self.interfaces.insert(id, interface);
            }
        }
        self.retell_interface(revision, id, former.as_ref())
    }

    /// An address outside stands for the port, or no longer does.
    pub(crate) fn set_floating(
        &mut self,
        revision: Revision,
        (id, port): (FloatingIpId, PortId),
        goal: Option<FloatingGoal>,
        hosts: &Hosts,
    ) -> bool {
        let former = self.told(port, hosts);
        let floating = self.floating.entry(port).or_default();
        match goal {
            Some(goal) => drop(floating.insert(id, goal)),
            None => drop(floating.remove(&id)),
        }
        if floating.is_empty() {
            self.floating.remove(&port);
        }
        self.retell_port(revision, (port, former), hosts)
    }

    /// A route table was written or deleted: the routers' ports tell of it.
    pub(crate) fn set_table(
        &mut self,
        revision: Revision,
        id: RouteTableId,
        table: Option<Arc<RouteTable>>,
    ) -> bool {
        let former = self.former_interfaces();
        match table {
            None => drop(self.tables.remove(&id)),
            Some(table) => drop(self.tables.insert(id, table)),
        }
        let mut news = false;
        for (id, former) in former {
            news |= self.retell_interface(revision, id, former.as_ref());
        }
        news
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

    fn former_interfaces(&self) -> Vec<(PortId, Option<Goal>)> {
        let ids = self.interfaces.keys();
        ids.map(|id| (*id, self.interface_goal(*id))).collect()
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

    pub(super) fn retell_vpc(&mut self, revision: Revision, former: Option<&Goal>) -> bool {
        let now = self.vpc_goal();
        let Some(key) = changed(former, now.as_ref()) else {
            return false;
        };
        if let Some(held) = &mut self.network {
            held.revision = revision;
        }
        self.log.touch(revision, key);
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
        self.log.touch(revision, key);
        true
    }

    fn retell_interface(&mut self, revision: Revision, id: PortId, former: Option<&Goal>) -> bool {
        let now = self.interface_goal(id);
        let Some(key) = changed(former, now.as_ref()) else {
            return false;
        };
        if let Some(held) = self.interfaces.get_mut(&id) {
            held.revision = revision;
        }
        self.log.touch(revision, key);
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
            self.log.advance(revision);
            self.log_gone(revision, former.as_ref(), now.as_ref());
        }
        if peer_news {
            self.log_peer(revision, id, [host(&former), host(&now)]);
            let new_peer = self.neighbor_goal(id, hosts);
            self.peers ^= hash(old_peer.as_ref()) ^ hash(new_peer.as_ref());
            let [old, new] = [&old_peer, &new_peer].map(|peer| peer.as_ref().and_then(place));
            self.spread(revision, old, new);
        }
        own_news || peer_news
    }

    /// What a host is told of its ports is found by their own revisions, but not what is no more.
    fn log_gone(&mut self, revision: Revision, former: Option<&Told>, now: Option<&Told>) {
        let Some(former) = former else {
            return;
        };
        let still = now.filter(|now| now.host == former.host);
        let still: BTreeSet<_> = own(still).iter().map(Goal::key).collect();
        let keys = former.own.iter().map(Goal::key);
        for key in keys.filter(|key| !still.contains(key)) {
            self.log.touch_own(revision, &former.host, key);
        }
    }

    /// A port that was and is on one host only is no news as a neighbour to that host.
    pub(super) fn log_peer(
        &mut self,
        revision: Revision,
        id: PortId,
        places: [Option<HostName>; 2],
    ) {
        let except = match places {
            [Some(old), Some(new)] => (old == new).then_some(new),
            [old, new] => old.or(new),
        };
        self.log.touch_neighbor(revision, id, except);
    }
}

fn own(told: Option<&Told>) -> &[Goal] {
    told.map_or(&[], |told| &told.own)
}

/// The key under which two versions of one goal differ, if they do.
pub(super) fn changed(former: Option<&Goal>, now: Option<&Goal>) -> Option<GoalKey> {
    let either = former.or(now)?;
    (former != now).then(|| either.key())
}

fn hash(goal: Option<&Goal>) -> u64 {
    goal.map_or(0, digest::goal)
}
