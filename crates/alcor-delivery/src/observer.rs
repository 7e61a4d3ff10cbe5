//! A session with somebody who only wants to know what a host is to hold.

use crate::aside::aside;
use crate::service::Shared;
use crate::session::Outbound;
use crate::{DeliveryError, Dispatch};
use alcor_goalstate::wire::{RegionMessage, Welcome, region_message};
use alcor_types::HostName;
use std::time::Duration;

/// How long the observer may take to read one message.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says everything, and is done.
pub(crate) async fn serve(
    shared: &Shared,
    host: &HostName,
    outbound: &Outbound,
) -> Result<(), DeliveryError> {
    let (mut dispatch, mut welcome) = {
        let compiler = shared.compiler.read().await;
        let Some(tunnel_ip) = compiler.tunnel_ip(host) else {
            return Err(DeliveryError::NoHost(host.clone()));
        };
        let (dispatch, welcome) = Dispatch::resume(
            host.clone(),
            &compiler,
            &[],
            &shared.subscribers.demand(host),
        );
        let tunnel_ip = tunnel_ip.to_string();
        (
            dispatch,
            Welcome {
                tunnel_ip,
                ..welcome
            },
        )
    };
    if let Some((held, ago)) = shared.hosts.held(host) {
        welcome.held = held;
        welcome.held_ago_ms = Some(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
    }
    send(outbound, region_message::Body::Welcome(welcome)).await?;
    loop {
        let compiler = shared.compiler.read().await;
        let next = aside(|| dispatch.next(&compiler));
        drop(compiler);
        let Some(push) = next else { return Ok(()) };
        dispatch.received(push.sequence);
        send(outbound, region_message::Body::Push(push)).await?;
    }
}

async fn send(outbound: &Outbound, body: region_message::Body) -> Result<(), DeliveryError> {
    let message = RegionMessage { body: Some(body) };
    let sent = tokio::time::timeout(PATIENCE, outbound.send(Box::new(Ok(message)))).await;
    match sent {
        Ok(Ok(())) => Ok(()),
        _ => Err(DeliveryError::Stuck),
    }
}
