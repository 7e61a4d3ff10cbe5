//! Intent to goals: what every host must hold, so that the networks, subnets, ports and
//! nodes of the store become true on it.
//!
//! A region has many hosts, and one change concerns few of them. This crate keeps the whole
//! intent in memory, indexed so that a change finds the hosts it touches without a walk over
//! their neighbours, and answers two questions for the delivery of goal states: *what does
//! this host need of this network* ([`Compiler::snapshot`]) and *what is new there since the
//! revision it holds* ([`Compiler::changes_since`]).
//!
//! * The unit is the **scope**. Of a network, the goals for one host are the network, its
//!   subnets, the host's own ports with their leases, and every other port as a neighbour. Of a
//!   security group they are the group with its rules, and every port in it; of an address group
//!   its blocks. A host needs the groups of its own ports and those that their rules name.
//! * Of a network with very many ports a host needs only those as neighbours that it asks for
//!   ([`Demand`]): a directory finds them by address ([`Compiler::find`]).
//! * Memory grows with the ports, never with hosts times ports: a goal is made when it is
//!   asked for. Of the past a scope keeps a bounded log of *which* goals changed when, not of
//!   what they were; a burst of changes to one port is one entry, and one change on the wire.
//! * [`oracle`] says from the same intent, by the definition and with none of this code, who
//!   may reach whom. Tests compare the two.
//!
//! Nothing here does I/O, and nothing waits.

mod acls;
mod compile;
mod compiler;
mod delta;
mod demand;
mod fact;
mod groups;
mod hosts;
mod journal;
mod link;
mod log;
mod north;
pub mod oracle;
mod pools;
mod qos;
mod routing;
mod scope;
mod taps;
mod trunks;
mod view;

pub use compiler::Compiler;
pub use delta::Delta;
pub use demand::Demand;
pub use fact::{Fact, Narrow, Touch};
pub use scope::Found;
pub use view::ScopeView;
