//! The data-plane manager: carries goal states from the store to the agents, and what the
//! switches say of them back.
//!
//! ```text
//!  store --watch--> feed --facts--> Compiler --"scope X has news"--> sessions --Push--> agents
//!  store <-port states-- StatusWriter <------------- PortReport ------ sessions <--Ack-- agents
//! ```
//!
//! A session never queues what changed. It keeps one cursor a scope (the revision that its
//! agent will be at once the outbox is empty) and asks the compiler for what lies beyond. So a
//! delta, a resync after a lost connection and a session that fell behind are one mechanism,
//! bursts coalesce by themselves, and memory does not grow with a slow agent.
//!
//! Of a large network an agent is told of a neighbour only once it asks. Its session knows which ones it
//! holds, and asks the compiler for what is new of those alone; the feed rings only the sessions that hold
//! what has changed.
//!
//! * [`Delivery`] is the running whole; [`Dispatch`] is its pure part, one a session.
//! * Liveness is the sessions' own: [`Delivery::heard`] is what `/v2.0/agents` shows.

mod absences;
mod admission;
mod aside;
mod desk;
mod dispatch;
mod error;
mod feed;
mod greeting;
mod hosts;
mod intent;
mod metrics;
mod observer;
mod outlets;
mod pace;
mod provisioner;
mod seats;
mod service;
mod session;
mod status;
mod subscribers;

pub use dispatch::{Dispatch, Introduction, Lookups, Settled};
pub use error::DeliveryError;
pub use hosts::{Heard, Hosts};
pub use metrics::Metrics;
pub use service::{Delivery, Settings, Tasks};
pub use subscribers::Subscription;
