//! A bridge in memory, and goals named by numbers.

#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that is wired up wrongly must stop"
)]

pub(crate) mod acls;
pub(crate) mod bridge;
pub(crate) mod connections;
pub(crate) mod facts;
pub(crate) mod frame;
pub(crate) mod goals;
pub(crate) mod groups;
pub(crate) mod north;
pub(crate) mod switch;
pub(crate) mod world;
