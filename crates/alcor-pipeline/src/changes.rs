//! What to do to a switch.

use alcor_openflow::{Flow, FlowKey, Meter};
use std::collections::{HashMap, HashSet};

/// A flow as far as a comparison needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// Table, priority and match.
    pub key: FlowKey,
    /// The cookie; see [`cookie`](crate::cookie).
    pub cookie: u64,
}

impl From<&Flow> for Installed {
    fn from(flow: &Flow) -> Self {
        Self {
            key: flow.key.clone(),
            cookie: flow.cookie,
        }
    }
}

/// What a bridge holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contents {
    /// Its flows.
    pub flows: Vec<Installed>,
    /// Its meters.
    pub meters: Vec<Meter>,
}

/// Meters to put and to delete; no number is in both. They can be no part of a bundle: what is put
/// must be there before the flows that use it, and what is deleted takes such flows with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MeterChanges {
    /// To add, or to put in place of the meter with the same number.
    pub put: Vec<Meter>,
    /// The numbers of those to delete.
    pub delete: Vec<u32>,
}

impl MeterChanges {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }

    /// Adds what leads from the former meters to those that are to be there now.
    pub(crate) fn replace(&mut self, former: &[Meter], now: impl IntoIterator<Item = Meter>) {
        let mut held: HashMap<u32, &Meter> = former.iter().map(|meter| (meter.id, meter)).collect();
        let news = now.into_iter();
        let news = news.filter(|meter| held.remove(&meter.id) != Some(meter));
        self.put.extend(news);
        let gone = former.iter().map(|meter| meter.id);
        self.delete.extend(gone.filter(|id| held.contains_key(id)));
    }

    fn spare_put(&mut self) {
        let put: HashSet<u32> = self.put.iter().map(|meter| meter.id).collect();
        self.delete.retain(|id| !put.contains(id));
    }
}

/// Flows to add and to delete. No key is in both; an added flow replaces one of its key. Meant
/// for one atomic bundle, in which the order does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FlowChanges {
    /// To add, or to put in place of the flow with the same key.
    pub add: Vec<Flow>,
    /// To delete, strictly.
    pub delete: Vec<Installed>,
    /// Meters that go with them.
    pub meters: MeterChanges,
}

impl FlowChanges {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.delete.is_empty() && self.meters.is_empty()
    }

    /// Adds what leads from the former flows of an owner to those it has now.
    pub(crate) fn replace(&mut self, former: &[Installed], now: Vec<Flow>) {
        let same = |old: &Installed, new: &Flow| old.key == new.key && old.cookie == new.cookie;
        let gone = |old: &Installed| !now.iter().any(|new| new.key == old.key);
        let deleted = former.iter().filter(|old| gone(old)).cloned();
        self.delete.extend(deleted);
        let news = now.into_iter();
        let added = news.filter(|new| !former.iter().any(|old| same(old, new)));
        self.add.extend(added);
    }

    /// A key that one owner gave up and another took over (two networks and one VNI) is
    /// replaced, not deleted; meters just so.
    pub(crate) fn spare_added(&mut self) {
        self.meters.spare_put();
        if self.delete.is_empty() || self.add.is_empty() {
            return;
        }
        let added: HashSet<&FlowKey> = self.add.iter().map(|flow| &flow.key).collect();
        self.delete.retain(|flow| !added.contains(&flow.key));
    }
}
