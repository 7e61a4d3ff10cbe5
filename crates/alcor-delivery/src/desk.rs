//! The desk where agents ask: how many answers may be under way at a time. When all hosts of a large
//! network are cold at once, everybody asks for everything; what is beyond the desk's measure is told to
//! ask again later, so that answers never fill the region's memory and those under way arrive.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Addresses whose answers may be under way, for all agents together: some tens of megabytes.
const PLACES: usize = 65_536;

/// The region's desk.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Arc<Semaphore>);

/// The places that one session's answers take.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By the number of the want, until its answer is sent.
    waiting: BTreeMap<u64, OwnedSemaphorePermit>,
    /// By the sequence of the push, until it has arrived.
    flying: BTreeMap<u64, OwnedSemaphorePermit>,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new(PLACES)
    }
}

impl Desk {
    fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Places for so many answers, if there are as many left.
    pub(crate) fn take(&self, count: usize) -> Option<OwnedSemaphorePermit> {
        let count = u32::try_from(count).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(count).ok()
    }
}

impl Places {
    /// The want's answer will be sent.
    pub(crate) fn taken(&mut self, want: u64, places: OwnedSemaphorePermit) {
        self.waiting.insert(want, places);
    }

    /// The want's answer has been sent with this push.
    pub(crate) fn sent(&mut self, want: u64, sequence: u64) {
        if let Some(places) = self.waiting.remove(&want) {
            self.flying.insert(sequence, places);
        }
    }

    /// The push has arrived, or never will.
    pub(crate) fn arrived(&mut self, sequence: u64) {
        self.flying.remove(&sequence);
    }
}

#[cfg(test)]
mod storm;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_free_again_when_answers_have_arrived() {
        let (desk, mut places) = (Desk::new(3), Places::default());
        places.taken(1, desk.take(2).unwrap());
        assert!(desk.take(2).is_none() && desk.take(1).is_some());
        places.sent(1, 7);
        assert!(desk.take(2).is_none());
        places.arrived(7);
        assert!(desk.take(3).is_some());
    }
}
