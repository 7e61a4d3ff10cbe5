//! Random limits of ports.

use alcor_goalstate::{Bounds, Limits, Rate};
use proptest::prelude::*;

fn rate() -> impl Strategy<Value = Option<Rate>> {
    let rate = any::<(u32, u32)>().prop_map(|(rate, burst)| Rate { rate, burst });
    prop::option::of(rate)
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (rate(), rate()).prop_map(|(bandwidth, packets)| Bounds { bandwidth, packets })
}

pub(super) fn any_limits() -> impl Strategy<Value = Limits> {
    let dscp = prop::option::of(0..64_u8);
    (bounds(), bounds(), dscp).prop_map(|(egress, ingress, dscp)| Limits {
        egress,
        ingress,
        dscp,
    })
}
