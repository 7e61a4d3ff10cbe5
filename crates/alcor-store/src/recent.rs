//! Which rows the last commits touched: how the writer tells a transaction whose view is
//! still true from one that must run again.

use crate::change::{Commit, Key};
use crate::reads::Reads;
use alcor_types::Revision;
use std::collections::{BTreeMap, VecDeque};

/// Rows remembered at most. A transaction that began before all of them runs again, which
/// costs time, never correctness.
const KEEP_ROWS: usize = 8_192;

/// The newest revision of every row touched since `since`.
#[derive(Debug)]
pub(crate) struct Recent {
    since: Revision,
    rows: BTreeMap<Key, Revision>,
    commits: VecDeque<Commit>,
}

impl Recent {
    /// Nothing is known about commits up to `since`.
    pub(crate) fn new(since: Revision) -> Self {
        Self {
            since,
            rows: BTreeMap::new(),
            commits: VecDeque::new(),
        }
    }

    /// Remembers a commit, and forgets old ones when there are too many rows.
    pub(crate) fn add(&mut self, commit: &Commit) {
        for change in commit.changes.iter() {
            self.rows.insert(change.key.clone(), commit.revision);
        }
        self.commits.push_back(commit.clone());
        while self.rows.len() > KEEP_ROWS && self.forget() {}
    }

    fn forget(&mut self) -> bool {
        let Some(oldest) = self.commits.pop_front() else {
            return false;
        };
        for change in oldest.changes.iter() {
            if self.rows.get(&change.key) == Some(&oldest.revision) {
                self.rows.remove(&change.key);
            }
        }
        self.since = oldest.revision;
        true
    }

    /// Whether something that was read at `at` has been written since.
    pub(crate) fn conflicts(&self, at: Revision, reads: &Reads) -> bool {
        if at < self.since {
            return true;
        }
        let newer = |revision: &Revision| *revision > at;
        reads
            .keys
            .iter()
            .any(|key| self.rows.get(key).is_some_and(newer))
            || reads.ranges.iter().any(|range| {
                self.rows
                    .range(range.clone())
                    .any(|(_, revision)| newer(revision))
            })
    }
}
