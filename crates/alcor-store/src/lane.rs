//! Who submits: transactions of one lane are served in their order, lanes in fair turns.

use crate::error::StoreError;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whose transactions wait behind each other: those of one project, or the region's own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Lane(Option<Arc<str>>);

impl Lane {
    /// The lane of the region's own work.
    pub const REGION: Self = Self(None);

    /// The lane of a project.
    pub fn of(project: &str) -> Self {
        Self(Some(project.into()))
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(project) => write!(f, "project '{project}'"),
            None => f.write_str("the region itself"),
        }
    }
}

/// How many transactions of each lane wait or are being written. Those of projects have so many places
/// and are refused beyond them, because more callers than that are not helped by waiting. The region's own
/// work has places too, and waits for one: there is nobody whom a refusal would tell to slow down.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    taken: Mutex<HashMap<Lane, usize>>,
    region: Arc<Semaphore>,
}

impl Places {
    /// So many places for each project, and so many for the region.
    pub(crate) fn new(most: usize, region: usize) -> Self {
        Self {
            most: most.max(1),
            taken: Mutex::default(),
            region: Arc::new(Semaphore::new(region.max(1))),
        }
    }

    /// Takes a place in a lane.
    pub(crate) async fn take(self: &Arc<Self>, lane: Lane) -> Result<Place, StoreError> {
        if lane == Lane::REGION {
            let permit = Arc::clone(&self.region).acquire_owned().await;
            return Ok(Place::Region(permit.map_err(|_| StoreError::Closed)?));
        }
        let mut taken = self.taken.lock();
        let count = taken.entry(lane.clone()).or_default();
        if *count >= self.most {
            return Err(StoreError::Crowded {
                lane,
                waiting: *count,
            });
        }
        *count += 1;
        drop(taken);
        Ok(Place::Project(Arc::clone(self), lane))
    }
}

/// A place in a lane, free again when it is dropped.
#[derive(Debug)]
pub(crate) enum Place {
    /// One of the region's.
    Region(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit),
    /// One of a project's.
    Project(Arc<Places>, Lane),
}

impl Place {
    /// In which lane it is.
    pub(crate) fn lane(&self) -> Lane {
        match self {
            Self::Region(_) => Lane::REGION,
            Self::Project(_, lane) => lane.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Project(places, lane) = self else {
            return;
        };
        if let Entry::Occupied(mut count) = places.taken.lock().entry(lane.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_lane_refuses_and_others_do_not_notice() {
        let places = Arc::new(Places::new(2, 1));
        let (busy, quiet) = (Lane::of("busy"), Lane::of("quiet"));
        let first = places.take(busy.clone()).await.unwrap();
        let _second = places.take(busy.clone()).await.unwrap();
        let refused = places.take(busy.clone()).await;
        assert!(matches!(
            refused,
            Err(StoreError::Crowded { lane, waiting: 2 }) if lane == busy
        ));
        let other = places.take(quiet).await.unwrap();
        drop(first);
        let _third = places.take(busy).await.unwrap();
        drop(other);
        // Lanes in which nobody waits cost no memory.
        assert_eq!(places.taken.lock().len(), 1);
    }

    #[tokio::test]
    async fn the_regions_own_work_waits_for_a_place() {
        let places = Arc::new(Places::new(1, 1));
        let first = places.take(Lane::REGION).await.unwrap();
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take(Lane::REGION).await.map(|place| place.lane()) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert_eq!(waiting.await.unwrap().unwrap(), Lane::REGION);
    }
}
