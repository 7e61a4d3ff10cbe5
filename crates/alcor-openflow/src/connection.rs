//! A live connection to a switch: two tasks around a socket, and a handle that anyone may clone.
//!
//! Requests are pipelined. Each ends with a barrier, and everything the switch sends for its
//! transaction ids until the barrier's reply is its answer: refusals are never attributed to
//! another request, and an answer needs no guess about when it is complete. Reading never
//! waits for writing, so that full socket buffers cannot lock the two sides. There is no
//! reconnect here; the owner of the desired state decides what a new connection must do.

mod client;
mod commit;
mod endpoint;
mod event;
mod handshake;
mod reader;
mod request;
mod shared;
mod writer;

pub use client::Client;
pub use endpoint::{Endpoint, ParseEndpointError};
pub use event::{Event, Events};
pub use request::{CommitError, RequestError};
pub use shared::Disconnect;

use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

use crate::{DecodeError, SwitchError};

/// Jobs that may wait for the socket, each at most a few hundred kilobytes.
const JOBS: usize = 16;
/// Echo messages that may wait; one is the normal number.
const URGENT_JOBS: usize = 8;

/// How a connection behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Limit for connecting and the handshake together.
    pub connect_timeout: Duration,
    /// Limit for the answer to one request; a commit of 100,000 flows takes seconds.
    pub request_timeout: Duration,
    /// After this long without a byte from the switch, ask whether it is there.
    pub echo_interval: Duration,
    /// After this long without a byte from the switch, give it up.
    pub dead_after: Duration,
    /// Events that may wait to be taken; packet-ins beyond three quarters of it are dropped.
    pub event_queue: usize,
    /// Bytes that the answer to one request may have; 100,000 flows have about 15 million.
    pub max_answer: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_mins(1),
            echo_interval: Duration::from_secs(5),
            dead_after: Duration::from_secs(20),
            event_queue: 1024,
            max_answer: 512 << 20,
        }
    }
}

/// A connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The socket could not be opened, or broke during the handshake.
    #[error("cannot reach {0}: {1}")]
    Io(Endpoint, #[source] io::Error),
    /// The switch did not finish the handshake in time.
    #[error("{0} did not finish the handshake within {1:?}")]
    Timeout(Endpoint, Duration),
    /// The switch does not speak OpenFlow 1.3: add OpenFlow13 to the bridge's `protocols`.
    #[error("the switch speaks versions {0:#x} (bits by version), not OpenFlow 1.3")]
    Version(u32),
    /// The switch refused a message of the handshake.
    #[error("the switch refused the handshake")]
    Refused(#[source] SwitchError),
    /// The switch sent something that is not OpenFlow.
    #[error("the switch does not speak OpenFlow")]
    Decode(#[from] DecodeError),
}

/// Makes connections.
#[derive(Debug)]
pub struct Connection;

impl Connection {
    /// Connects, shakes hands, and asks for all asynchronous messages, packet-ins as
    /// PACKET_IN2. The connection lasts until the switch goes or all clients are dropped.
    pub async fn connect(
        endpoint: &Endpoint,
        settings: Settings,
    ) -> Result<(Client, Events), ConnectError> {
        let limit = settings.connect_timeout;
        let opening = handshake::open(endpoint);
        let opened = tokio::time::timeout(limit, opening)
            .await
            .map_err(|_| ConnectError::Timeout(endpoint.clone(), limit))??;
        tracing::debug!(%endpoint, datapath = opened.features.datapath_id, "connected to switch");
        Ok(start(opened, settings))
    }
}

fn start(opened: handshake::Opened, settings: Settings) -> (Client, Events) {
    let (jobs, job_queue) = mpsc::channel(JOBS);
    let (urgent, urgent_queue) = mpsc::channel(URGENT_JOBS);
    let (sink, events) = event::channel(settings.event_queue);
    let shared = shared::Shared::new(opened.features, &settings, sink.counters());
    tokio::spawn(writer::run(
        opened.write,
        job_queue,
        urgent_queue,
        shared.clone(),
    ));
    let reader = reader::Reader {
        read: opened.read,
        buffer: opened.buffer,
        shared: shared.clone(),
        sink,
        urgent,
        settings,
    };
    tokio::spawn(reader.run());
    (Client::new(shared, jobs), events)
}
