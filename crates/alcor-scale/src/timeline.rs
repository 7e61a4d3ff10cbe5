//! A look at everything once a second.

use crate::counts::Seen;
use crate::fleet::Fleet;
use crate::machine;
use crate::switches::{RealLook, RealWatch};
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// One look.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Look {
    /// Seconds since the run began.
    pub at: f64,
    /// What is being done.
    pub phase: String,
    /// Ports that the API has made so far.
    pub created: u64,
    /// Cores that the region used since the last look, and its memory.
    pub region_cores: f64,
    /// In bytes.
    pub region_memory: u64,
    /// Cores that the driver with all its hosts used since the last look, and its memory.
    pub driver_cores: f64,
    /// In bytes.
    pub driver_memory: u64,
    /// Cores that everything else on the machine used.
    pub other_cores: f64,
    /// What the hosts have seen.
    pub seen: Seen,
    /// Real hosts, where there are any.
    pub real: Option<RealLook>,
}

/// Hears of every look.
pub type Listener = Arc<dyn Fn(&Look) + Send + Sync>;

/// The looks of a run, and what it is at.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    looks: Mutex<Vec<Look>>,
    phase: Mutex<String>,
    region: AtomicU32,
    /// Real hosts.
    pub(crate) real: RealWatch,
    /// Ports that the API has made.
    pub(crate) created: AtomicU64,
    /// Ports that the API has deleted.
    pub(crate) deleted: AtomicU64,
}

impl Timeline {
    /// Ports that are there.
    pub(crate) fn ports(&self) -> i64 {
        let there = self.created.load(Relaxed) - self.deleted.load(Relaxed);
        i64::try_from(there).unwrap_or(i64::MAX)
    }

    /// From now on this is being done.
    pub(crate) fn phase(&self, phase: &str) {
        phase.clone_into(&mut self.phase.lock());
        tracing::info!(phase, "scale");
    }

    /// From now on the region is this process.
    pub(crate) fn watch_region(&self, pid: Option<u32>) {
        self.region.store(pid.unwrap_or(0), Relaxed);
    }

    /// The region's process, where it is ours.
    pub(crate) fn region(&self) -> Option<u32> {
        Some(self.region.load(Relaxed)).filter(|pid| *pid != 0)
    }

    /// The looks so far.
    pub(crate) fn looks(&self) -> Vec<Look> {
        self.looks.lock().clone()
    }

    /// Looks once a second until aborted.
    pub(crate) fn run(
        self: &Arc<Self>,
        fleet: &Arc<Fleet>,
        began: Instant,
        listener: Option<Listener>,
    ) -> JoinHandle<()> {
        let (timeline, fleet) = (Arc::clone(self), Arc::clone(fleet));
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            let mut last = Spent::now(0);
            loop {
                ticks.tick().await;
                let pid = timeline.region.load(Relaxed);
                let now = Spent::now(pid);
                let look = timeline.look(began, &fleet, &last, &now);
                if let Some(listener) = &listener {
                    listener(&look);
                }
                timeline.looks.lock().push(look);
                last = now;
            }
        })
    }

    fn look(&self, began: Instant, fleet: &Fleet, last: &Spent, now: &Spent) -> Look {
        let wall = now.at.duration_since(last.at).as_secs_f64().max(0.001);
        // A region that was started again has spent less than the one before.
        let region = if now.pid == last.pid {
            now.region - last.region
        } else {
            0.0
        };
        let driver = now.driver - last.driver;
        Look {
            at: began.elapsed().as_secs_f64(),
            phase: self.phase.lock().clone(),
            created: self.created.load(Relaxed),
            region_cores: region / wall,
            region_memory: machine::resident_bytes(now.pid),
            driver_cores: driver / wall,
            driver_memory: machine::resident_bytes(std::process::id()),
            other_cores: ((now.busy - last.busy - region - driver) / wall).max(0.0),
            seen: fleet.seen(),
            real: self.real.look(),
        }
    }
}

/// Processor seconds spent so far.
struct Spent {
    at: Instant,
    pid: u32,
    region: f64,
    driver: f64,
    busy: f64,
}

impl Spent {
    fn now(pid: u32) -> Self {
        Self {
            at: Instant::now(),
            pid,
            region: machine::cpu_seconds(pid),
            driver: machine::cpu_seconds(std::process::id()),
            busy: machine::busy_seconds(),
        }
    }
}
