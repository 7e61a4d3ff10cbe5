//! A store whose ports come and go, and a stand-in for Nova that hears of it.

#![allow(clippy::unwrap_used, reason = "a wrong value fails the test")]

use alcor_managers::node::CreateNode;
use alcor_managers::port::{CreatePort, UpdatePort};
use alcor_managers::{ApiError, Caller, Settings, network, node, port};
use alcor_notifier::{Notifier, NotifierError, Unchecked};
use alcor_store::{Store, Txn};
use alcor_types::{HostName, PortId, PortState, PortStatus, ProjectId, Revision};
use axum::extract::{Json, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const SERVER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f10";

/// No event takes longer on any machine.
const LONG: Duration = Duration::from_mins(1);

/// Nova's end: answers with the given statuses first, then takes everything.
struct Receiver {
    url: String,
    heard: mpsc::UnboundedReceiver<Value>,
}

#[derive(Clone)]
struct Desk {
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    heard: mpsc::UnboundedSender<Value>,
}

impl Receiver {
    async fn start(answers: &[StatusCode]) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let desk = Desk {
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            heard: sender,
        };
        let route = axum::routing::post(take);
        let app = axum::Router::new()
            .route("/v2.1/os-server-external-events", route)
            .with_state(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2.1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, heard }
    }

    /// The next event.
    async fn next(&mut self) -> Value {
        let event = tokio::time::timeout(LONG, self.heard.recv()).await;
        event.unwrap().unwrap()
    }

    async fn expect(&mut self, name: &str, port: PortId) {
        let expected = json!({
            "name": name, "server_uuid": SERVER, "status": "completed", "tag": port,
        });
        assert_eq!(self.next().await, expected);
    }
}

async fn take(State(desk): State<Desk>, Json(body): Json<Value>) -> StatusCode {
    if let Some(status) = desk.answers.lock().unwrap().pop_front() {
        return status;
    }
    for event in body["events"].as_array().unwrap() {
        desk.heard.send(event.clone()).unwrap();
    }
    StatusCode::OK
}

/// A running notifier.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), NotifierError>>,
}

impl Running {
    fn start(store: &Store, url: &str) -> Self {
        let settings = alcor_notifier::Settings {
            url: Some(url.to_owned()),
        };
        let notifier = Notifier::open(store, settings, Unchecked).unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(notifier.run(stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

async fn write<T: Send + 'static>(
    store: &Store,
    f: impl Fn(&mut Txn<'_>, &Caller) -> Result<T, ApiError> + Send + 'static,
) -> T {
    let mut caller = Caller::admin();
    caller.project_id = ProjectId::from("11111111111111111111111111111111");
    let written = store.transact(move |txn| f(txn, &caller)).await;
    written.unwrap().value
}

/// A port of the server, bound to host `h1`, of which nobody has said anything yet.
async fn bound_port(store: &Store) -> PortId {
    write(store, |txn, caller| {
        let settings = Settings::default();
        let host = CreateNode::new(HostName::from("h1"), [192, 0, 2, 1].into());
        node::upsert(txn, &host, caller)?;
        let network = network::create(txn, &network::CreateNetwork::default(), caller, &settings)?;
        let request = CreatePort {
            device_id: SERVER.to_owned(),
            device_owner: "compute:nova".to_owned(),
            host: Some(HostName::from("h1")),
            ..CreatePort::new(network.id)
        };
        Ok(port::create(txn, &request, caller, &settings)?.id)
    })
    .await
}

async fn say(store: &Store, port: PortId, status: PortStatus) {
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

async fn delete(store: &Store, port: PortId) {
    write(store, move |txn, caller| {
        port::delete(txn, port, caller, None)
    })
    .await;
}

#[tokio::test]
async fn nova_hears_of_plug_unplug_and_delete_in_order() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova.url);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    say(&store, port, PortStatus::Down).await;
    say(&store, port, PortStatus::Active).await;
    delete(&store, port).await;
    nova.expect("network-vif-plugged", port).await;
    nova.expect("network-vif-unplugged", port).await;
    nova.expect("network-vif-plugged", port).await;
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn ports_of_others_are_no_events() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova.url);
    let dhcp = bound_port(&store).await;
    write(&store, move |txn, caller| {
        let change = UpdatePort {
            device_owner: Some("network:dhcp".to_owned()),
            ..UpdatePort::default()
        };
        port::update(txn, dhcp, &change, caller, &Settings::default())
    })
    .await;
    say(&store, dhcp, PortStatus::Active).await;
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn an_event_is_sent_until_nova_takes_it() {
    let store = Store::ephemeral();
    let busy = [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::UNAUTHORIZED,
        StatusCode::INTERNAL_SERVER_ERROR,
    ];
    let mut nova = Receiver::start(&busy).await;
    let notifier = Running::start(&store, &nova.url);
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn a_restart_tells_what_was_missed_once() {
    let store = Store::ephemeral();
    let mut nova = Receiver::start(&[]).await;
    let port = bound_port(&store).await;
    say(&store, port, PortStatus::Active).await;
    let notifier = Running::start(&store, &nova.url);
    nova.expect("network-vif-plugged", port).await;
    // The note is written behind the event; the next event shows that it is.
    let second = bound_port(&store).await;
    say(&store, second, PortStatus::Active).await;
    nova.expect("network-vif-plugged", second).await;
    notifier.stop().await;

    delete(&store, port).await;
    let notifier = Running::start(&store, &nova.url);
    nova.expect("network-vif-deleted", port).await;
    notifier.stop().await;
}

#[tokio::test]
async fn what_nova_cannot_hear_now_it_hears_after_the_restart() {
    let store = Store::ephemeral();
    let port = bound_port(&store).await;
    // Nobody listens here.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2.1", closed.local_addr().unwrap());
    drop(closed);
    let notifier = Running::start(&store, &url);
    say(&store, port, PortStatus::Active).await;
    notifier.stop().await;

    let mut nova = Receiver::start(&[]).await;
    let notifier = Running::start(&store, &nova.url);
    nova.expect("network-vif-plugged", port).await;
    notifier.stop().await;
}
