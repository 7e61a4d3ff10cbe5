//! One security group: its rules, its ports, and when what hosts are told of them changed.

use super::NamedBy;
use crate::compile;
use crate::log::{Log, Subject};
use alcor_goalstate::{Goal, GoalKey, ScopeId, digest};
use alcor_types::{
    HostName, Port, PortId, Remote, Revision, SecurityGroup, SecurityGroupId, SecurityGroupRule,
    SecurityGroupRuleId,
};
use std::collections::BTreeMap;
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
    members: BTreeMap<PortId, (Arc<Port>, Revision)>,
    /// XOR of the hashes of the members' goals.
    members_digest: u64,
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
        let (port, revision) = self.members.get(&id)?;
        Some(compile::member(self.id, port, *revision))
    }

    /// All goals.
    pub(super) fn goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.members.keys().copied();
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
            for (id, (_, at)) in &mut self.members {
                *at = revision;
                self.log.touch(revision, member(self.id, *id), None);
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

    /// A port of the group was written, or is no longer in it.
    pub(super) fn set_member(
        &mut self,
        revision: Revision,
        id: PortId,
        port: Option<Arc<Port>>,
    ) -> bool {
        let goal = |group: &Self| {
            let (port, revision) = group.members.get(&id)?;
            Some(compile::member(group.id, port, *revision))
        };
        let former = goal(self);
        match port {
            None => drop(self.members.remove(&id)),
            Some(port) => {
                let held = self.members.get(&id).map(|(_, at)| *at);
                self.members.insert(id, (port, held.unwrap_or(revision)));
            }
        }
        let now = goal(self);
        if former == now {
            return false;
        }
        self.members_digest ^= hash(former.as_ref()) ^ hash(now.as_ref());
        if let Some((_, at)) = self.members.get_mut(&id) {
            *at = revision;
        }
        if self.fact.is_some() {
            self.log.touch(revision, member(self.id, id), None);
        }
        self.fact.is_some()
    }

    fn retell(&mut self, revision: Revision, former: Option<&Goal>) -> bool {
        if self.goal().as_ref() == former {
            return false;
        }
        self.revision = revision;
        let key = GoalKey::Group(self.id);
        self.log.touch(revision, Subject { host: None, key }, None);
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

fn member(group: SecurityGroupId, port: PortId) -> Subject {
    let key = GoalKey::Member(group, port);
    Subject { host: None, key }
}

fn hash(goal: Option<&Goal>) -> u64 {
    goal.map_or(0, digest::goal)
}
