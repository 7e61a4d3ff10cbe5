//! Who has which address on external networks, and which ways of routers lead there, straight from
//! the intent.

use super::super::routes::Way;
use super::super::{Intent, Packet};
use alcor_goalstate::Carrier;
use alcor_types::{
    ExternalGateway, FloatingIp, FloatingIpId, ForwardedProtocol, HostName, MacAddr, Network,
    NetworkId, Port, PortId, Router, RouterId, Subnet,
};
use ipnet::IpNet;
use std::net::IpAddr;

impl Intent {
    /// The Ethernet address of whoever of ours has an address on an external network.
    pub fn mac_outside(&self, network: NetworkId, address: IpAddr) -> Option<MacAddr> {
        let mut ports = self.ports().filter(|port| port.network_id == network);
        let holder = ports.find(|port| port.fixed_ips.iter().any(|it| it.ip_address == address));
        holder.map(|port| port.mac_address)
    }

    /// Whether a host answers for an address on an external network.
    pub fn answers_outside(&self, network: NetworkId, address: IpAddr) -> bool {
        self.floating_at(network, address).is_some()
            || self.forwarded_at(network, address).is_some()
            || self.gateway_at(network, address).is_some()
            || self.outlet_at(network, address).is_some()
    }

    /// The networks that a physical one carries untagged, or by this tag.
    pub fn carried_by<'a>(
        &'a self,
        physical: &'a str,
        tag: Option<u16>,
    ) -> impl Iterator<Item = NetworkId> + 'a {
        let networks = self.networks.values().filter(move |network| {
            let carrier = Carrier::of(network);
            carrier.is_some_and(|carrier| match carrier {
                Carrier::Vlan {
                    physical_network: on,
                    tag: by,
                } => on == physical && tag == Some(by),
                other => other.physical_network() == Some(physical) && tag.is_none(),
            })
        });
        networks.map(|network| network.id)
    }

    /// The host that takes frames for an Ethernet address from the wire of a network.
    pub fn host_of(&self, network: NetworkId, mac: MacAddr) -> Option<&HostName> {
        let on = self.ports().filter(|port| port.network_id == network);
        let mut like = on.filter(|port| port.mac_address == mac);
        like.find_map(|port| {
            let mut own = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
            let outside = own.find_map(|address| {
                let floating = self.floating_at(network, address).map(|(.., host)| host);
                let forwarded = || self.forwarded_at(network, address).map(|(.., host)| host);
                let gateway = || self.gateway_at(network, address).map(|(.., host)| host);
                let outlet = || self.outlet_at(network, address).map(|(.., host)| host);
                floating.or_else(forwarded).or_else(gateway).or_else(outlet)
            });
            outside.or(port.host.as_ref())
        })
    }

    /// Of each router with a port in a network, where its gateways are: the port, the end of that host's
    /// tunnels, and the host.
    pub fn seats_on(
        &self,
        network: NetworkId,
    ) -> impl Iterator<Item = (PortId, IpAddr, &HostName)> {
        let routers = self.routers.values();
        routers.flat_map(move |router| {
            let ports = self.interfaces(router);
            let ports = ports.filter(move |port| port.network_id == network);
            ports.flat_map(move |port| {
                let seats = self.gateways(router);
                let hosts = seats.filter_map(|(_, gateway, _)| self.seats.get(&gateway.id));
                let ends = hosts.filter_map(|host| Some((self.nodes.get(host)?.local_ip, host)));
                ends.map(|(end, host)| (port.id, end, host))
            })
        })
    }

    /// The address that a floating IP stands for, and the host that it is on.
    pub(super) fn stands(&self, floating: &FloatingIp) -> Option<(IpAddr, &HostName)> {
        let place = floating.association?;
        let port = self.ports.get(&place.port_id)?;
        let router = self.routers.get(&floating.router_id?)?;
        let leads = self
            .gateways(router)
            .any(|(_, _, network)| network.id == floating.floating_network_id);
        let host = port.host.as_ref()?;
        let both = place.fixed_ip_address.is_ipv4() && floating.floating_ip_address.is_ipv4();
        (leads && both && self.forwards(port)).then_some((place.fixed_ip_address, host))
    }

    pub(super) fn floating_at(
        &self,
        network: NetworkId,
        address: IpAddr,
    ) -> Option<(&FloatingIp, IpAddr, &HostName)> {
        let all = self.floating.values().map(|floating| &**floating);
        let mut there = all.filter(|floating| {
            let place = (floating.floating_network_id, floating.floating_ip_address);
            place == (network, address)
        });
        there.find_map(|floating| {
            let (fixed, host) = self.stands(floating)?;
            Some((floating, fixed, host))
        })
    }

    /// The floating IP of forwarded ports that has the address, with its router: it is where the router's
    /// gateway is.
    pub(super) fn forwarded_at(
        &self,
        network: NetworkId,
        address: IpAddr,
    ) -> Option<(FloatingIpId, RouterId, &HostName)> {
        let mut all = self.floating.values().filter(|floating| {
            let place = (floating.floating_network_id, floating.floating_ip_address);
            place == (network, address)
        });
        all.find_map(|floating| {
            let mut forwardings = self.forwardings.values();
            let forwards = forwardings.any(|one| one.floatingip_id == floating.id);
            let router = floating.router_id.filter(|_| forwards)?;
            let (.., host) = self.seat(router, network)?;
            Some((floating.id, router, host))
        })
    }

    /// Where a floating IP forwards a packet to: the address and the port.
    pub(super) fn forwarding(
        &self,
        floating: FloatingIpId,
        packet: &Packet,
    ) -> Option<(IpAddr, u16)> {
        let of = self.forwardings.values();
        let mut of = of.filter(|one| one.floatingip_id == floating);
        of.find_map(|one| {
            let inside = IpAddr::from(one.internal_ip_address);
            let (outer, inner) = (one.external_ports, one.internal_ports);
            match (one.protocol, packet.protocol) {
                // An echo has no port.
                (ForwardedProtocol::Icmp, 1) => return Some((inside, packet.port)),
                (ForwardedProtocol::Tcp, 6)
                | (ForwardedProtocol::Udp, 17)
                | (ForwardedProtocol::Sctp, 132) => {}
                _ => return None,
            }
            let place = packet.port.checked_sub(outer.first)?;
            let place = (place <= outer.span()).then_some(place)?;
            let port = inner.single().unwrap_or(inner.first.saturating_add(place));
            Some((inside, port))
        })
    }

    /// The router whose gateway has the address, and where it is.
    pub(super) fn gateway_at(
        &self,
        network: NetworkId,
        address: IpAddr,
    ) -> Option<(RouterId, &ExternalGateway, &Port, &HostName)> {
        self.routers.keys().find_map(|router| {
            let (gateway, port, host) = self.seat(*router, network)?;
            let mut own = port.fixed_ips.iter();
            let has = own.any(|fixed| fixed.ip_address == address);
            has.then_some((*router, gateway, port, host))
        })
    }

    /// A router's gateway to a network, with the host that it is on.
    pub(super) fn seat(
        &self,
        router: RouterId,
        network: NetworkId,
    ) -> Option<(&ExternalGateway, &Port, &HostName)> {
        let router = self.routers.get(&router)?;
        let (gateway, port, _) = self.gateways(router).find(|(_, _, to)| to.id == network)?;
        let host = self.seats.get(&port.id)?;
        self.nodes
            .contains_key(host)
            .then_some((gateway, port, host))
    }

    /// A router's gateways to external networks that a physical one carries; others lead nowhere, and
    /// so does a router without a port inside that routes.
    pub(in crate::oracle) fn gateways<'a>(
        &'a self,
        router: &'a Router,
    ) -> impl Iterator<Item = (&'a ExternalGateway, &'a Port, &'a Network)> {
        let leads = self.interfaces(router).next().is_some();
        let gateways = router.gateways.iter().filter(move |_| leads);
        gateways.filter_map(|gateway| {
            let port = self.ports.get(&gateway.port_id)?;
            let network = self.networks.get(&gateway.network_id)?;
            Carrier::of(network)?.physical_network()?;
            Some((gateway, &**port, &**network))
        })
    }

    /// The ways of a router out of the region: to each external network, to what routes say is behind
    /// somebody there, and by the first to everywhere else.
    pub(in crate::oracle) fn ways_out<'a>(
        &'a self,
        router: &'a Router,
    ) -> impl Iterator<Item = Way<'a>> {
        let each = self.gateways(router).enumerate();
        each.flat_map(move |(index, (_, port, network))| {
            let way = |block: IpNet, rank, hop| Way {
                block: block.trunc(),
                rank,
                out: port,
                hop,
                table: None,
                outside: true,
            };
            let subnets = || self.subnets_on(network.id);
            let near = subnets().map(move |subnet| way(subnet.cidr, Way::OUTSIDE, None));
            let beyond = router
                .routes
                .iter()
                .filter(move |route| subnets().any(|subnet| subnet.cidr.contains(&route.nexthop)));
            let beyond =
                beyond.map(move |route| way(route.destination, Way::OUTSIDE, Some(route.nexthop)));
            let first = (index == 0).then(|| everywhere(&subnets().collect::<Vec<_>>()));
            let rest = first.into_iter().flatten();
            let rest = rest.map(move |(all, hop)| way(all, Way::LAST, Some(hop)));
            near.chain(beyond).chain(rest)
        })
    }
}

impl Intent {
    /// The subnets of a network.
    pub(in crate::oracle) fn subnets_on(
        &self,
        network: NetworkId,
    ) -> impl Iterator<Item = &Subnet> {
        let all = self.subnets.values().map(|subnet| &**subnet);
        all.filter(move |subnet| subnet.network_id == network)
    }
}

/// All addresses of a family, by the first gateway of that family.
fn everywhere(subnets: &[&Subnet]) -> Vec<(IpNet, IpAddr)> {
    let hops = subnets.iter().filter_map(|subnet| subnet.gateway_ip);
    let (four, six): (Vec<IpAddr>, Vec<_>) = hops.partition(IpAddr::is_ipv4);
    let all = [(four, IpAddr::from([0; 4])), (six, IpAddr::from([0; 16]))];
    let all = all.into_iter().filter_map(|(hops, none)| {
        let block = IpNet::new(none, 0).ok()?;
        Some((block, *hops.first()?))
    });
    all.collect()
}
