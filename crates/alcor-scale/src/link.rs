//! An emulated host's link to the region: dials, keeps one session, dials again when it is lost,
//! with the waits of a real agent.

use crate::agent::{Agent, ack};
use crate::counts::Counts;
use crate::plan::{host_name, tunnel_ip};
use crate::questions::Questions;
use crate::scenario::AgentLike;
use crate::watch::Watch;
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::host_session_client::HostSessionClient;
use alcor_goalstate::wire::{AckStage, AgentMessage, Hello, Push, Welcome, region_message};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

/// The first and the longest wait between two dials, as a real agent's.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// The largest push that is taken, as a real agent's.
const MAX_MESSAGE: usize = 16 << 20;
/// Messages to the region that may wait for the wire; beyond, the host waits.
const OUTBOUND: usize = 64;

/// The way to the region. A message in a box takes no room in the channel while there is none.
type Door = mpsc::Sender<Box<AgentMessage>>;

/// One emulated host.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) number: u32,
    pub(crate) agent: Mutex<Agent>,
    /// Whether its present session's view is complete.
    complete: AtomicBool,
    /// Rings when the agent is to be restarted.
    restarted: Notify,
    pub(crate) questions: Questions,
}

/// What all hosts share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) like: AgentLike,
    pub(crate) counts: Counts,
    pub(crate) watch: Watch,
    pub(crate) stop: CancellationToken,
}

impl Host {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            agent: Mutex::default(),
            complete: AtomicBool::new(false),
            restarted: Notify::new(),
            questions: Questions::default(),
        }
    }

    /// Whether its view is complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Relaxed)
    }

    /// The agent forgets everything, and its session ends.
    pub(crate) fn restart(&self, shared: &Shared) {
        let mut agent = self.agent.lock();
        let (goals, ports) = (agent.len(), agent.own_ports());
        *agent = Agent::default();
        drop(agent);
        let less = |number| -i64::try_from(number).unwrap_or_default();
        shared.counts.goals.fetch_add(less(goals), Relaxed);
        shared.counts.ports.fetch_add(less(ports), Relaxed);
        self.set_complete(shared, false);
        self.restarted.notify_one();
    }

    fn set_complete(&self, shared: &Shared, complete: bool) {
        if self.complete.swap(complete, Relaxed) != complete {
            let more = if complete { 1 } else { -1 };
            shared.counts.complete.fetch_add(more, Relaxed);
        }
    }

    fn identity(&self) -> Hello {
        Hello {
            host_id: host_name(self.number),
            boot_id: uuid::Uuid::new_v4().to_string(),
            tunnel_ip: tunnel_ip(self.number).to_string(),
            agent_version: "emulated".to_owned(),
            bridge: "br-int".to_owned(),
            ..Hello::default()
        }
    }
}

/// Keeps a session until told to stop.
pub(crate) async fn run(host: Arc<Host>, shared: Arc<Shared>, channel: Channel) {
    let identity = host.identity();
    let mut wait = BACKOFF.0;
    loop {
        let mut welcomed = false;
        let session = Session {
            host: &host,
            shared: &shared,
        };
        let ended = tokio::select! {
            ended = session.run(&identity, &channel, &mut welcomed) => ended,
            () = host.restarted.notified() => Ok(()),
            () = shared.stop.cancelled() => return,
        };
        host.set_complete(&shared, false);
        host.questions.give_up();
        if welcomed {
            shared.counts.sessions.fetch_sub(1, Relaxed);
            wait = BACKOFF.0;
        }
        if let Err(status) = ended {
            shared.counts.lose(status.message());
            tracing::debug!(host = host.number, %status, "session lost");
        }
        tokio::select! {
            () = tokio::time::sleep(jittered(wait)) => wait = (wait * 2).min(BACKOFF.1),
            () = shared.stop.cancelled() => return,
        }
    }
}

/// Half to all of `wait`.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + random() / 2.0)
}

/// A number from 0 to below 1.
fn random() -> f64 {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    f64::from(u16::from_le_bytes([bytes[0], bytes[1]])) / 65_536.0
}

struct Session<'a> {
    host: &'a Host,
    shared: &'a Shared,
}

/// What a session waits for besides the region.
struct Beats {
    heartbeat: Interval,
    audit: Duration,
    audited: Instant,
}

impl Beats {
    /// The first beat comes at a random moment of its interval.
    fn new(heartbeat: Duration, audit: Duration) -> Self {
        let first = Instant::now() + heartbeat.mul_f64(random());
        let mut beats = interval_at(first, heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            heartbeat: beats,
            audit,
            audited: Instant::now() - audit.mul_f64(random()),
        }
    }
}

/// Waits for the next beat; for ever before the welcome, as a real agent says nothing until then.
async fn due(beats: Option<&mut Beats>) -> &mut Beats {
    let Some(beats) = beats else {
        return std::future::pending().await;
    };
    beats.heartbeat.tick().await;
    beats
}

impl Session<'_> {
    async fn run(
        &self,
        identity: &Hello,
        channel: &Channel,
        welcomed: &mut bool,
    ) -> Result<(), Status> {
        let (door, outbound) = mpsc::channel(OUTBOUND);
        let hello = self.host.agent.lock().hello(identity);
        say(&door, hello).await?;
        let mut client =
            HostSessionClient::new(channel.clone()).max_decoding_message_size(MAX_MESSAGE);
        let mut inbound = client
            .session(ReceiverStream::new(outbound).map(|message| *message))
            .await?
            .into_inner();
        let mut beats = None;
        loop {
            tokio::select! {
                said = inbound.message() => match said?.and_then(|said| said.body) {
                    Some(region_message::Body::Welcome(welcome)) => {
                        *welcomed = true;
                        self.shared.counts.sessions.fetch_add(1, Relaxed);
                        beats = Some(self.welcome(&door, &welcome).await?);
                    }
                    Some(region_message::Body::Push(push)) => {
                        let lacked = self.host.agent.lock().lacks_names();
                        self.push(&door, push).await?;
                        // The next session begins with a push that lacks none.
                        if !lacked && self.host.agent.lock().lacks_names() {
                            return Ok(());
                        }
                    }
                    None => return Err(Status::unavailable("the region ended the session")),
                },
                () = self.host.questions.bell.notified() => for want in self.host.questions.take() {
                    say(&door, Body::Want(want)).await?;
                },
                beats = due(beats.as_mut()) => self.beat(&door, beats).await?,
            }
        }
    }

    async fn welcome(&self, door: &Door, welcome: &Welcome) -> Result<Beats, Status> {
        let (report, gained, own) = self.host.agent.lock().welcome(welcome);
        self.shared.counts.goals.fetch_add(gained, Relaxed);
        self.shared.counts.ports.fetch_add(own, Relaxed);
        self.note_complete();
        if let Some(report) = report {
            say(door, report).await?;
        }
        let millis = |millis: u32| Duration::from_millis(u64::from(millis.max(10)));
        Ok(Beats::new(
            millis(welcome.heartbeat_interval_ms),
            millis(welcome.audit_interval_ms),
        ))
    }

    async fn beat(&self, door: &Door, beats: &mut Beats) -> Result<(), Status> {
        let audit = beats.audited.elapsed() >= beats.audit;
        if audit {
            beats.audited = Instant::now();
        }
        let beat = self.host.agent.lock().heartbeat(audit);
        say(door, beat).await
    }

    async fn push(&self, door: &Door, push: Push) -> Result<(), Status> {
        let like = &self.shared.like;
        if like.loss > 0.0 && random() < like.loss {
            return Err(Status::unavailable("lost on purpose"));
        }
        let taken = self.host.agent.lock().push(&push);
        let taken = match taken {
            Ok(taken) => taken,
            Err(refusal) => {
                self.shared.counts.refused.fetch_add(1, Relaxed);
                return say(door, *refusal).await;
            }
        };
        if let Some(answer) = &push.answer {
            self.host.questions.answered(answer);
        }
        let received = ack(push.sequence, AckStage::Received, String::new());
        drop(push);
        self.shared.counts.taken(&taken);
        self.note_complete();
        say(door, received).await?;
        if like.delay_ms > 0 {
            let longest = Duration::from_millis(like.delay_ms.into());
            tokio::time::sleep(jittered(longest)).await;
        }
        for word in taken.verified {
            say(door, word).await?;
        }
        let watch = &self.shared.watch;
        for (port, own) in taken.ports.iter().filter(|(port, _)| watch.wants(*port)) {
            watch.verified(self.host.number, *port, *own);
        }
        Ok(())
    }

    fn note_complete(&self) {
        let complete = self.host.agent.lock().is_complete();
        self.host.set_complete(self.shared, complete);
    }
}

async fn say(door: &Door, body: Body) -> Result<(), Status> {
    let message = AgentMessage { body: Some(body) };
    let sent = door.send(Box::new(message)).await;
    sent.map_err(|_| Status::unavailable("the session is over"))
}
