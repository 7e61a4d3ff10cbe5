//! What processes cost while something is done: their processor time, ours, and that of
//! everybody else on the machine, without which a wall-clock time means little.

use crate::machine::{busy_seconds, field, read};
use std::time::Instant;

/// Clock ticks a second in `/proc`; fixed in Linux's interface whatever the kernel's own rate.
pub(crate) const TICKS: f64 = 100.0;

/// A measurement under way.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    watched: Vec<i32>,
    watched_before: f64,
    own_before: f64,
    busy_before: f64,
}

/// What was used while it ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Processor seconds of the watched processes.
    pub(crate) watched: f64,
    /// Processor seconds of the benchmark itself.
    pub(crate) own: f64,
    /// Cores that were busy for others all the time, on average.
    pub(crate) others: f64,
}

impl Meter {
    /// Begins to watch these processes.
    pub(crate) fn start(watched: impl IntoIterator<Item = i32>) -> Self {
        let watched: Vec<i32> = watched.into_iter().collect();
        Self {
            watched_before: sum(&watched),
            own_before: own(),
            busy_before: busy_seconds(),
            began: Instant::now(),
            watched,
        }
    }

    /// What was used so far.
    pub(crate) fn read(&self) -> Usage {
        let wall = self.began.elapsed().as_secs_f64();
        let watched = sum(&self.watched) - self.watched_before;
        let own = own() - self.own_before;
        let busy = busy_seconds() - self.busy_before;
        Usage {
            wall,
            watched,
            own,
            others: ((busy - watched - own) / wall).max(0.0),
        }
    }
}

/// Processor seconds that a process has used so far, all its threads included.
pub(crate) fn cpu_seconds(pid: i32) -> f64 {
    let stat = read(&format!("/proc/{pid}/stat"));
    // The program's name may hold spaces; user and system time are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|tick| tick.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// The memory that a process holds now, in bytes.
pub(crate) fn resident_bytes(pid: i32) -> f64 {
    memory(pid, "VmRSS")
}

/// The most memory that a process held since it started, in bytes.
pub(crate) fn peak_bytes(pid: i32) -> f64 {
    memory(pid, "VmHWM")
}

fn memory(pid: i32, name: &str) -> f64 {
    let status = read(&format!("/proc/{pid}/status"));
    field(&status, name).parse::<f64>().unwrap_or(0.0) * 1024.0
}

fn sum(pids: &[i32]) -> f64 {
    pids.iter().copied().map(cpu_seconds).sum()
}

fn own() -> f64 {
    cpu_seconds(i32::try_from(std::process::id()).unwrap_or_default())
}
