//! The client against a real ovsdb-server and ovs-vswitchd; `ovs-vsctl` is the oracle.
//!
//! Needs Open vSwitch and root (for a network namespace).

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a step that fails in a helper fails its test"
)]

mod bridges;
mod connection;
mod harness;
mod interfaces;
mod monitors;
mod proxy;
