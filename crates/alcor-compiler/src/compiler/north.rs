//! Facts of what leads out of the region, and which goals follow from them.

use super::{Compiler, scope};
use crate::Fact;
use crate::journal::Journal;
use crate::qos::User;
use alcor_types::{FloatingIpId, HostName, NetworkId, Port, PortId, Revision, RouterId};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Compiler {
    /// Floating IPs and port forwardings; other facts are none of theirs.
    pub(super) fn take_outside(&mut self, revision: Revision, fact: &Fact, journal: &mut Journal) {
        match fact {
            Fact::FloatingIp(id, floating) => {
                let former = self.north.policy_named_by(*id);
                let routers = self.north.set_floating(*id, floating.as_ref());
                let now = self.north.policy_named_by(*id);
                let policies = &mut self.hosts.policies;
                policies.set_user(User::Floating(*id), former, now);
                self.tell_floating(revision, *id, journal);
                for router in routers {
                    self.retell_router(revision, router, journal);
                }
            }
            Fact::PortForwarding(id, forwarding) => {
                let router = self.north.set_forwarding(*id, forwarding.as_ref());
                if let Some(router) = router {
                    self.retell_router(revision, router, journal);
                }
            }
            _ => {}
        }
    }

    /// After the port was taken in everywhere else: what leads out by it.
    pub(super) fn take_way_out(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<&Arc<Port>>,
        journal: &mut Journal,
    ) {
        if let Some(router) = self.north.set_port(id, port) {
            self.seat(router, journal);
            self.retell_router(revision, router, journal);
        }
        if self.north.set_outlet(id, port) {
            self.tell_outlet(revision, id, journal);
        }
        let floating = self.north.floating_of(id);
        for router in self.north.routers_of(&floating) {
            self.retell_router(revision, router, journal);
        }
        for id in floating {
            self.tell_floating(revision, id, journal);
        }
    }

    /// The host of a gateway needs the networks that its router joins.
    pub(super) fn seat(&mut self, router: RouterId, journal: &mut Journal) {
        let routing = &self.hosts.routing;
        let now = self
            .north
            .seats(routing.router(router).map(|router| &**router));
        if *routing.seats(router) == now {
            return;
        }
        let hosts: Vec<_> = routing.seats(router).union(&now).cloned().collect();
        for (_, network) in routing.interfaces(router) {
            self.note_hosts(network, &hosts, journal);
        }
        self.hosts.routing.set_seats(router, now);
    }

    /// Something of an external network was written: routers tell of it.
    pub(super) fn retell_outside(
        &mut self,
        revision: Revision,
        network: NetworkId,
        journal: &mut Journal,
    ) {
        for router in self.north.routers_to(network) {
            self.retell_router(revision, router, journal);
        }
        for id in self.north.floating_on(network) {
            self.tell_floating(revision, id, journal);
        }
    }

    /// The host's tunnels end elsewhere: so do those to the gateways there.
    pub(super) fn retell_seated(
        &mut self,
        revision: Revision,
        host: &HostName,
        journal: &mut Journal,
    ) {
        for router in self.hosts.routing.seated(host) {
            self.retell_router(revision, router, journal);
        }
    }

    pub(super) fn retell_router(
        &mut self,
        revision: Revision,
        router: RouterId,
        journal: &mut Journal,
    ) {
        for (port, network) in self.hosts.routing.interfaces(router) {
            self.tell_interface(revision, network, port, journal);
        }
        self.tell_outlets(revision, router, journal);
    }

    /// The router's interfaces are other ones, or what bounds its ways out.
    pub(super) fn tell_outlets(
        &mut self,
        revision: Revision,
        router: RouterId,
        journal: &mut Journal,
    ) {
        for outlet in self.north.outlets_of(router) {
            self.tell_outlet(revision, outlet, journal);
        }
    }

    /// The outlet's goals go to its host, by every interface of its router.
    fn tell_outlet(&mut self, revision: Revision, id: PortId, journal: &mut Journal) {
        let goals = self.north.outlet_goals(id, &self.scopes, &self.hosts);
        let places: BTreeSet<_> = goals.keys().cloned().collect();
        let former = if places.is_empty() {
            self.north.told_outlets.remove(&id)
        } else {
            self.north.told_outlets.insert(id, places)
        };
        let former = former.unwrap_or_default();
        let gone = former
            .into_iter()
            .filter(|place| !goals.contains_key(place));
        let gone: Vec<_> = gone.map(|place| (place, None)).collect();
        let there = goals.into_iter().map(|(place, goal)| (place, Some(goal)));
        for ((network, host, interface), goal) in gone.into_iter().chain(there) {
            let scope = scope(&mut self.scopes, network, self.log_limit, revision);
            let news = scope.set_outlet(revision, &host, (interface, id), goal);
            journal.news(network, news);
            self.forget_if_empty(network);
        }
    }

    /// The floating IP's goal goes where its port is.
    pub(super) fn tell_floating(
        &mut self,
        revision: Revision,
        id: FloatingIpId,
        journal: &mut Journal,
    ) {
        let goal = self.north.goal(id, &self.scopes, &self.hosts);
        let place = goal.and_then(|goal| Some((*self.ports.get(&goal.port)?, goal.port)));
        let former = match place {
            Some(place) => self.north.told.insert(id, place),
            None => self.north.told.remove(&id),
        };
        let left = former.filter(|former| Some(*former) != place);
        for (at, goal) in [(left, None), (place, goal)] {
            let Some((network, port)) = at else {
                continue;
            };
            if let Some(scope) = self.scopes.get_mut(&network) {
                let news = scope.set_floating(revision, (id, port), goal, &self.hosts);
                journal.news(network, news);
            }
            self.forget_if_empty(network);
        }
    }
}
