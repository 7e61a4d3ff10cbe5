//! Goals to OpenFlow flows: what the host's bridge must hold so that its VMs get what the
//! region wants for them.
//!
//! The pipeline is a function from goals (and from which port is plugged where) to flows,
//! made incremental: [`Pipeline::apply`] takes one change, [`Pipeline::take_changes`] says
//! which flows and meters to add and delete since it was last asked, and [`Pipeline::diff`]
//! compares with what a switch holds. Nothing here does I/O.
//!
//! A network has no VLAN. Its VNI travels in the metadata from the moment a frame is
//! classified, so that the number of networks on a host is not limited, and equal addresses
//! in two networks never meet.
//!
//! | table | for | does |
//! | --- | --- | --- |
//! | [`CLASSIFY`](table::CLASSIFY) 0 | all frames | names the network (metadata) and the local sender (`reg0`); anything else is dropped |
//! | [`EGRESS_PACKETS`](table::EGRESS_PACKETS) 2, 3 | local senders that are bounded | the meters of packets and bits |
//! | [`EGRESS_MARK`](table::EGRESS_MARK) 4 | local senders that are bounded | their packets' DSCP |
//! | [`SPOOF`](table::SPOOF) 5 | local senders | addresses that are not the port's own are dropped, and counted |
//! | [`DHCP`](table::DHCP) 10 | local senders | what the host answers itself: DHCP, router solicitations, names, metadata: to the agent |
//! | [`RESOLVE`](table::RESOLVE) 18 | local senders | ARP requests and neighbour solicitations: asks `ADDRESS` who has the address |
//! | [`ND_REPLY`](table::ND_REPLY) 19 | (resubmit) | the second half of a neighbour advertisement |
//! | [`ANSWER`](table::ANSWER) 20 | local senders | what `ADDRESS` knew is answered in place |
//! | [`EGRESS`](table::EGRESS) 21 to 24 | local senders | the port's security groups |
//! | [`EGRESS_WHOSE`](table::EGRESS_WHOSE) 25 | local senders | what no rule has allowed, and may be for a member of a group whom nobody here knows: asks `ADDRESS`, and then the rules again |
//! | [`ACL_EGRESS`](table::ACL_EGRESS) 28, 29 | local senders | the network ACL of the subnet that the packet leaves |
//! | [`ROUTER`](table::ROUTER) 30 | local senders | unicast to a router's port: names the router |
//! | [`ROUTE`](table::ROUTE) 32 | routed packets | the router's own addresses, then the longest prefix: out where, to which next hop |
//! | [`SIZE`](table::SIZE) 33, [`MEASURED`](table::MEASURED) 35 | routed packets | those from a network with a larger MTU are measured; of what does not fit the sender is told |
//! | [`ADDRESS`](table::ADDRESS) 34 | (resubmit) | which MAC address has an IP address of a network |
//! | [`HOP`](table::HOP) 36 | routed packets | goes on when the next hop was found, else drops |
//! | [`EXIT`](table::EXIT) 38 | packets for outside | by which host and address: a floating IP's from here, a router's where its gateway is |
//! | [`OUT_PACKETS`](table::OUT_PACKETS) 39, 40 | packets for outside | the meters of the address by which they leave |
//! | [`NEXT`](table::NEXT) 42 | packets for outside | the next hop there, an address of ours, or the agent's to find |
//! | [`WIRE`](table::WIRE) 44 | frames for outside | onto the wire of the external network |
//! | [`REMOTE`](table::REMOTE) 50 | local senders | unicast to a port on another host: names the tunnel's end; to a router: enters it |
//! | [`TRANSMIT`](table::TRANSMIT) 52 | local senders | into the tunnel; what was routed, from the host's own MAC address |
//! | [`ARRIVE`](table::ARRIVE) 60 | tunnels, wires | what another host has routed comes from the gateway's MAC address again |
//! | [`ASKED`](table::ASKED) 61 | external networks | who asks for an address of ours is answered |
//! | [`RETURN`](table::RETURN) 62 | external networks | answers to what a router has translated |
//! | [`INWARD`](table::INWARD) 64 | external networks | packets to an address of ours that is bounded |
//! | [`LOCAL`](table::LOCAL) 70 | all frames | unicast to a port here: names it as the receiver (`reg2`); unknown unicast is dropped, and counted; on a physical network it goes to the wire, but for what came from there |
//! | [`ACL_INGRESS`](table::ACL_INGRESS) 74, 75 | local receivers | the network ACL of the subnet that the packet enters |
//! | [`INGRESS`](table::INGRESS) 76 to 79 | local receivers | the port's security groups |
//! | [`INGRESS_WHOSE`](table::INGRESS_WHOSE) 80 | local receivers | as on the other side |
//! | [`INGRESS_PACKETS`](table::INGRESS_PACKETS) 82, 83 | local receivers | the meters of packets and bits |
//! | [`DELIVER`](table::DELIVER) 86 | local receivers | out of the receiver's port |
//! | [`BACK`](table::BACK) 88 | (resubmit) | answers of the bridge itself: out of the port that asked |
//! | [`FLOOD_REMOTE`](table::FLOOD_REMOTE) 90 | local senders | broadcast and multicast: once to every host with a member, or to the wire |
//! | [`FLOOD_LOCAL`](table::FLOOD_LOCAL) 100 | all frames | broadcast and multicast: for every member here, through `ACL_INGRESS` |
//!
//! A frame from a tunnel enters at `ARRIVE`, so it is never sent into a tunnel again, is routed once
//! only, never reaches the agent, and never has its ARP answered; but for what a gateway here leads out,
//! which comes unrouted, from a tunnel or from a wire. Frames from a wire enter there, too; addresses of ours outside are answered for.
//!
//! **Security groups.** Each side of a port looks its connections up in the port's own zone; a
//! packet that no answer is goes through the rules, also in an established connection, so that a
//! rule that goes takes its connections with it (they are marked, and then dropped both ways).
//! A rule is a conjunction: of the ports it is for, of the blocks of the set it names, and of
//! the packets it speaks of. Each of these is one flow, whatever the number of rules, so that
//! flows grow with ports + members + rules and not with their product.
//!
//! **Network ACLs** judge what crosses the edge of a subnet, without memory: a port's packets get
//! the name of their subnet's ACL, and the ACL's rules are there once, by number, whatever the number
//! of ports. Whoever sends is judged before the router, whoever receives behind it, both on their own
//! hosts.
//!
//! **Trunks.** A sub-port has no interface but a number of its own, as if it were one. A frame of the
//! parent's interface with the sub-port's tag loses it and goes on as one that came in by that number;
//! what leaves by the number gets the tag and leaves by the parent's interface.
//!
//! **Large networks.** Of a network whose neighbours are told on demand the host knows only those that
//! its VMs speak to. An address that [`ADDRESS`](table::ADDRESS) does not know, and unicast that nobody
//! here and nobody known elsewhere has, make the packet wait in the bridge while the agent asks the
//! region ([`Punt::UnknownAddress`], [`Punt::UnknownMac`]); then it goes on where it waited and looks
//! again, once. Rules that name groups ask in the same way whose an address is: a port that is known is a
//! member of its groups.
//!
//! Every flow has an [`Owner`], and every owner's flows are made from the goals anew whenever
//! one of these changed. Two goals may claim one thing (a port that moves is local and a
//! neighbour for a moment): then the thing, not the goal, owns the flow, and goes to the
//! first [`claim`](Owner::Mac). What a flow's cookie says is in [`cookie`].

mod acls;
mod changes;
mod compile;
mod conjunction;
pub mod cookie;
mod input;
mod key;
mod member;
pub mod meter;
mod north;
mod owner;
mod pipeline;
mod punt;
mod router;
mod sets;
pub mod stage;
mod state;
pub mod table;
mod touched;
mod traffic;
mod vpc;
mod ways_out;
mod wire_mac;

pub use changes::{Contents, FlowChanges, Installed, MeterChanges};
pub use input::Input;
pub use north::{Neighbor, North, Zoned};
pub use owner::Owner;
pub use pipeline::Pipeline;
pub use punt::Punt;
pub use traffic::{Kind, Traffic};
pub use ways_out::Standing;
pub use wire_mac::{of as host_mac, of_seat as seat_mac};
