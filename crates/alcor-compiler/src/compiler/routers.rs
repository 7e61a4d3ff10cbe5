//! Routers and their interfaces: what networks they join, and what hosts hear of them.

use super::{Compiler, remember, scope};
use crate::journal::Journal;
use crate::qos::User;
use crate::scope::Scope;
use alcor_types::{
    HostName, NetworkId, Port, PortId, Revision, RouteTable, RouteTableId, Router, RouterId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Compiler {
    /// Every interface's goal has the router's state and routes.
    pub(super) fn take_router(
        &mut self,
        revision: Revision,
        id: RouterId,
        router: Option<&Arc<Router>>,
        journal: &mut Journal,
    ) {
        let former = self.hosts.routing.router(id).cloned();
        self.north
            .set_router(former.as_deref(), router.map(|router| &**router));
        self.name_policies(former.as_deref(), router.map(|router| &**router));
        self.hosts.routing.set_router(id, router.cloned());
        self.seat(id, journal);
        self.retell_router(revision, id, journal);
    }

    /// A router is a user of its gateways' policies.
    fn name_policies(&mut self, former: Option<&Router>, now: Option<&Router>) {
        let policies = &mut self.hosts.policies;
        let named = |router: Option<&Router>| {
            let gateways = router.into_iter().flat_map(|router| &router.gateways);
            let named = gateways.map(|gateway| (gateway.port_id, gateway.qos_policy_id));
            named.collect::<BTreeMap<_, _>>()
        };
        let id = former.or(now).map(|router| router.id);
        let (former, now) = (named(former), named(now));
        for port in former.keys().chain(now.keys()) {
            let policy = |of: &BTreeMap<_, _>| of.get(port).copied().flatten();
            if let Some(id) = id {
                policies.set_user(User::Gateway(id, *port), policy(&former), policy(&now));
            }
        }
    }

    /// A port was written or deleted that is a router's, or was.
    pub(super) fn take_interface(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<&Arc<Port>>,
        journal: &mut Journal,
    ) {
        let former = self.hosts.routing.interface(id);
        let now = port.and_then(|port| interface(port));
        if former != now {
            self.note_domains([former, now].into_iter().flatten(), journal);
            self.hosts.routing.set_interface(id, now);
        }
        let places = [former, now].into_iter().flatten();
        for network in places.map(|(_, network)| network).collect::<BTreeSet<_>>() {
            self.tell_interface(revision, network, id, journal);
        }
        if former != now {
            for (router, _) in [former, now].into_iter().flatten() {
                self.tell_outlets(revision, router, journal);
            }
        }
    }

    /// A route table never changes its network.
    pub(super) fn take_table(
        &mut self,
        revision: Revision,
        id: RouteTableId,
        table: Option<&Arc<RouteTable>>,
        journal: &mut Journal,
    ) {
        let home = table.map(|table| table.network_id);
        let former = remember(&mut self.tables, id, home);
        let Some(network) = home.or(former) else {
            return;
        };
        let scope = scope(&mut self.scopes, network, self.log_limit, revision);
        let news = scope.set_table(revision, id, table.cloned());
        journal.news(network, news);
        self.forget_if_empty(network);
    }

    /// Notes, before the place changes, which hosts are in which scope of the domains that a change
    /// there may join or part.
    fn note_domains(
        &self,
        places: impl Iterator<Item = (RouterId, NetworkId)>,
        journal: &mut Journal,
    ) {
        let routing = &self.hosts.routing;
        let mut networks = BTreeSet::new();
        let mut hosts = BTreeSet::new();
        for (router, network) in places {
            hosts.extend(routing.seats(router));
            networks.extend(routing.domain(network));
            let joined = routing.interfaces(router).into_iter();
            networks.extend(joined.flat_map(|(_, network)| routing.domain(network)));
        }
        let known = networks.iter().filter_map(|id| self.scopes.get(id));
        let seats = networks.iter().flat_map(|id| routing.seats_in(*id));
        hosts.extend(known.flat_map(Scope::bound_hosts).chain(seats));
        for network in &networks {
            for host in &hosts {
                journal.host(*network, host, self.holds(*network, host));
            }
        }
    }

    /// Notes whether these hosts are in the scopes that routers join with the network.
    pub(super) fn note_hosts(&self, network: NetworkId, hosts: &[HostName], journal: &mut Journal) {
        for id in self.hosts.routing.domain(network) {
            for host in hosts {
                journal.host(id, host, self.holds(id, host));
            }
        }
    }

    /// Notes, before a network comes or goes, which hosts are in its scope.
    pub(super) fn note_readers(&self, network: NetworkId, journal: &mut Journal) {
        let domain = self.hosts.routing.domain(network);
        let members: Vec<_> = domain.collect();
        let known = members.iter().filter_map(|id| self.scopes.get(id));
        let routing = &self.hosts.routing;
        let seats = members.iter().flat_map(|id| routing.seats_in(*id));
        for host in known.flat_map(Scope::bound_hosts).chain(seats) {
            journal.host(network, host, self.holds(network, host));
        }
    }

    fn holds(&self, network: NetworkId, host: &HostName) -> bool {
        let scope = self.scopes.get(&network);
        scope.is_some_and(|scope| scope.has_host(host, &self.hosts))
    }

    pub(super) fn tell_interface(
        &mut self,
        revision: Revision,
        network: NetworkId,
        id: PortId,
        journal: &mut Journal,
    ) {
        let routing = &self.hosts.routing;
        let here = routing.interface(id).filter(|(_, at)| *at == network);
        let router = here.and_then(|(router, _)| routing.router(router)).cloned();
        let gateways = router
            .as_ref()
            .map(|router| self.north.gateways(router, &self.scopes, &self.hosts));
        let scope = scope(&mut self.scopes, network, self.log_limit, revision);
        let port = scope.port(id).cloned();
        let news = scope.set_interface(revision, id, port.zip(router).zip(gateways));
        journal.news(network, news);
        self.forget_if_empty(network);
    }
}

/// The router and the network that a port is an interface of.
fn interface(port: &Port) -> Option<(RouterId, NetworkId)> {
    let router = port.is_router_interface().then(|| port.device_id.parse());
    Some((router?.ok()?, port.network_id))
}
