//! One agent's session: pushes to it, hears its words, notices its silence. How it begins: [`greeting`].

use crate::admission::Turn;
use crate::aside::{aside, aside_if};
use crate::desk::Places;
use crate::dispatch::{WINDOW, WORK};
use crate::greeting;
use crate::hosts::{Asked, Mailbox};
use crate::observer;
use crate::pace::Pace;
use crate::service::{Owner, Shared};
use crate::{DeliveryError, Dispatch, Settled};
use alcor_compiler::Compiler;
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::goal_state_operation_reply::GoalStateOperationStatus;
use alcor_goalstate::wire::{
    Ack, AckStage, AgentMessage, Heartbeat, Hello, OperationStatus, PortReport, Push,
    RegionMessage, Release, ResourceType, ScopeRevision, Want, Welcome, region_message,
};
use alcor_store::Slot;
use alcor_types::{HostName, PortState, PortStatus, Revision};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{RwLockReadGuard, mpsc, oneshot};
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

/// Messages that may wait for the wire: a full window and the welcome.
pub(crate) const OUTBOUND: usize = WINDOW + 2;

/// A message in a box takes no room in the channel's blocks, of which each session has one at least.
pub(crate) type Outgoing = Box<Result<RegionMessage, Status>>;

pub(crate) type Outbound = mpsc::Sender<Outgoing>;

/// Serves one agent until it goes, falls silent, is replaced, or the region stops.
pub(crate) async fn run<S>(shared: Arc<Shared>, mut inbound: S, outbound: Outbound)
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let hello = match greeting::first(&shared, &mut inbound).await {
        Ok(hello) => hello,
        Err(error) => return refuse(&outbound, error).await,
    };
    let host = HostName::from(hello.host_id.as_str());
    if hello.observer {
        let watching = Box::pin(observer::serve(&shared, &host, &outbound));
        if let Err(error) = watching.await {
            refuse(&outbound, error).await;
        }
        return;
    }
    match serve(&shared, &host, &hello, &mut inbound, &outbound).await {
        Ok(()) => tracing::info!(%host, "session ended"),
        Err(error) => {
            tracing::warn!(%host, %error, "session lost");
            refuse(&outbound, error).await;
        }
    }
}

/// Tells the agent why; it may be gone already.
async fn refuse(outbound: &Outbound, error: DeliveryError) {
    let told = outbound.send(Box::new(Err(error.into())));
    if tokio::time::timeout(Duration::from_secs(1), told)
        .await
        .is_err()
    {
        tracing::debug!("the agent did not hear why its session ended");
    }
}

async fn serve<S>(
    shared: &Arc<Shared>,
    host: &HostName,
    hello: &Hello,
    inbound: &mut S,
    outbound: &Outbound,
) -> Result<(), DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let registration = greeting::registration(hello)?;
    let wires = &hello.physical_networks;
    let mailbox = shared
        .hosts
        .register(host, wires, greeting::pace(shared).await);
    // In a box, for it takes far more room than what comes after it and lasts.
    let turn = Box::pin(greeting::begin(shared, registration, &mailbox, inbound)).await;
    let Ok(Some(turn)) = turn else {
        shared.hosts.close(host, &mailbox);
        return turn.map(drop);
    };
    let pace = greeting::pace(shared).await;
    shared.hosts.admit(host, &mailbox, pace);
    shared.metrics.sessions.inc();
    tracing::info!(%host, boot = hello.boot_id, known = hello.known.len(), "session opened");
    let (dispatch, welcome) = greeting::start(shared, host, &hello.known).await;
    let mut session = Session {
        shared,
        host,
        mailbox: Arc::clone(&mailbox),
        dispatch,
        outbound,
        pace,
        turn: Some(turn),
        asked: AskedSlots::new(),
        places: Places::default(),
    };
    let ended = session.talk(welcome, inbound).await;
    shared.metrics.sessions.dec();
    shared.hosts.close(host, &mailbox);
    ended
}

/// Slots that were asked for, and by whose news.
type AskedSlots = BTreeMap<Owner, oneshot::Receiver<Slot<Owner>>>;

/// Waits for one of the slots that were asked for; for ever where none was.
async fn granted(asked: &mut AskedSlots) -> Slot<Owner> {
    let slot = poll_fn(|context| {
        let mut slots = asked.values_mut().filter(|slot| !slot.is_terminated());
        let slot = slots.find_map(|slot| match Pin::new(slot).poll(context) {
            Poll::Ready(slot) => slot.ok(),
            Poll::Pending => None,
        });
        slot.map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    asked.remove(slot.lane());
    slot
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    host: &'a HostName,
    mailbox: Arc<Mailbox>,
    dispatch: Dispatch,
    outbound: &'a Outbound,
    pace: Pace,
    /// Until the agent is up to date.
    turn: Option<Turn>,
    /// A slot for each owner that has news: whose turn comes first among all hosts is told first.
    asked: AskedSlots,
    places: Places,
}

impl Session<'_> {
    async fn talk<S>(&mut self, welcome: Welcome, inbound: &mut S) -> Result<(), DeliveryError>
    where
        S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
    {
        self.welcome(welcome)?;
        let silence = self.pace.silence;
        loop {
            self.end_turn();
            self.ask_for_slots();
            tokio::select! {
                slot = granted(&mut self.asked) => {
                    let compiler = self.shared.compiler.read().await;
                    let long = self.dispatch.is_long(&compiler);
                    aside_if(long, || self.push(&slot, compiler))?;
                }
                message = tokio::time::timeout(silence, inbound.next()) => {
                    let message = message.map_err(|_| DeliveryError::Silent(silence.as_millis()))?;
                    let Some(message) = message.transpose()? else { return Ok(()) };
                    self.shared.hosts.touch(self.host);
                    self.hear(message).await?;
                }
                () = self.mailbox.bell.notified() => self.open_mailbox().await,
                () = self.mailbox.replaced.cancelled() => return Ok(()),
                () = self.shared.stop.cancelled() => return Ok(()),
            }
        }
    }

    fn welcome(&self, mut welcome: Welcome) -> Result<(), DeliveryError> {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        welcome.heartbeat_interval_ms = millis(self.pace.heartbeat);
        welcome.audit_interval_ms = millis(self.pace.audit);
        self.send(region_message::Body::Welcome(welcome))
    }

    fn end_turn(&mut self) {
        if self.dispatch.is_idle() || self.turn.as_ref().is_some_and(Turn::is_over) {
            self.turn = None;
        }
    }

    async fn open_mailbox(&mut self) {
        for (scope, owner) in self.mailbox.take() {
            self.dispatch.mark(scope, owner);
        }
        let asked = self.mailbox.take_asked();
        if asked.anew || !asked.sought.is_empty() {
            self.tell(asked).await;
        }
    }

    async fn tell(&mut self, asked: Asked) {
        let compiler = self.shared.compiler.read().await;
        if asked.anew {
            aside(|| self.dispatch.restart_all(&compiler));
        }
        for (network, sought) in asked.sought {
            self.dispatch.tell(&compiler, network, sought);
        }
        self.subscribe();
    }

    /// Asks for a slot for everyone who has something to tell, where there is room for it, and no more for those
    /// who have nothing left.
    fn ask_for_slots(&mut self) {
        if !self.dispatch.has_news() || !self.dispatch.has_room() {
            self.asked.clear();
            return;
        }
        let owners: BTreeSet<&Owner> = self.dispatch.owners().collect();
        self.asked.retain(|owner, _| owners.contains(owner));
        for owner in owners {
            if !self.asked.contains_key(owner) {
                let asked = self.shared.slots.ask(owner.clone());
                self.asked.insert(owner.clone(), asked);
            }
        }
    }

    /// Sends what is next.
    fn push(
        &mut self,
        slot: &Slot<Owner>,
        compiler: RwLockReadGuard<'_, Compiler>,
    ) -> Result<(), DeliveryError> {
        let next = self.dispatch.next_of(&compiler, slot.lane());
        self.subscribe();
        drop(compiler);
        let Some(push) = next else { return Ok(()) };
        let bytes = self.dispatch.newest_bytes();
        slot.charge(self.dispatch.told_owner(), bytes / WORK);
        self.count(&push, bytes);
        if let Some(answer) = &push.answer {
            self.places.sent(answer.want, push.sequence);
        }
        self.send(region_message::Body::Push(push))
    }

    /// Told while the compiler cannot change, so that no change in between is missed.
    fn subscribe(&mut self) {
        let news = self.dispatch.take_subscriptions();
        self.shared.subscribers.note(self.host, news);
    }

    /// The agent asks who has some addresses.
    async fn wanted(&mut self, want: &Want) {
        let places = self.shared.desk.take(want.sought.len());
        let compiler = self.shared.compiler.read().await;
        let looked = self.dispatch.want(&compiler, want, places.is_none());
        self.subscribe();
        drop(compiler);
        for (host, network, sought) in self.dispatch.take_introductions() {
            self.shared.hosts.tell(&host, network, sought);
        }
        if let Some(places) = places {
            self.places.taken(want.id, places);
        }
        let metrics = &self.shared.metrics.demand;
        metrics.wants.inc();
        metrics.lookups.inc_by(looked.done);
        metrics.absent.inc_by(looked.absent);
        metrics.shed.inc_by(u64::from(looked.shed));
    }

    async fn released(&mut self, release: &Release) {
        let compiler = self.shared.compiler.read().await;
        let count = self.dispatch.release(&compiler, release);
        self.subscribe();
        drop(compiler);
        self.shared.metrics.demand.released.inc_by(count as u64);
    }

    fn count(&self, push: &Push, bytes: u64) {
        let metrics = &self.shared.metrics;
        metrics.pushes.inc();
        metrics.bytes.inc_by(bytes);
        if push.complete && push.kind() == alcor_goalstate::wire::PushKind::SnapshotOfScope {
            metrics.snapshots.inc();
        }
    }

    /// The window keeps the channel from filling; if it is full, the agent does not read.
    fn send(&self, body: region_message::Body) -> Result<(), DeliveryError> {
        let message = RegionMessage { body: Some(body) };
        self.outbound
            .try_send(Box::new(Ok(message)))
            .map_err(|_| DeliveryError::Stuck)
    }

    async fn hear(&mut self, message: AgentMessage) -> Result<(), DeliveryError> {
        match message.body {
            Some(Body::Ack(ack)) => self.acknowledged(&ack).await,
            Some(Body::Report(report)) => self.reported(report).await?,
            Some(Body::Heartbeat(Heartbeat { held })) if held.is_empty() => {}
            Some(Body::Heartbeat(Heartbeat { held })) => self.audited(&held).await,
            Some(Body::Want(want)) => self.wanted(&want).await,
            Some(Body::Release(release)) => self.released(&release).await,
            Some(Body::Hello(_)) => {
                return Err(DeliveryError::Protocol(
                    "a session has one Hello".to_owned(),
                ));
            }
            None => tracing::debug!(host = %self.host, "message of a kind not known here"),
        }
        Ok(())
    }

    async fn acknowledged(&mut self, ack: &Ack) {
        self.places.arrived(ack.sequence);
        let settled = match ack.stage() {
            AckStage::Received => self.dispatch.received(ack.sequence),
            AckStage::Verified => self.dispatch.verified(ack.sequence),
            AckStage::Refused => {
                let compiler = self.shared.compiler.read().await;
                aside(|| self.dispatch.refused(&compiler, ack.sequence))
            }
        };
        if matches!(settled, Settled::Restarted | Settled::GivenUp) {
            self.shared.metrics.refused.inc();
            tracing::warn!(host = %self.host, reason = ack.reason, ?settled, "push refused");
        }
    }

    async fn audited(&mut self, held: &[ScopeRevision]) {
        self.shared.hosts.holds(self.host, held);
        let compiler = self.shared.compiler.read().await;
        let different = self.dispatch.audit(&compiler, held);
        drop(compiler);
        for scope in different {
            self.shared.metrics.mismatches.inc();
            tracing::warn!(host = %self.host, %scope, "the agent holds something else; sending all anew");
        }
    }

    /// Hands the words to the writer. Where its queue is full this waits, and so does the agent.
    async fn reported(&mut self, report: PortReport) -> Result<(), DeliveryError> {
        for status in report.statuses {
            let Some(state) = port_state(self.host, &status) else {
                tracing::debug!(host = %self.host, id = status.resource_id, "report ignored");
                continue;
            };
            let written = self.shared.status.send(state).await;
            written.map_err(|_| DeliveryError::Protocol("the region is stopping".to_owned()))?;
        }
        Ok(())
    }
}

/// What an agent's word on a resource says of a port's status; nothing where it is not one.
fn port_state(host: &HostName, said: &GoalStateOperationStatus) -> Option<PortState> {
    if said.resource_type() != ResourceType::Port {
        return None;
    }
    let status = match said.operation_status() {
        OperationStatus::Success => PortStatus::Active,
        OperationStatus::Pending => PortStatus::Down,
        OperationStatus::Failure | OperationStatus::InvalidArg => PortStatus::Error,
        OperationStatus::OutOfOrder => return None,
    };
    Some(PortState {
        id: said.resource_id.parse().ok()?,
        host: host.clone(),
        status,
        reason: said.reason.clone(),
        revision: Revision(said.store_revision),
    })
}
