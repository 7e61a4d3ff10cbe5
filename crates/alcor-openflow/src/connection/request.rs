//! One request in flight, and what may become of it.

use super::shared::{Answer, Disconnect, Shared};
use crate::{DecodeError, EncodeError, SwitchError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A request did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The switch refused it; the other messages sent with it were processed.
    #[error("the switch refused the request: {0}")]
    Refused(#[source] SwitchError),
    /// The connection is over. Whether the request had an effect is not known.
    #[error("no connection: {0}")]
    Disconnected(#[source] Disconnect),
    /// No answer came in time. Whether the request had an effect is not known.
    #[error("the switch did not answer within {0:?}")]
    Timeout(Duration),
    /// The request does not fit a message; nothing of it was sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The answer is not what it should be.
    #[error("the switch sent a bad answer: {0}")]
    Decode(#[from] DecodeError),
    /// The answer is longer than the settings allow.
    #[error("the answer of the switch exceeds the limit of the settings")]
    TooLong,
    /// The switch finished the request without an answer.
    #[error("the switch sent no answer")]
    NoAnswer,
}

/// A bundle was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The switch refused one item, and so nothing was applied.
    #[error("item {index} of the bundle: {error}")]
    Item {
        /// Its place in the bundle, from 0.
        index: usize,
        /// Why.
        #[source]
        error: SwitchError,
    },
    /// One item does not fit a message; nothing was applied.
    #[error("item {index} of the bundle: {error}")]
    Encode {
        /// Its place in the bundle, from 0.
        index: usize,
        /// Why.
        #[source]
        error: EncodeError,
    },
    /// The bundle has more items than there are transaction ids; nothing was applied.
    #[error("a bundle of {0} items is too long")]
    TooMany(usize),
    /// The bundle as a whole failed.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// A run of transaction ids; what comes for them is collected until this is dropped.
pub(super) struct Request {
    shared: Arc<Shared>,
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Request {
    /// Takes `count` transaction ids.
    pub(super) fn new(shared: Arc<Shared>, count: u32) -> Result<Self, RequestError> {
        let reserved = shared.reserve(count);
        let (first, last) = reserved.map_err(RequestError::Disconnected)?;
        Ok(Self {
            shared,
            first,
            last,
        })
    }

    /// To be called before the barrier `xid` is sent; see [`Request::wait`].
    pub(super) fn expect(&self, xid: u32) -> oneshot::Receiver<()> {
        self.shared.expect(self.last, xid)
    }

    /// Waits for the answer to a barrier.
    pub(super) async fn wait(&self, barrier: oneshot::Receiver<()>) -> Result<(), RequestError> {
        let limit = self.shared.request_timeout;
        match tokio::time::timeout(limit, barrier).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.disconnected()),
            Err(_) => Err(RequestError::Timeout(limit)),
        }
    }

    pub(super) fn disconnected(&self) -> RequestError {
        let reason = self.shared.ended().unwrap_or(Disconnect::Ended);
        RequestError::Disconnected(reason)
    }

    /// What came so far.
    pub(super) fn take_answer(&self) -> Answer {
        self.shared.take_answer(self.last)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.shared.forget(self.last);
    }
}
