//! The medium behind the store. The core keeps every row in memory and needs little of it: load
//! once, then write whole batches atomically and durably.

mod disk;
mod encoding;
mod memory;

pub use disk::Disk;
pub use memory::Memory;

use crate::change::{Commit, Key};
use crate::error::BackendError;
use crate::value::Value;
use alcor_types::Revision;

/// What a back end holds besides the rows.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The newest durable commit.
    pub revision: Revision,
    /// The retained change log, ending at `revision`, without gaps.
    pub changes: Vec<Commit>,
}

/// Commits to be written as one.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Consecutive commits, the first of them following the newest durable one.
    pub commits: &'a [Commit],
    /// Log entries up to and including this revision are no longer needed.
    pub trim: Revision,
}

/// A durable medium with a single writer.
pub trait Backend: Send + 'static {
    /// Reads everything, in any order, giving each row to `row`.
    fn load(&mut self, row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError>;

    /// Writes a batch, all of it or nothing, and returns once it survives a power cut. After
    /// an error no further commit is asked for.
    fn commit(&mut self, batch: Batch<'_>) -> Result<(), BackendError>;

    /// Lets go of the medium so that it can be opened again. Called once, at the end.
    fn close(self: Box<Self>) -> Result<(), BackendError>;
}
