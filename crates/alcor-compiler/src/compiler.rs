//! The intent of a region, and the one way to change it.

mod acls;
mod limits;
mod north;
mod owner;
mod pools;
mod retell;
mod routers;
mod taps;
mod trunks;

use crate::acls::Acls;
use crate::groups::Groups;
use crate::groups::change::Context;
use crate::hosts::Hosts;
use crate::journal::Journal;
use crate::north::{North, plugged};
use crate::pools::Pools;
use crate::qos::User;
use crate::scope::Scope;
use crate::{Fact, Touch};
use alcor_types::{
    HostName, Network, NetworkId, Node, Port, PortId, Revision, RouteTableId, Subnet, SubnetId,
};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Turns intent into goals per host, incrementally.
///
/// Facts come in the order of the store's change feed: the revision never falls, and all
/// facts of one revision come in one call. A call with an older revision is a repeat of what
/// is already held, and is ignored.
pub struct Compiler {
    pub(crate) scopes: HashMap<NetworkId, Scope>,
    pub(crate) hosts: Hosts,
    pub(crate) groups: Groups,
    pub(crate) north: North,
    acls: Acls,
    pools: Pools,
    /// The networks of subnets, ports and route tables, to find them when they are deleted.
    subnets: HashMap<SubnetId, NetworkId>,
    pub(crate) ports: HashMap<PortId, NetworkId>,
    tables: HashMap<RouteTableId, NetworkId>,
    /// Networks by the numbers of their tunnels.
    pub(crate) vnis: HashMap<u32, NetworkId>,
    applied: Revision,
    log_limit: usize,
    /// Networks with more ports than this are large.
    pub(crate) on_demand_above: usize,
}

impl Compiler {
    /// A region without intent. Every scope remembers at most `log_limit` changed goals.
    pub fn new(log_limit: usize) -> Self {
        Self {
            scopes: HashMap::new(),
            hosts: Hosts::default(),
            groups: Groups::default(),
            north: North::default(),
            acls: Acls::default(),
            pools: Pools::default(),
            subnets: HashMap::new(),
            ports: HashMap::new(),
            tables: HashMap::new(),
            vnis: HashMap::new(),
            applied: Revision::ZERO,
            log_limit,
            on_demand_above: usize::MAX,
        }
    }

    /// The whole intent as of a revision. The same as applying the facts one by one, in any
    /// order; no scope remembers anything from before `revision`.
    pub fn load(revision: Revision, facts: impl Iterator<Item = Fact>, log_limit: usize) -> Self {
        Self::new(log_limit).loaded(revision, facts)
    }

    /// The same, of a region without intent so far.
    #[must_use]
    pub fn loaded(mut self, revision: Revision, facts: impl Iterator<Item = Fact>) -> Self {
        self.applied = revision;
        let mut journal = Journal::default();
        for fact in facts {
            self.take(revision, &fact, &mut journal);
        }
        self
    }

    /// Takes in what one or more commits up to `revision` changed; of two facts about one
    /// resource the later counts. Answers which scopes have news for hosts, each once.
    pub fn apply(&mut self, revision: Revision, facts: &[Fact]) -> Vec<Touch> {
        if revision < self.applied {
            return Vec::new();
        }
        self.applied = revision;
        let mut journal = Journal::default();
        for fact in facts {
            self.take(revision, fact, &mut journal);
        }
        journal.touches(self)
    }

    /// The newest revision that was applied.
    pub fn revision(&self) -> Revision {
        self.applied
    }

    fn take(&mut self, revision: Revision, fact: &Fact, journal: &mut Journal) {
        match fact {
            Fact::Network(id, network) => {
                self.take_network(revision, *id, network.as_ref(), journal);
            }
            Fact::Subnet(id, subnet) => self.take_subnet(revision, *id, subnet.as_ref(), journal),
            Fact::SubnetPool(id, pool) => {
                self.take_pool(revision, *id, pool.as_ref(), journal);
            }
            Fact::Port(id, port) => self.take_port(revision, *id, port.as_ref(), journal),
            Fact::Node(host, node) => self.take_node(revision, host, node.as_ref(), journal),
            Fact::Router(id, router) => self.take_router(revision, *id, router.as_ref(), journal),
            Fact::RouteTable(id, table) => self.take_table(revision, *id, table.as_ref(), journal),
            Fact::SecurityGroup(..) | Fact::SecurityGroupRule(..) | Fact::AddressGroup(..) => {
                self.take_set(revision, fact, journal);
            }
            Fact::FloatingIp(..) | Fact::PortForwarding(..) => {
                self.take_outside(revision, fact, journal);
            }
            Fact::NetworkAcl(..) | Fact::NetworkAclRule(..) => {
                self.take_acl(revision, fact, journal);
            }
            Fact::TapService(..) | Fact::TapFlow(..) => self.take_tap(revision, fact, journal),
            Fact::Trunk(id, trunk) => self.take_trunk(revision, *id, trunk.as_ref(), journal),
            Fact::QosRule(id, rule) => self.take_qos_rule(revision, *id, rule.as_ref(), journal),
        }
    }

    /// Groups and rules; other facts are none of theirs.
    fn take_set(&mut self, revision: Revision, fact: &Fact, journal: &mut Journal) {
        let (groups, context) = self.groups(revision, journal);
        match fact {
            Fact::SecurityGroup(id, group) => groups.take_group(*id, group.clone(), context),
            Fact::SecurityGroupRule(id, rule) => groups.take_rule(*id, rule.clone(), context),
            Fact::AddressGroup(id, group) => groups.take_addresses(*id, group.clone(), context),
            _ => {}
        }
    }

    fn groups<'a>(
        &'a mut self,
        revision: Revision,
        journal: &'a mut Journal,
    ) -> (&'a mut Groups, Context<'a>) {
        let context = Context {
            revision,
            log_limit: self.log_limit,
            hosts: &self.hosts,
            journal,
        };
        (&mut self.groups, context)
    }

    fn take_network(
        &mut self,
        revision: Revision,
        id: NetworkId,
        network: Option<&Arc<Network>>,
        journal: &mut Journal,
    ) {
        self.note_readers(id, journal);
        let scope = scope(&mut self.scopes, id, self.log_limit, revision);
        let former = scope.policy();
        if let Some(former) = scope.vni().filter(|vni| self.vnis.get(vni) == Some(&id)) {
            self.vnis.remove(&former);
        }
        let news = scope.set_network(revision, network.cloned(), &self.hosts);
        let weighed = scope.weigh(revision, self.on_demand_above, &self.hosts);
        self.vnis.extend(scope.vni().map(|vni| (vni, id)));
        journal.news(id, news || weighed);
        let policies = &mut self.hosts.policies;
        policies.set_user(User::Network(id), former, scope.policy());
        if weighed {
            self.retell_members(revision, id, journal);
        }
        self.forget_if_empty(id);
        self.retell_outside(revision, id, journal);
    }

    fn take_subnet(
        &mut self,
        revision: Revision,
        id: SubnetId,
        subnet: Option<&Arc<Subnet>>,
        journal: &mut Journal,
    ) {
        self.pools
            .set_subnet(id, subnet.and_then(|subnet| subnet.subnetpool_id));
        let home = subnet.map(|subnet| subnet.network_id);
        let former = remember(&mut self.subnets, id, home);
        if let Some(former) = former.filter(|former| Some(*former) != home) {
            self.set_subnet(revision, former, (id, None), journal);
        }
        if let Some(home) = home {
            self.set_subnet(revision, home, (id, subnet.cloned()), journal);
        }
    }

    fn set_subnet(
        &mut self,
        revision: Revision,
        network: NetworkId,
        (id, subnet): (SubnetId, Option<Arc<Subnet>>),
        journal: &mut Journal,
    ) {
        let address_scope = self.pools.address_scope(id);
        let scope = scope(&mut self.scopes, network, self.log_limit, revision);
        let news = scope.set_subnet(revision, id, (subnet, address_scope), &self.hosts);
        journal.news(network, news);
        self.forget_if_empty(network);
        self.retell_outside(revision, network, journal);
    }

    fn take_port(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<&Arc<Port>>,
        journal: &mut Journal,
    ) {
        let as_it_is = port;
        let port = port.map(plugged);
        let port = port.as_ref();
        self.take_membership(revision, id, port, journal);
        let home = port.map(|port| port.network_id);
        let former = remember(&mut self.ports, id, home);
        if let Some(former) = former.filter(|former| Some(*former) != home) {
            self.set_port(revision, former, (id, None), journal);
        }
        if let Some(home) = home {
            self.set_port(revision, home, (id, port.cloned()), journal);
        }
        self.take_interface(revision, id, port, journal);
        if self.hosts.taps.is_service(id) {
            self.follow_tap(revision, id, journal);
        }
        self.take_way_out(revision, id, as_it_is, journal);
    }

    /// Before the port is changed in its network, because that remembers what it was.
    fn take_membership(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<&Arc<Port>>,
        journal: &mut Journal,
    ) {
        let home = self.ports.get(&id).and_then(|home| self.scopes.get(home));
        let former = home.and_then(|scope| scope.port(id)).cloned();
        let whole = port.is_none_or(|port| !self.is_large(port.network_id));
        let (groups, context) = self.groups(revision, journal);
        groups.take_port(id, former.as_deref(), (port, whole), context);
    }

    fn set_port(
        &mut self,
        revision: Revision,
        network: NetworkId,
        (id, port): (PortId, Option<Arc<Port>>),
        journal: &mut Journal,
    ) {
        let former_host = self
            .scopes
            .get(&network)
            .and_then(|scope| scope.host_of(id));
        let new_host = port.as_ref().and_then(|port| port.host.clone());
        let places: Vec<_> = [former_host, new_host].into_iter().flatten().collect();
        self.note_hosts(network, &places, journal);
        let scope = scope(&mut self.scopes, network, self.log_limit, revision);
        let former = scope.policy_named_by(id);
        let spread = scope.spread_news();
        let news = scope.set_port(revision, id, port, &self.hosts);
        let weighed = scope.weigh(revision, self.on_demand_above, &self.hosts);
        if scope.is_large() {
            journal.port_news(network, id, &places, news);
        }
        // Of a port of a large network only those hear that hold it.
        if !scope.is_large() || weighed || scope.spread_news() != spread {
            journal.news(network, news || weighed);
        }
        let policies = &mut self.hosts.policies;
        policies.set_user(User::Port(network, id), former, scope.policy_named_by(id));
        for host in &places {
            self.hosts.set_scope(host, network, scope.binds(host));
        }
        if weighed {
            self.retell_members(revision, network, journal);
        }
        self.forget_if_empty(network);
    }

    /// Only where tunnels end matters here; a node is written far more often than that moves.
    fn take_node(
        &mut self,
        revision: Revision,
        host: &HostName,
        node: Option<&Arc<Node>>,
        journal: &mut Journal,
    ) {
        let tunnel_ip = node.map(|node| node.local_ip);
        let moved_from = self.hosts.tunnel_ip(host);
        if moved_from == tunnel_ip {
            return;
        }
        let mut former = self.told_of_taps(host);
        for router in self.hosts.routing.seated(host) {
            for (_, id) in self.hosts.routing.interfaces(router) {
                self.note_hosts(id, std::slice::from_ref(host), journal);
            }
        }
        for id in self.hosts.scopes(host) {
            self.note_hosts(id, std::slice::from_ref(host), journal);
            let scope = scope(&mut self.scopes, id, self.log_limit, revision);
            former.push((id, scope.former_ports_on(host, &self.hosts)));
        }
        let (groups, mut context) = self.groups(revision, journal);
        for scope in groups.scopes_of(host) {
            groups.note(scope, host, &mut context);
        }
        self.hosts.set_tunnel_ip(host, tunnel_ip);
        for (id, ports) in former {
            let scope = scope(&mut self.scopes, id, self.log_limit, revision);
            let news = scope.retell(revision, ports, &self.hosts);
            journal.news(id, news);
        }
        self.retell_seated(revision, host, journal);
        // The host itself is told of no peer in its own place, whoever else is there.
        for id in self.hosts.needed(host) {
            let scope = scope(&mut self.scopes, id, self.log_limit, revision);
            let places = [moved_from, tunnel_ip].into_iter().flatten();
            let news = scope.retell_peers(revision, places);
            journal.news(id, news);
            self.forget_if_empty(id);
        }
    }

    fn forget_if_empty(&mut self, id: NetworkId) {
        if let Entry::Occupied(entry) = self.scopes.entry(id)
            && entry.get().is_empty()
        {
            entry.remove();
        }
    }
}

/// The scope, made on first mention: a port may be seen before its network.
fn scope(
    scopes: &mut HashMap<NetworkId, Scope>,
    id: NetworkId,
    log_limit: usize,
    revision: Revision,
) -> &mut Scope {
    let entry = scopes.entry(id);
    entry.or_insert_with(|| Scope::new(id, log_limit, revision))
}

/// Notes the network of a subnet or port, and answers which it was.
fn remember<Id: Eq + std::hash::Hash>(
    networks: &mut HashMap<Id, NetworkId>,
    id: Id,
    home: Option<NetworkId>,
) -> Option<NetworkId> {
    match home {
        Some(home) => networks.insert(id, home),
        None => networks.remove(&id),
    }
}
