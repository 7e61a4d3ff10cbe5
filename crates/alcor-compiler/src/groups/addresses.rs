//! One address group: its blocks, and when they last changed.

use super::NamedBy;
use crate::compile;
use crate::log::Log;
use alcor_goalstate::{Goal, GoalKey, digest};
use alcor_types::{AddressGroup, AddressGroupId, Revision};
use std::sync::Arc;

/// See the module. Rules may name it before it comes.
pub(super) struct Addresses {
    pub(super) named_by: NamedBy,
    pub(super) log: Log,
    id: AddressGroupId,
    fact: Option<Arc<AddressGroup>>,
    revision: Revision,
}

impl Addresses {
    /// A group that has not come yet, and whose history begins after `revision`.
    pub(super) fn new(id: AddressGroupId, log_limit: usize, revision: Revision) -> Self {
        Self {
            named_by: NamedBy::new(),
            log: Log::new(log_limit, revision),
            id,
            fact: None,
            revision,
        }
    }

    /// Whether hosts are told of it.
    pub(super) fn exists(&self) -> bool {
        self.fact.is_some()
    }

    /// Whether nothing is left to know about.
    pub(super) fn is_empty(&self) -> bool {
        self.fact.is_none() && self.named_by.is_empty()
    }

    /// The group as a goal.
    pub(super) fn goal(&self) -> Option<Goal> {
        let fact = self.fact.as_ref()?;
        Some(compile::address_group(fact, self.revision))
    }

    /// The hash of its goal.
    pub(super) fn digest(&self) -> u64 {
        self.goal().map_or(0, |goal| digest::goal(&goal))
    }

    /// The group was written or deleted. True when hosts must hear of it.
    pub(super) fn set(&mut self, revision: Revision, fact: Option<Arc<AddressGroup>>) -> bool {
        let former = self.goal();
        self.fact = fact;
        if self.goal() == former {
            return false;
        }
        self.revision = revision;
        let key = GoalKey::AddressGroup(self.id);
        self.log.touch(revision, key);
        true
    }
}
