//! What of a scope is new for a host.
//!
//! Costs as much as happened that the host is to hear of, not as much as happened in the scope: what is
//! for one host is kept apart from what is for all, and of a large network's neighbours only those are
//! looked at that the host holds.

use crate::log::{Entry, Log};
use crate::scope::Scope;
use crate::{Compiler, Demand};
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeId};
use alcor_types::{HostName, NetworkId, PortId, Revision};
use std::collections::BTreeSet;

/// What is new for one host since a revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    /// Nothing happened in the scope.
    Current,
    /// These goals changed.
    Changes {
        /// What the host is up to when it has taken them.
        revision: Revision,
        /// The changes, each key once: networks first, then subnets, ports, leases and
        /// neighbours. Empty when what happened does not concern this host; the revision
        /// moves on all the same.
        changes: Vec<GoalChange>,
    },
    /// The log no longer goes back so far: send a snapshot.
    TooOld,
    /// The host needs nothing of the scope: it forgets all of it.
    Gone,
}

impl Compiler {
    /// What is new for the host since the revision it is up to.
    pub fn changes_since(
        &self,
        scope: impl Into<ScopeId>,
        host: &HostName,
        since: Revision,
    ) -> Delta {
        self.changes_with(scope, host, since, &Demand::default())
    }

    /// The same; of the neighbours in large networks those that the host has asked for.
    pub fn changes_with(
        &self,
        scope: impl Into<ScopeId>,
        host: &HostName,
        since: Revision,
        demand: &Demand,
    ) -> Delta {
        match scope.into() {
            ScopeId::Network(id) => match self.member(id, host) {
                None => Delta::Gone,
                Some(scope) => delta(scope.log(), since, || {
                    self.network_changes((id, scope), host, since, demand)
                }),
            },
            scope if !self.has_host(scope, host) => Delta::Gone,
            scope => match self.groups.log(scope) {
                None => Delta::Gone,
                Some(log) => delta(log, since, || self.group_changes(log, since)),
            },
        }
    }

    fn network_changes(
        &self,
        (id, scope): (NetworkId, &Scope),
        host: &HostName,
        since: Revision,
        demand: &Demand,
    ) -> Option<Vec<GoalChange>> {
        let log = scope.log();
        let named = log.after(since)?.chain(log.own_after(host, since)?);
        let named = named.map(|entry| self.change(scope, host, (entry.name, entry.revision)));
        let mut changes: Vec<_> = named.collect();
        let own = scope.told_since(host, since, &self.hosts);
        changes.extend(own.map(GoalChange::Put));
        if let Some(asked) = demand.of(id).filter(|_| scope.is_large()) {
            changes.extend(self.asked_changes(scope, host, since, asked));
            return Some(changes);
        }
        let others = log.neighbors_after(since)?;
        let others = others.filter(|entry| entry.except.as_ref() != Some(host));
        changes.extend(others.map(|entry| self.neighbor_change(scope, host, entry)));
        Some(changes)
    }

    /// Of the neighbours that the host has asked for, those that changed. Costs as much as changed or as
    /// much as it has asked for, whichever is less.
    fn asked_changes(
        &self,
        scope: &Scope,
        host: &HostName,
        since: Revision,
        asked: &BTreeSet<PortId>,
    ) -> Vec<GoalChange> {
        let few = scope.log().neighbors_after(since).and_then(|changed| {
            let some: Vec<_> = changed.take(asked.len() + 1).collect();
            (some.len() <= asked.len()).then_some(some)
        });
        let Some(few) = few else {
            let asked = asked.iter();
            let changed = asked.filter_map(|port| self.asked_change(scope, host, (*port, since)));
            return changed.collect();
        };
        let few = few.into_iter().filter(|entry| asked.contains(&entry.name));
        few.map(|entry| self.neighbor_change(scope, host, entry))
            .collect()
    }

    /// A neighbour that the host holds, if it has changed or is none any more.
    fn asked_change(
        &self,
        scope: &Scope,
        host: &HostName,
        (port, since): (PortId, Revision),
    ) -> Option<GoalChange> {
        let named = (GoalKey::Neighbor(port), scope.log().newest());
        let change = self.change(scope, host, named);
        let known = matches!(&change, GoalChange::Put(goal) if goal.revision() <= since);
        (!known).then_some(change)
    }

    fn group_changes(&self, log: &Log, since: Revision) -> Option<Vec<GoalChange>> {
        let changes = log.after(since)?.map(|entry| {
            let (key, revision) = (entry.name, entry.revision);
            put_or_delete(self.groups.goal(key), (key, revision))
        });
        Some(changes.collect())
    }

    fn neighbor_change(&self, scope: &Scope, host: &HostName, entry: &Entry<PortId>) -> GoalChange {
        let named = (GoalKey::Neighbor(entry.name), entry.revision);
        self.change(scope, host, named)
    }

    fn change(&self, scope: &Scope, host: &HostName, named: (GoalKey, Revision)) -> GoalChange {
        put_or_delete(self.goal(scope, host, named.0), named)
    }
}

fn put_or_delete(goal: Option<Goal>, (key, revision): (GoalKey, Revision)) -> GoalChange {
    match goal {
        Some(goal) => GoalChange::Put(goal),
        None => GoalChange::Delete { key, revision },
    }
}

/// What lies in a log beyond a revision, with these changes where there are any.
fn delta(log: &Log, since: Revision, changes: impl FnOnce() -> Option<Vec<GoalChange>>) -> Delta {
    let revision = log.newest();
    if since == revision {
        return Delta::Current;
    }
    // A host that is ahead of us speaks of another life of the region's store.
    let Some(mut changes) = (since < revision).then(changes).flatten() else {
        return Delta::TooOld;
    };
    // What was gone for a while is named by the log, too.
    changes.sort_by_key(GoalChange::key);
    changes.dedup_by_key(|change| change.key());
    Delta::Changes { revision, changes }
}
