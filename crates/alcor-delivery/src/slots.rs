//! Whose scope is worked out next. Finding and encoding what hosts are told is most of what delivery does; only
//! so many sessions do it at a time, and where more would, the owners of what is to be told have their turns. So
//! one project's change of thousands of ports does not hold up another's of one.

use alcor_store::Turns;
use alcor_types::ProjectId;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Whose it is; what nobody owns has a turn too.
pub(crate) type Owner = Option<ProjectId>;

/// The slots of a region, and who waits for one. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: Turns<Owner, oneshot::Sender<Slot>>,
}

/// The right to work, until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    owner: Owner,
}

impl Slots {
    /// So many at a time.
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: count.max(1),
            waiting: Turns::default(),
        })))
    }

    /// As many as there are processors.
    pub(crate) fn of_this_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Asks for a slot to work for an owner. Dropping what is returned gives up.
    pub(crate) fn ask(&self, owner: Owner) -> oneshot::Receiver<Slot> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().waiting.push(owner, sender);
        self.grant();
        receiver
    }

    fn grant(&self) {
        while let Some((owner, sender)) = self.next() {
            let slots = self.clone();
            // Where nobody waits for it any more, the slot comes back and is free again.
            drop(sender.send(Slot { slots, owner }));
        }
    }

    fn next(&self) -> Option<(Owner, oneshot::Sender<Slot>)> {
        let mut state = self.0.lock();
        if state.free == 0 {
            return None;
        }
        loop {
            let (owner, sender) = state.waiting.take()?;
            if !sender.is_closed() {
                state.waiting.charge(&owner, 1);
                state.free -= 1;
                return Some((owner, sender));
            }
        }
    }
}

impl Slot {
    /// Notes how much was worked out, beyond the first.
    pub(crate) fn charge(&self, changes: u64) {
        if changes > 0 {
            self.slots.0.lock().waiting.charge(&self.owner, changes);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.0.lock().free += 1;
        self.slots.grant();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str) -> Owner {
        Some(ProjectId::from(name))
    }

    #[test]
    fn a_light_owner_comes_before_the_many_of_a_heavy_one() {
        let slots = Slots::new(1);
        let mut first = slots.ask(owner("busy"));
        let mut many: Vec<_> = (0..10).map(|_| slots.ask(owner("busy"))).collect();
        let slot = first.try_recv().unwrap();
        slot.charge(1_000);
        let mut light = slots.ask(owner("quiet"));
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
        let held = [slots.ask(None), slots.ask(None)].map(|mut asked| asked.try_recv().unwrap());
        let gone: Vec<_> = (0..5).map(|_| slots.ask(owner("gone"))).collect();
        let mut waits = slots.ask(owner("waits"));
        drop(gone);
        drop(held);
        assert!(waits.try_recv().is_ok());
        // Given, and never taken.
        drop(slots.ask(None));
        assert_eq!(slots.0.lock().free, 2);
    }
}
