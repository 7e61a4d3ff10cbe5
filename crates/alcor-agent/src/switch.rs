//! The connection to the switch: comes up, says what the switch holds, brings packets, and
//! comes up again when it is lost.

use crate::metering;
use alcor_openflow::{
    Client, Connection, Endpoint, Event, Events, FlowRequest, FlowStats, Match, PacketIn,
    RequestError, Settings,
};
use alcor_pipeline::{Contents, Installed, table};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The first and the longest wait between two tries: flows must be back soon after the
/// switch is.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(100));

/// What happens at the switch.
#[derive(Debug)]
pub(crate) enum SwitchEvent {
    /// It is here, and holds this.
    Found(Client, Contents),
    /// A flow sent a packet up.
    Packet(PacketIn),
    /// It is gone.
    Lost,
}

/// Keeps a connection until told to stop.
pub(crate) async fn run(
    endpoint: Endpoint,
    events: mpsc::Sender<SwitchEvent>,
    stop: CancellationToken,
) {
    let mut wait = BACKOFF.0;
    loop {
        let ended = tokio::select! {
            ended = attend(&endpoint, &events) => ended,
            () = stop.cancelled() => return,
        };
        if ended.is_ok() {
            wait = BACKOFF.0;
            if events.send(SwitchEvent::Lost).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(BACKOFF.1),
            () = stop.cancelled() => return,
        }
    }
}

/// One connection from start to end. An error when it never came to be of use.
async fn attend(endpoint: &Endpoint, events: &mpsc::Sender<SwitchEvent>) -> Result<(), ()> {
    let not_yet = |error: &dyn std::error::Error| tracing::debug!(%error, "no switch yet");
    let connected = Connection::connect(endpoint, Settings::default()).await;
    let (client, mut happenings) = connected.map_err(|error| not_yet(&error))?;
    let found = dump(&client).await.map_err(|error| not_yet(&error))?;
    if events.send(SwitchEvent::Found(client, found)).await.is_ok() {
        follow(&mut happenings, events).await;
    }
    Ok(())
}

async fn follow(happenings: &mut Events, events: &mpsc::Sender<SwitchEvent>) {
    while let Some(event) = happenings.recv().await {
        match event {
            Event::PacketIn(packet) => {
                if events.send(SwitchEvent::Packet(packet)).await.is_err() {
                    return;
                }
            }
            Event::Refused(error) => tracing::warn!(%error, "message refused by the switch"),
            Event::Disconnected(reason) => tracing::warn!(%reason, "switch lost"),
            // Ports come by the database, and no flow of ours asks to be mourned.
            Event::PortStatus(_) | Event::FlowRemoved(_) | Event::Lost => {}
        }
    }
}

/// All flows and meters of the switch.
pub(crate) async fn dump(client: &Client) -> Result<Contents, RequestError> {
    let flows = client.dump_flows(FlowRequest::all()).await?;
    let flows = flows.iter().map(|stats| Installed::from(&stats.flow));
    Ok(Contents {
        flows: flows.collect(),
        meters: metering::dump(client).await?,
    })
}

/// The counters of flows that lead to neighbours, or say who they are, in networks with this metadata.
pub(crate) async fn uses(
    client: &Client,
    networks: Vec<u64>,
) -> Result<Vec<FlowStats>, RequestError> {
    let mut all = Vec::new();
    for network in networks {
        for table in [table::REMOTE, table::ADDRESS] {
            let request = FlowRequest {
                table: Some(table),
                matching: Match::new().metadata(network),
                ..FlowRequest::all()
            };
            all.extend(client.dump_flows(request).await?);
        }
    }
    Ok(all)
}
