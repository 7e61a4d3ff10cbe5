//! One agent's session: greets it, pushes to it, hears its words, notices its silence.

use crate::admission::Turn;
use crate::aside::{aside, aside_if};
use crate::desk::Places;
use crate::dispatch::{WINDOW, WORK};
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
use alcor_managers::ApiError;
use alcor_managers::node::{self, Registration};
use alcor_store::Slot;
use alcor_types::{HostName, PortState, PortStatus, Revision, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLockReadGuard, mpsc, oneshot};
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

/// Messages that may wait for the wire: a full window and the welcome.
pub(crate) const OUTBOUND: usize = WINDOW + 2;

/// How long a new node's registration may take to reach the compiler.
const REGISTRATION: Duration = Duration::from_secs(5);

/// A message in a box takes no room in the channel's blocks, of which each session has one at least.
pub(crate) type Outgoing = Box<Result<RegionMessage, Status>>;

pub(crate) type Outbound = mpsc::Sender<Outgoing>;

/// Serves one agent until it goes, falls silent, is replaced, or the region stops.
pub(crate) async fn run<S>(shared: Arc<Shared>, mut inbound: S, outbound: Outbound)
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let hello = match first(&shared, &mut inbound).await {
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

async fn first<S>(shared: &Shared, inbound: &mut S) -> Result<Hello, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let silence = shared.settings.silence;
    let message = tokio::time::timeout(silence, inbound.next())
        .await
        .map_err(|_| DeliveryError::Silent(silence.as_millis()))?;
    match message.transpose()?.and_then(|message| message.body) {
        Some(Body::Hello(hello)) => Ok(hello),
        _ => Err(DeliveryError::Protocol(
            "the first message must be a Hello".to_owned(),
        )),
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
    let registration = registration(hello)?;
    let wires = &hello.physical_networks;
    let mailbox = shared.hosts.register(host, wires, pace(shared).await);
    // In a box, for it takes far more room than what comes after it and lasts.
    let turn = Box::pin(begin(shared, registration, &mailbox, inbound)).await;
    let Ok(Some(turn)) = turn else {
        shared.hosts.close(host, &mailbox);
        return turn.map(drop);
    };
    let pace = pace(shared).await;
    shared.hosts.admit(host, &mailbox, pace);
    shared.metrics.sessions.inc();
    tracing::info!(%host, boot = hello.boot_id, known = hello.known.len(), "session opened");
    let (dispatch, welcome) = start(shared, host, &hello.known).await;
    let mut session = Session {
        shared,
        host,
        mailbox: Arc::clone(&mailbox),
        dispatch,
        outbound,
        pace,
        turn: Some(turn),
        asked: None,
        places: Places::default(),
    };
    let ended = session.talk(welcome, inbound).await;
    shared.metrics.sessions.dec();
    shared.hosts.close(host, &mailbox);
    ended
}

/// The host's turn, once its node is known; nothing where the session is over before.
async fn begin<S>(
    shared: &Shared,
    registration: Registration,
    mailbox: &Mailbox,
    inbound: &mut S,
) -> Result<Option<Turn>, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let turn = tokio::select! {
        turn = admitted(shared, inbound) => turn?,
        () = mailbox.replaced.cancelled() => None,
    };
    if turn.is_some() {
        register(shared, registration).await?;
    }
    Ok(turn)
}

async fn pace(shared: &Shared) -> Pace {
    let count = shared.compiler.read().await.host_count();
    shared.settings.pace(count)
}

/// What the agent holds, by its word and by what is remembered of it.
async fn start(shared: &Shared, host: &HostName, known: &[ScopeRevision]) -> (Dispatch, Welcome) {
    let _slot = shared.slots.ask(None).await;
    let remembered = shared.subscribers.demand(host);
    let compiler = shared.compiler.read().await;
    aside(|| {
        let (mut dispatch, welcome) = Dispatch::resume(host.clone(), &compiler, known, &remembered);
        let subscriptions = dispatch.take_subscriptions();
        shared.subscribers.note(host, subscriptions);
        (dispatch, welcome)
    })
}

/// Waits for a turn to be brought up to date; nothing where the agent went meanwhile. What it says
/// before its welcome are reports that it repeats after it.
async fn admitted<S>(shared: &Shared, inbound: &mut S) -> Result<Option<Turn>, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let turn = shared.admission.turn();
    tokio::pin!(turn);
    loop {
        tokio::select! {
            biased;
            turn = &mut turn => return Ok(Some(turn)),
            message = inbound.next() => if message.transpose()?.is_none() {
                return Ok(None);
            },
            () = shared.stop.cancelled() => return Ok(None),
        }
    }
}

/// Makes or refreshes the host's node, and waits until the compiler knows it. An agent that
/// comes back with nothing new writes nothing: there is no change that the feed could bring, and
/// nothing to wait for.
async fn register(shared: &Shared, registration: Registration) -> Result<(), DeliveryError> {
    let committed = shared
        .store
        .transact(move |txn| {
            let before = node::by_name(txn, &registration.host)?;
            let after = node::register(txn, &registration)?;
            Ok::<_, ApiError>(before.as_ref() != Some(&after))
        })
        .await
        .map_err(|error| DeliveryError::Node(error.to_string()))?;
    if !committed.value {
        return Ok(());
    }
    let mut progress = shared.progress.clone();
    let known = progress.wait_for(|at| *at >= committed.revision);
    match tokio::time::timeout(REGISTRATION, known).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(DeliveryError::Behind),
    }
}

fn registration(hello: &Hello) -> Result<Registration, DeliveryError> {
    if hello.host_id.is_empty() {
        let problem = "must not be empty".to_owned();
        return Err(DeliveryError::Hello {
            field: "host_id",
            problem,
        });
    }
    let tunnel_ip = hello
        .tunnel_ip
        .parse()
        .map_err(|error| DeliveryError::Hello {
            field: "tunnel_ip",
            problem: format!("'{}': {error}", hello.tunnel_ip),
        })?;
    Ok(Registration {
        host: hello.host_id.as_str().into(),
        tunnel_ip,
        agent_version: hello.agent_version.clone(),
        bridge: hello.bridge.clone(),
        started_at: Timestamp(hello.started_at),
    })
}

/// Waits for a slot that was asked for; for ever where none was.
async fn granted(asked: Option<&mut oneshot::Receiver<Slot<Owner>>>) -> Slot<Owner> {
    if let Some(asked) = asked
        && let Ok(slot) = asked.await
    {
        return slot;
    }
    std::future::pending().await
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
    /// For whose news a slot was asked.
    asked: Option<(Owner, oneshot::Receiver<Slot<Owner>>)>,
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
            self.ask_for_slot();
            let asked = self.asked.as_mut().map(|(_, asked)| asked);
            tokio::select! {
                slot = granted(asked) => {
                    self.asked = None;
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

    /// Asks for a slot where there is something to send and room for it. Who has asked for one owner and now
    /// has another's news to tell first asks anew.
    fn ask_for_slot(&mut self) {
        if !self.dispatch.has_news() || !self.dispatch.has_room() {
            self.asked = None;
            return;
        }
        let owner = self.dispatch.next_owner();
        if self.asked.as_ref().is_none_or(|(of, _)| *of != owner) {
            let asked = self.shared.slots.ask(owner.clone());
            self.asked = Some((owner, asked));
        }
    }

    /// Sends what is next.
    fn push(
        &mut self,
        slot: &Slot<Owner>,
        compiler: RwLockReadGuard<'_, Compiler>,
    ) -> Result<(), DeliveryError> {
        let next = self.dispatch.next(&compiler);
        self.subscribe();
        drop(compiler);
        let Some(push) = next else { return Ok(()) };
        let bytes = self.dispatch.newest_bytes();
        slot.charge(bytes / WORK);
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
