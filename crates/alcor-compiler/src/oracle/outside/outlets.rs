//! Outlets: where a router translates on every host for itself, the addresses by which hosts do it.

use super::super::Intent;
use alcor_types::{HostName, NetworkId, PortId, ROUTER_OUTLET_OWNER, RouterId};
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

    /// Those that serve: the router leads to the network and translates there. Only hosts with ports behind
    /// the router have any.
    fn outlets(&self, network: NetworkId) -> impl Iterator<Item = Outlet<'_>> {
        let ports = self.ports().filter(move |port| {
            port.network_id == network && port.device_owner == ROUTER_OUTLET_OWNER
        });
        ports.filter_map(move |port| {
            let router = self.routers.get(&port.device_id.parse().ok()?)?;
            let mut ways = self.gateways(router);
            ways.find(|(gateway, _, to)| to.id == network && gateway.enable_snat)?;
            let host = self.seats.get(&port.id)?;
            self.nodes.get(host)?;
            let mut own = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
            let address = own.find(IpAddr::is_ipv4)?;
            Some((port.id, address, router.id, host))
        })
    }
}
