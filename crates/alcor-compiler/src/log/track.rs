//! Names in the order in which they last changed.

use alcor_types::{HostName, Revision};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// The latest change of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry<K> {
    /// What changed.
    pub(crate) name: K,
    /// When.
    pub(crate) revision: Revision,
    /// A host that never held it as long as the log has known it: no need to tell it.
    pub(crate) except: Option<HostName>,
}

/// See the module. Every change has a number of the caller's that rises.
pub(super) struct Track<K> {
    /// Everything up to here may be missing.
    floor: Revision,
    order: BTreeMap<u64, Entry<K>>,
    index: HashMap<K, u64>,
}

impl<K: Copy + Eq + Hash> Track<K> {
    pub(super) fn new(floor: Revision) -> Self {
        Self {
            floor,
            order: BTreeMap::new(),
            index: HashMap::new(),
        }
    }

    /// The name has changed. Returns the number of its former change, which is no longer there.
    pub(super) fn put(
        &mut self,
        number: u64,
        revision: Revision,
        (name, except): (K, Option<HostName>),
    ) -> Option<u64> {
        let replaced = self.index.insert(name, number);
        let former = replaced.and_then(|former| self.order.remove(&former));
        // A host stays excepted only when both changes except it.
        let except = match former {
            Some(former) if former.except != except => None,
            _ => except,
        };
        let entry = Entry {
            name,
            revision,
            except,
        };
        self.order.insert(number, entry);
        replaced
    }

    /// The changes after `since`, newest first; `None` when some may be missing.
    pub(super) fn after(&self, since: Revision) -> Option<impl Iterator<Item = &Entry<K>>> {
        (since >= self.floor).then(|| {
            let newest_first = self.order.values().rev();
            newest_first.take_while(move |entry| entry.revision > since)
        })
    }

    /// Drops the oldest until there are no more than so many.
    pub(super) fn keep(&mut self, limit: usize) {
        while self.order.len() > limit {
            self.drop_oldest();
        }
    }

    pub(super) fn drop_oldest(&mut self) {
        if let Some((_, oldest)) = self.order.pop_first() {
            self.index.remove(&oldest.name);
            self.floor = self.floor.max(oldest.revision);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revisions(track: &Track<u8>, since: u64) -> Option<Vec<u64>> {
        let entries = track.after(Revision(since))?;
        Some(entries.map(|entry| entry.revision.0).collect())
    }

    #[test]
    fn the_latest_change_of_a_name_wins() {
        let mut track = Track::new(Revision(1));
        assert_eq!(track.put(0, Revision(2), (1, None)), None);
        assert_eq!(track.put(1, Revision(3), (2, None)), None);
        assert_eq!(track.put(2, Revision(4), (1, None)), Some(0));
        assert_eq!(revisions(&track, 1), Some(vec![4, 3]));
        assert_eq!(revisions(&track, 3), Some(vec![4]));
        assert_eq!(revisions(&track, 4), Some(vec![]));
        assert_eq!(revisions(&track, 0), None, "before the log began");
    }

    #[test]
    fn what_falls_out_raises_the_floor() {
        let mut track = Track::new(Revision(0));
        for number in 1..=3_u8 {
            let revision = Revision(number.into());
            track.put(number.into(), revision, (number, None));
            track.keep(2);
        }
        assert_eq!(revisions(&track, 0), None);
        assert_eq!(revisions(&track, 1), Some(vec![3, 2]));
    }

    #[test]
    fn an_exception_must_hold_for_every_change() {
        let mut track = Track::new(Revision(0));
        let [a, b] = [HostName::from("a"), HostName::from("b")];
        let except = |track: &Track<u8>| {
            let mut entries = track.after(Revision(0)).unwrap();
            entries.next().unwrap().except.clone()
        };
        track.put(1, Revision(1), (1, Some(a.clone())));
        track.put(2, Revision(2), (1, Some(a.clone())));
        assert_eq!(except(&track), Some(a));
        track.put(3, Revision(3), (1, Some(b.clone())));
        assert_eq!(except(&track), None);
        track.put(4, Revision(4), (1, Some(b)));
        assert_eq!(except(&track), None, "once it was elsewhere, all must hear");
    }
}
