//! Frames of a network on a physical one, from and to its wire.

use crate::key::NetworkKey;
use crate::table::{ARRIVE, CLASSIFY, MATCH};
use alcor_goalstate::Carrier;
use alcor_openflow::{Action, Field, Flow, Match, PortNo};

const DOT1Q: u16 = 0x8100;
/// The bit of a VLAN's number that says that there is one.
const PRESENT: u16 = 0x1000;

/// Out to the wire, also of a frame that came from it.
pub(super) fn onto(ofport: PortNo, carrier: &Carrier) -> Vec<Action> {
    let mut actions = vec![Action::set(Field::InPort16, 0_u16)];
    if let Carrier::Vlan { tag, .. } = carrier {
        actions.push(Action::PushVlan(DOT1Q));
        actions.push(Action::set(Field::VlanVid, PRESENT | *tag));
    }
    actions.push(Action::Output(ofport));
    actions
}

/// A copy to the wire, of a frame that goes on.
pub(super) fn copy(ofport: PortNo, carrier: &Carrier) -> Vec<Action> {
    let Carrier::Vlan { tag, .. } = carrier else {
        return vec![Action::Output(ofport)];
    };
    vec![
        Action::PushVlan(DOT1Q),
        Action::set(Field::VlanVid, PRESENT | *tag),
        Action::Output(ofport),
        Action::PopVlan,
    ]
}

/// The network's frames from the wire.
pub(super) fn from(ofport: PortNo, carrier: &Carrier, key: NetworkKey) -> Flow {
    let there = Match::new().in_port(ofport);
    let flow = match carrier {
        Carrier::Vlan { tag, .. } => {
            let tagged = Flow::new(CLASSIFY, MATCH, there.vlan_vid(*tag));
            tagged.apply([Action::PopVlan])
        }
        _ => Flow::new(CLASSIFY, MATCH, there.untagged()),
    };
    flow.write_metadata(key.number(), u64::MAX).goto(ARRIVE)
}
