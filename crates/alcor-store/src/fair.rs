//! Whose turn it is, by work done: start-time fair queueing (Goyal, Vin and Cheng, 1996).
//!
//! A clock of work goes with what is served. Every lane is due at a time of that clock, and pays for what
//! it was given by being due later; the lane that is due first is next. So a lane that asks for little
//! waits for no more than what is under way, however much others have waiting, and lanes that always ask get
//! the same amount of work each. What something costs need be known only after it was served.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// What waits, by lanes.
#[derive(Debug)]
pub struct Turns<K, T> {
    lanes: HashMap<K, Waiting<T>>,
    /// When each lane is due. One that has nothing waiting stays until its work is paid for.
    due: BTreeSet<(u64, K)>,
    now: u64,
    len: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
    due: u64,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        Self {
            lanes: HashMap::new(),
            due: BTreeSet::new(),
            now: 0,
            len: 0,
        }
    }
}

impl<K: Clone + Ord + Hash, T> Turns<K, T> {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds to the end of a lane.
    pub fn push(&mut self, lane: K, item: T) {
        self.len += 1;
        if let Some(waiting) = self.lanes.get_mut(&lane) {
            waiting.items.push_back(item);
            return;
        }
        self.due.insert((self.now, lane.clone()));
        let waiting = Waiting {
            items: VecDeque::from([item]),
            due: self.now,
        };
        self.lanes.insert(lane, waiting);
    }

    /// What is next, and of which lane; nothing where nothing waits. What is owed then is forgotten,
    /// because nobody was kept waiting for it.
    pub fn take(&mut self) -> Option<(K, T)> {
        self.settle();
        let (_, lane) = self.due.first()?;
        let item = self.lanes.get_mut(lane)?.items.pop_front()?;
        self.len -= 1;
        Some((lane.clone(), item))
    }

    fn has_waiting(&self, lane: &K) -> bool {
        let waiting = self.lanes.get(lane);
        waiting.is_some_and(|waiting| !waiting.items.is_empty())
    }

    /// Forgets the lanes that come first and have nothing waiting.
    fn settle(&mut self) {
        while let Some((due, lane)) = self.due.first() {
            self.now = self.now.max(*due);
            if self.has_waiting(lane) {
                return;
            }
            if let Some((_, lane)) = self.due.pop_first() {
                self.lanes.remove(&lane);
            }
        }
    }

    /// Notes what came of the last item of a lane in work.
    pub fn charge(&mut self, lane: &K, work: u64) {
        let Some(waiting) = self.lanes.get_mut(lane) else {
            return;
        };
        self.due.remove(&(waiting.due, lane.clone()));
        waiting.due = waiting.due.saturating_add(work.max(1));
        self.due.insert((waiting.due, lane.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LARGEST: i64 = 200;

    /// Serves one, which costs what it says, and tells which lane's it was.
    fn serve(turns: &mut Turns<u8, (usize, u64)>) -> Option<(u8, usize, u64)> {
        let (lane, (number, work)) = turns.take()?;
        turns.charge(&lane, work);
        Some((lane, number, work))
    }

    #[test]
    fn a_single_waits_for_what_is_under_way_and_no_more() {
        let mut turns = Turns::default();
        for number in 0..1_000 {
            turns.push(1, (number, 1_000));
        }
        assert_eq!(serve(&mut turns), Some((1, 0, 1_000)));
        assert_eq!(serve(&mut turns), Some((1, 1, 1_000)));
        turns.push(2, (0, 1));
        assert_eq!(serve(&mut turns).unwrap().0, 2);
        // A thousand singles weigh as much as one of the others.
        let mut singles = 1;
        while singles < 1_000 {
            turns.push(2, (singles, 1));
            if serve(&mut turns).unwrap().0 == 2 {
                singles += 1;
            } else {
                assert!(singles > 990, "{singles}");
            }
        }
    }

    #[test]
    fn what_was_given_while_nobody_waited_is_not_held_against_a_lane() {
        let mut turns = Turns::default();
        turns.push(1, (0, 1_000_000));
        assert!(serve(&mut turns).is_some());
        assert!(serve(&mut turns).is_none());
        turns.push(2, (0, 10));
        turns.push(2, (1, 10));
        turns.push(1, (1, 10));
        let order: Vec<_> = std::iter::from_fn(|| serve(&mut turns)).collect();
        assert_eq!(order, [(1, 1, 10), (2, 0, 10), (2, 1, 10)]);
    }

    #[test]
    fn going_idle_does_not_pay_a_debt() {
        let mut turns = Turns::default();
        turns.push(1, (0, 1_000));
        for number in 0..3 {
            turns.push(2, (number, 10));
        }
        assert_eq!(serve(&mut turns).unwrap().0, 1);
        // It had nothing more waiting, and comes again while the other still waits.
        turns.push(1, (1, 1_000));
        let order: Vec<_> = std::iter::from_fn(|| serve(&mut turns)).collect();
        let lanes: Vec<_> = order.iter().map(|(lane, ..)| *lane).collect();
        assert_eq!(lanes, [2, 2, 2, 1]);
    }

    proptest! {
        /// Nothing is lost, lanes keep their order, and of two lanes that both wait neither gets ahead of
        /// the other by more than the largest pieces of work of both.
        #[test]
        fn lanes_are_served_in_order_and_fairly(
            steps in prop::collection::vec(prop_oneof![
                3 => (0_u8..4, 1..LARGEST.unsigned_abs()).prop_map(Some),
                2 => Just(None),
            ], 1..400)
        ) {
            let mut turns = Turns::default();
            let (mut pushed, mut served) = ([0_usize; 4], [0_usize; 4]);
            // Work given to each lane since both of a pair have had something waiting all the time.
            let mut ahead = [[0_i64; 4]; 4];
            let drain = std::iter::repeat_n(None, steps.len());
            for step in steps.into_iter().chain(drain) {
                if let Some((lane, work)) = step {
                    let at = usize::from(lane);
                    if pushed[at] == served[at] {
                        ahead[at] = [0; 4];
                        for other in &mut ahead {
                            other[at] = 0;
                        }
                    }
                    turns.push(lane, (pushed[at], work));
                    pushed[at] += 1;
                    continue;
                }
                let before: Vec<_> = (0..4).map(|at| pushed[at] > served[at]).collect();
                let Some((lane, number, work)) = serve(&mut turns) else {
                    prop_assert_eq!(pushed, served);
                    continue;
                };
                let at = usize::from(lane);
                prop_assert_eq!(number, served[at]);
                served[at] += 1;
                let gained = i64::try_from(work).unwrap();
                for other in (0..4).filter(|other| *other != at && before[*other]) {
                    ahead[at][other] += gained;
                    ahead[other][at] -= gained;
                    prop_assert!(ahead[at][other] <= 2 * LARGEST, "{ahead:?}");
                }
            }
            prop_assert_eq!(pushed, served);
        }
    }
}
