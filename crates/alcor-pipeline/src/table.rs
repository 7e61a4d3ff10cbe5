//! The numbers of tables, priorities and registers; the only place that knows them.

use alcor_openflow::{Field, Subfield};

/// Whose frame it is: where every frame starts.
pub const CLASSIFY: u8 = 0;
/// DHCPv4 requests of local ports.
pub const DHCP: u8 = 10;
/// ARP requests and neighbour solicitations of local ports: who has the address?
pub const RESOLVE: u8 = 18;
/// The second half of an answer in IPv6.
pub const ND_REPLY: u8 = 19;
/// The answer, where somebody has it.
pub const ANSWER: u8 = 20;
/// What local ports send to routers.
pub const ROUTER: u8 = 25;
/// Where a router leads.
pub const ROUTE: u8 = 26;
/// Who has an address. Other tables ask by resubmit, with [`ADDRESS_OF`] set.
pub const ADDRESS: u8 = 27;
/// Routed packets whose next hop has or has not been found.
pub const HOP: u8 = 28;
/// Unicast to other hosts.
pub const REMOTE: u8 = 30;
/// Into the tunnel.
pub const TRANSMIT: u8 = 32;
/// Frames from tunnels.
pub const ARRIVE: u8 = 35;
/// Unicast to this host.
pub const LOCAL: u8 = 40;
/// Broadcast and multicast to other hosts.
pub const FLOOD_REMOTE: u8 = 50;
/// Broadcast and multicast to this host.
pub const FLOOD_LOCAL: u8 = 60;

/// What happens to a frame that no other flow of its table is about.
pub const MISS: u16 = 0;
/// Flows about a network, a port or an address.
pub const MATCH: u16 = 100;
/// Exceptions to those.
pub const EXCEPT: u16 = 110;
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
