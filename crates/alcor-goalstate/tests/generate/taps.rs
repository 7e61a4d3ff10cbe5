//! Random parts in taps.

use alcor_goalstate::{TapCopy, Taps};
use alcor_types::{PortId, TapDirection, Vni};
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::IpAddr;
use uuid::Uuid;

fn vni() -> impl Strategy<Value = Vni> {
    (1u32..1 << 24).prop_map(|number| Vni::new(number).unwrap())
}

pub(super) fn any_taps() -> impl Strategy<Value = Option<Box<Taps>>> {
    let direction = vec![TapDirection::In, TapDirection::Out, TapDirection::Both];
    let direction = prop::sample::select(direction);
    let copy = (any::<u128>(), vni(), any::<IpAddr>(), direction);
    let copy = copy.prop_map(|(port, vni, host_ip, direction)| TapCopy {
        port: PortId(Uuid::from_u128(port)),
        vni,
        host_ip,
        direction,
    });
    let taps = (prop::option::of(vni()), vec(copy, 0..3));
    let taps = taps.prop_map(|(service, copies)| Box::new(Taps { service, copies }));
    prop::option::of(taps)
}
