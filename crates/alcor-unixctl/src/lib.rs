//! The control socket of ovs-vswitchd: what `ovs-appctl` speaks, without a process for every
//! question.
//!
//! A call is a JSON-RPC request with texts as parameters, and its answer is a text for people.
//! The one answer that programs need here is that of `ofproto/trace`: which flows a packet meets
//! in the switch's tables, and where it leaves. [`Trace`] reads it; the tables' numbers and the
//! meaning of cookies are the business of whoever asks.

mod client;
mod fields;
mod probe;
mod trace;

pub use client::{Client, Error};
pub use fields::Fields;
pub use probe::{Probe, Tunnelled};
pub use trace::{Exit, Lookup, Rule, Trace};
