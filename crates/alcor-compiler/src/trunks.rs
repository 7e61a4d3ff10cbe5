//! Trunks: which ports' interfaces carry which others. A sub-port is in another network than its
//! parent, so none of this is a network's own.

use alcor_goalstate::TrunkPart;
use alcor_types::{PortId, Trunk, TrunkId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// All trunks of the region.
#[derive(Default)]
pub(crate) struct Trunks {
    trunks: HashMap<TrunkId, Arc<Trunk>>,
    /// Each port's part. It has more than one only while facts of one revision come in an order of
    /// their own.
    parts: HashMap<PortId, BTreeMap<TrunkId, TrunkPart>>,
}

impl Trunks {
    /// A port's part in a trunk; none where it has none.
    pub(crate) fn of(&self, port: PortId) -> Option<TrunkPart> {
        self.parts.get(&port)?.values().next().copied()
    }

    /// The ports of which a change of the trunk is news.
    pub(crate) fn about(&self, id: TrunkId, now: Option<&Arc<Trunk>>) -> BTreeSet<PortId> {
        let of = |trunk: Option<&Arc<Trunk>>| -> BTreeMap<_, _> {
            let trunk = trunk.into_iter();
            trunk.flat_map(|trunk| parts(trunk)).collect()
        };
        let (former, now) = (of(self.trunks.get(&id)), of(now));
        let ports = former.keys().chain(now.keys());
        let changed = ports.filter(|port| former.get(port) != now.get(port));
        changed.copied().collect()
    }

    /// The trunk was written or deleted.
    pub(crate) fn set(&mut self, id: TrunkId, trunk: Option<Arc<Trunk>>) {
        if let Some(former) = self.trunks.remove(&id) {
            for (port, _) in parts(&former) {
                self.forget(port, id);
            }
        }
        if let Some(trunk) = trunk {
            for (port, part) in parts(&trunk) {
                self.parts.entry(port).or_default().insert(id, part);
            }
            self.trunks.insert(id, trunk);
        }
    }

    fn forget(&mut self, port: PortId, id: TrunkId) {
        if let Some(parts) = self.parts.get_mut(&port) {
            parts.remove(&id);
            if parts.is_empty() {
                self.parts.remove(&port);
            }
        }
    }
}

fn parts(trunk: &Trunk) -> impl Iterator<Item = (PortId, TrunkPart)> {
    let parent = trunk.port_id;
    let carried = trunk.sub_ports.iter().map(move |sub_port| {
        let tag = sub_port.vlan;
        (sub_port.port_id, TrunkPart::SubPort { parent, tag })
    });
    std::iter::once((parent, TrunkPart::Parent)).chain(carried)
}
