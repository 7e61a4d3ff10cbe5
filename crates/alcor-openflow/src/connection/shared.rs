//! What the two tasks and all clients share: the requests that wait for an answer.

use super::Settings;
use super::event::Counters;
use super::request::RequestError;
use crate::{DecodeError, Features, MultipartReply, SwitchError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Refusals that are kept for one request; more of them say nothing new.
const MAX_ERRORS: usize = 32;

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disconnect {
    /// The switch closed the connection.
    #[error("the switch closed the connection")]
    Ended,
    /// The socket failed.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The switch said nothing, not even to an echo request.
    #[error("the switch was silent for {0:?}")]
    Silent(Duration),
    /// The switch sent something that is not OpenFlow 1.3.
    #[error("the switch sent a bad message: {0}")]
    BadMessage(#[from] DecodeError),
    /// This side dropped all clients.
    #[error("closed by this side")]
    Closed,
}

/// What came for one request so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The multipart replies.
    pub(super) parts: Vec<MultipartReply>,
    /// Refusals, the first ones.
    pub(super) errors: Vec<SwitchError>,
    /// Why the parts are not complete, if they are not.
    pub(super) fault: Option<RequestError>,
    size: usize,
}

/// A request that waits. Its last transaction id is its key in the table.
struct Slot {
    first: u32,
    answer: Answer,
    /// Told when the barrier of this id is answered.
    waiter: Option<(u32, oneshot::Sender<()>)>,
}

#[derive(Default)]
struct Table {
    slots: BTreeMap<u32, Slot>,
    next: u32,
    ended: Option<Disconnect>,
}

/// The common state of one connection.
pub(super) struct Shared {
    pub(super) features: Features,
    pub(super) request_timeout: Duration,
    pub(super) counters: Arc<Counters>,
    /// Cancelled when nothing more can be sent.
    pub(super) stop: CancellationToken,
    max_answer: usize,
    table: Mutex<Table>,
}

impl Shared {
    pub(super) fn new(
        features: Features,
        settings: &Settings,
        counters: Arc<Counters>,
    ) -> Arc<Self> {
        Arc::new(Self {
            features,
            request_timeout: settings.request_timeout,
            counters,
            stop: CancellationToken::new(),
            max_answer: settings.max_answer,
            table: Mutex::default(),
        })
    }

    /// No code panics while it holds the lock; a poisoned table is as good as any.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `count` consecutive transaction ids and waits for what comes for them.
    pub(super) fn reserve(&self, count: u32) -> Result<(u32, u32), Disconnect> {
        let mut table = self.table();
        if let Some(reason) = &table.ended {
            return Err(reason.clone());
        }
        let (first, last) = table.free_range(count);
        table.next = last.wrapping_add(1);
        let slot = Slot {
            first,
            answer: Answer::default(),
            waiter: None,
        };
        table.slots.insert(last, slot);
        Ok((first, last))
    }

    /// A receiver that is told when the barrier `xid` of the request `last` is answered, and
    /// whose sender is gone when the connection is.
    pub(super) fn expect(&self, last: u32, xid: u32) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        if let Some(slot) = self.table().slots.get_mut(&last) {
            slot.waiter = Some((xid, sender));
        }
        receiver
    }

    pub(super) fn take_answer(&self, last: u32) -> Answer {
        let mut table = self.table();
        let slot = table.slots.get_mut(&last);
        slot.map(|slot| std::mem::take(&mut slot.answer))
            .unwrap_or_default()
    }

    pub(super) fn forget(&self, last: u32) {
        self.table().slots.remove(&last);
    }

    pub(super) fn barrier_answered(&self, xid: u32) {
        if let Some(slot) = self.table().slot_of(xid) {
            slot.wake(xid);
        }
    }

    pub(super) fn part_arrived(&self, xid: u32, part: MultipartReply) {
        let limit = self.max_answer;
        if let Some(slot) = self.table().slot_of(xid) {
            slot.answer.add(part, limit);
        }
    }

    /// A message of the answer could not be read, so the answer is not complete.
    pub(super) fn spoiled(&self, xid: u32, error: DecodeError) {
        if let Some(slot) = self.table().slot_of(xid) {
            slot.answer.fault = Some(error.into());
        }
    }

    /// Files a refusal under its request; gives it back when nobody waits for it.
    pub(super) fn refused(&self, error: SwitchError) -> Option<SwitchError> {
        let mut table = self.table();
        let Some(slot) = table.slot_of(error.xid) else {
            return Some(error);
        };
        let xid = error.xid;
        if slot.answer.errors.len() < MAX_ERRORS {
            slot.answer.errors.push(error);
        }
        slot.wake(xid);
        None
    }

    /// Ends all that waits, now and later. The first reason stays.
    pub(super) fn end(&self, reason: &Disconnect) {
        let mut table = self.table();
        table.ended.get_or_insert_with(|| reason.clone());
        table.slots.clear();
        self.stop.cancel();
    }

    pub(super) fn ended(&self) -> Option<Disconnect> {
        self.table().ended.clone()
    }
}

impl Table {
    /// The next run of ids that no waiting request holds; ids begin at 1 and wrap around.
    fn free_range(&self, count: u32) -> (u32, u32) {
        let mut first = self.next.max(1);
        loop {
            let Some(last) = first.checked_add(count.max(1) - 1) else {
                first = 1;
                continue;
            };
            let taken = self.slots.range(first..).next();
            match taken.filter(|(_, slot)| slot.first <= last) {
                Some((busy, _)) => first = busy.wrapping_add(1).max(1),
                None => return (first, last),
            }
        }
    }

    fn slot_of(&mut self, xid: u32) -> Option<&mut Slot> {
        let (_, slot) = self.slots.range_mut(xid..).next()?;
        (slot.first <= xid).then_some(slot)
    }
}

impl Slot {
    fn wake(&mut self, xid: u32) {
        if self.waiter.as_ref().is_some_and(|(id, _)| *id == xid)
            && let Some((_, waiter)) = self.waiter.take()
        {
            // The receiver is gone when the caller gave up; then nobody needs to know.
            let _ = waiter.send(());
        }
    }
}

impl Answer {
    fn add(&mut self, part: MultipartReply, limit: usize) {
        self.size = self.size.saturating_add(part.body.len());
        if self.size > limit {
            self.fault = Some(RequestError::TooLong);
            self.parts.clear();
        } else {
            self.parts.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transaction_ids_wrap_around_waiting_requests() {
        let mut table = Table {
            next: u32::MAX - 1,
            ..Table::default()
        };
        let slot = || Slot {
            first: 1,
            answer: Answer::default(),
            waiter: None,
        };
        table.slots.insert(5, slot());
        assert_eq!(table.free_range(2), (u32::MAX - 1, u32::MAX));
        assert_eq!(table.free_range(3), (6, 8));
        assert!(table.slot_of(3).is_some());
        assert!(table.slot_of(6).is_none());
    }

    #[test]
    fn an_answer_beyond_the_limit_is_thrown_away() {
        let part = |body: &'static [u8]| MultipartReply {
            number: 1,
            more: false,
            body: body.into(),
        };
        let mut answer = Answer::default();
        answer.add(part(b"abc"), 4);
        assert_eq!((answer.parts.len(), answer.fault.clone()), (1, None));
        answer.add(part(b"de"), 4);
        assert_eq!(
            (answer.parts.len(), answer.fault),
            (0, Some(RequestError::TooLong))
        );
    }
}
