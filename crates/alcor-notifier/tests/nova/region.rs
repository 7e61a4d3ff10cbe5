//! A region without an API: its store, its managers and its notifier.

use crate::receiver::Receiver;
use alcor_managers::node::CreateNode;
use alcor_managers::port::CreatePort;
use alcor_managers::{ApiError, Caller, Settings, network, node, port, records};
use alcor_notifier::{Notifier, NotifierError, Told, Unchecked};
use alcor_store::{Store, Txn};
use alcor_types::{HostName, NetworkId, PortId, PortState, PortStatus, ProjectId, Revision};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nothing that is waited for takes this long.
const LONG: Duration = Duration::from_mins(1);

/// The server whose ports they are.
pub(crate) const SERVER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f10";

/// A running notifier.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), NotifierError>>,
}

impl Running {
    /// Tells the stand-in.
    pub(crate) fn start(store: &Store, nova: &Receiver) -> Self {
        Self::at(store, &nova.url, nova.ca_file.as_deref())
    }

    /// Tells whoever is there.
    pub(crate) fn at(store: &Store, url: &str, ca_file: Option<&Path>) -> Self {
        Self::run(opened(store, url, ca_file))
    }

    /// Lets one begin that has looked at the store before.
    pub(crate) fn run(notifier: Notifier<Unchecked>) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(notifier.run(stop.clone()));
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// A notifier that has looked at the store, and does nothing yet.
pub(crate) fn opened(store: &Store, url: &str, ca_file: Option<&Path>) -> Notifier<Unchecked> {
    let settings = alcor_notifier::Settings {
        url: Some(url.to_owned()),
        ca_file: ca_file.map(Path::to_owned),
    };
    Notifier::open(store, settings, Unchecked).unwrap()
}

/// Waits until it is noted that Nova has been told of this port.
pub(crate) async fn noted(store: &Store, port: PortId) {
    let began = Instant::now();
    let note = || records::get::<Told>(&store.snapshot(), port.as_bytes()).unwrap();
    while note().is_none() {
        assert!(began.elapsed() < LONG, "no note of {port}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) async fn write<T: Send + 'static>(
    store: &Store,
    f: impl Fn(&mut Txn<'_>, &Caller) -> Result<T, ApiError> + Send + 'static,
) -> T {
    let mut caller = Caller::admin();
    caller.project_id = ProjectId::from("11111111111111111111111111111111");
    let written = store.transact(move |txn| f(txn, &caller)).await;
    written.unwrap().value
}

/// A port of the server, bound to host `h1`, of which nobody has said anything yet.
pub(crate) async fn bound_port(store: &Store) -> PortId {
    let network = write(store, |txn, caller| {
        let request = network::CreateNetwork::default();
        Ok(network::create(txn, &request, caller, &Settings::default())?.id)
    });
    bound_port_of(store, network.await).await
}

/// The same on this network.
pub(crate) async fn bound_port_of(store: &Store, network: NetworkId) -> PortId {
    write(store, move |txn, caller| {
        let settings = Settings::default();
        let host = CreateNode::new(HostName::from("h1"), [192, 0, 2, 1].into());
        node::upsert(txn, &host, caller)?;
        let request = CreatePort {
            device_id: SERVER.to_owned(),
            device_owner: "compute:nova".to_owned(),
            host: Some(HostName::from("h1")),
            ..CreatePort::new(network)
        };
        Ok(port::create(txn, &request, caller, &settings)?.id)
    })
    .await
}

pub(crate) async fn say(store: &Store, port: PortId, status: PortStatus) {
    let state = PortState {
        id: port,
        host: HostName::from("h1"),
        status,
        reason: String::new(),
        revision: Revision(1),
    };
    write(store, move |txn, _| {
        port::record_states(txn, std::slice::from_ref(&state))
    })
    .await;
}

pub(crate) async fn delete(store: &Store, port: PortId) {
    write(store, move |txn, caller| {
        port::delete(txn, port, caller, None)
    })
    .await;
}
