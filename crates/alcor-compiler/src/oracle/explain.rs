//! The oracle with its reasons: what becomes of a packet, step by step, straight from the intent.
//!
//! Every step is one of the definitions of the modules beside this one, asked for its reason; the
//! last step says whether the packet arrives.

use super::filter::Verdict;
use super::outside::Journey;
use super::{Arrival, Intent, Packet, Translator};
use alcor_goalstate::Carrier;
use alcor_types::{
    Direction, HostName, MacAddr, NetworkId, Port, PortId, RouteTableId, RouterId, SecurityGroupId,
    SecurityGroupRuleId, Subnet,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// Why a port, or a router at one of its ports, takes no part in its network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hindrance {
    /// Its `admin_state_up` is false.
    PortDown,
    /// Its network is not there.
    NoNetwork,
    /// Its network's `admin_state_up` is false.
    NetworkDown,
    /// Its network has no segment that agents program.
    NotCarried,
    /// It is bound to no host.
    Unbound,
    /// It is bound to a host that the region does not know.
    NoHost(HostName),
    /// Its router is not there.
    NoRouter,
    /// Its router's `admin_state_up` is false.
    RouterDown(RouterId),
}

/// One step of a packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The port sends it.
    Sent {
        /// The sender.
        port: PortId,
    },
    /// The port takes no part in its network. The end.
    Cut {
        /// The sender, the receiver, or a router's.
        port: PortId,
        /// Why not.
        why: Hindrance,
    },
    /// The sender may speak from the packet's addresses.
    Source {
        /// The sender.
        port: PortId,
        /// Whether anybody looks at them.
        checked: bool,
    },
    /// The sender may not speak from them. The end.
    Spoofed {
        /// The sender.
        port: PortId,
    },
    /// The port's groups are not asked: its security is off.
    Unchecked {
        /// The port.
        port: PortId,
        /// Which of its sides.
        direction: Direction,
    },
    /// A rule lets it pass.
    Allowed {
        /// The port.
        port: PortId,
        /// Which of its sides.
        direction: Direction,
        /// The rule's group.
        group: SecurityGroupId,
        /// The rule; where several do, one of them.
        rule: SecurityGroupRuleId,
    },
    /// No rule of the port's groups does. The end.
    Refused {
        /// The port.
        port: PortId,
        /// Which of its sides.
        direction: Direction,
    },
    /// The network ACL of the port's subnet does not let it across the subnet's edge. The end.
    Barred {
        /// The port.
        port: PortId,
        /// Which of its sides.
        direction: Direction,
    },
    /// The sender's subnets have no way to the destination. The end.
    NoWayOut {
        /// The sender.
        port: PortId,
    },
    /// Who has the address of the next hop.
    Resolved {
        /// The network.
        network: NetworkId,
        /// The address.
        address: IpAddr,
        /// Its holder.
        port: PortId,
        /// The holder's MAC address.
        mac: MacAddr,
    },
    /// Nobody has the address of the next hop. The end.
    Unresolved {
        /// The network.
        network: NetworkId,
        /// The address.
        address: IpAddr,
    },
    /// A router takes it in.
    Entered {
        /// The router.
        router: RouterId,
        /// By which of its ports.
        port: PortId,
    },
    /// Its time to live ends at the router. The end.
    Expired {
        /// The router.
        router: RouterId,
    },
    /// It is for the router itself. The end: it answers pings, and nothing else.
    Own {
        /// The router.
        router: RouterId,
        /// Whose address it is, of the router's ports.
        port: PortId,
    },
    /// The router sends it on.
    Routed {
        /// The router.
        router: RouterId,
        /// The block of the route.
        block: IpNet,
        /// The route table that the route is from; none for the router's own.
        table: Option<RouteTableId>,
        /// Out by which of its ports.
        out: PortId,
        /// To whom, where not to the destination itself.
        hop: Option<IpAddr>,
    },
    /// The router has no way to the destination. The end.
    NoRoute {
        /// The router.
        router: RouterId,
    },
    /// The way leads back to the sender, which a switch does not do. The end.
    Returned {
        /// The sender.
        port: PortId,
    },
    /// From one host to another.
    Carried {
        /// The sender's host.
        from: HostName,
        /// The receiver's.
        to: HostName,
        /// Where the tunnel ends.
        end: IpAddr,
    },
    /// From one host to another, over the wire of the physical network that carries this one.
    Wired {
        /// The network.
        network: NetworkId,
        /// The sender's host.
        from: HostName,
        /// The receiver's.
        to: HostName,
    },
    /// A machine outside sends it.
    Came {
        /// The external network that it comes by.
        network: NetworkId,
    },
    /// It leaves the router by another address.
    Outward {
        /// Its sender's own.
        was: IpAddr,
        /// The one that it has from now on.
        now: IpAddr,
        /// Whose that is.
        by: Translator,
    },
    /// It comes in from outside, to another address.
    Inward {
        /// The one that it was sent to.
        was: IpAddr,
        /// The one that it goes to.
        now: IpAddr,
        /// Whose the former is.
        by: Translator,
    },
    /// The router's gateway to the external network is on no host that can be reached. The end.
    NoGateway {
        /// The router.
        router: RouterId,
        /// The external network.
        network: NetworkId,
    },
    /// A host takes what comes to an address of ours outside.
    Taken {
        /// The external network.
        network: NetworkId,
        /// The address.
        address: IpAddr,
        /// The host.
        host: HostName,
    },
    /// Nothing leads in from the address. The end.
    Untranslated {
        /// The address.
        address: IpAddr,
    },
    /// It is for a router's own address outside. The end: it answers pings, and nothing else.
    OwnOutside {
        /// The router.
        router: RouterId,
        /// The address.
        address: IpAddr,
    },
    /// It leaves the region. The end, as far as the region goes.
    Left {
        /// The external network.
        network: NetworkId,
        /// The address that it comes from, as the world sees it.
        from: IpAddr,
        /// To whom it goes there.
        hop: IpAddr,
    },
    /// It arrives. The end.
    Delivered {
        /// The receiver.
        port: PortId,
    },
}

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
        let ends = (packet.from, packet.to);
        self.hand_over(sender.network_id, hop, ends, ttl.into(), steps)
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
    fn crossed(&self, network: NetworkId, from: HostName, to: HostName) -> Option<Step> {
        let carrier = Carrier::of(self.networks.get(&network)?)?;
        if carrier.physical_network().is_some() {
            return Some(Step::Wired { network, from, to });
        }
        let end = self.nodes.get(&to)?.local_ip;
        Some(Step::Carried { from, to, end })
    }
}
