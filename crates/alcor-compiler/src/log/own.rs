//! What changed for single hosts: a track for each, all of them bounded together.

use super::track::{Entry, Track};
use alcor_goalstate::GoalKey;
use alcor_types::{HostName, Revision};
use std::collections::{BTreeMap, HashMap};

/// See the module. What falls out raises the floor of its host alone.
pub(super) struct Own {
    begin: Revision,
    hosts: HashMap<HostName, Track<GoalKey>>,
    /// Whose change has which number.
    order: BTreeMap<u64, HostName>,
}

impl Own {
    pub(super) fn new(begin: Revision) -> Self {
        Self {
            begin,
            hosts: HashMap::new(),
            order: BTreeMap::new(),
        }
    }

    pub(super) fn put(
        &mut self,
        number: u64,
        revision: Revision,
        (host, key): (&HostName, GoalKey),
    ) {
        let track = self.hosts.entry(host.clone());
        let track = track.or_insert_with(|| Track::new(self.begin));
        if let Some(former) = track.put(number, revision, (key, None)) {
            self.order.remove(&former);
        }
        self.order.insert(number, host.clone());
    }

    /// Drops the oldest of all hosts until there are no more than so many.
    pub(super) fn keep(&mut self, limit: usize) {
        while self.order.len() > limit {
            let oldest = self.order.pop_first();
            if let Some(track) = oldest.and_then(|(_, host)| self.hosts.get_mut(&host)) {
                track.drop_oldest();
            }
        }
    }

    /// The changes after `since`, newest first; `None` when some may be missing.
    pub(super) fn after(
        &self,
        host: &HostName,
        since: Revision,
    ) -> Option<impl Iterator<Item = &Entry<GoalKey>>> {
        let entries = match self.hosts.get(host) {
            Some(track) => Some(track.after(since)?),
            None if since < self.begin => return None,
            None => None,
        };
        Some(entries.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::PortId;

    fn count(own: &Own, host: &str, since: u64) -> Option<usize> {
        let host = HostName::from(host);
        let entries = own.after(&host, Revision(since));
        entries.map(Iterator::count)
    }

    #[test]
    fn a_host_reads_its_own_and_loses_only_its_own() {
        let mut own = Own::new(Revision(0));
        let [a, b] = [HostName::from("a"), HostName::from("b")];
        let key = || GoalKey::Port(PortId::random());
        let again = key();
        own.put(1, Revision(1), (&a, key()));
        own.put(2, Revision(2), (&b, again));
        own.put(3, Revision(3), (&b, again));
        own.put(4, Revision(4), (&b, key()));
        own.keep(3);
        assert_eq!(
            (count(&own, "a", 0), count(&own, "b", 0)),
            (Some(1), Some(2))
        );
        own.keep(2);
        assert_eq!((count(&own, "a", 0), count(&own, "b", 0)), (None, Some(2)));
        assert_eq!(
            (count(&own, "a", 1), count(&own, "b", 3)),
            (Some(0), Some(1))
        );
        assert_eq!(count(&own, "c", 0), Some(0));
    }
}
