//! Nova's end: answers with the given statuses first, then takes everything.

use crate::region::SERVER;
use alcor_types::PortId;
use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// No event takes longer on any machine.
const LONG: Duration = Duration::from_mins(1);

/// The stand-in.
pub(crate) struct Receiver {
    pub(crate) url: String,
    /// Who vouches for it, where it speaks TLS.
    pub(crate) ca_file: Option<PathBuf>,
    heard: mpsc::UnboundedReceiver<Value>,
}

#[derive(Clone)]
struct Desk {
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    heard: mpsc::UnboundedSender<Value>,
}

/// What answers, and what it has heard.
pub(crate) fn desk(answers: &[StatusCode]) -> (Router, mpsc::UnboundedReceiver<Value>) {
    let (sender, heard) = mpsc::unbounded_channel();
    let desk = Desk {
        answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
        heard: sender,
    };
    let route = axum::routing::post(take);
    let app = Router::new().route("/v2.1/os-server-external-events", route);
    (app.with_state(desk), heard)
}

impl Receiver {
    /// Listens in plain HTTP.
    pub(crate) async fn start(answers: &[StatusCode]) -> Self {
        let (app, heard) = desk(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2.1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self::new(url, None, heard)
    }

    pub(crate) fn new(
        url: String,
        ca_file: Option<PathBuf>,
        heard: mpsc::UnboundedReceiver<Value>,
    ) -> Self {
        Self {
            url,
            ca_file,
            heard,
        }
    }

    /// The next event.
    async fn next(&mut self) -> Value {
        let event = tokio::time::timeout(LONG, self.heard.recv()).await;
        event.unwrap().unwrap()
    }

    pub(crate) async fn expect(&mut self, name: &str, port: PortId) {
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
