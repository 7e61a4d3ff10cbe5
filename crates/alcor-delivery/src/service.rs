//! The running data-plane manager and its gRPC face.

use crate::admission::Admission;
use crate::desk::Desk;
use crate::feed::Feed;
use crate::outlets::Outlets;
use crate::pace::Pace;
use crate::seats::Seats;
use crate::session::{self, OUTBOUND};
use crate::status::{StatusSender, StatusWriter};
use crate::subscribers::Subscribers;
use crate::{DeliveryError, Heard, Hosts, Metrics};
use alcor_compiler::Compiler;
use alcor_goalstate::wire::goal_state_provisioner_server::GoalStateProvisionerServer;
use alcor_goalstate::wire::host_session_server::{HostSession, HostSessionServer};
use alcor_goalstate::wire::{AgentMessage, RegionMessage};
use alcor_store::{Slots, Store};
use alcor_types::{HostName, ProjectId, Revision};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

/// HTTP/2 windows: the default of 64 KiB throttles snapshots on real round-trip times.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// How delivery keeps time with its agents, and what it tells them of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How often agents must say something, while they are few enough.
    pub heartbeat: Duration,
    /// After how long a silent agent counts as dead; longer in the same measure as heartbeats come
    /// less often.
    pub silence: Duration,
    /// How often agents tell the digests of what they hold, while they are few enough.
    pub audit: Duration,
    /// The domain of networks that name none.
    pub dns_domain: String,
    /// The operator's choices that ports of the region's own are made by.
    pub rules: Arc<alcor_managers::Settings>,
    /// Heartbeats of all agents together that are wanted in a second; the more agents there are, the
    /// less often each has to say something.
    pub beats_per_second: u32,
    /// Audits of all agents together that are wanted in a second.
    pub audits_per_second: u32,
    /// Agents that are brought up to date at a time; others that come meanwhile wait for their turn.
    pub admitted: usize,
    /// A network with more ports than this is large: its hosts are told of a port only once they ask.
    pub on_demand_above: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(500),
            silence: Duration::from_secs(2),
            audit: Duration::from_secs(30),
            dns_domain: String::new(),
            rules: Arc::default(),
            beats_per_second: 4_000,
            audits_per_second: 200,
            admitted: 128,
            on_demand_above: 1_000,
        }
    }
}

impl Settings {
    /// The times of a session in a region of so many hosts.
    pub(crate) fn pace(&self, hosts: usize) -> Pace {
        Pace::new(self, hosts)
    }
}

/// Whose something is that hosts are told; what nobody owns has its turns, too.
pub(crate) type Owner = Option<ProjectId>;

/// What all sessions share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    /// Waiting for it keeps no thread from the work of others.
    pub(crate) compiler: Arc<RwLock<Compiler>>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) subscribers: Arc<Subscribers>,
    pub(crate) desk: Desk,
    /// Finding and encoding what hosts are told is most of the work here: as many sessions do it at a time as
    /// there are processors, and where more would, the owners of what is told have their turns.
    pub(crate) slots: Slots<Owner>,
    pub(crate) status: StatusSender,
    pub(crate) progress: watch::Receiver<Revision>,
    pub(crate) settings: Settings,
    pub(crate) admission: Admission,
    pub(crate) metrics: Metrics,
    pub(crate) stop: CancellationToken,
}

/// The running data-plane manager. Cheap to clone.
#[derive(Clone)]
pub struct Delivery {
    pub(crate) shared: Arc<Shared>,
}

/// The background tasks of a [`Delivery`]; they end when it is stopped, or when the store fails.
pub struct Tasks {
    feed: JoinHandle<Result<(), DeliveryError>>,
    status: JoinHandle<()>,
    seats: JoinHandle<()>,
    outlets: JoinHandle<()>,
}

impl Tasks {
    /// Waits for the end, and says why it came.
    pub async fn ended(self) -> Result<(), DeliveryError> {
        let fed = self.feed.await;
        if self.status.await.is_err() {
            tracing::error!("the writer of port states panicked");
        }
        if self.seats.await.is_err() {
            tracing::error!("the task that places gateways panicked");
        }
        if self.outlets.await.is_err() {
            tracing::error!("the task that gives hosts outlets panicked");
        }
        fed.unwrap_or_else(|_| Err(DeliveryError::Protocol("the feed panicked".to_owned())))
    }
}

impl Delivery {
    /// Loads the intent from the store and begins to follow it. Must be called in a runtime.
    pub fn start(
        store: Store,
        settings: Settings,
        metrics: Metrics,
    ) -> Result<(Self, Tasks), DeliveryError> {
        let hosts = Arc::new(Hosts::default());
        let stop = CancellationToken::new();
        let subscribers = Arc::new(Subscribers::default());
        let told = (Arc::clone(&hosts), Arc::clone(&subscribers));
        let above = settings.on_demand_above;
        let feed = Feed::open(store.clone(), told, &settings.dns_domain, above)?;
        let (status, writer) = StatusWriter::new(store.clone(), feed.compiler(), metrics.clone());
        // Nobody else has it yet.
        let count = feed.compiler().try_read().map_or(0, |all| all.host_count());
        let times = (settings.silence, count);
        let seats = Seats::new(store.clone(), Arc::clone(&hosts), times)?;
        let outlets = Outlets::new(
            store.clone(),
            Arc::clone(&hosts),
            (feed.compiler(), feed.progress()),
            Arc::clone(&settings.rules),
        )?;
        let shared = Shared {
            store,
            compiler: feed.compiler(),
            hosts,
            subscribers,
            desk: Desk::default(),
            slots: Slots::new(std::thread::available_parallelism().map_or(1, usize::from)),
            status,
            progress: feed.progress(),
            admission: Admission::new(settings.admitted),
            settings,
            metrics,
            stop: stop.clone(),
        };
        let tasks = Tasks {
            feed: tokio::spawn(feed.run(stop.clone())),
            status: tokio::spawn(writer.run(stop.clone())),
            seats: tokio::spawn(seats.run(stop.clone())),
            outlets: tokio::spawn(outlets.run(stop)),
        };
        Ok((
            Self {
                shared: Arc::new(shared),
            },
            tasks,
        ))
    }

    /// What is known of a host's agent.
    pub fn heard(&self, host: &HostName) -> Option<Heard> {
        self.shared.hosts.heard(host)
    }

    /// The revision up to which the region's hosts are being told.
    pub fn progress(&self) -> watch::Receiver<Revision> {
        self.shared.progress.clone()
    }

    /// Ends all sessions and tasks.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Serves agents on `listener` until stopped.
    pub async fn serve(&self, listener: TcpListener) -> Result<(), DeliveryError> {
        let keep_alive = Some(self.shared.settings.silence);
        tonic::transport::Server::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keepalive_interval(keep_alive)
            .tcp_nodelay(true)
            .add_service(HostSessionServer::new(self.clone()))
            .add_service(GoalStateProvisionerServer::new(self.clone()))
            .serve_with_incoming_shutdown(
                TcpListenerStream::new(listener),
                self.shared.stop.clone().cancelled_owned(),
            )
            .await?;
        Ok(())
    }
}

#[tonic::async_trait]
impl HostSession for Delivery {
    type SessionStream = Pin<Box<dyn Stream<Item = Result<RegionMessage, Status>> + Send>>;

    async fn session(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (outbound, stream) = mpsc::channel(OUTBOUND);
        tokio::spawn(session::run(
            Arc::clone(&self.shared),
            request.into_inner(),
            outbound,
        ));
        let stream = ReceiverStream::new(stream).map(|message| *message);
        Ok(Response::new(Box::pin(stream)))
    }
}
