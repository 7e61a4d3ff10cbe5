//! A scope's memory of which goals changed when.
//!
//! The log holds names, not goals: a reader looks up what is true now. The latest change of
//! a name wins, so the log never holds a name twice, and it is bounded: what falls out at
//! the old end raises the floor, and readers that are behind the floor need a snapshot.

use alcor_goalstate::GoalKey;
use alcor_types::{HostName, Revision};
use std::collections::{BTreeMap, HashMap};

/// What changed, and for whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Subject {
    /// The only host that is told; all of the scope where none is named.
    pub(crate) host: Option<HostName>,
    /// The goal.
    pub(crate) key: GoalKey,
}

/// The latest change of a subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// What changed, and for whom.
    pub(crate) subject: Subject,
    /// When.
    pub(crate) revision: Revision,
    /// A host that never held the goal as long as the log has known it: no need to tell it.
    pub(crate) except: Option<HostName>,
}

/// The changes of one scope, oldest first.
pub(crate) struct Log {
    limit: usize,
    /// Everything up to here may be missing.
    floor: Revision,
    newest: Revision,
    next: u64,
    order: BTreeMap<u64, Entry>,
    index: HashMap<Subject, u64>,
}

impl Log {
    /// An empty log of at most `limit` entries that knows what happens after `floor`.
    pub(crate) fn new(limit: usize, floor: Revision) -> Self {
        Self {
            limit,
            floor,
            newest: floor,
            next: 0,
            order: BTreeMap::new(),
            index: HashMap::new(),
        }
    }

    /// The newest change, even where the log no longer holds it.
    pub(crate) fn newest(&self) -> Revision {
        self.newest
    }

    /// Notes a change. Revisions must not fall from call to call.
    pub(crate) fn touch(&mut self, revision: Revision, subject: Subject, except: Option<HostName>) {
        self.newest = self.newest.max(revision);
        // Nobody can ask for it; this also keeps the load of a whole region cheap.
        if revision <= self.floor {
            return;
        }
        let except = self.merge_exception(&subject, except);
        let sequence = self.next;
        self.next += 1;
        self.index.insert(subject.clone(), sequence);
        self.order.insert(
            sequence,
            Entry {
                subject,
                revision,
                except,
            },
        );
        self.evict();
    }

    /// The changes after `since`, newest first; `None` when some may be missing.
    pub(crate) fn after(&self, since: Revision) -> Option<impl Iterator<Item = &Entry>> {
        (since >= self.floor).then(|| {
            let newest_first = self.order.values().rev();
            newest_first.take_while(move |entry| entry.revision > since)
        })
    }

    /// Takes the subject's former entry out. A host stays excepted only when both entries
    /// except it.
    fn merge_exception(&mut self, subject: &Subject, except: Option<HostName>) -> Option<HostName> {
        let former = self.index.get(subject);
        match former.and_then(|sequence| self.order.remove(sequence)) {
            Some(former) if former.except != except => None,
            _ => except,
        }
    }

    fn evict(&mut self) {
        while self.order.len() > self.limit {
            let Some((_, oldest)) = self.order.pop_first() else {
                return;
            };
            self.index.remove(&oldest.subject);
            self.floor = self.floor.max(oldest.revision);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::PortId;

    fn neighbor(id: PortId) -> Subject {
        let key = GoalKey::Neighbor(id);
        Subject { host: None, key }
    }

    fn revisions(log: &Log, since: u64) -> Option<Vec<u64>> {
        let entries = log.after(Revision(since))?;
        Some(entries.map(|entry| entry.revision.0).collect())
    }

    #[test]
    fn the_latest_change_of_a_subject_wins() {
        let mut log = Log::new(8, Revision(1));
        let [one, two] = [PortId::random(), PortId::random()];
        log.touch(Revision(2), neighbor(one), None);
        log.touch(Revision(3), neighbor(two), None);
        log.touch(Revision(4), neighbor(one), None);
        assert_eq!(revisions(&log, 1), Some(vec![4, 3]));
        assert_eq!(revisions(&log, 3), Some(vec![4]));
        assert_eq!(revisions(&log, 4), Some(vec![]));
        assert_eq!(revisions(&log, 0), None, "before the log began");
    }

    #[test]
    fn what_falls_out_raises_the_floor() {
        let mut log = Log::new(2, Revision(0));
        for revision in 1..=3 {
            log.touch(Revision(revision), neighbor(PortId::random()), None);
        }
        assert_eq!(revisions(&log, 0), None);
        assert_eq!(revisions(&log, 1), Some(vec![3, 2]));
        assert_eq!(log.newest(), Revision(3));
    }

    #[test]
    fn an_exception_must_hold_for_every_change() {
        let mut log = Log::new(8, Revision(0));
        let id = PortId::random();
        let [a, b] = [HostName::from("a"), HostName::from("b")];
        let except = |log: &Log| {
            let mut entries = log.after(Revision(0)).unwrap();
            entries.next().unwrap().except.clone()
        };
        log.touch(Revision(1), neighbor(id), Some(a.clone()));
        log.touch(Revision(2), neighbor(id), Some(a.clone()));
        assert_eq!(except(&log), Some(a));
        log.touch(Revision(3), neighbor(id), Some(b.clone()));
        assert_eq!(except(&log), None);
        log.touch(Revision(4), neighbor(id), Some(b));
        assert_eq!(except(&log), None, "once it was elsewhere, all must hear");
    }
}
