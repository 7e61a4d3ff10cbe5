//! What the host holds: the goals of all its scopes, and whether the view is complete.
//!
//! Nothing is forgotten on suspicion: what a snapshot does not name goes when the snapshot is
//! complete, and what the region does not name goes when every scope of the welcome is.

use alcor_goalstate::wire::{Push, PushKind, ScopeRevision};
use alcor_goalstate::{
    Applied, DecodeError, Goal, GoalChange, GoalKey, ParseScopeError, ScopeGoals, ScopeId, decode,
};
use alcor_types::{NetworkId, PortId, Revision};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A push that cannot be used; the region starts its scope anew.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The scope is none.
    #[error("{0}")]
    Scope(#[from] ParseScopeError),
    /// A goal cannot be read.
    #[error("{0}")]
    Goal(#[from] DecodeError),
}

/// All goals of a host by scope.
#[derive(Debug, Default)]
pub struct Holdings {
    scopes: BTreeMap<ScopeId, ScopeGoals>,
    /// The scope of each own port, so that a port is found by its id alone.
    ports: HashMap<PortId, ScopeId>,
    /// Keys named so far by snapshots under way.
    assembling: HashMap<ScopeId, HashSet<GoalKey>>,
    /// Scopes of which a push was refused. Until a snapshot begins, what comes of them lacks what
    /// that push said: it is taken in, but completes nothing and sweeps nothing.
    distrusted: HashSet<ScopeId>,
    /// Scopes of the welcome that are not complete yet; none before the first welcome.
    awaited: Option<HashSet<ScopeId>>,
    /// Scopes that the region named in this session.
    named: HashSet<ScopeId>,
}

impl Holdings {
    /// What a new session tells the region: complete scopes alone, and none that a refused push
    /// left in doubt. Of networks that are told on demand, also which neighbours are held.
    pub fn known(&self) -> Vec<ScopeRevision> {
        let mut known = self.digests();
        for held in &mut known {
            let scope = held.scope.parse().ok().and_then(ScopeId::network);
            let goals = scope.and_then(|id| Some((id, self.scope(id)?)));
            if let Some((_, goals)) = goals.filter(|(id, goals)| is_on_demand(*id, goals)) {
                held.on_demand = true;
                held.neighbors = neighbors(goals);
            }
        }
        known
    }

    /// The same but for the neighbours: enough to compare.
    pub fn digests(&self) -> Vec<ScopeRevision> {
        let complete = |(scope, goals): &(&ScopeId, &ScopeGoals)| {
            goals.revision() > Revision::ZERO && !self.distrusted.contains(scope)
        };
        let said = |(scope, goals): (&ScopeId, &ScopeGoals)| ScopeRevision {
            scope: scope.to_string(),
            revision: goals.revision().0,
            digest: goals.digest(),
            neighbors: Vec::new(),
            on_demand: false,
        };
        self.scopes.iter().filter(complete).map(said).collect()
    }

    /// Whether the host holds everything that the region wants it to, and nothing else.
    pub fn is_complete(&self) -> bool {
        self.awaited.as_ref().is_some_and(HashSet::is_empty)
    }

    /// All goals of all scopes.
    pub fn goals(&self) -> impl Iterator<Item = &Goal> {
        self.scopes.values().flat_map(ScopeGoals::iter)
    }

    /// The networks of which anything is held.
    pub fn networks(&self) -> impl Iterator<Item = NetworkId> {
        self.scopes.keys().filter_map(|scope| scope.network())
    }

    /// The goals of a scope.
    pub fn scope(&self, scope: impl Into<ScopeId>) -> Option<&ScopeGoals> {
        self.scopes.get(&scope.into())
    }

    /// The goals of the scope that an own port belongs to.
    pub fn scope_of(&self, port: PortId) -> Option<&ScopeGoals> {
        self.scopes.get(self.ports.get(&port)?)
    }

    /// The ids of the host's own ports.
    pub fn own_ports(&self) -> impl Iterator<Item = PortId> {
        self.ports.keys().copied()
    }

    /// A session began: these are all scopes of the host. Snapshots of an earlier session will
    /// not be finished.
    pub fn welcome(&mut self, scopes: &[String]) -> Vec<GoalChange> {
        self.assembling.clear();
        self.named = scopes
            .iter()
            .filter_map(|scope| scope.parse().ok())
            .collect();
        self.awaited = Some(self.named.clone());
        self.settle()
    }

    /// Applies a push; returns what really changed.
    pub fn apply(&mut self, push: &Push) -> Result<Vec<GoalChange>, Refusal> {
        let scope: ScopeId = push.scope.parse()?;
        let changes = match &push.goal_state {
            Some(_) if self.is_late(scope, push) => Vec::new(),
            Some(state) => decode::goal_state(state).inspect_err(|_| {
                self.assembling.remove(&scope);
                self.distrusted.insert(scope);
            })?,
            None => Vec::new(),
        };
        if push.kind() != PushKind::AnswerOfScope {
            self.named.insert(scope);
        }
        if push.begins && push.kind() == PushKind::SnapshotOfScope {
            self.distrusted.remove(&scope);
            self.assembling.remove(&scope);
        }
        let trusted = !self.distrusted.contains(&scope);
        let mut news = match push.kind() {
            PushKind::LeaveScope => self.forget(scope),
            PushKind::SnapshotOfScope if trusted => self.assemble(scope, changes, push.complete),
            PushKind::SnapshotOfScope | PushKind::DeltaOfScope => self.merge(scope, changes),
            PushKind::AnswerOfScope => return Ok(self.answer(scope, changes)),
        };
        if push.complete && !self.distrusted.contains(&scope) {
            self.complete(scope, push);
            news.extend(self.settle());
        }
        Ok(news)
    }

    /// Whether the scope was whole at the delta's revision already: what it says is held, or was
    /// taken back since. Of something that was deleted nothing is left whose revision would tell.
    fn is_late(&self, scope: ScopeId, push: &Push) -> bool {
        let whole_at = self.scopes.get(&scope).map(ScopeGoals::revision);
        let whole_at = whole_at.filter(|at| *at > Revision::ZERO);
        push.kind() == PushKind::DeltaOfScope
            && whole_at.is_some_and(|whole_at| Revision(push.revision) <= whole_at)
    }

    fn complete(&mut self, scope: ScopeId, push: &Push) {
        if let Some(goals) = self.scopes.get_mut(&scope) {
            goals.complete(Revision(push.revision));
        }
        if let Some(awaited) = &mut self.awaited {
            awaited.remove(&scope);
        }
    }

    /// What was asked for comes on top of what is held, and says nothing of the rest. Of a scope that the
    /// host has left nothing is kept.
    fn answer(&mut self, scope: ScopeId, changes: Vec<GoalChange>) -> Vec<GoalChange> {
        if !self.scopes.contains_key(&scope) {
            return Vec::new();
        }
        if let Some(named) = self.assembling.get_mut(&scope) {
            named.extend(changes.iter().map(GoalChange::key));
        }
        self.merge(scope, changes)
    }

    fn merge(&mut self, scope: ScopeId, changes: Vec<GoalChange>) -> Vec<GoalChange> {
        let goals = self.scopes.entry(scope).or_default();
        let mut news = Vec::with_capacity(changes.len());
        for change in changes {
            match goals.apply(&change) {
                Applied::Changed => news.push(change),
                Applied::Unchanged => {}
                Applied::OutOfOrder => tracing::debug!(key = ?change.key(), "older change dropped"),
            }
        }
        for change in &news {
            note_port(&mut self.ports, scope, change);
        }
        news
    }

    fn assemble(
        &mut self,
        scope: ScopeId,
        changes: Vec<GoalChange>,
        complete: bool,
    ) -> Vec<GoalChange> {
        let named = self.assembling.entry(scope).or_default();
        named.extend(changes.iter().map(GoalChange::key));
        let mut news = self.merge(scope, changes);
        if complete && let Some(named) = self.assembling.remove(&scope) {
            news.extend(self.sweep(scope, |key| named.contains(key)));
        }
        news
    }

    fn sweep(&mut self, scope: ScopeId, keep: impl Fn(&GoalKey) -> bool) -> Vec<GoalChange> {
        let Some(goals) = self.scopes.get_mut(&scope) else {
            return Vec::new();
        };
        let revision = goals.revision();
        let stale = goals.retain(keep).into_iter();
        let gone: Vec<_> = stale
            .map(|key| GoalChange::Delete { key, revision })
            .collect();
        for change in &gone {
            note_port(&mut self.ports, scope, change);
        }
        gone
    }

    fn forget(&mut self, scope: ScopeId) -> Vec<GoalChange> {
        self.assembling.remove(&scope);
        self.distrusted.remove(&scope);
        let gone = self.sweep(scope, |_| false);
        self.scopes.remove(&scope);
        gone
    }

    /// Once the view is complete, scopes that the region did not name are stale.
    fn settle(&mut self) -> Vec<GoalChange> {
        if !self.is_complete() {
            return Vec::new();
        }
        let stale: Vec<_> = self
            .scopes
            .keys()
            .filter(|scope| !self.named.contains(scope))
            .copied()
            .collect();
        stale
            .into_iter()
            .flat_map(|scope| self.forget(scope))
            .collect()
    }
}

fn is_on_demand(id: NetworkId, goals: &ScopeGoals) -> bool {
    matches!(goals.get(&GoalKey::Vpc(id)), Some(Goal::Vpc(vpc)) if vpc.on_demand)
}

fn neighbors(goals: &ScopeGoals) -> Vec<Vec<u8>> {
    let neighbors = goals.iter().filter_map(|goal| match goal {
        Goal::Neighbor(goal) => Some(goal.port.as_bytes().to_vec()),
        _ => None,
    });
    neighbors.collect()
}

fn note_port(ports: &mut HashMap<PortId, ScopeId>, scope: ScopeId, change: &GoalChange) {
    match change {
        GoalChange::Put(Goal::Port(port)) => {
            ports.insert(port.id, scope);
        }
        // A port that moved to another scope is that scope's now.
        GoalChange::Delete {
            key: GoalKey::Port(port),
            ..
        } if ports.get(port) == Some(&scope) => {
            ports.remove(port);
        }
        _ => {}
    }
}
