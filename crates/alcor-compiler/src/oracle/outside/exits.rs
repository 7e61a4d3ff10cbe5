//! How a packet leaves the region: by which host, and by whose address.

use super::super::scopes::Passage;
use super::super::{Intent, Packet, Step};
use super::{Exit, Journey, Translator};
use alcor_types::{FloatingIp, ForwardedProtocol, HostName, NetworkId, RouterId};
use std::net::IpAddr;

impl Intent {
    /// By a floating IP of the host, by the host's own outlet, or else by the router's address where its
    /// gateway is; as it is where it stays inside an address scope or nothing is translated.
    pub(super) fn leaves_by(
        &self,
        journey: &mut Journey,
        exit: &Exit,
        steps: &mut Vec<Step>,
    ) -> bool {
        if self.by_floating(journey, exit, steps) {
            return true;
        }
        let (router, network) = (exit.router, exit.network);
        let passage = self.passage_out(journey, exit);
        if passage == Some(Passage::Parted) {
            steps.push(Step::Parted { router });
            return false;
        }
        if passage == Some(Passage::Translated) && self.by_outlet(journey, exit, steps) {
            return true;
        }
        let seat = self.seat(router, network);
        // Only what came by a port of the router goes on to another host.
        let reached =
            seat.filter(|(_, _, seat)| exit.entry.is_some() || journey.at.as_ref() == Some(*seat));
        let (Some(passage), Some((_, port, seat))) = (passage, reached) else {
            steps.push(Step::NoGateway { router, network });
            return false;
        };
        if journey.at.as_ref() != Some(seat) {
            self.bring(journey, exit, seat, steps);
            if self.by_floating(journey, exit, steps) {
                return true;
            }
        }
        if passage == Passage::Untranslated {
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

    /// How address scopes let it out; nothing where the router does not lead there.
    fn passage_out(&self, journey: &Journey, exit: &Exit) -> Option<Passage> {
        let router = self.routers.get(&exit.router)?;
        let mut gateways = self.gateways(router);
        let (gateway, ..) = gateways.find(|(_, _, network)| network.id == exit.network)?;
        let entry = exit.entry.and_then(|id| self.port(id));
        // What came from outside comes from no subnet of the router.
        let by = entry.map_or(exit.network, |entry| entry.network_id);
        Some(self.passage(router, gateway, (journey.packet.from, Some(by))))
    }

    /// Whether a floating IP stands for the sender's address on this host.
    fn by_floating(&self, journey: &mut Journey, exit: &Exit, steps: &mut Vec<Step>) -> bool {
        let from = journey.packet.from;
        let at = journey.at.as_ref();
        let own = at.and_then(|at| self.floating_for(exit.router, exit.network, (from, at)));
        let Some(own) = own else {
            return false;
        };
        let (address, by) = (own.floating_ip_address, Translator::Floating(own.id));
        speaks_as(journey, address, by, steps);
        true
    }

    /// The floating IP of a router that stands for an address on a host.
    pub(in crate::oracle) fn floating_for(
        &self,
        router: RouterId,
        network: NetworkId,
        (fixed, at): (IpAddr, &HostName),
    ) -> Option<&FloatingIp> {
        let mut floating = self.floating.values().map(|floating| &**floating);
        floating.find(|floating| {
            floating.floating_network_id == network
                && floating.router_id == Some(router)
                && self.stands(floating) == Some((fixed, at))
        })
    }

    /// Whether this host translates by its own outlet. What others have sent to the gateway's host leaves
    /// by the gateway's address, and so does what may be an answer of a forwarding there.
    fn by_outlet(&self, journey: &mut Journey, exit: &Exit, steps: &mut Vec<Step>) -> bool {
        let (router, network) = (exit.router, exit.network);
        let at = journey.at.clone();
        let seat = self.seat(router, network).map(|(.., seat)| seat);
        let here = seat == at.as_ref();
        if journey.brought && here || seat.is_some() && !here && self.may_answer(journey, exit) {
            return false;
        }
        let outlet = at.and_then(|at| self.outlet_on(router, network, &at));
        let Some((port, own, ..)) = outlet else {
            return false;
        };
        speaks_as(journey, own, Translator::Outlet(port), steps);
        true
    }

    /// Whether an address of the router forwards the packet's protocol to its sender, where that names no
    /// ports by which answers could be told.
    fn may_answer(&self, journey: &Journey, exit: &Exit) -> bool {
        let Packet { from, protocol, .. } = journey.packet;
        let mut forwardings = self.forwardings.values();
        forwardings.any(|one| {
            let floating = self.floating.get(&one.floatingip_id);
            let by = floating.is_some_and(|floating| {
                floating.router_id == Some(exit.router)
                    && floating.floating_network_id == exit.network
            });
            let whole = matches!(
                (one.protocol, protocol),
                (ForwardedProtocol::Icmp, 1) | (ForwardedProtocol::Dccp, 33)
            );
            by && whole && IpAddr::from(one.internal_ip_address) == from
        })
    }

    /// To the host that leads out, in the network by which the packet came to the router.
    fn bring(&self, journey: &mut Journey, exit: &Exit, to: &HostName, steps: &mut Vec<Step>) {
        let from = journey.at.replace(to.clone());
        journey.brought = true;
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
