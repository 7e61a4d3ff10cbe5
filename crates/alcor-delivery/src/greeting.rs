//! How an agent's session begins: its hello, its node, its turn to be brought up to date, and what it holds
//! already.

use crate::admission::Turn;
use crate::aside::aside;
use crate::hosts::Mailbox;
use crate::pace::Pace;
use crate::service::Shared;
use crate::{DeliveryError, Dispatch};
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::{AgentMessage, Hello, ScopeRevision, Welcome};
use alcor_managers::ApiError;
use alcor_managers::node::{self, Registration};
use alcor_types::{HostName, Timestamp};
use std::time::Duration;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

/// How long a new node's registration may take to reach the compiler.
const REGISTRATION: Duration = Duration::from_secs(5);

/// The first message, which says who the agent is.
pub(crate) async fn first<S>(shared: &Shared, inbound: &mut S) -> Result<Hello, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let silence = shared.settings.silence;
    let message = tokio::time::timeout(silence, inbound.next())
        .await
        .map_err(|_| DeliveryError::Silent(silence.as_millis()))?;
    match message.transpose()?.and_then(|message| message.body) {
        Some(Body::Hello(hello)) => Ok(hello),
        _ => Err(DeliveryError::Protocol(
            "the first message must be a Hello".to_owned(),
        )),
    }
}

/// The host's turn, once its node is known; nothing where the session is over before.
pub(crate) async fn begin<S>(
    shared: &Shared,
    registration: Registration,
    mailbox: &Mailbox,
    inbound: &mut S,
) -> Result<Option<Turn>, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let turn = tokio::select! {
        turn = admitted(shared, inbound) => turn?,
        () = mailbox.replaced.cancelled() => None,
    };
    if turn.is_some() {
        register(shared, registration).await?;
    }
    Ok(turn)
}

/// What a session is to keep to, by the number of hosts there are.
pub(crate) async fn pace(shared: &Shared) -> Pace {
    let count = shared.compiler.read().await.host_count();
    shared.settings.pace(count)
}

/// What the agent holds, by its word and by what is remembered of it.
pub(crate) async fn start(
    shared: &Shared,
    host: &HostName,
    known: &[ScopeRevision],
) -> (Dispatch, Welcome) {
    let _slot = shared.slots.ask(None).await;
    let remembered = shared.subscribers.demand(host);
    let compiler = shared.compiler.read().await;
    aside(|| {
        let (mut dispatch, welcome) = Dispatch::resume(host.clone(), &compiler, known, &remembered);
        let subscriptions = dispatch.take_subscriptions();
        shared.subscribers.note(host, subscriptions);
        (dispatch, welcome)
    })
}

/// Waits for a turn to be brought up to date; nothing where the agent went meanwhile. What it says
/// before its welcome are reports that it repeats after it.
async fn admitted<S>(shared: &Shared, inbound: &mut S) -> Result<Option<Turn>, DeliveryError>
where
    S: Stream<Item = Result<AgentMessage, Status>> + Unpin,
{
    let turn = shared.admission.turn();
    tokio::pin!(turn);
    loop {
        tokio::select! {
            biased;
            turn = &mut turn => return Ok(Some(turn)),
            message = inbound.next() => if message.transpose()?.is_none() {
                return Ok(None);
            },
            () = shared.stop.cancelled() => return Ok(None),
        }
    }
}

/// Makes or refreshes the host's node, and waits until the compiler knows it. An agent that
/// comes back with nothing new writes nothing: there is no change that the feed could bring, and
/// nothing to wait for.
async fn register(shared: &Shared, registration: Registration) -> Result<(), DeliveryError> {
    let committed = shared
        .store
        .transact(move |txn| {
            let before = node::by_name(txn, &registration.host)?;
            let after = node::register(txn, &registration)?;
            Ok::<_, ApiError>(before.as_ref() != Some(&after))
        })
        .await
        .map_err(|error| DeliveryError::Node(error.to_string()))?;
    if !committed.value {
        return Ok(());
    }
    let mut progress = shared.progress.clone();
    let known = progress.wait_for(|at| *at >= committed.revision);
    match tokio::time::timeout(REGISTRATION, known).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(DeliveryError::Behind),
    }
}

/// What a hello says of the host's node.
pub(crate) fn registration(hello: &Hello) -> Result<Registration, DeliveryError> {
    if hello.host_id.is_empty() {
        let problem = "must not be empty".to_owned();
        return Err(DeliveryError::Hello {
            field: "host_id",
            problem,
        });
    }
    let tunnel_ip = hello
        .tunnel_ip
        .parse()
        .map_err(|error| DeliveryError::Hello {
            field: "tunnel_ip",
            problem: format!("'{}': {error}", hello.tunnel_ip),
        })?;
    Ok(Registration {
        host: hello.host_id.as_str().into(),
        tunnel_ip,
        agent_version: hello.agent_version.clone(),
        bridge: hello.bridge.clone(),
        started_at: Timestamp(hello.started_at),
    })
}
