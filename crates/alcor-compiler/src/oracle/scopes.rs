//! Address scopes, straight from the intent: a router translates nothing inside of one, and passes
//! nothing untranslated from one to another. A floating IP stands for its port in any scope.

use super::Intent;
use super::routes::{Flight, Way};
use alcor_types::{AddressScopeId, ExternalGateway, NetworkId, Port, Router, Subnet};
use std::net::IpAddr;

/// How a router lets a packet pass between a subnet of its own and an external network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Passage {
    /// With the address that it has.
    Untranslated,
    /// By an address outside.
    Translated,
    /// Not at all: it would come into another scope.
    Parted,
}

impl Intent {
    /// How a packet passes by a gateway: one that comes from an address inside by the router's ports
    /// in a network, or one for an address inside by any.
    pub(super) fn passage(
        &self,
        router: &Router,
        gateway: &ExternalGateway,
        (inside, by): (IpAddr, Option<NetworkId>),
    ) -> Passage {
        let translates = gateway.enable_snat && inside.is_ipv4();
        let ports = self.interfaces(router);
        let ports = ports.filter(|port| by.is_none_or(|by| port.network_id == by));
        let mut subnets = ports.flat_map(|port| self.served(port));
        let own = subnets.find(|subnet| subnet.cidr.contains(&inside));
        let scope = own.map(|subnet| self.address_scope(subnet));
        let outer = self.scope_outside(gateway.network_id, inside);
        let same = scope.is_none_or(|scope| scope == outer);
        let stays = same && scope.flatten().is_some();
        match (translates && !stays, same) {
            (true, _) => Passage::Translated,
            (false, true) => Passage::Untranslated,
            (false, false) => Passage::Parted,
        }
    }

    /// Whether a packet from a subnet at the entry would come into another one.
    pub(super) fn parts(&self, entry: &Port, source: IpAddr, (out, hop): (&Port, IpAddr)) -> bool {
        let of = |port, address: IpAddr| {
            let subnet = self.served(port).find(|it| it.cidr.contains(&address))?;
            Some(self.address_scope(subnet))
        };
        let ends = of(entry, source).zip(of(out, hop));
        ends.is_some_and(|(from, to)| from != to)
    }

    /// The way of what a port with a floating IP on this host sends to another scope of the same
    /// router: out by that address, and back in as the world knows it.
    pub(super) fn around<'a>(&'a self, router: &'a Router, flight: &Flight<'_>) -> Option<Way<'a>> {
        let inner = |address: IpAddr| {
            let mut subnets = self.interfaces(router).flat_map(|port| self.served(port));
            subnets.find(|subnet| subnet.cidr.contains(&address))
        };
        let (from, to) = inner(flight.from).zip(inner(flight.to))?;
        if self.address_scope(from) == self.address_scope(to) {
            return None;
        }
        self.gateways(router).find_map(|(_, out, network)| {
            self.floating_for(router.id, network.id, (flight.from, flight.at?))?;
            let subnets = self.subnets_on(network.id);
            let mut hops = subnets.filter_map(|subnet| subnet.gateway_ip);
            Some(Way {
                block: to.cidr.trunc(),
                rank: Way::OUTSIDE,
                out,
                hop: Some(hops.find(IpAddr::is_ipv4)?),
                table: None,
                outside: true,
            })
        })
    }

    /// That of an external network, in the family of an address.
    fn scope_outside(&self, network: NetworkId, like: IpAddr) -> Option<AddressScopeId> {
        let mut same = self
            .subnets_on(network)
            .filter(|subnet| subnet.cidr.addr().is_ipv4() == like.is_ipv4());
        same.find_map(|subnet| self.address_scope(subnet))
    }

    /// The scope of the pool that a subnet is from.
    fn address_scope(&self, subnet: &Subnet) -> Option<AddressScopeId> {
        let pool = subnet.subnetpool_id.and_then(|id| self.pools.get(&id));
        pool.and_then(|pool| pool.address_scope_id)
    }
}
