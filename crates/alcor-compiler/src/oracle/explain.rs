//! The oracle with its reasons: what becomes of a packet, step by step, straight from the intent.
//!
//! Every step is one of the definitions of the modules beside this one, asked for its reason; the
//! last step says whether the packet arrives.

use super::filter::Verdict;
use super::outside::Journey;
use super::routes::Flight;
use super::{Arrival, Intent, Packet, Step};
use alcor_goalstate::Carrier;
use alcor_types::{Direction, HostName, MacAddr, NetworkId, Port, PortId, Subnet};
use std::net::IpAddr;

impl Intent {
    /// What becomes of the first packet of a connection that a port sends as a host does: to
    /// neighbours directly, and to others by its subnet's routes or gateway.
    pub fn explain(&self, from: PortId, packet: &Packet, ttl: u8) -> Vec<Step> {
        let mut steps = vec![Step::Sent { port: from }];
        if let Some(sender) = self.port(from)
            && self.leaves(sender, packet, &mut steps)
        {
            let arrival = self.travels(sender, packet, ttl, &mut steps);
            let journey = Journey {
                at: sender.host.clone(),
                packet: *packet,
                outside: false,
                brought: false,
            };
            self.concludes(journey, arrival, Some(from), &mut steps);
        }
        steps
    }

    /// The MAC address that a port sends the packet to: that of the next hop, whatever the next hop
    /// makes of it. None where nobody would answer for it.
    pub fn next_mac(&self, from: PortId, packet: &Packet) -> Option<MacAddr> {
        let sender = self.port(from)?;
        let hop = self.first_hop(sender, packet)?;
        let mut ports = self.ports();
        let holder = ports.find(|port| {
            let mut own = port.fixed_ips.iter();
            port.network_id == sender.network_id && own.any(|fixed| fixed.ip_address == hop)
        });
        holder.map(|port| port.mac_address)
    }

    /// Whether the sender's host lets it go.
    fn leaves(&self, sender: &Port, packet: &Packet, steps: &mut Vec<Step>) -> bool {
        let port = sender.id;
        if let Some(why) = self.hindrance(sender) {
            steps.push(Step::Cut { port, why });
            return false;
        }
        if !super::filter::may_speak_as(sender, packet) {
            steps.push(Step::Spoofed { port });
            return false;
        }
        let checked = super::filter::is_checked(sender);
        steps.push(Step::Source { port, checked });
        let direction = Direction::Egress;
        let judged = self.judged(sender, direction, packet, packet.to, steps);
        let barred = judged && !self.lets_out(sender, packet);
        steps.extend(barred.then_some(Step::Barred { port, direction }));
        judged && !barred
    }

    fn judged(
        &self,
        port: &Port,
        direction: Direction,
        packet: &Packet,
        peer: IpAddr,
        steps: &mut Vec<Step>,
    ) -> bool {
        let (port, verdict) = (port.id, self.verdict(port, direction, packet, peer));
        steps.push(match verdict {
            Verdict::Unchecked => Step::Unchecked { port, direction },
            Verdict::Allowed { group, rule } => Step::Allowed {
                port,
                direction,
                group,
                rule,
            },
            Verdict::Refused => Step::Refused { port, direction },
        });
        verdict != Verdict::Refused
    }

    /// Where it comes to, by the sender's own network and the routers behind it.
    fn travels(&self, sender: &Port, packet: &Packet, ttl: u8, steps: &mut Vec<Step>) -> Arrival {
        let Some(hop) = self.first_hop(sender, packet) else {
            steps.push(Step::NoWayOut { port: sender.id });
            return Arrival::Nowhere;
        };
        let (network, from) = (sender.network_id, packet.from);
        if self.is_stranger(network, hop) {
            steps.push(Step::Left { network, from, hop });
            return Arrival::Nowhere;
        }
        let flight = Flight {
            from,
            to: packet.to,
            at: sender.host.as_ref(),
        };
        self.hand_over(network, hop, flight, ttl.into(), steps)
    }

    /// Whether it is a machine that nobody told us of: on the wire that carries the network, whoever is no
    /// port of ours.
    fn is_stranger(&self, network: NetworkId, hop: IpAddr) -> bool {
        let carrier = self.networks.get(&network).and_then(|it| Carrier::of(it));
        let wired = carrier.is_some_and(|carrier| carrier.physical_network().is_some());
        wired && self.mac_outside(network, hop).is_none()
    }

    /// To whom the sender hands it: the destination where it is in the sender's subnet, else the next
    /// hop of the subnet's longest route, else its gateway.
    fn first_hop(&self, sender: &Port, packet: &Packet) -> Option<IpAddr> {
        let like = |subnet: &&Subnet| subnet.cidr.addr().is_ipv4() == packet.to.is_ipv4();
        let mut subnets: Vec<_> = self.served(sender).filter(like).collect();
        subnets.sort_by_key(|subnet| !subnet.cidr.contains(&packet.from));
        if subnets
            .iter()
            .any(|subnet| subnet.cidr.contains(&packet.to))
        {
            return Some(packet.to);
        }
        let routes = subnets.iter().flat_map(|subnet| &subnet.host_routes);
        let routes = routes.filter(|route| route.destination.contains(&packet.to));
        let longest = routes.max_by_key(|route| route.destination.prefix_len());
        let gateway = || subnets.iter().find_map(|subnet| subnet.gateway_ip);
        longest.map(|route| route.nexthop).or_else(gateway)
    }

    /// At the receiver's side, from the host that the packet is on.
    pub(super) fn arrives(&self, journey: &Journey, port: PortId, steps: &mut Vec<Step>) {
        let (Some(receiver), packet) = (self.port(port), &journey.packet) else {
            return;
        };
        let hosts = journey.at.clone().zip(receiver.host.clone());
        if let Some((from, to)) = hosts.filter(|(from, to)| from != to) {
            steps.extend(self.crossed(receiver.network_id, from, to));
        }
        if !self.lets_in(receiver, packet) {
            let direction = Direction::Ingress;
            steps.push(Step::Barred { port, direction });
        } else if self.judged(receiver, Direction::Ingress, packet, packet.from, steps) {
            steps.push(Step::Delivered { port });
        }
    }

    /// The way in a network from one host to another.
    pub(super) fn crossed(&self, network: NetworkId, from: HostName, to: HostName) -> Option<Step> {
        let carrier = Carrier::of(self.networks.get(&network)?)?;
        if carrier.physical_network().is_some() {
            return Some(Step::Wired { network, from, to });
        }
        let end = self.nodes.get(&to)?.local_ip;
        Some(Step::Carried { from, to, end })
    }
}
