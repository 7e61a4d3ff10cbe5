//! So many at a time, and turns for those who wait: for work that others than the store's writer do.

use crate::fair::Turns;
use parking_lot::Mutex;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The right to work is given to so many at a time; where more want it, lanes have their turns. Clones share
/// the slots.
#[derive(Debug)]
pub struct Slots<K: Lanes>(Arc<Mutex<State<K>>>);

/// What lanes are named by.
pub trait Lanes: Clone + Ord + Hash + Debug {}

impl<K: Clone + Ord + Hash + Debug> Lanes for K {}

impl<K: Lanes> Clone for Slots<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct State<K: Lanes> {
    free: usize,
    waiting: Turns<K, oneshot::Sender<Slot<K>>>,
}

/// The right to work, until dropped.
#[derive(Debug)]
pub struct Slot<K: Lanes> {
    slots: Slots<K>,
    lane: K,
}

impl<K: Lanes> Slots<K> {
    /// So many at a time.
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: count.max(1),
            waiting: Turns::default(),
        })))
    }

    /// Asks for a slot in a lane. Dropping what is returned gives up.
    pub fn ask(&self, lane: K) -> oneshot::Receiver<Slot<K>> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().waiting.push(lane, sender);
        self.grant();
        receiver
    }

    fn grant(&self) {
        while let Some((lane, sender)) = self.next() {
            let slots = self.clone();
            // Where nobody waits for it any more, the slot comes back and is free again.
            drop(sender.send(Slot { slots, lane }));
        }
    }

    fn next(&self) -> Option<(K, oneshot::Sender<Slot<K>>)> {
        let mut state = self.0.lock();
        if state.free == 0 {
            return None;
        }
        loop {
            let (lane, sender) = state.waiting.take()?;
            if !sender.is_closed() {
                state.waiting.charge(&lane, 1);
                state.free -= 1;
                return Some((lane, sender));
            }
        }
    }
}

impl<K: Lanes> Slot<K> {
    /// Whose turn it is.
    pub fn lane(&self) -> &K {
        &self.lane
    }

    /// Notes how much work it was, beyond the least, and for whom: what was done need not be for whose turn it
    /// was.
    pub fn charge(&self, lane: &K, work: u64) {
        if work > 0 {
            self.slots.0.lock().waiting.charge(lane, work);
        }
    }
}

impl<K: Lanes> Drop for Slot<K> {
    fn drop(&mut self) {
        self.slots.0.lock().free += 1;
        self.slots.grant();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_owner_comes_before_the_many_of_a_heavy_one() {
        let slots = Slots::new(1);
        let mut first = slots.ask("busy");
        let mut many: Vec<_> = (0..10).map(|_| slots.ask("busy")).collect();
        let slot = first.try_recv().unwrap();
        slot.charge(&"busy", 1_000);
        let mut light = slots.ask("quiet");
        assert!(light.try_recv().is_err());
        drop(slot);
        let slot = light.try_recv().unwrap();
        assert!(many[0].try_recv().is_err());
        drop(slot);
        for asked in &mut many {
            drop(asked.try_recv().unwrap());
        }
    }

    #[test]
    fn slots_of_those_who_have_gone_are_not_lost() {
        let slots = Slots::new(2);
        let held = [slots.ask(""), slots.ask("")].map(|mut asked| asked.try_recv().unwrap());
        let gone: Vec<_> = (0..5).map(|_| slots.ask("gone")).collect();
        let mut waits = slots.ask("waits");
        drop(gone);
        drop(held);
        assert!(waits.try_recv().is_ok());
        // Given, and never taken.
        drop(slots.ask(""));
        assert_eq!(slots.0.lock().free, 2);
    }
}
