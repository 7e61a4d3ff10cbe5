//! Who holds a token, by asking OpenStack Keystone v3.
//!
//! Every request to the region's API carries a token that only Keystone can judge. Asking it
//! each time would make it the bottleneck, so answers are kept for a short, bounded time: a
//! revoked token works no longer than that. Requests that come together with one token ask
//! once. When Keystone does not answer, that is an error of its own, never "no such token":
//! clients must not throw their tokens away because a server is down.
//!
//! The region's own service token is kept fresh here as well, for this and for other calls to
//! OpenStack's services ([`Keystone::token`], [`Keystone::endpoint`]).

mod cache;
mod config;
mod error;
mod http;
mod keystone;
mod secret;
mod service;
mod wire;

pub use config::{Config, Credentials};
pub use error::{ConfigError, IdentityError};
pub use keystone::Keystone;
pub use secret::Secret;
pub use service::Interface;
