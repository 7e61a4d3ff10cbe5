//! Which networks routers join, so that a host that has a port in one of them needs them all.
//!
//! Networks with interfaces of one router, and those that these reach by further routers, are one
//! **domain**. Every host routes for its own VMs, so it must know where the ports of the whole
//! domain are. Gateways join nothing: behind them is the outside.

use alcor_types::{HostName, NetworkId, PortId, Router, RouterId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// All routers, and the domains that they make.
#[derive(Default)]
pub(crate) struct Routing {
    routers: BTreeMap<RouterId, Joint>,
    interfaces: HashMap<PortId, (RouterId, NetworkId)>,
    /// The routers of every network that has any, with how many interfaces each.
    by_network: HashMap<NetworkId, BTreeMap<RouterId, usize>>,
    /// The domain of every network that has a router, by its lowest network.
    domains: HashMap<NetworkId, NetworkId>,
    members: HashMap<NetworkId, BTreeSet<NetworkId>>,
    /// The hosts by which routers lead out, both ways.
    seats: HashMap<RouterId, BTreeSet<HostName>>,
    seated: HashMap<HostName, BTreeSet<RouterId>>,
}

/// A router may be named by interfaces before it is known itself.
#[derive(Default)]
struct Joint {
    fact: Option<Arc<Router>>,
    interfaces: BTreeMap<PortId, NetworkId>,
}

impl Routing {
    /// The router itself, where it is known.
    pub(crate) fn router(&self, id: RouterId) -> Option<&Arc<Router>> {
        self.routers.get(&id)?.fact.as_ref()
    }

    /// Whose the interface is, and in which network.
    pub(crate) fn interface(&self, port: PortId) -> Option<(RouterId, NetworkId)> {
        self.interfaces.get(&port).copied()
    }

    /// The interfaces of a router, each with its network.
    pub(crate) fn interfaces(&self, id: RouterId) -> Vec<(PortId, NetworkId)> {
        let joint = self.routers.get(&id).into_iter();
        let interfaces = joint.flat_map(|joint| &joint.interfaces);
        interfaces
            .map(|(port, network)| (*port, *network))
            .collect()
    }

    /// All networks of the domain, the network itself among them. Sorted.
    pub(crate) fn domain(&self, network: NetworkId) -> impl Iterator<Item = NetworkId> {
        let domain = self.domains.get(&network);
        let members = domain.and_then(|domain| self.members.get(domain));
        let alone = members.is_none().then_some(network);
        alone
            .into_iter()
            .chain(members.into_iter().flatten().copied())
    }

    /// Whether routers lead from one network to the other.
    pub(crate) fn joins(&self, one: NetworkId, other: NetworkId) -> bool {
        let domain = self.domains.get(&one);
        one == other || domain.is_some() && domain == self.domains.get(&other)
    }

    /// The hosts by which the router leads out.
    pub(crate) fn seats(&self, router: RouterId) -> &BTreeSet<HostName> {
        static NOWHERE: BTreeSet<HostName> = BTreeSet::new();
        self.seats.get(&router).unwrap_or(&NOWHERE)
    }

    /// The hosts by which routers of the network lead out. One may come twice.
    pub(crate) fn seats_in(&self, network: NetworkId) -> impl Iterator<Item = &HostName> {
        let routers = self.by_network.get(&network).into_iter().flatten();
        routers.flat_map(|(router, _)| self.seats(*router))
    }

    /// The routers that lead out by the host.
    pub(crate) fn seated(&self, host: &HostName) -> Vec<RouterId> {
        let routers = self.seated.get(host).into_iter().flatten();
        routers.copied().collect()
    }

    /// The router leads out by these hosts.
    pub(crate) fn set_seats(&mut self, router: RouterId, hosts: BTreeSet<HostName>) {
        for host in self.seats.remove(&router).unwrap_or_default() {
            if let Some(routers) = self.seated.get_mut(&host) {
                routers.remove(&router);
                if routers.is_empty() {
                    self.seated.remove(&host);
                }
            }
        }
        for host in &hosts {
            self.seated.entry(host.clone()).or_default().insert(router);
        }
        if !hosts.is_empty() {
            self.seats.insert(router, hosts);
        }
    }

    /// The router was written or deleted.
    pub(crate) fn set_router(&mut self, id: RouterId, fact: Option<Arc<Router>>) {
        self.routers.entry(id).or_default().fact = fact;
        self.forget_if_empty(id);
    }

    /// The port is an interface of this router in this network now, or of none.
    pub(crate) fn set_interface(&mut self, port: PortId, now: Option<(RouterId, NetworkId)>) {
        let former = self.interface(port);
        if former == now {
            return;
        }
        let mut touched = BTreeSet::new();
        if let Some((router, network)) = former {
            touched.extend(self.domain(network));
            self.remove(port, router, network);
        }
        if let Some((router, network)) = now {
            touched.insert(network);
            self.insert(port, router, network);
            touched.extend(self.domain(network));
            let others = self.interfaces(router).into_iter();
            touched.extend(others.flat_map(|(_, network)| self.domain(network)));
        }
        self.regroup(touched);
    }

    fn insert(&mut self, port: PortId, router: RouterId, network: NetworkId) {
        self.interfaces.insert(port, (router, network));
        let joint = self.routers.entry(router).or_default();
        joint.interfaces.insert(port, network);
        let routers = self.by_network.entry(network).or_default();
        *routers.entry(router).or_default() += 1;
    }

    fn remove(&mut self, port: PortId, router: RouterId, network: NetworkId) {
        self.interfaces.remove(&port);
        if let Some(joint) = self.routers.get_mut(&router) {
            joint.interfaces.remove(&port);
        }
        if let Some(routers) = self.by_network.get_mut(&network) {
            if let Some(count) = routers.get_mut(&router) {
                *count -= 1;
                if *count == 0 {
                    routers.remove(&router);
                }
            }
            if routers.is_empty() {
                self.by_network.remove(&network);
            }
        }
        self.forget_if_empty(router);
    }

    /// Finds the domains of these networks anew. They are whole domains of before.
    fn regroup(&mut self, mut networks: BTreeSet<NetworkId>) {
        for network in &networks {
            if let Some(domain) = self.domains.remove(network) {
                self.members.remove(&domain);
            }
        }
        while let Some(first) = networks.pop_first() {
            if !self.by_network.contains_key(&first) {
                continue;
            }
            let members = self.reached_from(first);
            for member in &members {
                networks.remove(member);
                self.domains.insert(*member, first);
            }
            self.members.insert(first, members);
        }
    }

    fn reached_from(&self, first: NetworkId) -> BTreeSet<NetworkId> {
        let mut reached = BTreeSet::from([first]);
        let mut seen = BTreeSet::new();
        let mut open = vec![first];
        while let Some(network) = open.pop() {
            let routers = self.by_network.get(&network).into_iter().flatten();
            for (router, _) in routers.filter(|(router, _)| seen.insert(**router)) {
                let joined = self.interfaces(*router).into_iter();
                open.extend(
                    joined
                        .map(|(_, network)| network)
                        .filter(|id| reached.insert(*id)),
                );
            }
        }
        reached
    }

    fn forget_if_empty(&mut self, id: RouterId) {
        let empty = |joint: &Joint| joint.fact.is_none() && joint.interfaces.is_empty();
        if self.routers.get(&id).is_some_and(empty) {
            self.routers.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> ([NetworkId; 4], [RouterId; 2]) {
        let network = |number| NetworkId(uuid(number));
        (
            [1, 2, 3, 4].map(network),
            [5, 6].map(|number| RouterId(uuid(number))),
        )
    }

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    fn port(number: u128) -> PortId {
        PortId(uuid(100 + number))
    }

    #[test]
    fn networks_are_joined_by_chains_of_routers_and_parted_again() {
        let ([a, b, c, d], [left, right]) = ids();
        let mut routing = Routing::default();
        routing.set_interface(port(1), Some((left, a)));
        routing.set_interface(port(2), Some((left, b)));
        routing.set_interface(port(3), Some((right, c)));
        assert!(routing.joins(a, b) && !routing.joins(b, c));
        routing.set_interface(port(4), Some((right, b)));
        assert_eq!(routing.domain(c).collect::<Vec<_>>(), [a, b, c]);
        assert!(!routing.joins(a, d));
        assert_eq!(routing.domain(d).collect::<Vec<_>>(), [d]);
        // A second way of the same router keeps the networks together.
        routing.set_interface(port(5), Some((left, b)));
        routing.set_interface(port(2), None);
        assert!(routing.joins(a, c));
        routing.set_interface(port(5), None);
        assert!(!routing.joins(a, b) && routing.joins(b, c));
        for number in [1, 3, 4] {
            routing.set_interface(port(number), None);
        }
        assert!(routing.domains.is_empty() && routing.members.is_empty());
        assert!(routing.routers.is_empty() && routing.by_network.is_empty());
    }
}
