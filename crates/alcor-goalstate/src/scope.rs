//! What a host holds of one scope, and the one rule by which it changes: the higher
//! revision wins.

use crate::{Goal, GoalChange, GoalKey, digest};
use alcor_types::Revision;
use std::collections::BTreeMap;

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It is held now, and was not before.
    Changed,
    /// It was held already.
    Unchanged,
    /// Something newer is held; the change was dropped.
    OutOfOrder,
}

/// The goals of one scope by key, with their digest.
#[derive(Clone, Debug, Default)]
pub struct ScopeGoals {
    revision: Revision,
    digest: u64,
    goals: BTreeMap<GoalKey, Goal>,
}

impl ScopeGoals {
    /// The newest push that was applied whole.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The XOR of all goals' hashes; see [`digest`].
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// How many goals are held.
    pub fn len(&self) -> usize {
        self.goals.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.goals.is_empty()
    }

    /// The goal under `key`.
    pub fn get(&self, key: &GoalKey) -> Option<&Goal> {
        self.goals.get(key)
    }

    /// All goals, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Goal> {
        self.goals.values()
    }

    /// Notes that the scope is whole at `revision`.
    pub fn complete(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
    }

    /// Applies one change; an older one than held is dropped.
    pub fn apply(&mut self, change: &GoalChange) -> Applied {
        match change {
            GoalChange::Put(goal) => self.put(goal),
            GoalChange::Delete { key, revision } => self.delete(key, *revision),
        }
    }

    /// Forgets everything whose key `keep` does not name, and returns the forgotten keys: the
    /// end of a snapshot.
    pub fn retain(&mut self, keep: impl Fn(&GoalKey) -> bool) -> Vec<GoalKey> {
        let stale: Vec<_> = self
            .goals
            .keys()
            .filter(|key| !keep(key))
            .copied()
            .collect();
        for key in &stale {
            self.forget(key);
        }
        stale
    }

    fn put(&mut self, goal: &Goal) -> Applied {
        let key = goal.key();
        if let Some(held) = self.goals.get(&key) {
            if held == goal {
                return Applied::Unchanged;
            }
            if held.revision() > goal.revision() {
                return Applied::OutOfOrder;
            }
        }
        self.forget(&key);
        self.digest ^= digest::goal(goal);
        self.goals.insert(key, goal.clone());
        Applied::Changed
    }

    fn delete(&mut self, key: &GoalKey, revision: Revision) -> Applied {
        match self.goals.get(key) {
            None => Applied::Unchanged,
            Some(held) if held.revision() > revision => Applied::OutOfOrder,
            Some(_) => {
                self.forget(key);
                Applied::Changed
            }
        }
    }

    fn forget(&mut self, key: &GoalKey) {
        if let Some(held) = self.goals.remove(key) {
            self.digest ^= digest::goal(&held);
        }
    }
}
