//! An emulated agent: what a real one says to what it hears, without a switch. Pure.

use crate::asked::Asked;
use crate::held::{Did, ScopeHeld, name};
use alcor_compiler::Demand;
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::goal_state_operation_reply::GoalStateOperationStatus;
use alcor_goalstate::wire::{
    Ack, AckStage, Heartbeat, Hello, OperationStatus, OperationType, PortReport, Push, PushKind,
    ResourceType, ScopeRevision, Welcome,
};
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeId, decode};
use alcor_types::{PortId, Revision};
use prost::Message;
use std::collections::{HashMap, HashSet};

/// One host's agent.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    scopes: HashMap<ScopeId, ScopeHeld>,
    /// Own ports, each with the revision that it was verified at and its scope.
    own: HashMap<PortId, (Revision, ScopeId)>,
    /// Scopes of the welcome that are not complete yet; none before a welcome.
    awaited: Option<HashSet<ScopeId>>,
    named: HashSet<ScopeId>,
    asked: Asked,
}

/// What a push came to.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Goals in it.
    pub changes: u64,
    /// Bytes of it on the wire.
    pub bytes: u64,
    /// Of these the bytes of goals that the host held already.
    pub repeated: u64,
    /// Goals held more than before, and less.
    pub gained: i64,
    /// Ports that are new here: own ones, and neighbours.
    pub ports: Vec<(PortId, bool)>,
    /// What to say once the switch has it.
    pub verified: Vec<Body>,
    /// Own ports verified more than before.
    pub verified_ports: i64,
}

impl Agent {
    /// The first message of a session.
    pub fn hello(&mut self, identity: &Hello) -> Body {
        self.awaited = None;
        for (scope, held) in &mut self.scopes {
            if held.interrupt() {
                self.asked.lose(*scope);
            }
        }
        Body::Hello(Hello {
            known: self.known(),
            ..identity.clone()
        })
    }

    /// What a new session tells the region: what is held, and which neighbours were asked for.
    pub fn known(&self) -> Vec<ScopeRevision> {
        let held = self.held().into_iter();
        let told = held.filter_map(|said| {
            let scope = said.scope.parse().ok()?;
            self.asked.tell(scope, said)
        });
        told.collect()
    }

    /// What is held, scope by scope.
    pub fn held(&self) -> Vec<ScopeRevision> {
        let complete = self.scopes.iter();
        let complete = complete.filter(|(_, held)| held.revision() > Revision::ZERO);
        complete
            .map(|(scope, held)| ScopeRevision {
                scope: scope.to_string(),
                revision: held.revision().0,
                digest: held.digest(),
                ..ScopeRevision::default()
            })
            .collect()
    }

    /// Whether the host must have its neighbours' names told again, by a new session: it has asked for none
    /// of them, and would not know which to speak of.
    pub fn lacks_names(&self) -> bool {
        self.asked.lacks_names()
    }

    /// The neighbours that it has asked for, by their large networks.
    pub(crate) fn demand(&self) -> Demand {
        self.asked.demand()
    }

    /// A sign of life, with everything held where `audit`.
    pub fn heartbeat(&self, audit: bool) -> Body {
        let held = if audit && self.is_complete() {
            self.held()
        } else {
            Vec::new()
        };
        Body::Heartbeat(Heartbeat { held })
    }

    /// Whether everything is here that the region named.
    pub fn is_complete(&self) -> bool {
        self.awaited.as_ref().is_some_and(HashSet::is_empty)
    }

    /// The scopes held.
    pub fn scopes(&self) -> &HashMap<ScopeId, ScopeHeld> {
        &self.scopes
    }

    /// Goals of all scopes.
    pub fn len(&self) -> usize {
        self.scopes.values().map(ScopeHeld::len).sum()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Own ports that were verified.
    pub fn own_ports(&self) -> usize {
        self.own.len()
    }

    /// The session is open. Answers with all that was verified before: the region may have lost
    /// it. Counts the goals and own ports that are more than before.
    pub fn welcome(&mut self, welcome: &Welcome) -> (Option<Body>, i64, i64) {
        self.named = welcome
            .scopes
            .iter()
            .filter_map(|scope| scope.parse().ok())
            .collect();
        self.awaited = Some(self.named.clone());
        let (before, own) = (self.len(), self.own.len());
        self.settle();
        let words: Vec<_> = self
            .own
            .iter()
            .map(|(id, (at, _))| word(*id, *at))
            .collect();
        let report = (!words.is_empty()).then_some(Body::Report(PortReport { statuses: words }));
        let gained = count(self.len()) - count(before);
        (report, gained, count(self.own.len()) - count(own))
    }

    /// Takes in a push; `Err` with the refusal where it cannot be read.
    pub fn push(&mut self, push: &Push) -> Result<Taken, Box<Body>> {
        let read = || -> Result<_, String> {
            let scope: ScopeId = push.scope.parse().map_err(|error| format!("{error}"))?;
            let changes = push.goal_state.as_ref().map(decode::goal_state);
            let changes = changes.transpose().map_err(|error| error.to_string())?;
            Ok((scope, changes.unwrap_or_default()))
        };
        let refusal = |reason| Box::new(ack(push.sequence, AckStage::Refused, reason));
        let (scope, changes) = read().map_err(refusal)?;
        let mut taken = Taken {
            changes: changes.len() as u64,
            bytes: push.encoded_len() as u64,
            ..Taken::default()
        };
        let own = self.own.len();
        self.named.insert(scope);
        if push.kind() == PushKind::LeaveScope {
            self.forget(scope, &mut taken);
        } else {
            self.merge(scope, push, &changes, &mut taken);
        }
        if push.complete && push.kind() != PushKind::AnswerOfScope {
            if let Some(awaited) = &mut self.awaited {
                awaited.remove(&scope);
            }
            let before = self.len();
            self.settle();
            taken.gained += count(self.len()) - count(before);
        }
        self.verify(scope, push, &changes, &mut taken);
        taken.verified_ports = count(self.own.len()) - count(own);
        Ok(taken)
    }

    fn merge(&mut self, scope: ScopeId, push: &Push, changes: &[GoalChange], taken: &mut Taken) {
        let held = self.scopes.entry(scope).or_default();
        if push.begins && push.kind() == PushKind::SnapshotOfScope {
            held.begin_snapshot();
        }
        let mut idle = 0;
        for change in changes {
            match held.apply(change) {
                Did::New => {
                    taken.gained += 1;
                    taken.ports.extend(port(change));
                }
                Did::Gone => taken.gained -= 1,
                Did::Changed => {}
                Did::Nothing => idle += 1,
            }
        }
        self.asked.note(scope, push, changes);
        if push.complete && push.kind() != PushKind::AnswerOfScope {
            taken.gained -= count(held.complete(Revision(push.revision)));
        }
        taken.repeated = taken.bytes * idle / taken.changes.max(1);
    }

    fn forget(&mut self, scope: ScopeId, taken: &mut Taken) {
        if let Some(held) = self.scopes.remove(&scope) {
            taken.gained -= count(held.len());
        }
        self.asked.forget(scope);
    }

    /// Ports are verified with the push that brought them: interfaces are plugged beforehand.
    fn verify(&mut self, scope: ScopeId, push: &Push, changes: &[GoalChange], taken: &mut Taken) {
        if matches!(
            push.kind(),
            PushKind::SnapshotOfScope | PushKind::LeaveScope
        ) {
            self.drop_unheld();
        }
        let mut words = Vec::new();
        for change in changes {
            match change {
                GoalChange::Put(Goal::Port(port)) => {
                    let former = self.own.insert(port.id, (port.revision, scope));
                    words.extend(former.is_none().then(|| word(port.id, port.revision)));
                }
                GoalChange::Delete {
                    key: GoalKey::Port(port),
                    ..
                } => drop(self.own.remove(port)),
                _ => {}
            }
        }
        let done = ack(push.sequence, AckStage::Verified, String::new());
        taken.verified.push(done);
        if !words.is_empty() {
            let report = PortReport { statuses: words };
            taken.verified.push(Body::Report(report));
        }
    }

    /// Once the view is complete, what the region does not name is stale.
    fn settle(&mut self) {
        let named = &self.named;
        if self.is_complete() && self.scopes.keys().any(|scope| !named.contains(scope)) {
            self.scopes.retain(|scope, _| named.contains(scope));
            self.drop_unheld();
        }
    }

    /// Own ports go with their goals.
    fn drop_unheld(&mut self) {
        let scopes = &self.scopes;
        self.own.retain(|id, (_, scope)| {
            let held = scopes.get(scope);
            held.is_some_and(|held| held.get(name(&GoalKey::Port(*id))).is_some())
        });
    }
}

/// An acknowledgement.
pub(crate) fn ack(sequence: u64, stage: AckStage, reason: String) -> Body {
    Body::Ack(Ack {
        sequence,
        stage: stage.into(),
        reason,
    })
}

/// The port that a goal is about, and whether it is an own one.
fn port(change: &GoalChange) -> Option<(PortId, bool)> {
    match change.key() {
        GoalKey::Port(id) => Some((id, true)),
        GoalKey::Neighbor(id) => Some((id, false)),
        _ => None,
    }
}

fn word(port: PortId, revision: Revision) -> GoalStateOperationStatus {
    GoalStateOperationStatus {
        resource_id: port.to_string(),
        resource_type: ResourceType::Port.into(),
        operation_type: OperationType::Update.into(),
        operation_status: OperationStatus::Success.into(),
        store_revision: revision.0,
        ..GoalStateOperationStatus::default()
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
