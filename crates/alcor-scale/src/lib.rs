//! A scale test: agents by the thousand, emulated in one process, against a real region.
//!
//! ```text
//!  REST calls --> alcor server <--real sessions (gRPC, loopback)--> hosts of a Fleet
//!      |              |                                               |
//!    Maker        Timeline: processor, memory, bytes, latencies    Agent (pure)
//!      '--- intent read back ---> oracle, compiler from nothing <--- what hosts hold
//! ```
//!
//! Some of the hosts may be real: see `switches.rs`.
//!
//! An emulated [`Agent`] speaks as a real one does: it greets with what it holds, acknowledges
//! each push as received and as verified, reports its ports, beats, tells digests, and comes back
//! with jittered waits. It has no switch. Of a goal it keeps the hash of its content, so that at the
//! end every goal of every host can be compared with what intent says, and yet a hundred thousand
//! hosts fit into one process.

mod agent;
mod asked;
mod check;
mod counts;
mod create;
mod drive;
mod fairness;
mod fleet;
mod held;
mod html;
mod link;
mod lookups;
mod machine;
mod options;
mod phases;
mod plan;
mod questions;
mod quiet;
mod region;
mod report;
mod scenario;
mod switches;
mod timeline;
mod watch;

pub use agent::{Agent, Taken};
pub use check::Verdict;
pub use counts::Seen;
pub use drive::{Target, run};
pub use held::ScopeHeld;
pub use html::page;
pub use options::Options;
pub use report::{Figure, Figures, Report, Stretch};
pub use scenario::{Profile, Scenario};
pub use switches::{FirstPings, RealLook, migrate};
pub use timeline::{Listener, Look};
