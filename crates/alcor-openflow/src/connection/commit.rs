//! Bundles on a live connection.
//!
//! Open vSwitch refuses an item it cannot decode without spoiling the bundle: a later commit
//! would apply the rest. So a commit is two steps, and the second is taken only when the
//! first brought no refusal.

use super::client::Client;
use super::request::{CommitError, Request, RequestError};
use crate::message::encode_bundle_add;
use crate::{BundleControl, BundleItem, BundleStep, EncodeError, Message, SwitchError};
use bytes::BytesMut;

/// Bytes that are handed to the writer at once.
const CHUNK: usize = 256 << 10;
/// Ids beside those of the items: open, first barrier, commit (or discard), second barrier.
const EXTRA: u32 = 4;

/// One commit under way.
struct Commit<'a> {
    client: &'a Client,
    request: Request,
    bundle: u32,
}

impl Client {
    /// Applies all items, in order and at once, or none of them. On success the switch has
    /// confirmed it. If the caller stops waiting before the end, nothing or everything is
    /// applied.
    pub async fn commit(&self, items: Vec<BundleItem>) -> Result<(), CommitError> {
        if items.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(items.len()).ok();
        let count = count.and_then(|count| count.checked_add(EXTRA));
        let count = count.filter(|count| *count < u32::MAX / 2);
        let count = count.ok_or(CommitError::TooMany(items.len()))?;
        let request = Request::new(self.shared().clone(), count)?;
        // The id of the first message names the bundle: unique among those in flight.
        let bundle = request.first;
        let commit = Commit {
            client: self,
            request,
            bundle,
        };
        commit.run(&items).await
    }
}

impl Commit<'_> {
    async fn run(&self, items: &[BundleItem]) -> Result<(), CommitError> {
        let prepared = self.prepare(items).await;
        let failure = prepared.err().or_else(|| self.first_failure(items.len()));
        let step = if failure.is_some() {
            BundleStep::Discard
        } else {
            BundleStep::Commit
        };
        let finished = self.finish(step).await;
        if let Some(failure) = failure {
            return Err(failure);
        }
        finished?;
        self.first_failure(items.len()).map_or(Ok(()), Err)
    }

    /// Opens the bundle, fills it, and waits until the switch has seen all of it.
    async fn prepare(&self, items: &[BundleItem]) -> Result<(), CommitError> {
        let mut buffer = BytesMut::with_capacity(CHUNK + (CHUNK >> 2));
        let mut xid = self.request.first;
        self.put_control(BundleStep::Open, xid, &mut buffer)?;
        for (index, item) in items.iter().enumerate() {
            xid = xid.wrapping_add(1);
            encode_bundle_add(self.bundle, item, xid, &mut buffer)
                .map_err(|error| CommitError::Encode { index, error })?;
            if buffer.len() >= CHUNK {
                self.client.write(buffer.split().freeze()).await?;
            }
        }
        let barrier = self.request.last.wrapping_sub(2);
        self.send_barrier(barrier, buffer).await?;
        Ok(())
    }

    /// Commits or discards, and waits for the switch to say that it did.
    async fn finish(&self, step: BundleStep) -> Result<(), RequestError> {
        let mut buffer = BytesMut::new();
        let xid = self.request.last.wrapping_sub(1);
        self.put_control(step, xid, &mut buffer)?;
        self.send_barrier(self.request.last, buffer).await
    }

    async fn send_barrier(&self, xid: u32, mut buffer: BytesMut) -> Result<(), RequestError> {
        Message::BarrierRequest.encode(xid, &mut buffer)?;
        let barrier = self.request.expect(xid);
        self.client.write(buffer.freeze()).await?;
        self.request.wait(barrier).await
    }

    fn put_control(
        &self,
        step: BundleStep,
        xid: u32,
        to: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let control = BundleControl {
            bundle: self.bundle,
            step,
        };
        Message::BundleControl(control).encode(xid, to)
    }

    /// The refusal that explains the most: of an item rather than of the bundle.
    fn first_failure(&self, items: usize) -> Option<CommitError> {
        let errors = self.request.take_answer().errors;
        let item = errors.iter().find_map(|error| {
            let index = self.index_of(error, items)?;
            let error = error.clone();
            Some(CommitError::Item { index, error })
        });
        item.or_else(|| {
            let error = errors.into_iter().next()?;
            Some(RequestError::Refused(error).into())
        })
    }

    fn index_of(&self, error: &SwitchError, items: usize) -> Option<usize> {
        let index = error.xid.wrapping_sub(self.request.first).checked_sub(1)?;
        let index = usize::try_from(index).ok()?;
        (index < items).then_some(index)
    }
}

impl From<EncodeError> for CommitError {
    fn from(error: EncodeError) -> Self {
        Self::Request(error.into())
    }
}
