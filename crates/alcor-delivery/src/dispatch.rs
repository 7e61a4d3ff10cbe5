//! What to send to one agent next: the pure part of a session.

mod demand;
mod news;

pub use demand::{Introduction, Lookups};

use crate::Subscription;
use crate::service::Owner;
use alcor_compiler::{Compiler, Delta, Demand};
use alcor_goalstate::wire::{Push, PushKind, ScopeRevision, Welcome};
use alcor_goalstate::{GoalChange, ScopeId, encode};
use alcor_types::{HostName, NetworkId, ProjectId, Revision};
use news::News;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Changes in one push: about a hundred kilobytes of neighbours, well below gRPC's limit of four megabytes, and
/// what another owner's news waits for where they come in the same moment.
const CHANGES_PER_PUSH: usize = 500;

/// Pushes that may be under way unacknowledged. Bounds what lies in buffers on both sides.
pub(crate) const WINDOW: usize = 16;

/// Bytes of pushes that may be under way when another is sent. What is on its way is told before anything
/// else, whoever's it is, and an agent takes some milliseconds for so much.
const FLYING: usize = 64 << 10;

/// Bytes of a push that are as much work as having a turn.
pub(crate) const WORK: u64 = 256;

/// Goals that are found out as quickly as anything else that a session does.
const FEW: usize = 64;

/// Snapshots of one scope that are sent in a session because a push was refused. An agent that
/// refuses them all cannot be helped by one more.
const MAX_RESTARTS: u32 = 3;

/// What an acknowledgement settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// The push was in flight and is in the agent's memory now.
    Received,
    /// The switch has confirmed all up to this push.
    Verified,
    /// The agent could not use it; its scope starts anew by a snapshot.
    Restarted,
    /// The agent could not use it, nor the snapshots before; it is left with what it holds.
    GivenUp,
    /// No such push is in flight: a duplicate, or from before a restart of the scope.
    Unknown,
}

/// A push that is not acknowledged yet.
#[derive(Clone, Copy, Debug)]
struct Flying {
    sequence: u64,
    scope: ScopeId,
    bytes: usize,
}

/// One agent's cursors, outbox and unacknowledged pushes.
#[derive(Debug)]
pub struct Dispatch {
    host: HostName,
    sequence: u64,
    verified: u64,
    cursors: BTreeMap<ScopeId, Revision>,
    news: News,
    /// Whose scope lies in the outbox.
    telling: Owner,
    outbox: VecDeque<Push>,
    in_flight: VecDeque<Flying>,
    restarts: BTreeMap<ScopeId, u32>,
    /// Of large networks, what the agent holds once the outbox is empty.
    demand: Demand,
    subscriptions: Vec<Subscription>,
    /// Whom to tell of ports here that ask for theirs.
    introductions: Vec<Introduction>,
    /// Networks that the agent takes for large ones and that are small again.
    shrunk: BTreeSet<NetworkId>,
}

impl Dispatch {
    /// Starts a session with an agent that holds `known`. Every scope of the host gets a push,
    /// be it empty, so that the agent knows when its view is complete.
    pub fn start(host: HostName, compiler: &Compiler, known: &[ScopeRevision]) -> (Self, Welcome) {
        Self::resume(host, compiler, known, &Demand::default())
    }

    /// The same with an agent that once held `remembered` of large networks. One that has no memory of
    /// its own is told of that again.
    pub fn resume(
        host: HostName,
        compiler: &Compiler,
        known: &[ScopeRevision],
        remembered: &Demand,
    ) -> (Self, Welcome) {
        let scopes = compiler.host_scopes(&host);
        let mut dispatch = Self {
            host,
            sequence: 0,
            verified: 0,
            cursors: BTreeMap::new(),
            news: News::default(),
            telling: None,
            outbox: VecDeque::new(),
            in_flight: VecDeque::new(),
            restarts: BTreeMap::new(),
            demand: Demand::default(),
            subscriptions: Vec::new(),
            introductions: Vec::new(),
            shrunk: BTreeSet::new(),
        };
        let gone = remembered.iter().map(|(network, _)| network);
        dispatch.subscriptions.extend(gone.map(Subscription::Ended));
        let held: BTreeMap<&str, &ScopeRevision> = known
            .iter()
            .map(|held| (held.scope.as_str(), held))
            .collect();
        for scope in &scopes {
            let held = held.get(scope.to_string().as_str()).copied();
            dispatch.recall(compiler, *scope, (held, remembered));
            dispatch.greet(compiler, *scope, held);
        }
        let scopes = scopes.iter().map(ToString::to_string).collect();
        (
            dispatch,
            Welcome {
                scopes,
                ..Welcome::default()
            },
        )
    }

    /// Notes that a scope has news for the host, or that the host joined or left it, and whose scope it is.
    pub fn mark(&mut self, scope: impl Into<ScopeId>, owner: Option<ProjectId>) {
        let scope = scope.into();
        self.news
            .mark(scope, owner, !self.cursors.contains_key(&scope));
    }

    /// Whether a push could be sent now, if there is one.
    pub fn has_room(&self) -> bool {
        let bytes: usize = self.in_flight.iter().map(|push| push.bytes).sum();
        self.in_flight.len() < WINDOW && bytes < FLYING
    }

    /// Whether anything waits to be sent.
    pub fn has_news(&self) -> bool {
        !self.outbox.is_empty() || !self.news.is_empty()
    }

    /// Whether the agent has acknowledged all there was to send.
    pub fn is_idle(&self) -> bool {
        !self.has_news() && self.in_flight.is_empty()
    }

    /// Who has something to tell: in the turn of any of them a push can be sent, where there is room.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &Owner> {
        let begun = (!self.outbox.is_empty()).then_some(&self.telling);
        begun.into_iter().chain(self.news.owners())
    }

    /// Whose scope the push was of that was taken last.
    pub(crate) fn told_owner(&self) -> &Owner {
        &self.telling
    }

    /// Whether to find out what the next push says may take long, for others' ports are told of, and many. Looks
    /// at a few of the scopes that have news, where there are more.
    pub(crate) fn is_long(&self, compiler: &Compiler) -> bool {
        let mut scopes = self.news.scopes().take(FEW);
        self.outbox.is_empty() && scopes.any(|scope| compiler.breadth(scope) > FEW)
    }

    /// The next push, whoever's it is, where there is one and room for it. It counts as in flight from now on.
    pub fn next(&mut self, compiler: &Compiler) -> Option<Push> {
        while self.has_room() {
            let turn = self.owners().next()?.clone();
            // Of what had news nothing may be left to tell.
            let push = self.next_of(compiler, &turn);
            if push.is_some() {
                return push;
            }
        }
        None
    }

    /// The same in the turn of one owner, which tells of that owner's scopes. What has been begun goes before,
    /// and what all others lean on, whoever's it is: in whichever turn it comes, it is out of the way.
    pub(crate) fn next_of(&mut self, compiler: &Compiler, turn: &Owner) -> Option<Push> {
        if !self.has_room() {
            return None;
        }
        while self.outbox.is_empty() {
            let needed = |scope| compiler.has_host(scope, &self.host);
            let (scope, owner) = self.news.next(turn, needed)?;
            self.telling = owner;
            self.refresh(compiler, scope);
        }
        let mut push = self.outbox.pop_front()?;
        if self.outbox.is_empty() {
            // Most sessions have nothing to send most of the time, and there are very many of them.
            self.outbox = VecDeque::new();
        }
        self.sequence += 1;
        push.sequence = self.sequence;
        let bytes = push.encoded_len();
        let flying = Flying {
            sequence: push.sequence,
            scope: push.scope.parse().ok()?,
            bytes,
        };
        self.in_flight.push_back(flying);
        Some(push)
    }

    /// The agent holds the push in memory.
    pub fn received(&mut self, sequence: u64) -> Settled {
        match self.land(sequence) {
            Some(_) => Settled::Received,
            None => Settled::Unknown,
        }
    }

    /// The push is no longer under way. Returns its scope; nothing where it was not.
    fn land(&mut self, sequence: u64) -> Option<ScopeId> {
        let mut flying = self.in_flight.iter();
        let at = flying.position(|flying| flying.sequence == sequence)?;
        let landed = self.in_flight.remove(at)?;
        if self.in_flight.is_empty() {
            self.in_flight = VecDeque::new();
        }
        Some(landed.scope)
    }

    /// Bytes of the push that was taken last and is under way.
    pub(crate) fn newest_bytes(&self) -> u64 {
        self.in_flight.back().map_or(0, |push| push.bytes as u64)
    }

    /// The agent's switch has confirmed the push.
    pub fn verified(&mut self, sequence: u64) -> Settled {
        if sequence <= self.verified || sequence > self.sequence {
            return Settled::Unknown;
        }
        self.verified = sequence;
        Settled::Verified
    }

    /// The agent could not use the push: what it holds of the scope cannot be relied on.
    pub fn refused(&mut self, compiler: &Compiler, sequence: u64) -> Settled {
        let Some(scope) = self.land(sequence) else {
            return Settled::Unknown;
        };
        let restarts = self.restarts.entry(scope).or_default();
        *restarts += 1;
        if *restarts > MAX_RESTARTS {
            return Settled::GivenUp;
        }
        self.restart(compiler, scope);
        Settled::Restarted
    }

    /// The agent is to be told everything anew.
    pub fn restart_all(&mut self, compiler: &Compiler) {
        let scopes: Vec<_> = self.cursors.keys().copied().collect();
        for scope in scopes {
            self.restart(compiler, scope);
        }
    }

    /// Compares what the agent says it holds with what it should hold. Scopes with pushes under
    /// way are passed over: the agent's word may be older than they. Returns the scopes that
    /// differed; they start anew by a snapshot.
    pub fn audit(&mut self, compiler: &Compiler, held: &[ScopeRevision]) -> Vec<ScopeId> {
        let mut different = Vec::new();
        for held in held {
            let Ok(scope) = held.scope.parse() else {
                continue;
            };
            if self.is_settled(compiler, scope, held.revision)
                && compiler.digest_with(scope, &self.host, &self.demand) != Some(held.digest)
            {
                self.restart(compiler, scope);
                different.push(scope);
            }
        }
        different
    }

    fn is_settled(&self, compiler: &Compiler, scope: ScopeId, held: u64) -> bool {
        let cursor = self.cursors.get(&scope).copied();
        cursor == Some(Revision(held))
            && self.is_current(compiler, scope, Revision(held))
            && !self.news.contains(scope)
            && self.outbox.is_empty()
            && self.in_flight.iter().all(|flying| flying.scope != scope)
    }

    /// Whether nothing has happened since that the agent must hear. Of most of what happens in a large
    /// network it need not, so that its cursor lags behind.
    fn is_current(&self, compiler: &Compiler, scope: ScopeId, cursor: Revision) -> bool {
        if compiler.scope_revision(scope) == Some(cursor) {
            return true;
        }
        let large = scope.network().and_then(|network| self.demand.of(network));
        let since = || compiler.changes_with(scope, &self.host, cursor, &self.demand);
        let silent = |delta| matches!(delta, Delta::Changes { changes, .. } if changes.is_empty());
        large.is_some() && silent(since())
    }

    /// The first push of a scope in this session.
    fn greet(&mut self, compiler: &Compiler, scope: ScopeId, held: Option<&ScopeRevision>) {
        let Some(held) = held else {
            self.snapshot(compiler, scope);
            return;
        };
        let current = compiler.scope_revision(scope).unwrap_or_default();
        if compiler.digest_with(scope, &self.host, &self.demand) == Some(held.digest) {
            self.put_delta(scope, current, Vec::new());
            self.settle(compiler, scope);
        } else if held.revision < current.0 {
            self.delta(compiler, scope, Revision(held.revision));
        } else {
            self.snapshot(compiler, scope);
        }
    }

    fn refresh(&mut self, compiler: &Compiler, scope: ScopeId) {
        if let Some(cursor) = self.cursors.get(&scope).copied() {
            return self.delta(compiler, scope, cursor);
        }
        self.begin_new(compiler, scope);
        self.snapshot(compiler, scope);
    }

    fn restart(&mut self, compiler: &Compiler, scope: ScopeId) {
        let text = scope.to_string();
        self.outbox.retain(|push| push.scope != text);
        self.snapshot(compiler, scope);
    }

    fn delta(&mut self, compiler: &Compiler, scope: ScopeId, since: Revision) {
        self.shrink(compiler, scope);
        match compiler.changes_with(scope, &self.host, since, &self.demand) {
            Delta::Current => {
                // Nothing for this host; a first push is owed all the same.
                if !self.cursors.contains_key(&scope) {
                    self.put_delta(scope, since, Vec::new());
                }
            }
            Delta::Changes { revision, changes } => {
                self.note_deleted(scope, &changes);
                self.put_delta(scope, revision, changes);
            }
            Delta::TooOld => return self.snapshot(compiler, scope),
            Delta::Gone => return self.leave(scope),
        }
        self.settle(compiler, scope);
    }

    fn snapshot(&mut self, compiler: &Compiler, scope: ScopeId) {
        self.shrink(compiler, scope);
        self.outgrow(compiler, scope);
        let Some(view) = compiler.snapshot_with(scope, &self.host, &self.demand) else {
            self.leave(scope);
            return;
        };
        let changes: Vec<_> = view.goals.into_iter().map(GoalChange::Put).collect();
        self.note_whole(scope, &changes);
        self.put(scope, PushKind::SnapshotOfScope, view.revision, changes);
        self.settle(compiler, scope);
    }

    fn leave(&mut self, scope: ScopeId) {
        if let Some(network) = scope.network() {
            self.end(network);
        }
        if self.cursors.remove(&scope).is_some() {
            let push = Push {
                scope: scope.to_string(),
                kind: PushKind::LeaveScope.into(),
                begins: true,
                complete: true,
                ..Push::default()
            };
            self.outbox.push_back(push);
        }
    }

    fn put_delta(&mut self, scope: ScopeId, revision: Revision, changes: Vec<GoalChange>) {
        self.put(scope, PushKind::DeltaOfScope, revision, changes);
    }

    fn put(
        &mut self,
        scope: ScopeId,
        kind: PushKind,
        revision: Revision,
        mut all: Vec<GoalChange>,
    ) {
        self.order(scope, &mut all);
        let parts = all.len().div_ceil(CHANGES_PER_PUSH).max(1);
        let mut chunks = all.chunks(CHANGES_PER_PUSH);
        for part in 1..=parts {
            let goal_state = Some(encode::goal_state(chunks.next().unwrap_or_default()));
            self.outbox.push_back(Push {
                sequence: 0,
                scope: scope.to_string(),
                kind: kind.into(),
                revision: revision.0,
                begins: part == 1,
                complete: part == parts,
                goal_state,
                answer: None,
            });
        }
        self.cursors.insert(scope, revision);
    }
}
