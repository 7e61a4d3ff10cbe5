//! What leaves the region and what comes in, straight from the intent: by which host, and by which
//! address.
//!
//! An address of ours outside is a floating IP's, which is where its VM is, or a router's, which is
//! where its gateway is. A packet that leaves for such an address comes in again.

mod places;

use super::{Arrival, Intent, Packet, Step};
use alcor_types::{FloatingIpId, HostName, NetworkId, PortId, RouterId};
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
            self.brought(journey, exit, seat, steps);
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
            taken(journey, (network, hop), host, steps);
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
        if let Some((floating, router, host)) = self.forwarded_at(network, hop) {
            taken(journey, (network, hop), host, steps);
            let to = self.forwarding(floating, &journey.packet);
            let Some((now, port)) = to.filter(|_| journey.packet.to == hop) else {
                steps.push(Step::Untranslated { address: hop });
                return None;
            };
            let by = Translator::Floating(floating);
            let was = std::mem::replace(&mut journey.packet.to, now);
            journey.packet.port = port;
            steps.push(Step::Inward { was, now, by });
            return self.led_in(journey, router, ttl, steps);
        }
        let Some((router, gateway, port, host)) = self.gateway_at(network, hop) else {
            steps.push(Step::Left { network, from, hop });
            return None;
        };
        taken(journey, (network, hop), host, steps);
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

    /// To the host that leads out, in the network by which the packet came to the router.
    fn brought(&self, journey: &mut Journey, exit: &Exit, to: &HostName, steps: &mut Vec<Step>) {
        let from = journey.at.replace(to.clone());
        let entry = exit.entry.and_then(|port| self.ports.get(&port));
        if let Some((from, entry)) = from.zip(entry) {
            steps.extend(self.crossed(entry.network_id, from, to.clone()));
        }
    }
}

fn speaks_as(journey: &mut Journey, now: IpAddr, by: Translator, steps: &mut Vec<Step>) {
    let was = std::mem::replace(&mut journey.packet.from, now);
    steps.push(Step::Outward { was, now, by });
}

fn taken(
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
