//! Numbers that must stay the same when the agent starts again: what has one is kept in the bridge's
//! `external_ids`, and a number counts once it stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Numbers that stand for sub-ports of trunks, as if each had an interface. Open vSwitch gives
/// interfaces numbers of the lower half; zones of connections and meters follow from these.
const SUB_PORTS: RangeInclusive<u16> = 0xc000..=0xfefe;

/// Whether the number stands for a sub-port.
pub(crate) fn is_sub_port(number: u32) -> bool {
    u16::try_from(number).is_ok_and(|number| SUB_PORTS.contains(&number))
}

/// Names, each with its number of a range.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// What the keys in the database begin with.
    prefix: &'static str,
    range: RangeInclusive<u16>,
    /// As the database has them; none before it was read.
    kept: Option<BTreeMap<String, u16>>,
    /// Given out, and perhaps not kept yet.
    given: BTreeMap<String, u16>,
}

/// What follows from a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    /// Keys to keep in the database, or to take away.
    pub(crate) keep: Vec<(String, Option<String>)>,
    /// Numbers that are given to somebody anew.
    pub(crate) fresh: Vec<u16>,
    /// Names whose number counts now, or counts no more.
    pub(crate) now: Vec<(String, Option<u16>)>,
    /// Numbers that are nobody's any more.
    pub(crate) free: Vec<u16>,
}

impl Numbers {
    /// Zones of routers' translated connections. Those of ports have the numbers of the ports, which
    /// are lower, and those of sub-ports are higher.
    pub(crate) fn zones() -> Self {
        Self::new("alcor-nat-zone-", 0x8000..=0xbfff)
    }

    /// Numbers of trunks' sub-ports.
    pub(crate) fn sub_ports() -> Self {
        Self::new("alcor-sub-port-", SUB_PORTS)
    }

    /// The number that is kept under the name.
    pub(crate) fn of(&self, name: &str) -> Option<u16> {
        self.kept.as_ref()?.get(name).copied()
    }

    /// Numbers of a range, kept under keys that begin with `prefix`.
    pub(crate) fn new(prefix: &'static str, range: RangeInclusive<u16>) -> Self {
        Self {
            prefix,
            range,
            kept: None,
            given: BTreeMap::new(),
        }
    }

    /// The database holds these keys. Those of two names with one number, or with none of ours,
    /// are not taken over.
    pub(crate) fn read(&mut self, ids: &BTreeMap<String, String>) -> Moves {
        let former = self.kept.take().unwrap_or_default();
        let mut taken = BTreeSet::new();
        let ours = ids.iter().filter_map(|(key, value)| {
            let name = key.strip_prefix(self.prefix)?;
            let number: u16 = value.parse().ok()?;
            let good = self.range.contains(&number) && taken.insert(number);
            good.then(|| (name.to_owned(), number))
        });
        let kept: BTreeMap<_, _> = ours.collect();
        let mut moves = Moves::default();
        for (name, number) in &kept {
            if former.get(name) != Some(number) {
                moves.now.push((name.clone(), Some(*number)));
            }
        }
        let gone = former.keys().filter(|name| !kept.contains_key(*name));
        moves.now.extend(gone.map(|name| (name.clone(), None)));
        self.given.extend(kept.clone());
        self.kept = Some(kept);
        moves
    }

    /// These names, and no others where `all` are known, are to have numbers.
    pub(crate) fn want(&mut self, names: &BTreeSet<String>, all: bool) -> Moves {
        let mut moves = Moves::default();
        let Some(kept) = &mut self.kept else {
            return moves;
        };
        let key = |name: &str| format!("{}{name}", self.prefix);
        // A number that is given up now is in use until its connections are gone.
        let taken: BTreeSet<_> = self.given.values().copied().collect();
        if all {
            let gone = self.given.keys().filter(|name| !names.contains(*name));
            for name in gone.cloned().collect::<Vec<_>>() {
                moves.free.extend(self.given.remove(&name));
                kept.remove(&name);
                moves.keep.push((key(&name), None));
                moves.now.push((name, None));
            }
        }
        let mut free = self.range.clone().filter(|number| !taken.contains(number));
        for name in names {
            let number = match self.given.get(name) {
                Some(_) if kept.contains_key(name) => continue,
                Some(given) => *given,
                None => {
                    let Some(number) = free.next() else {
                        tracing::error!(name, "no number is left");
                        continue;
                    };
                    moves.fresh.push(number);
                    self.given.insert(name.clone(), number);
                    number
                }
            };
            moves.keep.push((key(name), Some(number.to_string())));
        }
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_number_counts_once_it_is_kept_and_outlives_its_agent() {
        let mut numbers = Numbers::new("zone-", 7..=8);
        assert_eq!(numbers.want(&names(&["a"]), true), Moves::default());
        let other = ("other".to_owned(), "1".to_owned());
        let mut ids = BTreeMap::from([other]);
        assert_eq!(numbers.read(&ids), Moves::default());
        let moves = numbers.want(&names(&["a"]), true);
        assert_eq!(moves.keep, [("zone-a".to_owned(), Some("7".to_owned()))]);
        assert_eq!((moves.fresh, moves.now), (vec![7], vec![]));
        ids.insert("zone-a".to_owned(), "7".to_owned());
        assert_eq!(numbers.read(&ids).now, [("a".to_owned(), Some(7))]);
        let mut again = Numbers::new("zone-", 7..=8);
        assert_eq!(again.read(&ids).now, [("a".to_owned(), Some(7))]);
        let moves = again.want(&names(&["a", "b", "c"]), false);
        assert_eq!(moves.fresh, [8], "one is left");
        let moves = again.want(&names(&["b"]), true);
        assert_eq!((moves.free, moves.fresh), (vec![7], vec![]));
        assert_eq!(moves.now, [("a".to_owned(), None)]);
    }
}
