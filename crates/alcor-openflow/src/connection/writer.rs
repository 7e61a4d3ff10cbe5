//! The task that writes: echo messages first, then the requests in order.

use super::handshake::WriteHalf;
use super::shared::{Disconnect, Shared};
use bytes::Bytes;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

/// Runs until all clients are gone, the socket fails or the reader ends the connection.
pub(super) async fn run(
    mut write: WriteHalf,
    mut jobs: mpsc::Receiver<Bytes>,
    mut urgent: mpsc::Receiver<Bytes>,
    shared: Arc<Shared>,
) {
    let stop = shared.stop.clone();
    let writing = async {
        loop {
            let bytes = tokio::select! {
                biased;
                Some(bytes) = urgent.recv() => bytes,
                job = jobs.recv() => match job {
                    Some(bytes) => bytes,
                    None => return Disconnect::Closed,
                },
            };
            if let Err(error) = write.write_all(&bytes).await {
                return Disconnect::Broken(error.to_string());
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        reason = writing => shared.end(&reason),
    }
}
