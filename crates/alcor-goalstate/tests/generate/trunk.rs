//! Random parts in trunks.

use alcor_goalstate::TrunkPart;
use alcor_types::PortId;
use proptest::prelude::*;
use uuid::Uuid;

pub(super) fn any_trunk() -> impl Strategy<Value = Option<TrunkPart>> {
    let carried = (any::<u128>(), 1..=4094_u16).prop_map(|(parent, tag)| TrunkPart::SubPort {
        parent: PortId(Uuid::from_u128(parent)),
        tag,
    });
    prop::option::of(prop_oneof![Just(TrunkPart::Parent), carried])
}
