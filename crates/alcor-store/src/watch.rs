//! Following the store's commits. A watch has no queue: it reads the shared change log at its
//! own pace, and is told when it has fallen off the log's end.

use crate::change::Commit;
use crate::error::StoreError;
use crate::log::Step;
use crate::shared::Shared;
use alcor_types::Revision;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::watch;

/// Commits looked at under one hold of the log's lock.
const STRIDE: usize = 256;

/// A stream of commits in order, without gap or repetition.
pub struct Watch {
    shared: Arc<Shared>,
    news: watch::Receiver<Revision>,
    cursor: Revision,
    prefixes: Vec<Bytes>,
}

impl Watch {
    pub(crate) fn new(
        shared: Arc<Shared>,
        news: watch::Receiver<Revision>,
        from: Revision,
        prefixes: &[&[u8]],
    ) -> Result<Self, StoreError> {
        let newest = shared.head.load().revision;
        let oldest = shared.log.read().oldest();
        if from > newest {
            return Err(StoreError::Ahead {
                asked: from,
                newest,
            });
        }
        if from < oldest {
            return Err(StoreError::Compacted { oldest });
        }
        let prefixes = prefixes
            .iter()
            .map(|prefix| Bytes::copy_from_slice(prefix))
            .collect();
        Ok(Self {
            shared,
            news,
            cursor: from,
            prefixes,
        })
    }

    /// The next commit that touches the prefixes, its changes filtered to them. Waits for one.
    ///
    /// Fails with [`StoreError::Compacted`] when the watch has fallen behind the change log, and
    /// with [`StoreError::Closed`] when the store is closed and every commit has been seen.
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Commit, StoreError> {
        loop {
            if let Some(commit) = self.step().await? {
                return Ok(commit);
            }
        }
    }

    /// The same, but also returns, with nothing, once it has passed over commits that do not touch the
    /// prefixes: for who must know how far it is.
    pub async fn step(&mut self) -> Result<Option<Commit>, StoreError> {
        while self.cursor >= *self.news.borrow_and_update() {
            self.news.changed().await.map_err(|_| StoreError::Closed)?;
        }
        self.advance()
    }

    /// Every commit up to this revision has been seen or did not touch the prefixes.
    pub fn revision(&self) -> Revision {
        self.cursor
    }

    fn advance(&mut self) -> Result<Option<Commit>, StoreError> {
        match self
            .shared
            .log
            .read()
            .step(self.cursor, &self.prefixes, STRIDE)?
        {
            Step::Found(commit) => {
                self.cursor = commit.revision;
                Ok(Some(commit))
            }
            Step::Nothing(seen) => {
                self.cursor = seen;
                Ok(None)
            }
        }
    }
}
