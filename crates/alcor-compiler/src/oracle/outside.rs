//! What leaves the region and what comes in, straight from the intent: by which host, and by which
//! address.
//!
//! An address of ours outside is a floating IP's, which is where its VM is, or a router's, which is
//! where its gateway is. A packet that leaves for such an address comes in again.

use super::routes::Way;
use super::{Arrival, Intent, Packet, Step};
use alcor_goalstate::Carrier;
use alcor_types::{
    ExternalGateway, FloatingIp, FloatingIpId, HostName, MacAddr, Network, NetworkId, Port, PortId,
    Router, RouterId, Subnet,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// More often than this no packet leaves and comes in again.
const LEGS: usize = 4;

/// A packet that a router leads out of the region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// The router.
    pub router: RouterId,
    /// The router's port inside that it came in by; none where it came from outside.
    pub entry: Option<PortId>,
    /// The external network.
    pub network: NetworkId,
    /// To whom, there.
    pub hop: IpAddr,
    /// Its time to live after the router.
    pub ttl: usize,
}

/// Whose address a packet gets in place of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Translator {
    /// A floating IP's.
    Floating(FloatingIpId),
    /// A router's.
    Router(RouterId),
}

/// A packet on its way.
pub(super) struct Journey {
    /// The host that it is on, where it is on one.
    pub(super) at: Option<HostName>,
    /// With the addresses that it has by now.
    pub(super) packet: Packet,
    /// Whether it has been outside.
    pub(super) outside: bool,
}

impl Intent {
    /// What becomes of a packet that a machine outside hands to an address on an external network: the
    /// packet's own, or one that it takes for the next hop.
    pub fn explain_arrival(
        &self,
        (network, hop): (NetworkId, IpAddr),
        packet: &Packet,
        ttl: u8,
    ) -> Vec<Step> {
        let mut steps = vec![Step::Came { network }];
        let mut journey = Journey {
            at: None,
            packet: *packet,
            outside: true,
        };
        let taken = self.enters(&mut journey, (network, hop), ttl.into(), &mut steps);
        if let Some(arrival) = taken {
            self.concludes(journey, arrival, None, &mut steps);
        }
        steps
    }

    /// What becomes of an answer from outside to what a router has translated, once it has the address
    /// again that it is for.
    pub fn explain_return(
        &self,
        (router, network): (RouterId, NetworkId),
        packet: &Packet,
        ttl: u8,
    ) -> Vec<Step> {
        let mut steps = vec![Step::Came { network }];
        let journey = Journey {
            at: self.seat(router, network).map(|(.., host)| host.clone()),
            packet: *packet,
            outside: true,
        };
        if let Some(arrival) = self.led_in(&journey, router, ttl.into(), &mut steps) {
            self.concludes(journey, arrival, None, &mut steps);
        }
        steps
    }

    /// The Ethernet address of whoever of ours has an address on an external network.
    pub fn mac_outside(&self, network: NetworkId, address: IpAddr) -> Option<MacAddr> {
        let mut ports = self.ports().filter(|port| port.network_id == network);
        let holder = ports.find(|port| port.fixed_ips.iter().any(|it| it.ip_address == address));
        holder.map(|port| port.mac_address)
    }

    /// Whether a host answers for an address on an external network.
    pub fn answers_outside(&self, network: NetworkId, address: IpAddr) -> bool {
        self.floating_at(network, address).is_some() || self.gateway_at(network, address).is_some()
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
                floating.or_else(|| self.gateway_at(network, address).map(|(.., host)| host))
            });
            outside.or(port.host.as_ref())
        })
    }

    /// Follows a packet until somebody gets it, or nobody.
    pub(super) fn concludes(
        &self,
        mut journey: Journey,
        mut arrival: Arrival,
        sender: Option<PortId>,
        steps: &mut Vec<Step>,
    ) {
        for _ in 0..LEGS {
            arrival = match arrival {
                // What was outside comes back as if another had sent it.
                Arrival::Port(port) if Some(port) == sender && !journey.outside => {
                    steps.push(Step::Returned { port });
                    return;
                }
                Arrival::Port(port) => return self.arrives(&journey, port, steps),
                Arrival::Router { .. } | Arrival::Nowhere => return,
                Arrival::Outside(exit) => {
                    if !self.leaves_by(&mut journey, &exit, steps) {
                        return;
                    }
                    let there = (exit.network, exit.hop);
                    match self.enters(&mut journey, there, exit.ttl, steps) {
                        Some(next) => next,
                        None => return,
                    }
                }
            };
        }
    }

    /// By a floating IP of the host, or else by the router's address where its gateway is.
    fn leaves_by(&self, journey: &mut Journey, exit: &Exit, steps: &mut Vec<Step>) -> bool {
        if self.by_floating(journey, exit, steps) {
            return true;
        }
        let (router, network) = (exit.router, exit.network);
        let seat = self.seat(router, network);
        // Only what came by a port of the router goes on to another host.
        let reached =
            seat.filter(|(_, _, seat)| exit.entry.is_some() || journey.at.as_ref() == Some(*seat));
        let Some((gateway, port, seat)) = reached else {
            steps.push(Step::NoGateway { router, network });
            return false;
        };
        if journey.at.as_ref() != Some(seat) {
            self.carried(journey, seat, steps);
            if self.by_floating(journey, exit, steps) {
                return true;
            }
        }
        if !gateway.enable_snat || journey.packet.from.is_ipv6() {
            return true;
        }
        let mut own = port.fixed_ips.iter().map(|fixed| fixed.ip_address);
        let Some(own) = own.find(IpAddr::is_ipv4) else {
            steps.push(Step::NoGateway { router, network });
            return false;
        };
        speaks_as(journey, own, Translator::Router(router), steps);
        true
    }

    /// Whether a floating IP stands for the sender's address on this host.
    fn by_floating(&self, journey: &mut Journey, exit: &Exit, steps: &mut Vec<Step>) -> bool {
        let mut floating = self.floating.values().map(|floating| &**floating);
        let own = floating.find(|floating| {
            floating.floating_network_id == exit.network
                && floating.router_id == Some(exit.router)
                && self.stands(floating).is_some_and(|(fixed, host)| {
                    fixed == journey.packet.from && journey.at.as_ref() == Some(host)
                })
        });
        let Some(own) = own else {
            return false;
        };
        let (address, by) = (own.floating_ip_address, Translator::Floating(own.id));
        speaks_as(journey, address, by, steps);
        true
    }

    /// On an external network the packet goes to whoever has the address of the next hop. None where
    /// that is nobody of ours, or where nothing comes of it.
    fn enters(
        &self,
        journey: &mut Journey,
        (network, hop): (NetworkId, IpAddr),
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Option<Arrival> {
        let from = journey.packet.from;
        journey.outside = true;
        if let Some((floating, fixed, host)) = self.floating_at(network, hop) {
            self.taken(journey, (network, hop), host, steps);
            if journey.packet.to != hop {
                steps.push(Step::Untranslated { address: hop });
                return None;
            }
            let by = Translator::Floating(floating.id);
            let was = std::mem::replace(&mut journey.packet.to, fixed);
            steps.push(Step::Inward {
                was,
                now: fixed,
                by,
            });
            return self.led_in(journey, floating.router_id?, ttl, steps);
        }
        let Some((router, gateway, port, host)) = self.gateway_at(network, hop) else {
            steps.push(Step::Left { network, from, hop });
            return None;
        };
        self.taken(journey, (network, hop), host, steps);
        let to = journey.packet.to;
        let own = port.fixed_ips.iter().any(|fixed| fixed.ip_address == to);
        if own {
            steps.push(Step::OwnOutside {
                router,
                address: to,
            });
            return None;
        }
        if gateway.enable_snat && to.is_ipv4() {
            steps.push(Step::Untranslated { address: to });
            return None;
        }
        self.led_in(journey, router, ttl, steps)
    }

    fn taken(
        &self,
        journey: &mut Journey,
        (network, address): (NetworkId, IpAddr),
        host: &HostName,
        steps: &mut Vec<Step>,
    ) {
        steps.push(Step::Taken {
            network,
            address,
            host: host.clone(),
        });
        journey.at = Some(host.clone());
    }

    fn led_in(
        &self,
        journey: &Journey,
        router: RouterId,
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Option<Arrival> {
        let router = self.routers.get(&router)?;
        let ends = (journey.packet.from, journey.packet.to);
        Some(self.forward(router, None, ends, ttl, steps))
    }

    /// From the host that it is on to another one, through the tunnel.
    pub(super) fn carried(&self, journey: &mut Journey, to: &HostName, steps: &mut Vec<Step>) {
        let from = journey.at.replace(to.clone());
        if let Some((from, node)) = from.zip(self.nodes.get(to)) {
            let (to, end) = (to.clone(), node.local_ip);
            steps.push(Step::Carried { from, to, end });
        }
    }

    /// The address that a floating IP stands for, and the host that it is on.
    fn stands(&self, floating: &FloatingIp) -> Option<(IpAddr, &HostName)> {
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

    fn floating_at(
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

    /// The router whose gateway has the address, and where it is.
    fn gateway_at(
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
    fn seat(
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
    fn gateways<'a>(
        &'a self,
        router: &'a Router,
    ) -> impl Iterator<Item = (&'a ExternalGateway, &'a Port, &'a Network)> {
        let routes = self.interfaces(router).next().is_some();
        let gateways = router.gateways.iter().filter(move |_| routes);
        gateways.filter_map(|gateway| {
            let port = self.ports.get(&gateway.port_id)?;
            let network = self.networks.get(&gateway.network_id)?;
            Carrier::of(network)?.physical_network()?;
            Some((gateway, &**port, &**network))
        })
    }

    /// The ways of a router out of the region: to each external network, to what routes say is behind
    /// somebody there, and by the first to everywhere else.
    pub(super) fn ways_out<'a>(&'a self, router: &'a Router) -> impl Iterator<Item = Way<'a>> {
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
            let subnets = || {
                let all = self.subnets.values().map(|subnet| &**subnet);
                all.filter(|subnet| subnet.network_id == network.id)
            };
            let near = subnets().map(move |subnet| way(subnet.cidr, Way::OUTSIDE, None));
            let beyond = router
                .routes
                .iter()
                .filter(move |route| subnets().any(|subnet| subnet.cidr.contains(&route.nexthop)));
            let beyond =
                beyond.map(move |route| way(route.destination, Way::OUTSIDE, Some(route.nexthop)));
            let first = (index == 0).then(|| everywhere(subnets().collect()));
            let rest = first.into_iter().flatten();
            let rest = rest.map(move |(all, hop)| way(all, Way::LAST, Some(hop)));
            near.chain(beyond).chain(rest)
        })
    }
}

/// All addresses of a family, by the first gateway of that family.
fn everywhere(subnets: Vec<&Subnet>) -> Vec<(IpNet, IpAddr)> {
    let hops = subnets.iter().filter_map(|subnet| subnet.gateway_ip);
    let (four, six): (Vec<IpAddr>, Vec<_>) = hops.partition(IpAddr::is_ipv4);
    let all = [(four, IpAddr::from([0; 4])), (six, IpAddr::from([0; 16]))];
    let all = all.into_iter().filter_map(|(hops, none)| {
        let block = IpNet::new(none, 0).ok()?;
        Some((block, *hops.first()?))
    });
    all.collect()
}

fn speaks_as(journey: &mut Journey, now: IpAddr, by: Translator, steps: &mut Vec<Step>) {
    let was = std::mem::replace(&mut journey.packet.from, now);
    steps.push(Step::Outward { was, now, by });
}
