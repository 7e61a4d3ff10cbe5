//! What the writer publishes and everyone else reads.

use crate::contention::Contention;
use crate::log::Log;
use crate::snapshot::Head;
use arc_swap::ArcSwap;
use parking_lot::RwLock;

/// The state behind every handle. The writer alone changes head and log.
pub(crate) struct Shared {
    /// The newest durable state.
    pub(crate) head: ArcSwap<Head>,
    /// The newest commits.
    pub(crate) log: RwLock<Log>,
    /// How often optimistic runs conflict.
    pub(crate) contention: Contention,
}
