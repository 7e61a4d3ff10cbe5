//! What leaves the region and what comes in, straight from the intent: by which host, and by which
//! address.
//!
//! An address of ours outside is a floating IP's, which is where its VM is, or a router's, which is
//! where its gateway is, or an outlet's, by which a host translates for its own VMs. A packet that
//! leaves for such an address comes in again.

mod exits;
mod outlets;
mod places;

use super::routes::Flight;
use super::scopes::Passage;
use super::{Arrival, Intent, Packet, Step};
use alcor_types::{ExternalGateway, FloatingIpId, HostName, NetworkId, PortId, RouterId};
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
    /// That of a host's outlet of a router, by its port.
    Outlet(PortId),
}

/// A packet on its way.
pub(super) struct Journey {
    /// The host that it is on, where it is on one.
    pub(super) at: Option<HostName>,
    /// With the addresses that it has by now.
    pub(super) packet: Packet,
    /// Whether it has been outside.
    pub(super) outside: bool,
    /// Whether another host or the outside has brought it to this one.
    pub(super) brought: bool,
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
            brought: true,
        };
        let taken = self.enters(&mut journey, (network, hop), ttl.into(), &mut steps);
        if let Some(arrival) = taken {
            self.concludes(journey, arrival, None, &mut steps);
        }
        steps
    }

    /// What becomes of an answer from outside to what a router has translated by an address of its own,
    /// once it has the address again that it is for.
    pub fn explain_return(
        &self,
        (by, network): (Translator, NetworkId),
        packet: &Packet,
        ttl: u8,
    ) -> Vec<Step> {
        let mut steps = vec![Step::Came { network }];
        let place = match by {
            Translator::Router(router) => {
                let seat = self.seat(router, network);
                seat.map(|(.., host)| (router, host))
            }
            Translator::Outlet(port) => {
                let outlet = self.outlet(port);
                outlet.map(|(_, _, router, host)| (router, host))
            }
            // The switch shows how it turns these back: they are packets like any that arrive.
            Translator::Floating(_) => None,
        };
        let Some((router, host)) = place else {
            return steps;
        };
        let journey = Journey {
            at: Some(host.clone()),
            packet: *packet,
            outside: true,
            brought: true,
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
        let to = journey.packet.to;
        if let Some((router, gateway, port, host)) = self.gateway_at(network, hop) {
            taken(journey, (network, hop), host, steps);
            let own = port.fixed_ips.iter().any(|fixed| fixed.ip_address == to);
            if !own {
                return self.routed_in(journey, (router, gateway), ttl, steps);
            }
            steps.push(own_outside(router, to));
            return None;
        }
        let Some((_, _, router, host)) = self.outlet_at(network, hop) else {
            steps.push(Step::Left { network, from, hop });
            return None;
        };
        taken(journey, (network, hop), host, steps);
        steps.push(if to == hop {
            own_outside(router, to)
        } else {
            Step::Untranslated { address: to }
        });
        None
    }

    /// By a gateway, as it is.
    fn routed_in(
        &self,
        journey: &Journey,
        (id, gateway): (RouterId, &ExternalGateway),
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Option<Arrival> {
        let router = self.routers.get(&id)?;
        let to = journey.packet.to;
        match self.passage(router, gateway, (to, None)) {
            Passage::Untranslated => return self.led_in(journey, id, ttl, steps),
            Passage::Translated => steps.push(Step::Untranslated { address: to }),
            Passage::Parted => steps.push(Step::Parted { router: id }),
        }
        None
    }

    fn led_in(
        &self,
        journey: &Journey,
        router: RouterId,
        ttl: usize,
        steps: &mut Vec<Step>,
    ) -> Option<Arrival> {
        let router = self.routers.get(&router)?;
        let flight = Flight {
            from: journey.packet.from,
            to: journey.packet.to,
            at: journey.at.as_ref(),
        };
        Some(self.forward(router, None, flight, ttl, steps))
    }
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
    journey.brought = true;
}

fn own_outside(router: RouterId, address: IpAddr) -> Step {
    Step::OwnOutside { router, address }
}
