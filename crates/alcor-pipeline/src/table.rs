//! The numbers of tables, priorities and registers; the only place that knows them.

use alcor_openflow::Field;

/// Whose frame it is: where every frame starts.
pub const CLASSIFY: u8 = 0;
/// DHCPv4 requests of local ports.
pub const DHCP: u8 = 10;
/// ARP requests of local ports.
pub const ARP: u8 = 20;
/// Unicast to other hosts.
pub const REMOTE: u8 = 30;
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

/// Holds the OpenFlow port number of the local port that sent the frame; 0 on a frame from a
/// tunnel. Unlike the in-port it is not touched by later actions.
pub const SENDER: Field = Field::Reg0;
/// Which part of a long list of receivers is next; 0 outside of such a list.
pub const PART: Field = Field::Reg1;
