//! What all emulated hosts have seen, counted together.

use crate::agent::Taken;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Running counts; the fields of [`Seen`] say what they are.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) pushes: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) empty: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) lost: AtomicU64,
    /// Lost sessions by the region's reason.
    reasons: Mutex<BTreeMap<String, u64>>,
    pub(crate) sessions: AtomicI64,
    pub(crate) complete: AtomicI64,
    pub(crate) goals: AtomicI64,
    pub(crate) ports: AtomicI64,
}

/// The counts at one moment.
#[derive(Clone, Copy, PartialEq, Debug, Default, serde::Serialize)]
pub struct Seen {
    /// Pushes taken in.
    pub pushes: u64,
    /// Goals in them.
    pub changes: u64,
    /// Bytes of them on the wire, without HTTP/2's own.
    pub bytes: u64,
    /// Of these the bytes of goals that the host held already, and of pushes without a goal.
    pub repeated_bytes: u64,
    /// Pushes without a goal: words that nothing is new.
    pub empty_pushes: u64,
    /// Pushes that could not be read.
    pub refused: u64,
    /// Sessions that ended without our doing.
    pub lost_sessions: u64,
    /// Open sessions.
    pub sessions: i64,
    /// Hosts that hold all that the region named in this session.
    pub complete: i64,
    /// Goals held, of all hosts.
    pub goals: i64,
    /// Own ports verified.
    pub ports: i64,
}

impl Counts {
    /// A session was lost. Reasons differ in few words: there are few of them.
    pub(crate) fn lose(&self, reason: &str) {
        const REASONS: usize = 20;
        self.lost.fetch_add(1, Relaxed);
        let mut reasons = self.reasons.lock();
        if reasons.len() < REASONS || reasons.contains_key(reason) {
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Why sessions were lost, and how often.
    pub(crate) fn reasons(&self) -> BTreeMap<String, u64> {
        self.reasons.lock().clone()
    }

    /// A host took a push in.
    pub(crate) fn taken(&self, taken: &Taken) {
        self.pushes.fetch_add(1, Relaxed);
        self.changes.fetch_add(taken.changes, Relaxed);
        self.bytes.fetch_add(taken.bytes, Relaxed);
        self.goals.fetch_add(taken.gained, Relaxed);
        self.ports.fetch_add(taken.verified_ports, Relaxed);
        if taken.changes == 0 {
            self.empty.fetch_add(1, Relaxed);
            self.repeated.fetch_add(taken.bytes, Relaxed);
        } else {
            self.repeated.fetch_add(taken.repeated, Relaxed);
        }
    }

    /// The counts now.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            pushes: self.pushes.load(Relaxed),
            changes: self.changes.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            repeated_bytes: self.repeated.load(Relaxed),
            empty_pushes: self.empty.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost_sessions: self.lost.load(Relaxed),
            sessions: self.sessions.load(Relaxed),
            complete: self.complete.load(Relaxed),
            goals: self.goals.load(Relaxed),
            ports: self.ports.load(Relaxed),
        }
    }
}

impl Seen {
    /// What was seen since an earlier moment; what is held stays as it is.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            pushes: self.pushes - before.pushes,
            changes: self.changes - before.changes,
            bytes: self.bytes - before.bytes,
            repeated_bytes: self.repeated_bytes - before.repeated_bytes,
            empty_pushes: self.empty_pushes - before.empty_pushes,
            refused: self.refused - before.refused,
            lost_sessions: self.lost_sessions - before.lost_sessions,
            ..*self
        }
    }
}
