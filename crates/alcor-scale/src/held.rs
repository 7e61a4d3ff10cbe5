//! What an emulated host holds of a scope: for every goal the hash of its content. The rules are
//! those of a real agent's holdings; a goal is sixteen bytes instead of some hundred, so that
//! hosts by the ten thousand fit into one process and can still be compared goal by goal.

use alcor_goalstate::{GoalChange, GoalKey, digest};
use alcor_types::Revision;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// A goal's name in eight bytes.
pub(crate) type Name = u64;

/// Names are hashes already.
#[derive(Clone, Copy, Default)]
pub(crate) struct Straight(u64);

impl Hasher for Straight {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Straightly = BuildHasherDefault<Straight>;

/// The name of the goal under a key.
pub(crate) fn name(key: &GoalKey) -> Name {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The goals of one scope.
#[derive(Clone, Debug, Default)]
pub struct ScopeHeld {
    revision: Revision,
    digest: u64,
    goals: HashMap<Name, u64, Straightly>,
    /// Names that a snapshot under way has had so far.
    assembling: Option<HashSet<Name, Straightly>>,
}

/// What a change did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Did {
    /// The goal is held now and was not before.
    New,
    /// It was held with another content.
    Changed,
    /// It went.
    Gone,
    /// The host holds what it held.
    Nothing,
}

impl ScopeHeld {
    /// The newest push that was taken whole.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// XOR of the hashes of all goals.
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

    /// The hash of the goal under a name.
    pub(crate) fn get(&self, name: Name) -> Option<u64> {
        self.goals.get(&name).copied()
    }

    /// A snapshot begins.
    pub(crate) fn begin_snapshot(&mut self) {
        self.assembling = Some(HashSet::default());
    }

    /// A push is whole. What a snapshot did not name goes; returns how much that is.
    pub(crate) fn complete(&mut self, revision: Revision) -> usize {
        self.revision = self.revision.max(revision);
        let Some(named) = self.assembling.take() else {
            return 0;
        };
        let before = self.goals.len();
        let digest = &mut self.digest;
        self.goals.retain(|name, hash| {
            let keep = named.contains(name);
            *digest ^= if keep { 0 } else { *hash };
            keep
        });
        before - self.goals.len()
    }

    /// A session has ended: its snapshot will not be finished. Whether there was one under way.
    pub(crate) fn interrupt(&mut self) -> bool {
        self.assembling.take().is_some()
    }

    /// Takes in one change. A session is in order, and sessions follow each other, so the later
    /// one counts.
    pub(crate) fn apply(&mut self, change: &GoalChange) -> Did {
        let name = name(&change.key());
        if let Some(named) = &mut self.assembling {
            named.insert(name);
        }
        match change {
            GoalChange::Put(goal) => self.put(name, digest::goal(goal)),
            GoalChange::Delete { .. } => match self.goals.remove(&name) {
                Some(hash) => {
                    self.digest ^= hash;
                    Did::Gone
                }
                None => Did::Nothing,
            },
        }
    }

    fn put(&mut self, name: Name, hash: u64) -> Did {
        let former = self.goals.insert(name, hash);
        self.digest ^= hash ^ former.unwrap_or_default();
        match former {
            None => Did::New,
            Some(former) if former == hash => Did::Nothing,
            Some(_) => Did::Changed,
        }
    }
}
