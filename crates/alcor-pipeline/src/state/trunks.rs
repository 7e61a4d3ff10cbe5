//! Which ports the interfaces of other ports carry.

use super::State;
use crate::member::Local;
use alcor_openflow::PortNo;
use alcor_types::PortId;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The parent, the tag, and the port that is told by it. While news is under way two ports may claim
/// one tag: the first has it.
#[derive(Debug, Default)]
pub(super) struct Trunks(BTreeSet<(PortId, u16, PortId)>);

impl Trunks {
    /// The port is, or no longer is, carried.
    pub(super) fn set(&mut self, id: PortId, carrier: Option<(PortId, u16)>, there: bool) {
        let Some((parent, tag)) = carrier else {
            return;
        };
        let claim = (parent, tag, id);
        if there {
            self.0.insert(claim);
        } else {
            self.0.remove(&claim);
        }
    }
}

impl State {
    /// The number by which the port's frames are known, once they can flow: that of its interface, or
    /// one that stands for a sub-port of a trunk whose parent has one.
    pub(crate) fn ofport(&self, id: PortId) -> Option<PortNo> {
        let local = self.locals.get(&id);
        if local.and_then(Local::carrier).is_some() {
            self.carried(id)?;
        }
        self.plugged(id)
    }

    /// The OpenFlow port by which a sub-port's frames come and go, and their tag there.
    pub(crate) fn carried(&self, id: PortId) -> Option<(PortNo, u16)> {
        let (parent, tag) = self.locals.get(&id)?.carrier()?;
        let first = self.rivals(parent, tag).next()?;
        let ofport = *self.ofports.get(&parent)?;
        (first == id).then_some((ofport, tag))
    }

    /// The number that was told of the port.
    pub(crate) fn plugged(&self, id: PortId) -> Option<PortNo> {
        self.ofports.get(&id).copied()
    }

    /// The ports that this one's interface carries.
    pub(crate) fn sub_ports(&self, parent: PortId) -> impl Iterator<Item = PortId> {
        let first = (parent, 0, PortId(Uuid::nil()));
        let all = self.trunks.0.range(first..);
        let own = all.take_while(move |(of, ..)| *of == parent);
        own.map(|(_, _, id)| *id)
    }

    /// The ports that claim a tag of a trunk.
    pub(crate) fn rivals(&self, parent: PortId, tag: u16) -> impl Iterator<Item = PortId> {
        let first = (parent, tag, PortId(Uuid::nil()));
        let all = self.trunks.0.range(first..);
        let alike = all.take_while(move |(of, by, _)| (*of, *by) == (parent, tag));
        alike.map(|(_, _, id)| *id)
    }
}
