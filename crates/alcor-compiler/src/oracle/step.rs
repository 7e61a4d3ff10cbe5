//! The steps of a packet, and why it goes no further.

use super::Translator;
use alcor_types::{
    Direction, HostName, MacAddr, NetworkId, PortId, RouteTableId, RouterId, SecurityGroupId,
    SecurityGroupRuleId,
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
    /// The way leads into another address scope than the packet comes from. The end.
    Parted {
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
