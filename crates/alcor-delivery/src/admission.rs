//! Admission: how many agents are brought up to date at a time. When a region starts, all agents
//! come at once; what they have to be sent lies in memory until they have acknowledged it, so the
//! number of those must be bounded. The others wait for their turn with their sessions open, and go
//! on as they were: nothing is forgotten before a view is complete.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// An agent that is slow does not keep others waiting for longer than this.
const TURN: Duration = Duration::from_secs(1);

/// The door.
#[derive(Clone, Debug)]
pub(crate) struct Admission(Arc<Semaphore>);

/// A turn; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
    until: Instant,
}

impl Admission {
    /// For so many at a time, but one at least.
    pub(crate) fn new(admitted: usize) -> Self {
        Self(Arc::new(Semaphore::new(admitted.max(1))))
    }

    /// Waits for a turn; turns come in the order in which they were asked for.
    pub(crate) async fn turn(&self) -> Turn {
        // Nobody closes the semaphore; if somebody did, nobody need wait.
        let permit = Arc::clone(&self.0).acquire_owned().await.ok();
        Turn {
            _permit: permit,
            until: Instant::now() + TURN,
        }
    }
}

impl Turn {
    /// Whether the next one must not wait any longer.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test]
    async fn no_more_than_admitted_have_a_turn() {
        let door = Admission::new(2);
        let (first, _second) = (door.turn().await, door.turn().await);
        let soon = Duration::from_millis(20);
        assert!(timeout(soon, door.turn()).await.is_err());
        assert!(!first.is_over());
        drop(first);
        assert!(timeout(Duration::from_secs(20), door.turn()).await.is_ok());
    }
}
