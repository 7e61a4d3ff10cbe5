//! What every handler shares.

use crate::auth::Auth;
use crate::bulk::Bulks;
use crate::metrics::Metrics;
use crate::resource::Reading;
use crate::tls::Tls;
use alcor_managers::{Caller, Settings};
use alcor_policy::Policy;
use alcor_store::{Lane, Store};
use alcor_types::{HostName, ProjectId, Revision, Timestamp};
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// What is known of a host's agent at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentLiveness {
    /// Whether its session is up.
    pub alive: bool,
    /// When it was last heard.
    pub last_heartbeat: Timestamp,
}

/// Knows which agents are alive: the delivery side's sessions.
pub trait Liveness: Send + Sync {
    /// What is known of this host's agent; none when it never had a session with this process.
    fn agent(&self, host: &HostName) -> Option<AgentLiveness>;
}

/// Bounds on what one client can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body read, in bytes.
    pub body_bytes: usize,
    /// How many requests are handled at once; more wait, and are refused after
    /// [`Limits::queue_wait`].
    pub concurrency: usize,
    /// How long a request waits for its turn.
    pub queue_wait: Duration,
    /// How long a request may take until its answer begins.
    pub request_time: Duration,
    /// How long open requests may take to finish once the server is told to stop.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024 * 1024,
            concurrency: 1024,
            queue_wait: Duration::from_secs(5),
            request_time: Duration::from_mins(1),
            drain_time: Duration::from_secs(10),
        }
    }
}

/// What every handler shares. Every request clones it several times, so a clone is one pointer.
#[derive(Clone)]
pub struct ApiState(Arc<Parts>);

/// The parts of an [`ApiState`].
#[derive(Clone)]
pub struct Parts {
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) auth: Auth,
    pub(crate) policy: Arc<Policy>,
    pub(crate) tls: Option<Tls>,
    pub(crate) trusts_proxy: bool,
    pub(crate) liveness: Arc<dyn Liveness>,
    pub(crate) limits: Limits,
    pub(crate) registry: Arc<Mutex<Registry>>,
    pub(crate) metrics: Metrics,
    pub(crate) ready: Arc<AtomicBool>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) bulks: Arc<Bulks>,
}

impl ApiState {
    /// A state that is not ready yet. The API's own metrics are added to `registry`.
    pub fn new(
        store: Store,
        settings: Arc<Settings>,
        auth: Auth,
        liveness: Arc<dyn Liveness>,
        registry: Arc<Mutex<Registry>>,
    ) -> Self {
        let metrics = Metrics::register(&mut registry.lock());
        let limits = Limits::default();
        Self(Arc::new(Parts {
            store,
            settings,
            auth,
            policy: Policy::standard(),
            tls: None,
            trusts_proxy: false,
            liveness,
            limits,
            registry,
            metrics,
            ready: Arc::default(),
            permits: Arc::new(Semaphore::new(limits.concurrency)),
            bulks: Arc::default(),
        }))
    }

    /// The parts, to be changed before the state is shared.
    fn parts(&mut self) -> &mut Parts {
        Arc::make_mut(&mut self.0)
    }

    /// The same with other limits.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.parts().limits = limits;
        self.parts().permits = Arc::new(Semaphore::new(limits.concurrency));
        self
    }

    /// The same where bulks go no further ahead of what hosts are being told, up to this revision, than a few.
    pub fn paced_by(mut self, progress: watch::Receiver<Revision>) -> Self {
        self.parts().bulks = Arc::new(Bulks::paced_by(progress));
        self
    }

    /// The same under another policy than Neutron's default.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.parts().policy = Arc::new(policy);
        self
    }

    /// The same on a listener that speaks TLS.
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.parts().tls = Some(tls);
        self
    }

    /// The same behind a proxy that always sets `X-Forwarded-Proto` itself. Without one that
    /// does, any client could choose what links begin with.
    pub fn behind_proxy(mut self) -> Self {
        self.parts().trusts_proxy = true;
        self
    }

    /// Says by `/readyz` whether the region serves.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    /// The store, for what is written for this project: it waits behind the project's own, and other
    /// projects have their turns in between.
    pub(crate) fn writer(&self, project: &ProjectId) -> Store {
        self.store.in_lane(Lane::of(project.as_str()))
    }

    /// The newest view of the region, for this caller.
    pub(crate) fn reading(&self, caller: &Caller) -> Reading {
        Reading {
            snapshot: self.store.snapshot(),
            liveness: Arc::clone(&self.liveness),
            caller: caller.clone(),
            parent_project: None,
            settings: Arc::clone(&self.settings),
        }
    }
}

impl Deref for ApiState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
