//! Questions for names by TCP (RFC 7766): those whose answers are too long for UDP.

use super::stream::Stream;
use crate::errand::Spoken;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long the VM may take to ask, and its question to be answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// Questions on one connection, and the longest of them.
const QUESTIONS: usize = 100;
const LONGEST: u16 = 4096;

/// Answers until the VM has no more questions, or one that has no answer.
pub(super) async fn serve(mut stream: Stream, names: mpsc::Sender<Spoken>) {
    for _ in 0..QUESTIONS {
        match timeout(PATIENCE, answer(&mut stream, &names)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "no more questions for names");
                break;
            }
            Err(_) => break,
        }
    }
    let _gone = stream.shutdown().await;
}

async fn answer(stream: &mut Stream, names: &mpsc::Sender<Spoken>) -> io::Result<()> {
    let length = stream.read_u16().await?;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message).await?;
    let (back, answer) = oneshot::channel();
    let spoken = Spoken {
        port: stream.guest().guest().port,
        server: stream.to().ip(),
        message,
        back,
    };
    names.send(spoken).await.map_err(io::Error::other)?;
    let answer = answer.await.map_err(io::Error::other)?;
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    let whole = [&length.to_be_bytes(), &answer[..]].concat();
    stream.write_all(&whole).await
}
