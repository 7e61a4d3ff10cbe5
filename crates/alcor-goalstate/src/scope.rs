//! What a host holds of one scope, and the one rule by which it changes: the higher
//! revision wins.

use crate::{Goal, GoalChange, GoalKey, InterfaceGoal, SubnetGoal, digest};
use alcor_types::{PortId, Revision, SubnetId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It is held now, and was not before.
    Changed,
    /// The same content was held already; the newer revision of both is held now.
    Unchanged,
    /// Something newer is held; the change was dropped.
    OutOfOrder,
}

/// A goal with the hash of its content.
#[derive(Clone, Debug)]
struct Held {
    goal: Goal,
    hash: u64,
}

/// The goals of one scope by key, with their digest.
#[derive(Clone, Debug, Default)]
pub struct ScopeGoals {
    revision: Revision,
    digest: u64,
    goals: BTreeMap<GoalKey, Held>,
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
        self.goals.get(key).map(|held| &held.goal)
    }

    /// All goals, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Goal> {
        self.goals.values().map(|held| &held.goal)
    }

    /// The subnets, in the order of their ids.
    pub fn subnets(&self) -> impl Iterator<Item = &SubnetGoal> {
        let first = GoalKey::Subnet(SubnetId(Uuid::nil()));
        let goals = self.goals.range(first..);
        goals.map_while(|(_, held)| match &held.goal {
            Goal::Subnet(subnet) => Some(subnet),
            _ => None,
        })
    }

    /// The routers' ports, in the order of their ids.
    pub fn interfaces(&self) -> impl Iterator<Item = &InterfaceGoal> {
        let first = GoalKey::Interface(PortId(Uuid::nil()));
        let goals = self.goals.range(first..);
        goals.map_while(|(_, held)| match &held.goal {
            Goal::Interface(interface) => Some(interface),
            _ => None,
        })
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
        let (key, hash) = (goal.key(), digest::goal(goal));
        let held = self.goals.get(&key);
        let newer = held.is_none_or(|held| held.goal.revision() <= goal.revision());
        let same = held.is_some_and(|held| held.hash == hash);
        if newer {
            self.forget(&key);
            self.digest ^= hash;
            let goal = goal.clone();
            self.goals.insert(key, Held { goal, hash });
        }
        match (same, newer) {
            (true, _) => Applied::Unchanged,
            (false, true) => Applied::Changed,
            (false, false) => Applied::OutOfOrder,
        }
    }

    fn delete(&mut self, key: &GoalKey, revision: Revision) -> Applied {
        match self.goals.get(key) {
            None => Applied::Unchanged,
            Some(held) if held.goal.revision() > revision => Applied::OutOfOrder,
            Some(_) => {
                self.forget(key);
                Applied::Changed
            }
        }
    }

    fn forget(&mut self, key: &GoalKey) {
        if let Some(held) = self.goals.remove(key) {
            self.digest ^= held.hash;
        }
    }
}
