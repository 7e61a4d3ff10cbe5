//! Ports that another port's interface carries: in and out with a VLAN tag.
//!
//! Such a port has a number of its own, which no interface has. From the moment a frame is
//! classified it has come in by that number, so that all else holds for it as for any port; only on
//! the way out the parent's interface and the tag stand in its place.

use crate::member::Local;
use crate::state::State;
use crate::table::{BACK, DELIVER, EXCEPT, FIRST, MATCH, RECEIVER, SENDER, SPOOF};
use alcor_goalstate::TrunkPart;
use alcor_openflow::{Action, Field, Flow, Match, PortNo};
use alcor_types::PortId;

const DOT1Q: u16 = 0x8100;
const DOT1AD: u16 = 0x88a8;
/// The bit of a VLAN's number that says that there is one.
const PRESENT: u16 = 0x1000;

/// Out of the port, also of a frame that its parent or another port of the trunk has sent.
pub(super) fn out(state: &State, id: PortId) -> Option<Vec<Action>> {
    let ofport = state.ofport(id)?;
    let Some((parent, tag)) = state.carried(id) else {
        return Some(vec![Action::Output(ofport)]);
    };
    // In a clone: others may get the frame after it.
    let tagged = vec![
        Action::set(Field::InPort16, 0_u16),
        Action::PushVlan(DOT1Q),
        Action::set(Field::VlanVid, PRESENT | tag),
        Action::Output(parent),
    ];
    Some(vec![Action::Clone(tagged)])
}

/// Which frames are the port's, and what is done to them first. None of these frames has its tag
/// any more afterwards.
pub(super) fn frames(
    state: &State,
    id: PortId,
    local: &Local,
    ofport: PortNo,
) -> Vec<(u16, Match, Vec<Action>)> {
    let from = || Match::new().in_port(ofport);
    let sender = || Action::set(SENDER, ofport);
    match (local.trunk, state.carried(id)) {
        (Some(TrunkPart::SubPort { .. }), Some((parent, tag))) => {
            let tagged = Match::new().in_port(parent).vlan_vid(tag);
            let itself = Action::set(Field::InPort16, ofport);
            vec![(EXCEPT, tagged, vec![Action::PopVlan, itself, sender()])]
        }
        // A tag without a VLAN says how urgent a frame is, not whose (802.1Q, 6.9).
        (Some(TrunkPart::Parent), _) => vec![
            (MATCH, from().untagged(), vec![sender()]),
            (MATCH, from().vlan_vid(0), vec![Action::PopVlan, sender()]),
        ],
        // On a physical network a VM's own tag would choose another VLAN.
        _ if state.is_physical(local.vpc) => vec![(MATCH, from().untagged(), vec![sender()])],
        _ => vec![(MATCH, from(), vec![sender()])],
    }
}

/// What else a port needs that is carried, or carries others.
pub(super) fn flows(state: &State, id: PortId, local: &Local, ofport: PortNo) -> Vec<Flow> {
    let to_it = || Match::new().with(RECEIVER, ofport);
    match (local.trunk, state.carried(id)) {
        (Some(TrunkPart::SubPort { .. }), Some(_)) => {
            let from_it = || Match::new().with(SENDER, ofport);
            let back = Flow::new(BACK, MATCH, from_it());
            let back = back.apply(out(state, id).unwrap_or_default());
            // The switch takes care of that by itself only where a port has an interface.
            let itself = Flow::new(DELIVER, EXCEPT, to_it().with(SENDER, ofport));
            let mut flows = vec![back, itself];
            if state.is_physical(local.vpc) {
                flows.extend(no_second_tag(ofport));
            }
            flows
        }
        // What has a tag in the parent's network would be taken for a sub-port's.
        (Some(TrunkPart::Parent), _) => {
            let tagged = to_it().with_masked(Field::VlanVid, PRESENT, PRESENT);
            vec![Flow::new(DELIVER, EXCEPT, tagged)]
        }
        _ => Vec::new(),
    }
}

/// A tag below the sub-port's own would choose a VLAN of the physical network. How deep the switch
/// looks is a setting of its own: it may see the tag, or only the type that announces it.
fn no_second_tag(ofport: PortNo) -> [Flow; 3] {
    let from_it = || Match::new().with(SENDER, ofport);
    let announced = |kind: u16| from_it().with(Field::EthType, kind);
    let seen = from_it().with_masked(Field::VlanVid, PRESENT, PRESENT);
    [seen, announced(DOT1Q), announced(DOT1AD)].map(|tagged| Flow::new(SPOOF, FIRST, tagged))
}
