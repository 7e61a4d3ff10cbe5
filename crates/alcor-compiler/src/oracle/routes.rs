//! Where routers lead, straight from the intent.

use super::Intent;
use alcor_types::{HostRoute, NetworkId, Port, PortId, Router, Subnet};
use ipnet::IpNet;
use std::cmp::Reverse;
use std::net::IpAddr;

/// A packet's hops through routers end here, as its TTL does.
const HOPS: usize = 16;

/// Where a routed packet ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// A VM gets it.
    Port(PortId),
    /// It is for a router itself.
    Router(PortId),
    /// Nobody gets it.
    Nowhere,
}

impl Intent {
    /// What becomes of a packet that `from` sends to an address by the router's port `interface`,
    /// after at most 16 routers.
    pub fn routed(&self, from: PortId, interface: PortId, to: IpAddr) -> Arrival {
        let (Some(from), Some(entry)) = (self.ports.get(&from), self.ports.get(&interface)) else {
            return Arrival::Nowhere;
        };
        if from.network_id != entry.network_id || !self.forwards(from) || !self.routes_at(entry) {
            return Arrival::Nowhere;
        }
        match self.follow(entry, to, HOPS) {
            // Nothing goes back to where it came from.
            Arrival::Port(vm) if vm == from.id => Arrival::Nowhere,
            arrival => arrival,
        }
    }

    /// What becomes of a packet that the router of this port sends itself, as an answer.
    pub fn answered(&self, interface: PortId, to: IpAddr) -> Arrival {
        let port = self.ports.get(&interface);
        port.map_or(Arrival::Nowhere, |port| self.follow(port, to, HOPS))
    }

    fn follow(&self, entry: &Port, to: IpAddr, hops: usize) -> Arrival {
        let Some(router) = self.router_of(entry).filter(|_| hops > 0) else {
            return Arrival::Nowhere;
        };
        if let Some(own) = self.interfaces(router).find(|port| has(port, to)) {
            return Arrival::Router(own.id);
        }
        let ways = self.ways(router).filter(|(block, ..)| block.contains(&to));
        // Of several routes to one block, a direct one counts, then the first of the list.
        let longest = ways.min_by_key(|(block, direct, ..)| (Reverse(block.prefix_len()), !direct));
        match longest {
            Some((_, _, out, hop)) => self.hand_over(out.network_id, hop.unwrap_or(to), to, hops),
            None => Arrival::Nowhere,
        }
    }

    /// Every way of a router: to which block, whether directly, out by which port, and to whom.
    fn ways<'a>(
        &'a self,
        router: &'a Router,
    ) -> impl Iterator<Item = (IpNet, bool, &'a Port, Option<IpAddr>)> {
        let served = || {
            let ports = self.interfaces(router);
            ports.flat_map(|port| self.served(port).map(move |subnet| (port, subnet.cidr)))
        };
        let direct = served().map(|(port, block)| (block.trunc(), true, port, None));
        let further = router.routes.iter().flat_map(move |route: &HostRoute| {
            let mut outs: Vec<_> = served()
                .filter(|(_, block)| block.contains(&route.nexthop))
                .map(|(port, _)| port)
                .collect();
            outs.sort_by_key(|port| port.id);
            let out = outs.into_iter().next();
            out.map(|port| (route.destination.trunc(), false, port, Some(route.nexthop)))
        });
        direct.chain(further)
    }

    /// In the network, the packet goes to whoever has the address of the next hop.
    fn hand_over(&self, network: NetworkId, hop: IpAddr, to: IpAddr, hops: usize) -> Arrival {
        let here = || {
            self.ports()
                .filter(|port| port.network_id == network && has(port, hop))
        };
        if let Some(vm) = here().find(|port| self.forwards(port)) {
            return Arrival::Port(vm.id);
        }
        match here().find(|port| self.routes_at(port)) {
            Some(next) => self.follow(next, to, hops - 1),
            None => Arrival::Nowhere,
        }
    }

    fn interfaces<'a>(&'a self, router: &'a Router) -> impl Iterator<Item = &'a Port> {
        let ports = self.ports();
        ports.filter(|port| port.device_id == router.id.to_string() && self.routes_at(port))
    }

    /// The subnets that a router's port has an address of.
    fn served<'a>(&'a self, port: &'a Port) -> impl Iterator<Item = &'a Subnet> {
        let ids = port.fixed_ips.iter().map(|fixed| fixed.subnet_id);
        ids.filter_map(|id| self.subnets.get(&id).map(|subnet| &**subnet))
    }

    /// Whether the port is a router's, and routes.
    fn routes_at(&self, port: &Port) -> bool {
        let network = self.networks.get(&port.network_id);
        port.is_router_interface()
            && port.admin_state_up
            && network.is_some_and(|network| network.admin_state_up && network.vni().is_some())
            && self
                .router_of(port)
                .is_some_and(|router| router.admin_state_up)
    }

    fn router_of(&self, port: &Port) -> Option<&Router> {
        let id = port.device_id.parse().ok()?;
        self.routers.get(&id).map(|router| &**router)
    }
}

fn has(port: &Port, address: IpAddr) -> bool {
    port.fixed_ips
        .iter()
        .any(|fixed| fixed.ip_address == address)
}
