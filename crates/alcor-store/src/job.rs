//! A caller's closure with its types hidden, so that the one writer can hold them all.

use crate::error::{StoreError, TransactError};
use crate::lane::Place;
use crate::range::Writes;
use crate::reads::Reads;
use crate::txn::Txn;
use alcor_types::Revision;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// A committed transaction's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the closure returned.
    pub value: T,
    /// The commit's revision; for a transaction that wrote nothing, the one it read at.
    pub revision: Revision,
}

/// What the caller is told: its outcome, or the payload of its closure's panic.
pub(crate) type Answer<T, E> = Result<Result<Committed<T>, TransactError<E>>, Box<dyn Any + Send>>;

/// A transaction on its way to the writer.
pub(crate) struct Submission {
    pub(crate) job: Box<dyn Job>,
    /// The optimistic run, when there was one.
    pub(crate) attempt: Option<Attempt>,
    /// Its place in its lane, given back when it is answered.
    pub(crate) place: Place,
}

/// What an optimistic run read and wants to write.
pub(crate) struct Attempt {
    pub(crate) at: Revision,
    pub(crate) reads: Reads,
    pub(crate) writes: Writes,
}

/// A closure the writer can run and answer.
pub(crate) trait Job: Send {
    /// Runs the closure; true when its writes are to be committed. A panic is caught and kept
    /// for the caller.
    fn run(&mut self, txn: &mut Txn<'_>) -> bool;
    /// Tells the caller how it ended.
    fn answer(self: Box<Self>, outcome: Result<Revision, StoreError>);
}

/// A closure, its newest outcome and the caller that waits for it.
pub(crate) struct Call<T, E, F> {
    closure: F,
    outcome: Option<Result<Result<T, E>, Box<dyn Any + Send>>>,
    caller: oneshot::Sender<Answer<T, E>>,
}

impl<T, E, F> Call<T, E, F>
where
    F: FnMut(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    /// A closure, perhaps with the result of its optimistic run.
    pub(crate) fn new(closure: F, value: Option<T>) -> (Self, oneshot::Receiver<Answer<T, E>>) {
        let (caller, answer) = oneshot::channel();
        let outcome = value.map(|value| Ok(Ok(value)));
        (
            Self {
                closure,
                outcome,
                caller,
            },
            answer,
        )
    }
}

impl<T, E, F> Job for Call<T, E, F>
where
    F: FnMut(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    fn run(&mut self, txn: &mut Txn<'_>) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.closure)(txn)));
        let commits = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        commits
    }

    fn answer(self: Box<Self>, outcome: Result<Revision, StoreError>) {
        let answer = match (outcome, self.outcome) {
            (_, Some(Err(panic))) => Err(panic),
            (Err(error), _) => Ok(Err(TransactError::Store(error))),
            (Ok(_), Some(Ok(Err(error)))) => Ok(Err(TransactError::Aborted(error))),
            (Ok(revision), Some(Ok(Ok(value)))) => Ok(Ok(Committed { value, revision })),
            (Ok(_), None) => Ok(Err(TransactError::Store(StoreError::Closed))),
        };
        // A caller that no longer waits is no error: its transaction stands all the same.
        drop(self.caller.send(answer));
    }
}
