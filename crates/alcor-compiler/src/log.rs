//! A scope's memory of which goals changed when.
//!
//! The log holds names, not goals: a reader looks up what is true now. The latest change of
//! a name wins, so the log never holds a name twice, and it is bounded: what falls out at
//! the old end raises a floor, and readers that are behind the floor need something else.
//!
//! What is for everybody, what is for one host and what is news of neighbours are apart, so that a
//! host of a network of a million ports reads what is for it, not what happened to all others.

mod own;
mod track;

use alcor_goalstate::GoalKey;
use alcor_types::{HostName, PortId, Revision};
use own::Own;
pub(crate) use track::Entry;
use track::Track;

/// The changes of one scope.
pub(crate) struct Log {
    limit: usize,
    /// Everything up to here is missing: the log began then.
    begin: Revision,
    newest: Revision,
    next: u64,
    common: Track<GoalKey>,
    neighbors: Track<PortId>,
    own: Own,
}

impl Log {
    /// An empty log that knows what happens after `begin`, at most `limit` entries of each kind.
    pub(crate) fn new(limit: usize, begin: Revision) -> Self {
        Self {
            limit,
            begin,
            newest: begin,
            next: 0,
            common: Track::new(begin),
            neighbors: Track::new(begin),
            own: Own::new(begin),
        }
    }

    /// The newest change, even where the log no longer holds it.
    pub(crate) fn newest(&self) -> Revision {
        self.newest
    }

    /// Something changed of which the log need not know the name. Revisions must not fall from call to
    /// call; false where nobody can ask for the change, which keeps the load of a whole region cheap.
    pub(crate) fn advance(&mut self, revision: Revision) -> bool {
        self.newest = self.newest.max(revision);
        self.next += 1;
        revision > self.begin
    }

    /// Notes a change for all hosts of the scope.
    pub(crate) fn touch(&mut self, revision: Revision, key: GoalKey) {
        if self.advance(revision) {
            self.common.put(self.next, revision, (key, None));
            self.common.keep(self.limit);
        }
    }

    /// Notes a change for one host.
    pub(crate) fn touch_own(&mut self, revision: Revision, host: &HostName, key: GoalKey) {
        if self.advance(revision) {
            self.own.put(self.next, revision, (host, key));
            self.own.keep(self.limit);
        }
    }

    /// Notes a change for all but the port's own host, and but for one that never held it as long as the
    /// log has known it.
    pub(crate) fn touch_neighbor(
        &mut self,
        revision: Revision,
        port: PortId,
        except: Option<HostName>,
    ) {
        if self.advance(revision) {
            self.neighbors.put(self.next, revision, (port, except));
            self.neighbors.keep(self.limit);
        }
    }

    /// What changed for all after `since`, newest first; `None` when some may be missing.
    pub(crate) fn after(&self, since: Revision) -> Option<impl Iterator<Item = &Entry<GoalKey>>> {
        self.common.after(since)
    }

    /// What changed for the host alone.
    pub(crate) fn own_after(
        &self,
        host: &HostName,
        since: Revision,
    ) -> Option<impl Iterator<Item = &Entry<GoalKey>>> {
        self.own.after(host, since)
    }

    /// The neighbours that changed.
    pub(crate) fn neighbors_after(
        &self,
        since: Revision,
    ) -> Option<impl Iterator<Item = &Entry<PortId>>> {
        self.neighbors.after(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::NetworkId;

    #[test]
    fn the_log_of_one_kind_does_not_push_out_another() {
        let mut log = Log::new(2, Revision(0));
        let host = HostName::from("a");
        let vpc = GoalKey::Vpc(NetworkId::random());
        log.touch(Revision(1), vpc);
        log.touch_own(Revision(2), &host, vpc);
        for revision in 3..=9 {
            log.touch_neighbor(Revision(revision), PortId::random(), None);
        }
        assert_eq!(log.newest(), Revision(9));
        assert_eq!(log.after(Revision(0)).map(Iterator::count), Some(1));
        let own = log.own_after(&host, Revision(0));
        assert_eq!(own.map(Iterator::count), Some(1));
        assert!(log.neighbors_after(Revision(6)).is_none());
        let neighbors = log.neighbors_after(Revision(7));
        assert_eq!(neighbors.map(Iterator::count), Some(2));
    }

    #[test]
    fn what_was_there_when_the_log_began_is_not_in_it() {
        let mut log = Log::new(8, Revision(5));
        log.touch(Revision(5), GoalKey::Vpc(NetworkId::random()));
        assert_eq!(log.after(Revision(5)).map(Iterator::count), Some(0));
        assert!(log.after(Revision(4)).is_none());
        let host = HostName::from("a");
        assert!(log.own_after(&host, Revision(4)).is_none());
    }
}
