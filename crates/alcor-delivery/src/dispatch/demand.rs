//! Large networks in a session: what the agent asks for, what it gives back, and what becomes of its
//! view when a network grows large or is small again.
//!
//! The session knows at every moment which neighbours its agent holds once the outbox is empty. So
//! changes, snapshots and digests are told of those alone, and the agent forgets nothing by itself: what
//! it no longer uses it gives back, and the region takes it away.

use super::Dispatch;
use crate::Subscription;
use alcor_compiler::{Compiler, Demand, Found};
use alcor_goalstate::wire::{Answer, Push, PushKind, Release, ScopeRevision, Want};
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeId, Sought, encode};
use alcor_types::{HostName, NetworkId, PortId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Addresses that one want may ask for; the rest is to be asked for again.
const SOUGHT: usize = 256;

/// Pushes that wait behind a full window. An agent that reads so slowly is not told more of what it asks.
const BACKLOG: usize = 64;

/// A host whose port a port of this host asks for: it is to be told of the latter, which is found by this.
pub type Introduction = (HostName, NetworkId, Sought);

/// What came of a want.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lookups {
    /// Addresses that were looked up.
    pub done: u64,
    /// Addresses that nobody has.
    pub absent: u64,
    /// Whether the agent was told to ask again later.
    pub shed: bool,
}

impl Dispatch {
    /// What of large networks the agent holds.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Takes what has changed of that since it was last asked.
    pub fn take_subscriptions(&mut self) -> Vec<Subscription> {
        std::mem::take(&mut self.subscriptions)
    }

    /// Takes whom to introduce, and to whom, since it was last asked.
    pub fn take_introductions(&mut self) -> Vec<Introduction> {
        std::mem::take(&mut self.introductions)
    }

    /// The agent asks for neighbours. Unless the region is `busy`, it is told of them, and from now on of
    /// what becomes of them.
    pub fn want(&mut self, compiler: &Compiler, want: &Want, busy: bool) -> Lookups {
        let mut answer = Answer {
            want: want.id,
            ..Answer::default()
        };
        let network: Option<NetworkId> = want.network.parse().ok();
        let known = network.filter(|network| self.demand.of(*network).is_some());
        self.answer_for(compiler, network);
        let mut looked = Lookups::default();
        let mut changes = Vec::new();
        match known {
            Some(network) if !busy && self.outbox.len() < BACKLOG => {
                for (at, bytes) in want.sought.iter().take(SOUGHT).enumerate() {
                    let found = self.look_up(compiler, network, bytes, &mut answer);
                    if let Some(asker) = want.askers.get(at).and_then(|bytes| port(bytes)) {
                        self.introduce(compiler, asker, &found);
                    }
                    changes.extend(found.into_iter().map(GoalChange::Put));
                    looked.done += 1;
                }
            }
            _ => answer.busy = true,
        }
        let absent = answer.absent.iter();
        let absent = absent.filter_map(|bytes| Some((known?, Sought::parse(bytes)?)));
        let missed = absent.map(|(network, sought)| Subscription::Missed(network, sought));
        self.subscriptions.extend(missed);
        looked.absent = answer.absent.len() as u64;
        looked.shed = answer.busy;
        self.put_answer(&want.network, &changes, Some(answer));
        looked
    }

    fn look_up(
        &mut self,
        compiler: &Compiler,
        network: NetworkId,
        bytes: &[u8],
        answer: &mut Answer,
    ) -> Vec<Goal> {
        let sought = Sought::parse(bytes);
        let found = sought.map(|sought| compiler.find(network, &self.host, sought));
        match found {
            Some(Found::Neighbors(found)) => {
                let told = found.into_iter().map(|(port, goal)| {
                    self.hold(network, port);
                    goal
                });
                return told.collect();
            }
            Some(Found::Shared) => answer.shared.push(bytes.to_vec()),
            Some(Found::Absent) | None => answer.absent.push(bytes.to_vec()),
        }
        Vec::new()
    }

    /// Whoever was found will answer, most likely.
    fn introduce(&mut self, compiler: &Compiler, asker: PortId, found: &[Goal]) {
        let found = found.iter().filter_map(|goal| match goal {
            Goal::Neighbor(goal) => Some((goal.vpc, goal.port)),
            _ => None,
        });
        let all = found.filter_map(|found| compiler.introduction(&self.host, asker, found));
        self.introductions.extend(all);
    }

    /// Somebody asks on behalf of the agent, which need not hear that there is nobody, nor of whom it
    /// knows.
    pub fn tell(&mut self, compiler: &Compiler, network: NetworkId, sought: Sought) {
        if self.demand.of(network).is_none() || self.outbox.len() >= BACKLOG {
            return;
        }
        let Found::Neighbors(found) = compiler.find(network, &self.host, sought) else {
            return;
        };
        self.answer_for(compiler, Some(network));
        let new = found
            .into_iter()
            .filter(|(port, _)| !self.demand.contains(network, *port));
        let new: Vec<_> = new.collect();
        for (port, _) in &new {
            self.hold(network, *port);
        }
        let changes = new.into_iter().map(|(_, goal)| GoalChange::Put(goal));
        let changes: Vec<_> = changes.collect();
        if !changes.is_empty() {
            self.put_answer(&network.to_string(), &changes, None);
        }
    }

    /// The agent gives neighbours back. Returns how many it is to forget.
    pub fn release(&mut self, compiler: &Compiler, release: &Release) -> usize {
        let Ok(network) = release.network.parse::<NetworkId>() else {
            return 0;
        };
        let revision = compiler.scope_revision(network).unwrap_or_default();
        let ports = release.ports.iter().filter_map(|bytes| port(bytes));
        let held: Vec<_> = ports.filter(|port| self.let_go(network, *port)).collect();
        let gone = held.iter().map(|port| GoalChange::Delete {
            key: GoalKey::Neighbor(*port),
            revision,
        });
        let gone: Vec<_> = gone.collect();
        if !gone.is_empty() {
            self.put_answer(&release.network, &gone, None);
        }
        held.len()
    }

    /// An answer that nothing lies before is told in the turn of the network's owner.
    fn answer_for(&mut self, compiler: &Compiler, network: Option<NetworkId>) {
        if self.outbox.is_empty() {
            let owner = network.and_then(|id| compiler.scope_owner(id.into()));
            self.telling = owner.cloned();
        }
    }

    fn put_answer(&mut self, scope: &str, changes: &[GoalChange], answer: Option<Answer>) {
        self.outbox.push_back(Push {
            scope: scope.to_owned(),
            kind: PushKind::AnswerOfScope.into(),
            begins: true,
            complete: true,
            goal_state: Some(encode::goal_state(changes)),
            answer,
            ..Push::default()
        });
    }

    /// Before the first push of a scope: what the agent holds of it, by its own word or, where it has
    /// no memory, as the region remembers.
    pub(super) fn recall(
        &mut self,
        compiler: &Compiler,
        scope: ScopeId,
        (held, remembered): (Option<&ScopeRevision>, &Demand),
    ) {
        let Some(network) = scope
            .network()
            .filter(|network| compiler.is_large(*network))
        else {
            if held.is_some_and(|held| held.on_demand) {
                self.shrunk.extend(scope.network());
            }
            return;
        };
        match held {
            Some(held) if held.on_demand => {
                let ports = held.neighbors.iter().filter_map(|bytes| port(bytes));
                self.begin(network, ports.collect());
            }
            // It holds all there was when the network was small; see `settle` and `outgrow`.
            Some(_) => {}
            None => {
                let ports = remembered.of(network).into_iter().flatten().copied();
                let there = |port: &PortId| compiler.has_neighbor(network, &self.host, *port);
                let ports = ports.filter(there).collect();
                self.begin(network, ports);
            }
        }
    }

    /// Before the first snapshot of a scope that the host has joined: of a large network it holds nothing.
    pub(super) fn begin_new(&mut self, compiler: &Compiler, scope: ScopeId) {
        let Some(network) = scope
            .network()
            .filter(|network| compiler.is_large(*network))
        else {
            return;
        };
        if self.demand.of(network).is_none() {
            self.begin(network, BTreeSet::new());
        }
    }

    /// Before changes are looked for: a network that is small again is told whole.
    pub(super) fn shrink(&mut self, compiler: &Compiler, scope: ScopeId) {
        let Some(network) = scope
            .network()
            .filter(|network| !compiler.is_large(*network))
        else {
            return;
        };
        if self.end(network) {
            self.shrunk.insert(network);
        }
    }

    /// Before a snapshot to an agent that still takes the network for a small one: it is told all of it once
    /// more and goes on with that, but not where that are far too many by now; then it asks for whom it uses.
    pub(super) fn outgrow(&mut self, compiler: &Compiler, scope: ScopeId) {
        let network = scope.network();
        if network.is_some_and(|network| compiler.is_far_too_large(network)) {
            self.begin_new(compiler, scope);
        }
    }

    /// After the push of a scope: of a network that has grown large the agent holds all.
    pub(super) fn settle(&mut self, compiler: &Compiler, scope: ScopeId) {
        let Some(network) = scope.network() else {
            return;
        };
        let needed = compiler.has_host(scope, &self.host);
        if needed && compiler.is_large(network) && self.demand.of(network).is_none() {
            let all = compiler.neighbors(network, &self.host);
            self.begin(network, all);
        }
    }

    /// Of what was told last the agent forgets these.
    pub(super) fn note_deleted(&mut self, scope: ScopeId, changes: &[GoalChange]) {
        let Some(network) = scope.network() else {
            return;
        };
        for change in changes {
            if let GoalChange::Delete {
                key: GoalKey::Neighbor(port),
                ..
            } = change
            {
                self.let_go(network, *port);
            }
        }
    }

    /// A snapshot names all that the agent holds afterwards.
    pub(super) fn note_whole(&mut self, scope: ScopeId, changes: &[GoalChange]) {
        let Some(network) = scope.network().filter(|id| self.demand.of(*id).is_some()) else {
            return;
        };
        let named = changes.iter().filter_map(|change| match change.key() {
            GoalKey::Neighbor(port) => Some(port),
            _ => None,
        });
        self.begin(network, named.collect());
    }

    /// A network that is small again says so last: until all neighbours are there, the agent asks.
    pub(super) fn order(&mut self, scope: ScopeId, changes: &mut [GoalChange]) {
        let shrunk = scope.network().is_some_and(|id| self.shrunk.remove(&id));
        let at = changes
            .iter()
            .position(|change| matches!(change.key(), GoalKey::Vpc(_)));
        if let Some(at) = at.filter(|_| shrunk) {
            changes[at..].rotate_left(1);
        }
    }

    pub(super) fn end(&mut self, network: NetworkId) -> bool {
        let ended = self.demand.end(network).is_some();
        if ended {
            self.subscriptions.push(Subscription::Ended(network));
        }
        ended
    }

    fn begin(&mut self, network: NetworkId, ports: BTreeSet<PortId>) {
        if self.demand.of(network) == Some(&ports) {
            return;
        }
        self.subscriptions.push(Subscription::Begun(network));
        let held = ports.iter().map(|port| Subscription::Held(network, *port));
        self.subscriptions.extend(held);
        self.demand.set(network, ports);
    }

    fn hold(&mut self, network: NetworkId, port: PortId) {
        if self.demand.add(network, port) {
            self.subscriptions.push(Subscription::Held(network, port));
        }
    }

    fn let_go(&mut self, network: NetworkId, port: PortId) -> bool {
        let held = self.demand.remove(network, port);
        if held {
            self.subscriptions
                .push(Subscription::Dropped(network, port));
        }
        held
    }
}

fn port(bytes: &[u8]) -> Option<PortId> {
    Uuid::from_slice(bytes).ok().map(PortId)
}
