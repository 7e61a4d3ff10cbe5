//! The change log: the newest commits, kept so that a watcher can fall behind without any
//! queue of its own and without holding up the writer.

use crate::change::Commit;
use crate::error::StoreError;
use alcor_types::Revision;
use bytes::Bytes;
use std::collections::VecDeque;

/// A ring of consecutive commits, bounded by number and by bytes.
#[derive(Debug)]
pub(crate) struct Log {
    commits: VecDeque<Commit>,
    newest: Revision,
    bytes: usize,
    keep_commits: usize,
    keep_bytes: usize,
}

/// What a look into the log gave.
pub(crate) enum Step {
    /// The next commit for the watcher.
    Found(Commit),
    /// Nothing up to this revision; look again from there.
    Nothing(Revision),
}

impl Log {
    /// An empty log whose next commit follows `newest`. At least one commit is kept.
    pub(crate) fn new(newest: Revision, keep_commits: usize, keep_bytes: usize) -> Self {
        let keep_commits = keep_commits.max(1);
        Self {
            commits: VecDeque::new(),
            newest,
            bytes: 0,
            keep_commits,
            keep_bytes,
        }
    }

    /// The oldest revision a watch can start from.
    pub(crate) fn oldest(&self) -> Revision {
        Revision(self.newest.0 - self.commits.len() as u64)
    }

    /// Appends commits and forgets the oldest ones beyond the bounds.
    pub(crate) fn append(&mut self, commits: impl IntoIterator<Item = Commit>) {
        for commit in commits {
            self.newest = commit.revision;
            self.bytes += commit.size();
            self.commits.push_back(commit);
        }
        for _ in 0..self.surplus(0, 0) {
            self.bytes -= self.commits.pop_front().map_or(0, |commit| commit.size());
        }
    }

    /// What [`Log::oldest`] will be once `commits` are appended; the back end trims to it in
    /// the same write.
    pub(crate) fn oldest_after(&self, commits: &[Commit]) -> Revision {
        let bytes = commits.iter().map(Commit::size).sum();
        Revision(self.oldest().0 + self.surplus(commits.len(), bytes) as u64)
    }

    /// How many commits must go when `more` commits of `bytes` bytes join. The newest of the
    /// kept ones always stays.
    fn surplus(&self, more: usize, bytes: usize) -> usize {
        let mut count = self.commits.len() + more;
        let mut bytes = self.bytes + bytes;
        let mut surplus = 0;
        for commit in &self.commits {
            if count <= self.keep_commits && (bytes <= self.keep_bytes || count == 1) {
                break;
            }
            count -= 1;
            bytes -= commit.size();
            surplus += 1;
        }
        surplus
    }

    /// The first commit after `cursor` that touches one of `prefixes`, looking at no more than
    /// `limit` commits so that the log's lock is held briefly.
    pub(crate) fn step(
        &self,
        cursor: Revision,
        prefixes: &[Bytes],
        limit: usize,
    ) -> Result<Step, StoreError> {
        let oldest = self.oldest();
        let Some(skip) = cursor.0.checked_sub(oldest.0) else {
            return Err(StoreError::Compacted { oldest });
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let mut seen = cursor;
        for commit in self.commits.iter().skip(skip).take(limit) {
            if let Some(found) = commit.filtered(prefixes) {
                return Ok(Step::Found(found));
            }
            seen = commit.revision;
        }
        Ok(Step::Nothing(seen))
    }
}
