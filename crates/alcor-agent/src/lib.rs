//! The host agent: takes the host's goals from the region and makes its Open vSwitch carry
//! them out.
//!
//! ```text
//!  region <--link--> agent (event loop) <--database-- OVSDB: bridge, tunnel port, interfaces
//!                      |        ^
//!                   Engine      +---------switch----- OpenFlow: flows, packets from VMs
//!                  (pure: holdings, pipeline, installer, reports)
//! ```
//!
//! The engine decides, the loop does. Whatever goes away (region, switch, database, the agent
//! itself) leaves the flows as they are, and what comes back is compared, not rebuilt.

mod advertisers;
mod ageing;
mod allowance;
mod announcements;
mod config;
mod database;
mod demand;
mod engine;
mod errand;
mod error;
mod forwarder;
mod holdings;
mod inspect;
mod installer;
mod lease;
mod lease6;
mod link;
mod metadata;
mod metering;
mod names;
mod numbers;
mod outlet;
mod outside;
mod programmer;
mod reports;
mod run;
mod seats;
mod switch;
mod talk;
mod vifs;
mod zones;

pub use config::AgentConfig;
pub use database::TUNNELS;
pub use error::AgentError;
pub use holdings::{Holdings, Refusal};
pub use inspect::{Inspection, ScopeWord, inspect, repair};
pub use metadata::{MetadataSettings, Secret};
pub use run::run;
