//! One security group: its rules, its ports, and when what hosts are told of them changed.

use super::NamedBy;
use crate::compile;
use crate::log::Log;
use alcor_goalstate::{Goal, GoalKey, ScopeId, digest};
use alcor_types::{
    HostName, Port, PortId, Remote, Revision, SecurityGroup, SecurityGroupId, SecurityGroupRule,
    SecurityGroupRuleId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// See the module. The group itself may be missing for a moment, when facts of one revision
/// arrive in an order of their own; nobody is told anything meanwhile.
pub(super) struct Group {
    pub(super) fact: Option<Arc<SecurityGroup>>,
    pub(super) rules: BTreeMap<SecurityGroupRuleId, Arc<SecurityGroupRule>>,
    /// The hosts that its ports are bound to, with their number.
    pub(super) bound: BTreeMap<HostName, usize>,
    pub(super) named_by: NamedBy,
    pub(super) log: Log,
    id: SecurityGroupId,
    /// When the group's own goal last changed.
    revision: Revision,
    members: BTreeMap<PortId, Member>,
    /// The members with goals.
    told: BTreeSet<PortId>,
    /// XOR of the hashes of the members' goals.
    members_digest: u64,
}

/// A port of the group.
struct Member {
    port: Arc<Port>,
    /// Whether all its addresses are told here. Those of a port of a large network are told with the port
    /// itself to whoever asks for it; only what nobody can ask for is left.
    whole: bool,
    revision: Revision,
}

impl Group {
    /// An empty group whose history begins after `revision`.
    pub(super) fn new(id: SecurityGroupId, log_limit: usize, revision: Revision) -> Self {
        Self {
            fact: None,
            rules: BTreeMap::new(),
            bound: BTreeMap::new(),
            named_by: NamedBy::new(),
            log: Log::new(log_limit, revision),
            id,
            revision,
            members: BTreeMap::new(),
            told: BTreeSet::new(),
            members_digest: 0,
        }
    }

    /// Whether hosts are told of it.
    pub(super) fn exists(&self) -> bool {
        self.fact.is_some()
    }

    /// Whether nothing is left to know about.
    pub(super) fn is_empty(&self) -> bool {
        self.fact.is_none()
            && self.rules.is_empty()
            && self.members.is_empty()
            && self.named_by.is_empty()
    }

    /// The sets that its rules name.
    pub(super) fn remotes(&self) -> impl Iterator<Item = ScopeId> {
        self.rules.values().filter_map(|rule| remote(rule))
    }

    /// The group as a goal.
    pub(super) fn goal(&self) -> Option<Goal> {
        let rules = self.rules.values().map(|rule| &**rule);
        let fact = self.fact.as_ref()?;
        Some(compile::group(fact, rules, self.revision))
    }

    /// A port of the group as a goal.
    pub(super) fn member_goal(&self, id: PortId) -> Option<Goal> {
        self.fact.as_ref()?;
        self.told_of(id)
    }

    /// The same, whether or not the group itself is known.
    fn told_of(&self, id: PortId) -> Option<Goal> {
        let Member {
            port,
            whole,
            revision,
        } = self.members.get(&id)?;
        compile::member(self.id, port, *whole, *revision)
    }

    /// How many members hosts are told of.
    pub(super) fn told_members(&self) -> usize {
        self.told.len()
    }

    /// All goals.
    pub(super) fn goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.told.iter().copied();
        let members = ids.filter_map(|id| self.member_goal(id));
        self.goal().into_iter().chain(members)
    }

    /// XOR of the hashes of all goals.
    pub(super) fn digest(&self) -> u64 {
        match self.goal() {
            Some(goal) => digest::goal(&goal) ^ self.members_digest,
            None => 0,
        }
    }

    /// The group was written or deleted. True when hosts must hear of it.
    pub(super) fn set_fact(
        &mut self,
        revision: Revision,
        fact: Option<Arc<SecurityGroup>>,
    ) -> bool {
        let former = self.goal();
        let appears = self.fact.is_some() != fact.is_some();
        self.fact = fact;
        if appears {
            for id in &self.told {
                if let Some(held) = self.members.get_mut(id) {
                    held.revision = revision;
                }
                let key = GoalKey::Member(self.id, *id);
                self.log.touch(revision, key);
            }
        }
        self.retell(revision, former.as_ref())
    }

    /// A rule came or went.
    pub(super) fn set_rule(
        &mut self,
        revision: Revision,
        id: SecurityGroupRuleId,
        rule: Option<Arc<SecurityGroupRule>>,
    ) -> bool {
        let former = self.goal();
        match rule {
            Some(rule) => self.rules.insert(id, rule),
            None => self.rules.remove(&id),
        };
        self.retell(revision, former.as_ref())
    }

    /// A port of the group was written, is told `whole` from now on or no longer, or is not in it any more.
    pub(super) fn set_member(
        &mut self,
        revision: Revision,
        id: PortId,
        (port, whole): (Option<Arc<Port>>, bool),
    ) -> bool {
        let former = self.told_of(id);
        match port {
            None => drop(self.members.remove(&id)),
            Some(port) => {
                let held = self.members.get(&id);
                let member = Member {
                    port,
                    whole,
                    revision: held.map_or(revision, |held| held.revision),
                };
                self.members.insert(id, member);
            }
        }
        let now = self.told_of(id);
        if former == now {
            return false;
        }
        match now {
            None => drop(self.told.remove(&id)),
            Some(_) => drop(self.told.insert(id)),
        }
        self.members_digest ^= hash(former.as_ref()) ^ hash(now.as_ref());
        if let Some(held) = self.members.get_mut(&id) {
            held.revision = revision;
        }
        if self.fact.is_some() {
            self.log.touch(revision, GoalKey::Member(self.id, id));
        }
        self.fact.is_some()
    }

    fn retell(&mut self, revision: Revision, former: Option<&Goal>) -> bool {
        if self.goal().as_ref() == former {
            return false;
        }
        self.revision = revision;
        let key = GoalKey::Group(self.id);
        self.log.touch(revision, key);
        true
    }
}

/// The set that a rule names.
pub(super) fn remote(rule: &SecurityGroupRule) -> Option<ScopeId> {
    match rule.traffic.remote {
        Remote::Group(id) => Some(id.into()),
        Remote::AddressGroup(id) => Some(id.into()),
        Remote::Any | Remote::Prefix(_) | Remote::OwnGroup => None,
    }
}

fn hash(goal: Option<&Goal>) -> u64 {
    goal.map_or(0, digest::goal)
}
