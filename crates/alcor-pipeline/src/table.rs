//! The numbers of tables, priorities and registers; the only place that knows them.

use crate::compile::block;
use alcor_openflow::{Ct, Field, Match, Subfield};
use alcor_types::Direction;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whose frame it is: where every frame starts.
pub const CLASSIFY: u8 = 0;
/// Limits of what a local port sends: packets.
pub const EGRESS_PACKETS: u8 = 2;
/// Limits of what a local port sends: bits.
pub const EGRESS_BITS: u8 = 3;
/// The mark of what a local port sends.
pub const EGRESS_MARK: u8 = 4;
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
/// In which large network somebody may be whom no rule has allowed, and who may be in a group that one
/// names: is it known who that is?
pub const EGRESS_WHOSE: u8 = 25;
/// Where packets go that their port may send.
pub const SENT: u8 = ACL_EGRESS;
/// Network ACLs, packets that leave a subnet: whose they are.
pub const ACL_EGRESS: u8 = 28;
/// The rules of the ACL.
pub const ACL_EGRESS_RULES: u8 = 29;
/// What local ports send to routers.
pub const ROUTER: u8 = 30;
/// Where a router leads.
pub const ROUTE: u8 = 32;
/// Which routed packets are measured: those that come from a network with larger packets than the one
/// that they are for.
pub const SIZE: u8 = 33;
/// Who has an address. Other tables ask by resubmit, with [`ADDRESS_OF`] set.
pub const ADDRESS: u8 = 34;
/// What was measured goes on, or its sender is told.
pub const MEASURED: u8 = 35;
/// Routed packets whose next hop has or has not been found.
pub const HOP: u8 = 36;
/// What a router sends out of the region: by which address, and by which host.
pub const EXIT: u8 = 38;
/// Limits of what leaves by an address outside: packets.
pub const OUT_PACKETS: u8 = 39;
/// Limits of what leaves by an address outside: bits.
pub const OUT_BITS: u8 = 40;
/// Where packets go that are to leave the region, as they are to be seen there.
pub const LEFT: u8 = OUT_PACKETS;
/// Packets for external networks: who is the next hop there.
pub const NEXT: u8 = 42;
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
/// Packets from outside to an address that is bounded: limits of bits, and on.
pub const INWARD: u8 = 64;
/// Unicast to this host.
pub const LOCAL: u8 = 70;
/// Where packets go that a local port is to receive.
pub const RECEIVED: u8 = ACL_INGRESS;
/// Network ACLs, packets that enter a subnet: whose they are.
pub const ACL_INGRESS: u8 = 74;
/// The rules of the ACL.
pub const ACL_INGRESS_RULES: u8 = 75;
/// Security groups, packets that local ports are to receive; as on the other side.
pub const INGRESS: u8 = 76;
/// See [`EGRESS_STATE`].
pub const INGRESS_STATE: u8 = 77;
/// See [`EGRESS_RULES`].
pub const INGRESS_RULES: u8 = 78;
/// See [`EGRESS_ACCEPT`].
pub const INGRESS_ACCEPT: u8 = 79;
/// See [`EGRESS_WHOSE`].
pub const INGRESS_WHOSE: u8 = 80;
/// Limits of what a local port receives: packets.
pub const INGRESS_PACKETS: u8 = 82;
/// Limits of what a local port receives: bits.
pub const INGRESS_BITS: u8 = 83;
/// Where packets go that their port may receive.
pub const PASSED: u8 = INGRESS_PACKETS;
/// Out of the receiver's port.
pub const DELIVER: u8 = 86;
/// Out of the port that the frame came from. Other tables ask by resubmit.
pub const BACK: u8 = 88;
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
/// What leaves by an address of this host's own.
pub const OUTLET: u16 = 105;
/// But not what other hosts have sent here to leave by the router's.
pub const BROUGHT: u16 = 107;
/// What leaves untranslated, because it stays inside an address scope; or not at all.
pub const DIRECT: u16 = 108;
/// But answers of forwarded ports, which have been translated before.
pub const FORWARDED: u16 = 109;
/// Exceptions to those.
pub const EXCEPT: u16 = 110;
/// Exceptions to the exceptions.
pub const EXCEPT_2: u16 = 115;
/// Addresses that no port may speak from that is checked.
pub const RESERVED: u16 = 117;
/// Ports that nobody checks.
pub const UNCHECKED: u16 = 120;
/// Before anything else.
pub const FIRST: u16 = 130;
/// On a network that a physical one carries, whoever is not here is on its wire.
pub const STRANGER: u16 = 10;
/// So is the next hop of what was routed here.
pub const ROUTED: u16 = 11;
/// In a large network the region is asked who is not known here.
pub const ASK: u16 = 10;
/// But not for what comes from elsewhere, nor for addresses that VMs give themselves.
pub const ASK_NOT: u16 = 11;
/// But what came from the wire does not go back.
pub const FROM_WIRE: u16 = 12;
/// What was routed comes from the router's address here where the router leads out.
pub const SEATED: u16 = 12;
/// What no rule allowed, before it is dropped.
pub const UNRULED: u16 = 10;
/// What no rule has allowed so far, before that: whose it is may not be known here.
pub const UNKNOWN: u16 = 20;
/// The ACL of a port's packets: that of its first subnet, but for what stays inside of it; then
/// those with an address of another of its subnets.
pub const HOME: u16 = MATCH;
/// See [`HOME`].
pub const HOME_INSIDE: u16 = 105;
/// See [`HOME`].
pub const OTHER: u16 = 110;
/// See [`HOME`].
pub const OTHER_INSIDE: u16 = 115;
/// Broadcast and multicast, before any unicast.
pub const GROUP: u16 = 200;
/// Routes: this, and five times the length of the prefix, and the rank among ways to one block.
pub const ROUTES: u16 = 1000;
/// The rank of a router's further routes.
pub(crate) const FURTHER: u16 = 0;
/// That of the ways to its own subnets.
pub(crate) const CONNECTED: u16 = 1;
/// That of the routes of a subnet's table.
pub(crate) const TABLED: u16 = 2;
/// Where one of these would lead into another address scope.
pub(crate) const PARTED: u16 = 3;
/// That of the ways to external networks.
pub(crate) const OUTWARD: u16 = 4;

/// The priority of a way to a block.
pub(crate) fn way_to(block: IpNet, rank: u16) -> u16 {
    ROUTES + 5 * u16::from(block.prefix_len()) + rank
}

/// What is to go outside although a route leads elsewhere.
pub const AROUND: u16 = 1700;
/// Packets at a router whose time to live is over, before any route.
pub const EXPIRED: u16 = 2000;
/// Packets to a router itself, before that.
pub const OWN: u16 = 3000;
/// Of those, the ones that it answers itself.
pub const ECHO: u16 = 3010;

/// Holds the OpenFlow port number of the local port that sent the frame, or the number that stands
/// for a trunk's sub-port; 0 on a frame from a tunnel. Unlike the in-port it is not touched by later actions.
pub const SENDER: Field = Field::Reg0;
/// Which part of a long list of receivers is next; 0 outside of such a list.
pub const PART: Field = Field::Reg1;
/// 1 when [`ADDRESS`] knew who has the address; on a frame that goes on, the sign that it was
/// routed here. [`SOUGHT`] when the region was asked and nobody was found before.
pub const FOUND: Field = Field::Reg3;
/// 1 on a packet that was measured and found too large. A bit of [`FOUND`]'s register, which is
/// 0 otherwise until the next hop is asked for, and apart from what that says then.
pub fn too_large() -> Subfield {
    Subfield::new(FOUND, 2, 1)
}

/// 1 on a packet that rules are asked of for the second time: by now it is known whose it is, or that
/// nobody is known. Another bit of [`FOUND`]'s register, 0 wherever that is looked at.
pub fn looked_up() -> Subfield {
    Subfield::new(FOUND, 3, 1)
}

/// In [`FOUND`]: the region has been asked, and is not asked again.
pub const SOUGHT: u32 = 2;
/// The id of the router that has the packet.
pub const ROUTER_ID: Field = Field::XxReg1;
/// The address that [`ADDRESS`] is asked for: a next hop, or the target of an ARP request. One of
/// IPv4 stands in the lowest 32 bits, the others are 0.
pub const ADDRESS_OF: Field = Field::XxReg2;

/// Holds something for the length of one flow's actions; and from [`ROUTE`] to [`EXIT`] where a packet
/// is on its way to: a port of the router, or an external network.
pub const SCRATCH: Field = Field::XxReg3;

/// Names the network ACL that a packet is judged by, from one table to the next.
pub const ACL_ID: Field = SCRATCH;

/// The address that [`ADDRESS`] is asked for, by a packet's registers or a flow's match. The lowest
/// addresses of IPv6 are nobody's.
pub fn address_of(registers: &Match) -> IpAddr {
    let parts = [Field::Reg8, Field::Reg9, Field::Reg10, Field::Reg11];
    let part = |field| registers.get(field).map_or(0, |(value, _)| value);
    let number = parts
        .into_iter()
        .fold(0, |sum: u128, field| sum << 32 | part(field));
    match u32::try_from(number) {
        Ok(four) => Ipv4Addr::from(four).into(),
        Err(_) => Ipv6Addr::from(number).into(),
    }
}

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
    pub(crate) whose: u8,
    /// Where allowed packets go.
    pub(crate) next: u8,
    /// Holds the port's OpenFlow port number, which is also its zone of connections.
    pub(crate) port: Field,
    /// Packets with the other end's address in a block.
    pub(crate) peer: fn(Match, IpNet) -> Match,
    /// Where the other end's address stands.
    pub(crate) peer_of: (Field, Field),
}

/// What a port sends.
pub(crate) const SENDING: Side = Side {
    entry: EGRESS,
    state: EGRESS_STATE,
    rules: EGRESS_RULES,
    accept: EGRESS_ACCEPT,
    whose: EGRESS_WHOSE,
    next: SENT,
    port: SENDER,
    peer: block::to,
    peer_of: (Field::Ipv4Dst, Field::Ipv6Dst),
};

/// What a port receives.
pub(crate) const RECEIVING: Side = Side {
    entry: INGRESS,
    state: INGRESS_STATE,
    rules: INGRESS_RULES,
    accept: INGRESS_ACCEPT,
    whose: INGRESS_WHOSE,
    next: PASSED,
    port: RECEIVER,
    peer: block::from,
    peer_of: (Field::Ipv4Src, Field::Ipv6Src),
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

/// One side of a subnet, as its network ACL sees it.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) entry: u8,
    pub(crate) rules: u8,
    /// Where allowed packets go.
    pub(crate) next: u8,
    /// Holds the port of the subnet's VM.
    pub(crate) port: Field,
    /// Packets with the VM's address in a block.
    pub(crate) own: fn(Match, IpNet) -> Match,
    /// Packets with the other end's address in a block.
    pub(crate) peer: fn(Match, IpNet) -> Match,
}

/// What leaves a subnet.
pub(crate) const LEAVING: Edge = Edge {
    entry: ACL_EGRESS,
    rules: ACL_EGRESS_RULES,
    next: ROUTER,
    port: SENDER,
    own: block::from,
    peer: block::to,
};

/// What enters a subnet.
pub(crate) const ENTERING: Edge = Edge {
    entry: ACL_INGRESS,
    rules: ACL_INGRESS_RULES,
    next: INGRESS,
    port: RECEIVER,
    own: block::to,
    peer: block::from,
};
