//! A port's part in a trunk, to the wire.

use crate::TrunkPart;
use crate::wire::port_configuration::Trunk as Sent;

pub(crate) fn trunk(part: &TrunkPart) -> Sent {
    match part {
        TrunkPart::Parent => Sent::default(),
        TrunkPart::SubPort { parent, tag } => Sent {
            parent_id: parent.to_string(),
            tag: u32::from(*tag),
        },
    }
}
