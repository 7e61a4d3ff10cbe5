//! Where routers lead, straight from the intent.

use super::{Exit, Hindrance, Intent, Step};
use alcor_types::{
    HostName, NetworkId, Port, PortId, RouteTableId, RouteTarget, Router, Subnet, SubnetId,
};
use ipnet::IpNet;
use std::cmp::Reverse;
use std::net::IpAddr;

/// The time to live of a packet of which nothing else is said: the last router ends it.
const HOPS: usize = 17;

/// Where a routed packet ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// A VM gets it.
    Port(PortId),
    /// It is for a router itself.
    Router {
        /// By which of its ports it came in.
        entry: PortId,
        /// Whose of its ports the address is.
        own: PortId,
    },
    /// A router leads it out of the region.
    Outside(Exit),
    /// Nobody gets it.
    Nowhere,
}

/// A packet at routers.
#[derive(Clone, Copy)]
pub(super) struct Flight<'a> {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    /// The host that it is on, where it is on one.
    pub(super) at: Option<&'a HostName>,
}

/// A way of a router: to which block, out by which port, and to whom where not to the destination.
pub(super) struct Way<'a> {
    pub(super) block: IpNet,
    /// The lower counts, of ways to one block.
    pub(super) rank: u8,
    pub(super) out: &'a Port,
    pub(super) hop: Option<IpAddr>,
    pub(super) table: Option<RouteTableId>,
    /// Whether it leads out of the region.
    pub(super) outside: bool,
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
        let Some(source) = from.fixed_ips.iter().map(|fixed| fixed.ip_address).next() else {
            return Arrival::Nowhere;
        };
        let flight = Flight {
            from: source,
            to,
            at: from.host.as_ref(),
        };
        match self.follow(entry, flight, HOPS, &mut Vec::new()) {
            // Nothing goes back to where it came from.
            Arrival::Port(vm) if vm == from.id => Arrival::Nowhere,
            arrival => arrival,
        }
    }

    /// What becomes of the answer of a router to a packet for its own address `source` that came in
    /// by its port `entry`.
    pub fn answered(&self, entry: PortId, source: IpAddr, to: IpAddr) -> Arrival {
        let port = self.ports.get(&entry);
        let flight = Flight {
            from: source,
            to,
            at: None,
        };
        port.map_or(Arrival::Nowhere, |port| {
            self.follow(port, flight, HOPS, &mut Vec::new())
        })
    }

    /// Through the router, with each step on the way. It forwards what has more than one hop to live.
    fn follow(
        &self,
        entry: &Port,
        flight: Flight<'_>,
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Arrival {
        let Some(router) = self.router_of(entry) else {
            return Arrival::Nowhere;
        };
        let (port, id) = (entry.id, router.id);
        steps.push(Step::Entered { router: id, port });
        if let Some(own) = self.interfaces(router).find(|port| has(port, flight.to)) {
            let (entry, own) = (entry.id, own.id);
            steps.push(Step::Own {
                router: id,
                port: own,
            });
            return Arrival::Router { entry, own };
        }
        self.forward(router, Some(entry), flight, ttl, steps)
    }

    /// By the longest way, of what came in by a port or from outside.
    pub(super) fn forward(
        &self,
        router: &Router,
        entry: Option<&Port>,
        flight: Flight<'_>,
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Arrival {
        let id = router.id;
        if ttl <= 1 {
            steps.push(Step::Expired { router: id });
            return Arrival::Nowhere;
        }
        let Some(way) = self.way(router, entry, &flight) else {
            steps.push(Step::NoRoute { router: id });
            return Arrival::Nowhere;
        };
        let hop = way.hop.unwrap_or(flight.to);
        let parts = |entry| self.parts(entry, flight.from, (way.out, hop));
        if !way.outside && entry.is_some_and(parts) {
            steps.push(Step::Parted { router: id });
            return Arrival::Nowhere;
        }
        steps.push(way.taken(router));
        let network = way.out.network_id;
        if way.outside {
            let entry = entry.map(|entry| entry.id);
            return Arrival::Outside(Exit {
                router: id,
                entry,
                network,
                hop,
                ttl: ttl - 1,
            });
        }
        self.hand_over(network, hop, flight, ttl - 1, steps)
    }

    /// The way that counts: around another address scope before all others, then the longest. Of several
    /// to one block one that leads out counts, then the table's, then a direct one, then the first.
    fn way<'a>(
        &'a self,
        router: &'a Router,
        entry: Option<&'a Port>,
        flight: &Flight<'_>,
    ) -> Option<Way<'a>> {
        let told = entry.into_iter();
        let told = told.flat_map(|entry| self.table_ways(router, entry, flight.from));
        let ways = self.ways(router).chain(self.ways_out(router)).chain(told);
        let ways = ways.filter(|way| way.block.contains(&flight.to));
        let around = self.around(router, flight);
        around.or_else(|| ways.min_by_key(|way| (Reverse(way.block.prefix_len()), way.rank)))
    }

    /// What the table says of a subnet that the packet comes from: the subnet's own, or else its
    /// network's. Only the router that the network's table names follows them.
    fn table_ways<'a>(
        &'a self,
        router: &'a Router,
        entry: &'a Port,
        source: IpAddr,
    ) -> impl Iterator<Item = Way<'a>> {
        let mut subnets = self.served(entry);
        let subnet = subnets.find(|subnet| subnet.cidr.contains(&source));
        let of = |subnet: Option<SubnetId>| {
            let mut tables = self.tables.values();
            tables.find(|it| it.network_id == entry.network_id && it.subnet_id == subnet)
        };
        let default = of(None).filter(|table| table.router_id == Some(router.id));
        let own = subnet.and_then(|subnet| of(Some(subnet.id)));
        let table = subnet.and(default).map(|default| own.unwrap_or(default));
        let mut entries: Vec<_> = table.into_iter().flat_map(|table| &table.routes).collect();
        entries.sort_by_key(|route| (route.destination, route.priority));
        entries.dedup_by_key(|route| route.destination);
        entries.into_iter().filter_map(move |route| {
            let hop = match route.target {
                RouteTarget::Local => None,
                RouteTarget::NextHop(hop) => Some(hop),
                RouteTarget::InternetGateway | RouteTarget::NatGateway => return None,
            };
            let next = hop.unwrap_or(route.destination.addr());
            Some(Way {
                block: route.destination.trunc(),
                rank: 1,
                outside: false,
                out: self.way_out(router, next)?,
                hop,
                table: table.map(|table| table.id),
            })
        })
    }

    /// The router's port whose subnet has the address.
    fn way_out<'a>(&'a self, router: &'a Router, next: IpAddr) -> Option<&'a Port> {
        let mut ports = self.interfaces(router);
        ports.find(|port| self.served(port).any(|subnet| subnet.cidr.contains(&next)))
    }

    /// The ways of a router for everything that comes in.
    fn ways<'a>(&'a self, router: &'a Router) -> impl Iterator<Item = Way<'a>> {
        let direct = self.interfaces(router).flat_map(|port| {
            self.served(port).map(move |subnet| Way {
                block: subnet.cidr.trunc(),
                rank: 2,
                outside: false,
                out: port,
                hop: None,
                table: None,
            })
        });
        let further = router.routes.iter().filter_map(|route| {
            Some(Way {
                block: route.destination.trunc(),
                rank: 3,
                outside: false,
                out: self.way_out(router, route.nexthop)?,
                hop: Some(route.nexthop),
                table: None,
            })
        });
        direct.chain(further)
    }

    /// In the network, the packet goes to whoever has the address of the next hop.
    pub(super) fn hand_over(
        &self,
        network: NetworkId,
        hop: IpAddr,
        flight: Flight<'_>,
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Arrival {
        let here = || {
            self.ports()
                .filter(|port| port.network_id == network && has(port, hop))
        };
        let found = |port: &Port| Step::Resolved {
            network,
            address: hop,
            port: port.id,
            mac: port.mac_address,
        };
        if let Some(vm) = here().find(|port| self.forwards(port)) {
            steps.push(found(vm));
            return Arrival::Port(vm.id);
        }
        if let Some(next) = here().find(|port| self.routes_at(port)) {
            steps.push(found(next));
            return self.follow(next, flight, ttl, steps);
        }
        let address = hop;
        let hindered = here().find_map(|port| Some((port.id, self.why_not(port)?)));
        steps.push(match hindered {
            Some((port, why)) => Step::Cut { port, why },
            None => Step::Unresolved { network, address },
        });
        Arrival::Nowhere
    }

    /// What keeps a VM or a router from hearing of its port's packets.
    fn why_not(&self, port: &Port) -> Option<Hindrance> {
        if !port.is_router_interface() {
            return self.hindrance(port);
        }
        let router = || match self.router_of(port) {
            None => Some(Hindrance::NoRouter),
            Some(router) => (!router.admin_state_up).then_some(Hindrance::RouterDown(router.id)),
        };
        self.obstruction(port).or_else(router)
    }

    pub(super) fn interfaces<'a>(&'a self, router: &'a Router) -> impl Iterator<Item = &'a Port> {
        let ports = self.ports();
        ports.filter(|port| port.device_id == router.id.to_string() && self.routes_at(port))
    }

    /// The subnets that a router's port has an address of.
    pub(super) fn served<'a>(&'a self, port: &'a Port) -> impl Iterator<Item = &'a Subnet> {
        let ids = port.fixed_ips.iter().map(|fixed| fixed.subnet_id);
        ids.filter_map(|id| self.subnets.get(&id).map(|subnet| &**subnet))
    }

    /// Whether the port is a router's, and routes.
    fn routes_at(&self, port: &Port) -> bool {
        port.is_router_interface() && self.why_not(port).is_none()
    }

    fn router_of(&self, port: &Port) -> Option<&Router> {
        let id = port.device_id.parse().ok()?;
        self.routers.get(&id).map(|router| &**router)
    }
}

impl Way<'_> {
    /// The rank of ways to external networks.
    pub(super) const OUTSIDE: u8 = 0;
    /// The rank of the way to everywhere else.
    pub(super) const LAST: u8 = 4;

    /// The step of a packet that takes it.
    fn taken(&self, router: &Router) -> Step {
        Step::Routed {
            router: router.id,
            block: self.block,
            table: self.table,
            out: self.out.id,
            hop: self.hop,
        }
    }
}

fn has(port: &Port, address: IpAddr) -> bool {
    port.fixed_ips
        .iter()
        .any(|fixed| fixed.ip_address == address)
}
