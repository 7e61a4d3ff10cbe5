//! Outlets: where a router translates on every host for itself, the addresses by which hosts do it.

use super::super::Intent;
use alcor_types::{HostName, NetworkId, Port, PortId, ROUTER_OUTLET_OWNER, Router, RouterId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// An outlet's port, with its address, its router and the host that it is on.
pub(super) type Outlet<'a> = (PortId, IpAddr, RouterId, &'a HostName);

impl Intent {
    /// The outlet of a router to an external network on a host.
    pub(super) fn outlet_on(
        &self,
        router: RouterId,
        network: NetworkId,
        at: &HostName,
    ) -> Option<Outlet<'_>> {
        let mut outlets = self.outlets(network);
        outlets.find(|(_, _, of, host)| *of == router && *host == at)
    }

    /// The outlet that has an address on an external network.
    pub(super) fn outlet_at(&self, network: NetworkId, address: IpAddr) -> Option<Outlet<'_>> {
        let mut outlets = self.outlets(network);
        outlets.find(|(_, own, ..)| *own == address)
    }

    /// The outlet of this port.
    pub(super) fn outlet(&self, port: PortId) -> Option<Outlet<'_>> {
        let network = self.port(port)?.network_id;
        self.outlets(network).find(|(id, ..)| *id == port)
    }

    /// Those that serve: the router leads to the network and translates there, and the host has ports
    /// behind it.
    fn outlets(&self, network: NetworkId) -> impl Iterator<Item = Outlet<'_>> {
        let ports = self.ports().filter(move |port| {
            port.network_id == network && port.device_owner == ROUTER_OUTLET_OWNER
        });
        ports.filter_map(move |port| {
            let router = self.routers.get(&port.device_id.parse().ok()?)?;
            let mut ways = self.gateways(router);
            ways.find(|(gateway, _, to)| to.id == network && gateway.enable_snat)?;
            let host = self.seats.get(&port.id)?;
            let mut own = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
            let address = own.find(IpAddr::is_ipv4)?;
            self.is_told(host, router)
                .then_some((port.id, address, router.id, host))
        })
    }

    /// Whether a host is told of a router: it has ports in a network that routers join to the router's,
    /// or leads out for one of those routers.
    fn is_told(&self, host: &HostName, router: &Router) -> bool {
        let domain = self.domain(router);
        let bound = |port: &Port| port.host.as_ref() == Some(host);
        let mut ports = self.ports();
        let has_port = ports.any(|port| bound(port) && domain.contains(&port.network_id));
        let leads = |router: &Router| {
            let mut gateways = router.gateways.iter();
            gateways.any(|gateway| self.seats.get(&gateway.port_id) == Some(host))
                && !domain.is_disjoint(&self.joined(router.id))
        };
        let leads_out = || self.routers.values().any(|router| leads(router));
        self.nodes.contains_key(host) && (has_port || leads_out())
    }

    /// The networks that the router joins, and those that others join to them.
    fn domain(&self, router: &Router) -> BTreeSet<NetworkId> {
        let mut domain = self.joined(router.id);
        loop {
            let joined = self.routers.keys().map(|router| self.joined(*router));
            let linked = joined.filter(|networks| !networks.is_disjoint(&domain));
            let all: BTreeSet<_> = linked.flatten().collect();
            if all.is_subset(&domain) {
                return domain;
            }
            domain.extend(all);
        }
    }

    /// The networks in which the router has a port, whether or not it routes there.
    fn joined(&self, router: RouterId) -> BTreeSet<NetworkId> {
        let ports = self
            .ports()
            .filter(|port| port.is_router_interface() && port.device_id == router.to_string());
        ports.map(|port| port.network_id).collect()
    }
}
