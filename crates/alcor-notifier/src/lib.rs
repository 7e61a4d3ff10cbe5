//! Tells Nova what becomes of the ports of its servers.
//!
//! Nova starts a server paused, and lets it run when it hears `network-vif-plugged` for each of
//! its ports. An event that is lost is a server that never starts, so none is:
//!
//! ```text
//!  store --watch--> Follower --> Tracker --notices--> queue --> Courier --POST--> Nova
//!  store <------------------- what Nova has been told (Told) ------|
//! ```
//!
//! * [`Tracker`] is the pure part: it knows what each port of a server is and what Nova was last
//!   told of it, and turns changes into notices.
//! * The courier sends notices in order and in batches, tries again until Nova takes them, and
//!   only then writes down what Nova knows. After a crash the tracker starts from that, and
//!   whatever differs from the ports as they are is told (again).

mod courier;
mod error;
mod event;
mod floating;
mod follower;
mod notifier;
mod nova;
mod told;
mod tracker;
mod vif;

pub use error::NotifierError;
pub use event::{Event, EventName};
pub use floating::Outside;
pub use notifier::Notifier;
pub use nova::{Pass, Settings, Tokens, Unchecked};
pub use told::Told;
pub use tracker::{Fact, Notice, State, Tracker};
pub use vif::{Plug, Vif};
