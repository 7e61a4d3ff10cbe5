//! Goals to OpenFlow flows: what the host's bridge must hold so that its VMs get what the
//! region wants for them.
//!
//! The pipeline is a function from goals (and from which port is plugged where) to flows,
//! made incremental: [`Pipeline::apply`] takes one change, [`Pipeline::take_changes`] says
//! which flows to add and delete since it was last asked, and [`Pipeline::diff`] compares
//! with what a switch holds. Nothing here does I/O.
//!
//! A network has no VLAN. Its VNI travels in the metadata from the moment a frame is
//! classified, so that the number of networks on a host is not limited, and equal addresses
//! in two networks never meet.
//!
//! | table | for | does |
//! | --- | --- | --- |
//! | [`CLASSIFY`](table::CLASSIFY) 0 | all frames | names the network (metadata) and the local sender (`reg0`); anything else is dropped |
//! | [`DHCP`](table::DHCP) 10 | local senders | a DHCP client that is served here, a router solicitation: to the agent |
//! | [`ARP`](table::ARP) 20 | local senders | requests for a known address are answered in place |
//! | [`REMOTE`](table::REMOTE) 30 | local senders | unicast to a port on another host: into the tunnel |
//! | [`LOCAL`](table::LOCAL) 40 | all frames | unicast to a port here: to it; unknown unicast is dropped, and counted |
//! | [`FLOOD_REMOTE`](table::FLOOD_REMOTE) 50 | local senders | broadcast and multicast: once to every host with a member |
//! | [`FLOOD_LOCAL`](table::FLOOD_LOCAL) 60 | all frames | broadcast and multicast: to every member here |
//!
//! A frame from a tunnel enters at `LOCAL`, so it is never sent into a tunnel again, never
//! reaches the agent, and never has its ARP answered. IPv6 needs no table: neighbour
//! discovery is multicast, and what follows is unicast.
//!
//! Every flow has an [`Owner`], and every owner's flows are made from the goals anew whenever
//! one of these changed. Two goals may claim one thing (a port that moves is local and a
//! neighbour for a moment): then the thing, not the goal, owns the flow, and goes to the
//! first [`claim`](Owner::Mac). What a flow's cookie says is in [`cookie`].

mod changes;
mod compile;
pub mod cookie;
mod input;
mod member;
mod owner;
mod pipeline;
mod punt;
mod router;
mod state;
pub mod table;
mod touched;
mod vpc;
mod wire_mac;

pub use changes::{FlowChanges, Installed};
pub use input::Input;
pub use owner::Owner;
pub use pipeline::Pipeline;
pub use punt::Punt;
