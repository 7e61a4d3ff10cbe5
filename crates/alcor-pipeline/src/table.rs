//! The numbers of tables, priorities and registers; the only place that knows them.

use alcor_openflow::{Ct, Field, Subfield};
use alcor_types::Direction;

/// Whose frame it is: where every frame starts.
pub const CLASSIFY: u8 = 0;
/// Whether the addresses that a local port speaks from are its own.
pub const SPOOF: u8 = 5;
/// DHCPv4 requests of local ports.
pub const DHCP: u8 = 10;
/// ARP requests and neighbour solicitations of local ports: who has the address?
pub const RESOLVE: u8 = 18;
/// The second half of an answer in IPv6.
pub const ND_REPLY: u8 = 19;
/// The answer, where somebody has it.
pub const ANSWER: u8 = 20;
/// Security groups, packets that local ports send: into the port's zone of connections.
pub const EGRESS: u8 = 21;
/// Answers to what was allowed pass here; the rest is for the rules.
pub const EGRESS_STATE: u8 = 22;
/// The rules of the port's groups.
pub const EGRESS_RULES: u8 = 23;
/// What a rule allowed: a new connection is remembered.
pub const EGRESS_ACCEPT: u8 = 24;
/// Where packets go that their port may send.
pub const SENT: u8 = ROUTER;
/// What local ports send to routers.
pub const ROUTER: u8 = 30;
/// Where a router leads.
pub const ROUTE: u8 = 32;
/// Who has an address. Other tables ask by resubmit, with [`ADDRESS_OF`] set.
pub const ADDRESS: u8 = 34;
/// Routed packets whose next hop has or has not been found.
pub const HOP: u8 = 36;
/// What a router sends out of the region: by which address, and by which host.
pub const EXIT: u8 = 38;
/// Packets for external networks: who is the next hop there.
pub const NEXT: u8 = 40;
/// The second half of an advertisement to an external network.
pub const ND_WIRE: u8 = 42;
/// Onto the wire of an external network.
pub const WIRE: u8 = 44;
/// Unicast to other hosts.
pub const REMOTE: u8 = 50;
/// Into the tunnel.
pub const TRANSMIT: u8 = 52;
/// Frames from tunnels.
pub const ARRIVE: u8 = 60;
/// Questions from outside for addresses of ours.
pub const ASKED: u8 = 61;
/// Packets from outside to a router's own address: answers to what it has translated go on.
pub const RETURN: u8 = 62;
/// Unicast to this host.
pub const LOCAL: u8 = 70;
/// Security groups, packets that local ports are to receive; as on the other side.
pub const INGRESS: u8 = 76;
/// See [`EGRESS_STATE`].
pub const INGRESS_STATE: u8 = 77;
/// See [`EGRESS_RULES`].
pub const INGRESS_RULES: u8 = 78;
/// See [`EGRESS_ACCEPT`].
pub const INGRESS_ACCEPT: u8 = 79;
/// Out of the receiver's port.
pub const DELIVER: u8 = 86;
/// Broadcast and multicast to other hosts.
pub const FLOOD_REMOTE: u8 = 90;
/// Broadcast and multicast to this host.
pub const FLOOD_LOCAL: u8 = 100;

/// What happens to a frame that no other flow of its table is about.
pub const MISS: u16 = 0;
/// Flows about a network, a port or an address.
pub const MATCH: u16 = 100;
/// Ports that nobody keeps connections of.
pub const STATELESS: u16 = 105;
/// Exceptions to those.
pub const EXCEPT: u16 = 110;
/// Exceptions to the exceptions.
pub const EXCEPT_2: u16 = 115;
/// Ports that nobody checks.
pub const UNCHECKED: u16 = 120;
/// Before anything else.
pub const FIRST: u16 = 130;
/// What no rule allowed, before it is dropped.
pub const UNRULED: u16 = 10;
/// Broadcast and multicast, before any unicast.
pub const GROUP: u16 = 200;
/// Routes: this, and four times the length of the prefix; of one length, the routes of a subnet's
/// table come first, then the ways to the router's own subnets, then its further routes.
pub const ROUTES: u16 = 1000;
/// Packets at a router whose time to live is over, before any route.
pub const EXPIRED: u16 = 2000;
/// Packets to a router itself, before that.
pub const OWN: u16 = 3000;
/// Of those, the ones that it answers itself.
pub const ECHO: u16 = 3010;

/// Holds the OpenFlow port number of the local port that sent the frame; 0 on a frame from a
/// tunnel. Unlike the in-port it is not touched by later actions.
pub const SENDER: Field = Field::Reg0;
/// Which part of a long list of receivers is next; 0 outside of such a list.
pub const PART: Field = Field::Reg1;
/// 1 when [`ADDRESS`] knew who has the address; on a frame that goes on, the sign that it was
/// routed here.
pub const FOUND: Field = Field::Reg3;
/// The id of the router that has the packet.
pub const ROUTER_ID: Field = Field::XxReg1;
/// The address that [`ADDRESS`] is asked for: a next hop, or the target of an ARP request. One of
/// IPv4 stands in the lowest 32 bits, the others are 0.
pub const ADDRESS_OF: Field = Field::XxReg2;

/// Holds something for the length of one flow's actions.
pub const SCRATCH: Field = Field::XxReg3;

/// The place of an IPv4 address in [`ADDRESS_OF`].
pub fn ipv4_of() -> Subfield {
    Subfield::new(ADDRESS_OF, 0, 32)
}

/// Holds the OpenFlow port number of the local port that is to receive the frame.
pub const RECEIVER: Field = Field::Reg2;

/// One side of a port, as its security groups see it.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) entry: u8,
    pub(crate) state: u8,
    pub(crate) rules: u8,
    pub(crate) accept: u8,
    /// Where allowed packets go.
    pub(crate) next: u8,
    /// Holds the port's OpenFlow port number, which is also its zone of connections.
    pub(crate) port: Field,
}

/// What a port sends.
pub(crate) const SENDING: Side = Side {
    entry: EGRESS,
    state: EGRESS_STATE,
    rules: EGRESS_RULES,
    accept: EGRESS_ACCEPT,
    next: SENT,
    port: SENDER,
};

/// What a port receives.
pub(crate) const RECEIVING: Side = Side {
    entry: INGRESS,
    state: INGRESS_STATE,
    rules: INGRESS_RULES,
    accept: INGRESS_ACCEPT,
    next: DELIVER,
    port: RECEIVER,
};

impl Side {
    /// The side of a rule's direction.
    pub(crate) fn of(direction: Direction) -> &'static Self {
        match direction {
            Direction::Egress => &SENDING,
            Direction::Ingress => &RECEIVING,
        }
    }

    /// The zone of the port's connections. A port number is unique in the bridge, so zones never
    /// meet, and has 16 bits.
    pub(crate) fn zone(&self) -> Ct {
        Ct::zone_from(Subfield::new(self.port, 0, 16))
    }
}
