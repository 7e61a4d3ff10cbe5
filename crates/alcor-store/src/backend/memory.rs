//! No medium at all: for tests, benches and a demonstration without a disk.

use super::{Backend, Batch, Loaded};
use crate::change::Key;
use crate::error::BackendError;
use crate::value::Value;

/// A back end that forgets: the store's own memory is the only copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory;

impl Backend for Memory {
    fn load(&mut self, _row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError> {
        Ok(Loaded::default())
    }

    fn commit(&mut self, _batch: Batch<'_>) -> Result<(), BackendError> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        Ok(())
    }
}
