//! Routers in the state: whose ports they have, which subnets these serve, and the ways that follow.

use super::State;
use crate::key::NetworkKey;
use crate::member::Claim;
use crate::router::{Block, Interface, Way};
use alcor_types::{NetworkId, PortId, RouterId, SubnetId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

impl State {
    /// The router's port, where it routes: it and its network are up.
    pub(crate) fn routing(&self, port: PortId) -> Option<(&Interface, NetworkKey)> {
        let interface = self
            .interfaces
            .get(&port)
            .filter(|interface| interface.up)?;
        let (_, key) = self.active(interface.vpc)?;
        Some((interface, key))
    }

    /// All ports of a router that route, in the order of their ids.
    pub(crate) fn ports_of(&self, router: RouterId) -> impl Iterator<Item = PortId> {
        let ports = self.routers.get(&router).into_iter().flatten().copied();
        ports.filter(|port| self.routing(*port).is_some())
    }

    /// All ports of a router, whether or not they route.
    pub(crate) fn ports_like(&self, router: RouterId) -> impl Iterator<Item = &Interface> {
        let ports = self.routers.get(&router).into_iter().flatten();
        ports.filter_map(|port| self.interfaces.get(port))
    }

    /// The ways of a router, of each origin and block one: to its own subnets, then its further
    /// routes, of which the first to a block counts; and those of single subnets' tables.
    pub(crate) fn ways(&self, router: RouterId) -> Vec<Way> {
        let ports: Vec<_> = self.ports_of(router).collect();
        let served: Vec<_> = ports.iter().flat_map(|port| self.served(*port)).collect();
        let first = ports.first().and_then(|port| self.interfaces.get(port));
        let listed = first.into_iter().flat_map(|first| &first.routes);
        let further = listed.filter_map(|route| {
            let hop = Some(route.nexthop);
            lead(&served, None, route.destination, hop)
        });
        let tables = ports
            .iter()
            .flat_map(|port| self.table_ways(*port, &served));
        let mut seen = BTreeSet::new();
        let ways = served.iter().copied().chain(further).chain(tables);
        ways.filter(|way| seen.insert((way.from, way.block)))
            .collect()
    }

    /// What the tables of the subnets of a router's port say.
    fn table_ways(&self, port: PortId, served: &[Way]) -> Vec<Way> {
        let Some(interface) = self.interfaces.get(&port) else {
            return Vec::new();
        };
        let tables = interface.tables.iter().filter_map(|table| {
            let block = self.blocks.get(&table.subnet)?;
            (block.vpc == interface.vpc).then_some((block.cidr, table))
        });
        let ways = tables.flat_map(|(origin, table)| {
            let routes = table.routes.iter();
            let same = routes.filter(move |route| family(&route.destination) == family(&origin));
            same.filter_map(move |route| {
                lead(
                    served,
                    Some((port, origin)),
                    route.destination,
                    route.nexthop,
                )
            })
        });
        ways.collect()
    }

    /// The router's port that answers for others in a subnet: the one with the gateway's address,
    /// or else the first.
    pub(crate) fn gateway_of(&self, subnet: SubnetId) -> Option<(&Interface, NetworkKey)> {
        let block = self.blocks.get(&subnet)?;
        let ports = self.serving.get(&subnet).into_iter().flatten();
        let routing = || {
            let routing = ports.clone().filter_map(|port| self.routing(*port));
            routing.filter(|(interface, _)| interface.vpc == block.vpc)
        };
        let is_gateway = |interface: &Interface| {
            block
                .gateway
                .is_some_and(|ip| interface.addresses.contains(&ip))
        };
        let gateway = routing().find(|(interface, _)| is_gateway(interface));
        gateway.or_else(|| routing().next())
    }

    /// The first subnet with this block in its network. There are two for a moment when one is
    /// replaced by its like.
    pub(crate) fn first_like(&self, block: &Block) -> Option<SubnetId> {
        let subnets = self.vpcs.get(&block.vpc)?.blocks.iter();
        let like = |id: &&SubnetId| self.blocks.get(*id).is_some_and(|it| it.cidr == block.cidr);
        subnets.copied().find(|id| like(&id))
    }

    /// Whether a router's port in the network has something to advertise.
    pub(crate) fn advertises(&self, network: NetworkId) -> bool {
        let ports = self.vpcs.get(&network).into_iter();
        let ports = ports.flat_map(|vpc| &vpc.interfaces);
        let mut subnets = ports
            .filter_map(|port| self.routing(*port))
            .flat_map(|(interface, _)| &interface.subnets);
        subnets.any(|id| {
            let block = self.blocks.get(id);
            block.is_some_and(|block| block.advertised && block.vpc == network)
        })
    }

    /// The routers with a port in the subnet.
    pub(crate) fn routers_of(&self, subnet: SubnetId) -> BTreeSet<RouterId> {
        let ports = self.serving.get(&subnet).into_iter().flatten();
        let interfaces = ports.filter_map(|port| self.interfaces.get(port));
        interfaces.map(|interface| interface.router).collect()
    }

    fn served(&self, port: PortId) -> Vec<Way> {
        let Some(interface) = self.interfaces.get(&port) else {
            return Vec::new();
        };
        let blocks = interface
            .subnets
            .iter()
            .filter_map(|id| self.blocks.get(id));
        let own = blocks.filter(|block| block.vpc == interface.vpc);
        own.map(|block| Way {
            from: None,
            block: block.cidr,
            out: port,
            hop: None,
        })
        .collect()
    }

    pub(super) fn set_interface(&mut self, id: PortId, interface: Option<Interface>) {
        if let Some(former) = self.interfaces.remove(&id) {
            self.drop_interface(id, &former);
        }
        if let Some(interface) = interface {
            let vpc = self.vpcs.entry(interface.vpc).or_default();
            vpc.interfaces.insert(id);
            for slot in interface.slots() {
                vpc.claim(slot, Claim::Router(id), true);
            }
            self.routers.entry(interface.router).or_default().insert(id);
            for subnet in &interface.subnets {
                self.serving.entry(*subnet).or_default().insert(id);
            }
            self.interfaces.insert(id, interface);
        }
    }

    fn drop_interface(&mut self, id: PortId, former: &Interface) {
        let vpc = self.vpcs.entry(former.vpc).or_default();
        vpc.interfaces.remove(&id);
        for slot in former.slots() {
            vpc.claim(slot, Claim::Router(id), false);
        }
        remove(self.routers.entry(former.router), id);
        for subnet in &former.subnets {
            remove(self.serving.entry(*subnet), id);
        }
        self.forget_if_empty(former.vpc);
    }

    pub(super) fn set_block(&mut self, id: SubnetId, block: Option<Block>) {
        if let Some(former) = self.blocks.remove(&id) {
            self.vpcs.entry(former.vpc).or_default().blocks.remove(&id);
            self.forget_if_empty(former.vpc);
        }
        if let Some(block) = block {
            self.vpcs.entry(block.vpc).or_default().blocks.insert(id);
            self.blocks.insert(id, block);
        }
    }
}

/// The way to a block by the port whose subnet has the next hop, or the block itself.
fn lead(
    served: &[Way],
    from: Option<(PortId, IpNet)>,
    block: IpNet,
    hop: Option<IpAddr>,
) -> Option<Way> {
    let next = hop.unwrap_or(block.addr());
    let out = served.iter().find(|way| way.block.contains(&next))?.out;
    let block = block.trunc();
    Some(Way {
        from,
        block,
        out,
        hop,
    })
}

fn family(block: &IpNet) -> bool {
    block.addr().is_ipv4()
}

/// Takes a port out of a set, and the set away with its last one.
fn remove<K: Ord>(entry: Entry<'_, K, BTreeSet<PortId>>, port: PortId) {
    if let Entry::Occupied(mut ports) = entry {
        ports.get_mut().remove(&port);
        if ports.get().is_empty() {
            ports.remove();
        }
    }
}
