//! Changes to groups, rules and the groups of ports. Each notes first which hosts were in the
//! scopes that it may bring to a host or take from it.

use super::group::remote;
use super::{Addresses, Group, Groups};
use crate::hosts::Hosts;
use crate::journal::Journal;
use alcor_goalstate::ScopeId;
use alcor_types::{
    AddressGroup, AddressGroupId, HostName, Port, PortId, Revision, SecurityGroup, SecurityGroupId,
    SecurityGroupRule, SecurityGroupRuleId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What every change has with it.
pub(crate) struct Context<'a> {
    /// When it happens.
    pub(crate) revision: Revision,
    /// How many changes a scope remembers.
    pub(crate) log_limit: usize,
    /// The hosts.
    pub(crate) hosts: &'a Hosts,
    /// Who is to hear of it.
    pub(crate) journal: &'a mut Journal,
}

impl Groups {
    /// A security group was written or deleted.
    pub(crate) fn take_group(
        &mut self,
        id: SecurityGroupId,
        fact: Option<Arc<SecurityGroup>>,
        mut context: Context<'_>,
    ) {
        self.note_all(id.into(), &mut context);
        let news = self.group(id, &context).set_fact(context.revision, fact);
        context.journal.news(id, news);
        self.forget_if_empty(id.into());
    }

    /// An address group was written or deleted.
    pub(crate) fn take_addresses(
        &mut self,
        id: AddressGroupId,
        fact: Option<Arc<AddressGroup>>,
        mut context: Context<'_>,
    ) {
        self.note_all(id.into(), &mut context);
        let news = self.addresses(id, &context).set(context.revision, fact);
        context.journal.news(id, news);
        self.forget_if_empty(id.into());
    }

    /// A rule came or went.
    pub(crate) fn take_rule(
        &mut self,
        id: SecurityGroupRuleId,
        rule: Option<Arc<SecurityGroupRule>>,
        mut context: Context<'_>,
    ) {
        let home = rule.as_ref().map(|rule| rule.security_group_id);
        let former = match home {
            Some(home) => self.rules.insert(id, home),
            None => self.rules.remove(&id),
        };
        if let Some(former) = former.filter(|former| Some(*former) != home) {
            self.set_rule(former, (id, None), &mut context);
        }
        if let Some(home) = home {
            self.set_rule(home, (id, rule), &mut context);
        }
    }

    fn set_rule(
        &mut self,
        group: SecurityGroupId,
        (id, rule): (SecurityGroupRuleId, Option<Arc<SecurityGroupRule>>),
        context: &mut Context<'_>,
    ) {
        let held = self.group(group, context).rules.get(&id);
        let former = held.and_then(|rule| remote(rule));
        let now = rule.as_ref().and_then(|rule| remote(rule));
        for scope in [former, now].into_iter().flatten() {
            self.note_all(scope, context);
            self.note_hosts_of(group, scope, context);
        }
        if let Some(former) = former {
            self.unname(former, group);
        }
        if let Some(now) = now {
            self.name(now, group, context);
        }
        let revision = context.revision;
        let news = self.group(group, context).set_rule(revision, id, rule);
        context.journal.news(group, news);
        for scope in former.into_iter().chain([group.into()]) {
            self.forget_if_empty(scope);
        }
    }

    /// A port was written or deleted; before it was `former`. Whether hosts are told of it `whole`, as a
    /// member of its groups, depends on its network.
    pub(crate) fn take_port(
        &mut self,
        id: PortId,
        former: Option<&Port>,
        (now, whole): (Option<&Arc<Port>>, bool),
        mut context: Context<'_>,
    ) {
        let host = |port: Option<&Port>| port.and_then(|port| port.host.clone());
        let current = now.map(|port| &**port);
        let all = groups_of(former).iter().chain(groups_of(current)).copied();
        let all: BTreeSet<SecurityGroupId> = all.collect();
        let (old_host, new_host) = (host(former), host(current));
        let moved = old_host != new_host || groups_of(former) != groups_of(current);
        if moved {
            let places = || old_host.iter().chain(&new_host);
            self.note_spans(&all, places, &mut context);
            self.unbind(groups_of(former), old_host.as_ref());
            for group in groups_of(current) {
                self.bind(*group, new_host.as_ref(), &context);
            }
        }
        for group in all {
            let inside = now.filter(|port| port.security_groups.contains(&group));
            let revision = context.revision;
            let held = self.group(group, &context);
            let news = held.set_member(revision, id, (inside.cloned(), whole));
            context.journal.news(group, news);
            self.forget_if_empty(group.into());
        }
    }

    /// From now on hosts are told of the port `whole` as a member of its groups, or no longer.
    pub(crate) fn tell_port(&mut self, port: &Arc<Port>, whole: bool, context: &mut Context<'_>) {
        for id in &port.security_groups {
            let inside = (Some(Arc::clone(port)), whole);
            let revision = context.revision;
            let group = self.group(*id, context);
            let news = group.set_member(revision, port.id, inside);
            context.journal.news(*id, news);
        }
    }

    fn note_spans<'a, I: Iterator<Item = &'a HostName>>(
        &self,
        groups: &BTreeSet<SecurityGroupId>,
        places: impl Fn() -> I,
        context: &mut Context<'_>,
    ) {
        for scope in groups.iter().flat_map(|group| self.span(*group)) {
            for host in places() {
                self.note(scope, host, context);
            }
        }
    }

    /// Notes whether the host is in the scope now.
    pub(crate) fn note(&self, scope: ScopeId, host: &HostName, context: &mut Context<'_>) {
        let inside = self.has_host(scope, host, context.hosts);
        context.journal.host(scope, host, inside);
    }

    fn note_all(&self, scope: ScopeId, context: &mut Context<'_>) {
        for host in self.bound_hosts(scope) {
            self.note(scope, host, context);
        }
    }

    /// Notes of every host with a port of the group whether it is in the scope.
    fn note_hosts_of(&self, group: SecurityGroupId, scope: ScopeId, context: &mut Context<'_>) {
        let known = self.sets.get(&group).into_iter();
        for host in known.flat_map(|group| group.bound.keys()) {
            self.note(scope, host, context);
        }
    }

    fn bind(&mut self, group: SecurityGroupId, host: Option<&HostName>, context: &Context<'_>) {
        let Some(host) = host else {
            return;
        };
        let bound = &mut self.group(group, context).bound;
        *bound.entry(host.clone()).or_default() += 1;
        let groups = self.bound.entry(host.clone()).or_default();
        *groups.entry(group).or_default() += 1;
    }

    fn unbind(&mut self, groups: &[SecurityGroupId], host: Option<&HostName>) {
        let Some(host) = host else {
            return;
        };
        for id in groups {
            if let Some(group) = self.sets.get_mut(id) {
                take_one(&mut group.bound, host);
            }
            if let Some(counts) = self.bound.get_mut(host) {
                take_one(counts, id);
                if counts.is_empty() {
                    self.bound.remove(host);
                }
            }
        }
    }

    fn name(&mut self, scope: ScopeId, by: SecurityGroupId, context: &Context<'_>) {
        let named_by = match scope {
            ScopeId::Group(id) => &mut self.group(id, context).named_by,
            ScopeId::AddressGroup(id) => &mut self.addresses(id, context).named_by,
            ScopeId::Network(_) => return,
        };
        *named_by.entry(by).or_default() += 1;
    }

    fn unname(&mut self, scope: ScopeId, by: SecurityGroupId) {
        let named_by = match scope {
            ScopeId::Group(id) => self.sets.get_mut(&id).map(|group| &mut group.named_by),
            ScopeId::AddressGroup(id) => {
                let group = self.addresses.get_mut(&id);
                group.map(|group| &mut group.named_by)
            }
            ScopeId::Network(_) => None,
        };
        if let Some(named_by) = named_by {
            take_one(named_by, &by);
        }
    }

    /// The group, made on first mention.
    fn group(&mut self, id: SecurityGroupId, context: &Context<'_>) -> &mut Group {
        let entry = self.sets.entry(id);
        entry.or_insert_with(|| Group::new(id, context.log_limit, context.revision))
    }

    /// The address group, made on first mention.
    fn addresses(&mut self, id: AddressGroupId, context: &Context<'_>) -> &mut Addresses {
        let entry = self.addresses.entry(id);
        entry.or_insert_with(|| Addresses::new(id, context.log_limit, context.revision))
    }

    fn forget_if_empty(&mut self, scope: ScopeId) {
        match scope {
            ScopeId::Group(id) if self.sets.get(&id).is_some_and(Group::is_empty) => {
                self.sets.remove(&id);
            }
            ScopeId::AddressGroup(id)
                if self.addresses.get(&id).is_some_and(Addresses::is_empty) =>
            {
                self.addresses.remove(&id);
            }
            _ => {}
        }
    }
}

fn groups_of(port: Option<&Port>) -> &[SecurityGroupId] {
    port.map_or(&[], |port| &port.security_groups)
}

/// Counts one less, and forgets what there is none of.
fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
