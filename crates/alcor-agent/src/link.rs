//! The link to the region: dials, keeps one session, dials again when it is lost.
//!
//! The link knows nothing of goal states. It tells the engine that a session is open and
//! hands over the door to it; what the engine has to say goes through that door.

use alcor_goalstate::wire::host_session_client::HostSessionClient;
use alcor_goalstate::wire::{AgentMessage, RegionMessage, agent_message, region_message};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

/// How long a dial may take.
const DIAL: Duration = Duration::from_secs(2);
/// The region speaks at least by keep-alive; silence beyond this means that it is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// The first and the longest wait between two dials.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Messages from the agent that may wait for the wire.
const OUTBOUND: usize = 1024;
/// Messages from the region that may wait for the engine.
pub(crate) const INBOUND: usize = 32;
/// HTTP/2 windows, as the region has them.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// The largest push that is taken, in bytes.
pub(crate) const MAX_MESSAGE: usize = 16 << 20;

/// The door to an open session.
#[derive(Clone, Debug)]
pub(crate) struct Door(mpsc::Sender<AgentMessage>);

impl Door {
    /// Sends, unless the session is over or the region does not read; then the session is as
    /// good as lost, and the next one starts from what the agent holds.
    pub(crate) fn send(&self, body: agent_message::Body) {
        if self.0.try_send(AgentMessage { body: Some(body) }).is_err() {
            tracing::debug!("message dropped: the session is over or its queue is full");
        }
    }
}

/// What the link tells the engine.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    /// A session is open; it waits for the `Hello`.
    Opened(Door),
    /// The region said something.
    Said(Box<region_message::Body>),
    /// The session is over.
    Closed,
}

/// Keeps a session with the region until told to stop.
pub(crate) async fn run(
    endpoint: Endpoint,
    events: mpsc::Sender<LinkEvent>,
    stop: CancellationToken,
) {
    let mut wait = BACKOFF.0;
    loop {
        let session = tokio::select! {
            session = talk(&endpoint, &events) => session,
            () = stop.cancelled() => return,
        };
        match session {
            Ok(()) => wait = BACKOFF.0,
            Err(error) => {
                tracing::info!(%error, retry_ms = wait.as_millis(), "no session with the region");
            }
        }
        if events.send(LinkEvent::Closed).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(jittered(wait)) => wait = (wait * 2).min(BACKOFF.1),
            () = stop.cancelled() => return,
        }
    }
}

/// Half to all of `wait`, so that hosts do not return all at once after the region was away.
fn jittered(wait: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_bytes()[0];
    wait / 2 + wait * u32::from(random) / 512
}

/// The address, with the timeouts of the link; else what is wrong with it.
pub(crate) fn endpoint(region: &str) -> Result<Endpoint, String> {
    let endpoint = Endpoint::from_shared(region.to_owned()).map_err(|error| error.to_string())?;
    if endpoint.uri().scheme_str() != Some("http") || endpoint.uri().host().is_none() {
        return Err("write a URL like http://127.0.0.1:9697".to_owned());
    }
    Ok(endpoint
        .connect_timeout(DIAL)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW))
}

/// One session from dial to end. `Ok` when the region had welcomed us.
async fn talk(endpoint: &Endpoint, events: &mpsc::Sender<LinkEvent>) -> Result<(), tonic::Status> {
    let channel = dial(endpoint).await?;
    let mut client = HostSessionClient::new(channel).max_decoding_message_size(MAX_MESSAGE);
    let (door, outbound) = mpsc::channel(OUTBOUND);
    // The door opens before the stream does: the region answers the call at once, but only
    // speaks after the hello.
    if events.send(LinkEvent::Opened(Door(door))).await.is_err() {
        return Ok(());
    }
    let mut inbound = client
        .session(ReceiverStream::new(outbound))
        .await?
        .into_inner();
    let mut welcomed = false;
    while let Some(RegionMessage { body }) = read(&mut inbound, welcomed).await? {
        welcomed = true;
        let Some(body) = body else { continue };
        if events.send(LinkEvent::Said(Box::new(body))).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

async fn dial(endpoint: &Endpoint) -> Result<Channel, tonic::Status> {
    let dialled = tokio::time::timeout(DIAL, endpoint.connect()).await;
    dialled
        .map_err(|_| tonic::Status::deadline_exceeded("the region does not answer"))?
        .map_err(|error| tonic::Status::unavailable(error.to_string()))
}

/// The next message; an error after the welcome ends the session as its end does.
async fn read(
    inbound: &mut tonic::Streaming<RegionMessage>,
    welcomed: bool,
) -> Result<Option<RegionMessage>, tonic::Status> {
    match inbound.message().await {
        Err(status) if welcomed => {
            tracing::info!(error = %status, "session with the region lost");
            Ok(None)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn a_region_is_a_url() {
        assert!(endpoint("http://127.0.0.1:9697").is_ok());
        for wrong in ["", "nonsense", "127.0.0.1:9697", "ftp://host:1", "http://"] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
