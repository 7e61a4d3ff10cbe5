//! All emulated hosts of a run.

use crate::counts::Seen;
use crate::link::{self, Host, Shared};
use crate::questions::Told;
use crate::scenario::Scenario;
use crate::watch::Watch;
use alcor_goalstate::Sought;
use alcor_types::NetworkId;
use anyhow::Context;
use rustix::process::setpriority_process;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

/// How long the region may say nothing on a connection. Longer than a real agent's two seconds:
/// here hundreds of hosts share a connection, and all of them the region's processors.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// HTTP/2 windows, as real agents have them.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// So many hosts have threads of their own where the times of one tenant's ports are compared, so that they do
/// not wait for the others in this process.
pub(crate) const ASIDE: u32 = 20;

/// The niceness of threads that yield: a tenth of the usual weight.
const YIELDING: i32 = 10;

/// The hosts. They end with it.
#[derive(Debug)]
pub(crate) struct Fleet {
    hosts: Vec<Arc<Host>>,
    shared: Arc<Shared>,
    /// Where single ports are timed: the threads of the first hosts, and those of all others.
    apart: Option<Apart>,
}

/// Threads for hosts whose times count, and for those that only stand for other machines: the latter yield the
/// processors, which they would not use if they were machines.
#[derive(Debug)]
struct Apart {
    aside: Runtime,
    crowd: Runtime,
}

impl Apart {
    fn start() -> anyhow::Result<Self> {
        let threads = |start: fn()| {
            let mut threads = Builder::new_multi_thread();
            threads
                .worker_threads(2)
                .on_thread_start(start)
                .enable_all()
                .build()
        };
        Ok(Self {
            aside: threads(|| {})?,
            crowd: threads(yield_processor)?,
        })
    }
}

/// Has the calling thread come after all that have the usual priority.
fn yield_processor() {
    if let Err(error) = setpriority_process(None, YIELDING) {
        tracing::warn!(%error, "the crowd's threads keep their priority");
    }
}

impl Fleet {
    /// Hosts that have not dialled yet.
    pub(crate) fn new(
        scenario: &Scenario,
        began: Instant,
        measure_every: u32,
    ) -> anyhow::Result<Self> {
        let shared = Shared {
            like: scenario.agent.clone(),
            counts: crate::counts::Counts::default(),
            watch: Watch::new(began, measure_every),
            stop: CancellationToken::new(),
        };
        let apart = (scenario.fairness.ports > 0).then(Apart::start);
        Ok(Self {
            hosts: (0..scenario.hosts)
                .map(|number| Arc::new(Host::new(number)))
                .collect(),
            shared: Arc::new(shared),
            apart: apart.transpose()?,
        })
    }

    /// Opens all sessions, so many in a second, and returns when all have been begun.
    pub(crate) async fn dial(&self, agents: &str, scenario: &Scenario) -> anyhow::Result<()> {
        let endpoint = endpoint(agents)?;
        let mut channel = self.connect(&endpoint, 0);
        let began = tokio::time::Instant::now();
        for host in &self.hosts {
            if host.number % scenario.sessions_per_connection == 0 || host.number == ASIDE {
                channel = self.connect(&endpoint, host.number);
            }
            let due = f64::from(host.number) / f64::from(scenario.connects_per_second);
            let due = began + Duration::from_secs_f64(due);
            if host.number % 16 == 0 {
                tokio::time::sleep_until(due).await;
            }
            self.start(host, channel.clone());
        }
        Ok(())
    }

    fn start(&self, host: &Arc<Host>, channel: Channel) {
        let (host, shared) = (Arc::clone(host), Arc::clone(&self.shared));
        let threads = self.threads(host.number);
        threads.spawn(link::run(host, shared, channel));
    }

    /// A connection that is served by the threads of the host.
    fn connect(&self, endpoint: &Endpoint, host: u32) -> Channel {
        let threads = self.threads(host);
        let _entered = threads.enter();
        endpoint.connect_lazy()
    }

    fn threads(&self, host: u32) -> Handle {
        match &self.apart {
            Some(apart) if host < ASIDE => apart.aside.handle().clone(),
            Some(apart) => apart.crowd.handle().clone(),
            None => Handle::current(),
        }
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.shared.counts.seen()
    }

    /// Why sessions were lost, and how often.
    pub(crate) fn reasons(&self) -> std::collections::BTreeMap<String, u64> {
        self.shared.counts.reasons()
    }

    /// Latencies.
    pub(crate) fn watch(&self) -> &Watch {
        &self.shared.watch
    }

    /// The number of hosts.
    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Reads what a host holds.
    pub(crate) fn look<T>(&self, host: u32, see: impl FnOnce(&crate::agent::Agent) -> T) -> T {
        see(&self.hosts[host as usize].agent.lock())
    }

    /// Has a host ask who has an address of a network.
    pub(crate) fn ask(
        &self,
        host: u32,
        network: NetworkId,
        sought: Sought,
    ) -> oneshot::Receiver<Told> {
        self.hosts[host as usize].questions.ask(network, sought)
    }

    /// Has a host's agent forget everything, and returns how long it takes to hold all again.
    pub(crate) async fn restart(&self, host: u32, patience: Duration) -> anyhow::Result<Duration> {
        let host = &self.hosts[host as usize];
        let began = Instant::now();
        host.restart(&self.shared);
        let whole = async {
            while !host.is_complete() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(patience, whole)
            .await
            .with_context(|| format!("host {} is not complete again", host.number))?;
        Ok(began.elapsed())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        if let Some(Apart { aside, crowd }) = self.apart.take() {
            aside.shutdown_background();
            crowd.shutdown_background();
        }
    }
}

fn endpoint(agents: &str) -> anyhow::Result<Endpoint> {
    let endpoint = Endpoint::from_shared(agents.to_owned())
        .with_context(|| format!("{agents}: write a URL like http://127.0.0.1:9697"))?;
    Ok(endpoint
        .connect_timeout(KEEP_ALIVE)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW))
}
