//! Who has been told that nobody has an address of a large network. Its agent believes that for a while;
//! when somebody comes to have the address, it is told at once.

use alcor_goalstate::Sought;
use alcor_types::{HostName, NetworkId};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Longer than any agent believes what it was told.
const KEPT: Duration = Duration::from_secs(10);
/// Absences that are remembered, of all hosts: some tens of megabytes.
const ABSENCES: usize = 262_144;

/// An address of a network.
pub(crate) type Place = (NetworkId, Sought);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Absences {
    told: HashMap<Place, BTreeSet<HostName>>,
    /// In the order in which they were told.
    order: VecDeque<(Instant, Place, HostName)>,
}

impl Absences {
    /// The host is told that nobody has the address.
    pub(crate) fn note(&mut self, now: Instant, host: &HostName, place: Place) {
        self.forget(now);
        if self.told.entry(place).or_default().insert(host.clone()) {
            self.order.push_back((now, place, host.clone()));
        }
    }

    /// Somebody has the address now: the hosts that believe otherwise, once.
    pub(crate) fn take(&mut self, place: Place) -> BTreeSet<HostName> {
        self.told.remove(&place).unwrap_or_default()
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, place, host)) = self.order.front() {
            if self.order.len() < ABSENCES && now.duration_since(*at) < KEPT {
                return;
            }
            if let Some(hosts) = self.told.get_mut(place) {
                hosts.remove(host);
                if hosts.is_empty() {
                    self.told.remove(place);
                }
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_told_is_named_once_and_not_for_ever() {
        let (mut all, now) = (Absences::default(), Instant::now());
        let place = (NetworkId::random(), Sought::Address([10, 0, 0, 1].into()));
        let other = (NetworkId::random(), place.1);
        let [one, two] = ["one", "two"].map(HostName::from);
        all.note(now, &one, place);
        all.note(now, &two, place);
        assert!(all.take(other).is_empty());
        assert_eq!(all.take(place), BTreeSet::from([one.clone(), two.clone()]));
        assert!(all.take(place).is_empty());
        all.note(now, &one, place);
        all.note(now + KEPT, &two, other);
        assert!(all.take(place).is_empty(), "it asks again by now");
        assert_eq!(all.take(other), BTreeSet::from([two]));
    }
}
