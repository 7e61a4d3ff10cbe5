//! Accepts connections and speaks HTTP/1.1 on them, with a bound on how many there are and on
//! how long a client may take to send a request's head, until told to stop.

use crate::router::router;
use crate::state::ApiState;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// More connections than these wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16_384;

/// How long a connection may idle, or take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves the API on `listener` until `shutdown` completes. Then no connection is accepted any
/// more, and open requests have [`crate::Limits::drain_time`] to finish.
pub async fn serve(
    listener: TcpListener,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let drain_time = state.limits.drain_time;
    let tls = state.tls.clone();
    let service = TowerToHyperService::new(router(state));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let (http, service, tls) = (http.clone(), service.clone(), tls.clone());
        let watcher = open.watcher();
        tokio::spawn(async move {
            let ended = match tls {
                None => talk(&http, service, stream, watcher).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(&http, service, stream, watcher).await,
                    Err(error) => Err(error.to_string()),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(drain_time, open.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off at shutdown");
    }
    Ok(())
}

/// Answers the requests of one connection.
async fn talk(
    http: &http1::Builder,
    service: TowerToHyperService<Router>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    watcher: Watcher,
) -> Result<(), String> {
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let ended = watcher.watch(connection).await;
    ended.map_err(|error| error.to_string())
}

/// The next connection, with its place among the open ones.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                return (stream, place);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
