//! The region's REST API: OpenStack Neutron v2.0 for networks, subnets, ports, tags, agents
//! and extensions, and Alcor's own `/nodes`.
//!
//! This crate knows HTTP and JSON; the rules are in `alcor-managers`, and every write is one
//! transaction of theirs. Its middle is the attribute table of each resource (in `resource`),
//! which drives parsing, error texts, filters, sorting and `fields`. Lists go through a small
//! query planner over the managers' indexes and are streamed, so that neither a page nor a
//! list of a hundred thousand ports costs more than what it shows.
//!
//! # Not Neutron's
//! - A port has `status_reason`: why it is not ACTIVE, in words; empty when it is.
//! - A subnet pool without room answers 409 where Neutron answers 500, and its `default_quota`
//!   counts what the subnet's project has of it, not what the pool's owner has.
//! - `subnetpool_id: prefix_delegation` is refused: no agent delegates prefixes here.
//! - `GET /v2.0` has `version` beside Neutron's `resources`.

mod address_group;
mod agent;
mod attribute;
mod auth;
mod binding;
mod body;
mod bulk;
mod enforce;
mod error;
mod extension;
mod field;
mod floating_pool;
mod handler;
mod health;
mod layer;
mod link;
mod list;
mod metrics;
mod native;
mod openapi;
mod operator;
mod pairs;
mod query;
mod quota;
mod resource;
mod route;
mod router;
mod routing;
mod server;
mod state;
mod subnet_pool;
mod tag;
mod tls;
mod topology;
mod trunk;
mod value;
mod version;
mod view;

pub use auth::{Auth, DEFAULT_PROJECT, TokenFile, TokenFileError};
pub use openapi::document as openapi;
pub use router::router;
pub use server::serve;
pub use state::{AgentLiveness, ApiState, Limits, Liveness};
pub use tls::{Tls, TlsError};
