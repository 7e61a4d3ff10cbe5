//! Security groups and address groups: which host needs which of them.
//!
//! A host needs a group when a port bound to it is in the group, and when a group that such a
//! port is in names the group in a rule. Then it needs all of it: everybody in the span holds the
//! same goals. Ports of a group count wherever they are, bound or not, as long as they have the
//! group among theirs.

mod addresses;
pub(crate) mod change;
mod group;

use crate::hosts::Hosts;
use crate::log::Log;
use addresses::Addresses;
use alcor_goalstate::{Goal, GoalKey, ScopeId};
use alcor_types::{AddressGroupId, HostName, ProjectId, SecurityGroupId, SecurityGroupRuleId};
use group::Group;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All groups of a region.
#[derive(Default)]
pub(crate) struct Groups {
    sets: HashMap<SecurityGroupId, Group>,
    addresses: HashMap<AddressGroupId, Addresses>,
    /// The groups of rules, to find them when they are deleted.
    rules: HashMap<SecurityGroupRuleId, SecurityGroupId>,
    /// How many ports bound to a host are in which groups, whether or not its node exists.
    bound: HashMap<HostName, BTreeMap<SecurityGroupId, usize>>,
}

/// The groups whose rules name a set, each with the number of such rules.
type NamedBy = BTreeMap<SecurityGroupId, usize>;

impl Groups {
    /// Whether the host is to hold the scope.
    pub(crate) fn has_host(&self, scope: ScopeId, host: &HostName, hosts: &Hosts) -> bool {
        let binds = |group: &SecurityGroupId| {
            let bound = self.sets.get(group).map(|group| &group.bound);
            bound.is_some_and(|bound| bound.contains_key(host))
        };
        let own = scope_group(scope).is_some_and(|group| binds(&group));
        let named = || self.named_by(scope).is_some_and(|by| by.keys().any(binds));
        self.exists(scope) && hosts.tunnel_ip(host).is_some() && (own || named())
    }

    /// The hosts that are to hold the scope, sorted.
    pub(crate) fn hosts(&self, scope: ScopeId, hosts: &Hosts) -> Vec<HostName> {
        let bound = self.bound_hosts(scope).into_iter();
        bound
            .filter(|host| self.has_host(scope, host, hosts))
            .cloned()
            .collect()
    }

    /// Whether any host is to hold the scope.
    pub(crate) fn has_hosts(&self, scope: ScopeId, hosts: &Hosts) -> bool {
        let mut bound = self.bound_to(scope);
        bound.any(|host| self.has_host(scope, host, hosts))
    }

    /// The scopes that ports bound to the host ask for, whether or not its node exists.
    pub(crate) fn scopes_of(&self, host: &HostName) -> BTreeSet<ScopeId> {
        let groups = self.bound.get(host).into_iter().flat_map(BTreeMap::keys);
        groups.flat_map(|group| self.span(*group)).collect()
    }

    /// The scope's history; `None` when nobody has spoken of it.
    pub(crate) fn log(&self, scope: ScopeId) -> Option<&Log> {
        match scope {
            ScopeId::Group(id) => Some(&self.sets.get(&id)?.log),
            ScopeId::AddressGroup(id) => Some(&self.addresses.get(&id)?.log),
            ScopeId::Network(_) => None,
        }
    }

    /// All goals of the scope.
    pub(crate) fn goals(&self, scope: ScopeId) -> Vec<Goal> {
        match scope {
            ScopeId::Group(id) => {
                let group = self.sets.get(&id);
                group.map_or_else(Vec::new, |group| group.goals().collect())
            }
            ScopeId::AddressGroup(id) => {
                let addresses = self.addresses.get(&id);
                addresses.and_then(Addresses::goal).into_iter().collect()
            }
            ScopeId::Network(_) => Vec::new(),
        }
    }

    /// What is to be held under the key now.
    pub(crate) fn goal(&self, key: GoalKey) -> Option<Goal> {
        match key {
            GoalKey::Group(id) => self.sets.get(&id)?.goal(),
            GoalKey::Member(id, port) => self.sets.get(&id)?.member_goal(port),
            GoalKey::AddressGroup(id) => self.addresses.get(&id)?.goal(),
            _ => None,
        }
    }

    /// How many members hosts are told of.
    pub(crate) fn breadth(&self, scope: ScopeId) -> usize {
        let set = scope_group(scope).and_then(|id| self.sets.get(&id));
        set.map_or(0, Group::told_members)
    }

    /// XOR of the hashes of all goals of the scope. Costs the rules, not the members.
    pub(crate) fn digest(&self, scope: ScopeId) -> u64 {
        match scope {
            ScopeId::Group(id) => self.sets.get(&id).map_or(0, Group::digest),
            ScopeId::AddressGroup(id) => self.addresses.get(&id).map_or(0, Addresses::digest),
            ScopeId::Network(_) => 0,
        }
    }

    /// Whose group it is, where it is a security group that exists.
    pub(crate) fn owner(&self, scope: ScopeId) -> Option<&ProjectId> {
        let fact = self.sets.get(&scope_group(scope)?)?.fact.as_ref()?;
        Some(&fact.project_id)
    }

    fn exists(&self, scope: ScopeId) -> bool {
        match scope {
            ScopeId::Group(id) => self.sets.get(&id).is_some_and(Group::exists),
            ScopeId::AddressGroup(id) => self.addresses.get(&id).is_some_and(Addresses::exists),
            ScopeId::Network(_) => false,
        }
    }

    fn named_by(&self, scope: ScopeId) -> Option<&NamedBy> {
        match scope {
            ScopeId::Group(id) => Some(&self.sets.get(&id)?.named_by),
            ScopeId::AddressGroup(id) => Some(&self.addresses.get(&id)?.named_by),
            ScopeId::Network(_) => None,
        }
    }

    /// The hosts with a port that asks for the scope, whether or not their nodes exist. Sorted.
    fn bound_hosts(&self, scope: ScopeId) -> BTreeSet<&HostName> {
        self.bound_to(scope).collect()
    }

    /// The same in no order, a host perhaps more than once.
    fn bound_to(&self, scope: ScopeId) -> impl Iterator<Item = &HostName> {
        let named = self.named_by(scope).into_iter().flat_map(BTreeMap::keys);
        let groups = scope_group(scope).into_iter().chain(named.copied());
        let groups = groups.filter_map(|id| self.sets.get(&id));
        groups.flat_map(|group| group.bound.keys())
    }

    /// What a host with a port of the group needs: the group, and what its rules name.
    fn span(&self, group: SecurityGroupId) -> BTreeSet<ScopeId> {
        let known = self.sets.get(&group).into_iter();
        let remotes = known.flat_map(Group::remotes);
        remotes.chain([ScopeId::Group(group)]).collect()
    }
}

fn scope_group(scope: ScopeId) -> Option<SecurityGroupId> {
    match scope {
        ScopeId::Group(id) => Some(id),
        ScopeId::AddressGroup(_) | ScopeId::Network(_) => None,
    }
}
