//! A region without a region: it speaks the host session and holds one network's goals, so
//! that what an agent and its switch take is measured without what a region takes.

use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::host_session_server::{HostSession, HostSessionServer};
use alcor_goalstate::wire::{
    Ack, AckStage, AgentMessage, Push, PushKind, RegionMessage, Welcome, region_message,
};
use alcor_goalstate::{Goal, GoalChange, encode};
use alcor_types::NetworkId;
use anyhow::{Context, bail};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// As many as the real region puts into one push.
const GOALS_A_PUSH: usize = 2_000;
/// As many as the real region leaves unanswered.
const WINDOW: usize = 16;
/// Windows of HTTP/2 as the real region has them, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

type Outbound = mpsc::Sender<Result<RegionMessage, Status>>;

/// How far the agent has come: the session, counted from 1, and its newest verified push.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Verified {
    pub(crate) session: u64,
    pub(crate) push: u64,
}

#[derive(Debug)]
struct State {
    scope: NetworkId,
    goals: Vec<Goal>,
    /// The session's number, its door, and the pushes sent through it.
    session: u64,
    door: Option<Outbound>,
    sent: u64,
}

/// The stub, serving until dropped.
#[derive(Debug)]
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    verified: watch::Receiver<Verified>,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Stub {
    /// Serves the goals of one network.
    pub(crate) async fn serve(scope: NetworkId, goals: Vec<Goal>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = State {
            scope,
            goals,
            session: 0,
            door: None,
            sent: 0,
        };
        let state = Arc::new(Mutex::new(state));
        let (tell, verified) = watch::channel(Verified::default());
        let service = Service {
            state: Arc::clone(&state),
            tell: Arc::new(tell),
        };
        let server = tonic::transport::Server::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .tcp_nodelay(true)
            .add_service(HostSessionServer::new(service))
            .serve_with_incoming(TcpListenerStream::new(listener));
        Ok(Self {
            address,
            state,
            verified,
            server: tokio::spawn(server),
        })
    }

    /// What an agent is told as `--region`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds goals, pushes them as changes, and returns what the agent will have verified
    /// when it has done them all.
    pub(crate) async fn push(&self, goals: Vec<Goal>) -> anyhow::Result<Verified> {
        let (door, pushes, last) = {
            let mut state = self.state.lock();
            let door = state.door.clone().context("no agent has a session")?;
            let pushes = pushes(&mut state, &goals, PushKind::DeltaOfScope);
            state.goals.extend(goals);
            let last = Verified {
                session: state.session,
                push: state.sent,
            };
            (door, pushes, last)
        };
        for push in pushes {
            say(&door, region_message::Body::Push(push)).await?;
        }
        Ok(last)
    }

    /// Waits until the agent has said so much, and returns how far it is.
    pub(crate) async fn await_verified(
        &mut self,
        wanted: Verified,
        deadline: Duration,
    ) -> anyhow::Result<Verified> {
        let reached = self.verified.wait_for(|verified| *verified >= wanted);
        match tokio::time::timeout(deadline, reached).await {
            Ok(Ok(verified)) => Ok(*verified),
            Ok(Err(_)) => bail!("the stub has ended"),
            Err(_) => bail!("the agent has not verified {wanted:?} after {deadline:?}"),
        }
    }

    /// What the agent will have verified once it holds the whole snapshot in this session.
    pub(crate) fn snapshot_of(&self, session: u64) -> Verified {
        let parts = self.state.lock().goals.len().div_ceil(GOALS_A_PUSH);
        Verified {
            session,
            push: parts as u64,
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Cuts goals into pushes.
fn pushes(state: &mut State, goals: &[Goal], kind: PushKind) -> Vec<Push> {
    let revision = goals.iter().map(|goal| goal.revision().0).max();
    let parts = goals.len().div_ceil(GOALS_A_PUSH);
    let mut pushes = Vec::with_capacity(parts);
    for (part, goals) in goals.chunks(GOALS_A_PUSH).enumerate() {
        state.sent += 1;
        let changes: Vec<_> = goals.iter().cloned().map(GoalChange::Put).collect();
        pushes.push(Push {
            sequence: state.sent,
            scope: state.scope.to_string(),
            kind: kind.into(),
            revision: revision.unwrap_or(0),
            begins: part == 0,
            complete: part + 1 == parts,
            goal_state: Some(encode::goal_state(&changes)),
            answer: None,
        });
    }
    pushes
}

async fn say(door: &Outbound, body: region_message::Body) -> anyhow::Result<()> {
    let message = RegionMessage { body: Some(body) };
    door.send(Ok(message)).await.context("the session is over")
}

struct Service {
    state: Arc<Mutex<State>>,
    tell: Arc<watch::Sender<Verified>>,
}

#[tonic::async_trait]
impl HostSession for Service {
    type SessionStream = ReceiverStream<Result<RegionMessage, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (door, stream) = mpsc::channel(WINDOW);
        let (state, tell) = (Arc::clone(&self.state), Arc::clone(&self.tell));
        tokio::spawn(async move {
            // A session that breaks shows itself by what is not verified.
            if let Err(error) = talk(&state, &tell, request.into_inner(), door).await {
                tracing::debug!(%error, "session lost");
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

async fn talk(
    state: &Mutex<State>,
    tell: &watch::Sender<Verified>,
    mut inbound: Streaming<AgentMessage>,
    door: Outbound,
) -> anyhow::Result<()> {
    let hello = inbound.next().await.context("no hello")??;
    let Some(Body::Hello(_)) = hello.body else {
        bail!("the first message is no hello");
    };
    let (session, scope, snapshot) = {
        let mut state = state.lock();
        state.session += 1;
        state.sent = 0;
        state.door = Some(door.clone());
        let goals = state.goals.clone();
        let snapshot = pushes(&mut state, &goals, PushKind::SnapshotOfScope);
        (state.session, state.scope, snapshot)
    };
    let welcome = Welcome {
        scopes: vec![scope.to_string()],
        heartbeat_interval_ms: 500,
        audit_interval_ms: 30_000,
        ..Welcome::default()
    };
    let sender = tokio::spawn(async move {
        say(&door, region_message::Body::Welcome(welcome)).await?;
        for push in snapshot {
            say(&door, region_message::Body::Push(push)).await?;
        }
        anyhow::Ok(())
    });
    while let Some(message) = inbound.next().await {
        if let Some(Body::Ack(ack)) = message?.body {
            note(tell, session, &ack)?;
        }
    }
    sender.await?
}

fn note(tell: &watch::Sender<Verified>, session: u64, ack: &Ack) -> anyhow::Result<()> {
    match ack.stage() {
        AckStage::Received => {}
        AckStage::Refused => bail!("push {} refused: {}", ack.sequence, ack.reason),
        AckStage::Verified => {
            let now = Verified {
                session,
                push: ack.sequence,
            };
            tell.send_if_modified(|verified| {
                let newer = now > *verified;
                *verified = now.max(*verified);
                newer
            });
        }
    }
    Ok(())
}
