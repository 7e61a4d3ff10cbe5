//! What bounds a port, to the wire.

use crate::wire::port_configuration::Limits as Sent;
use crate::wire::port_configuration::limits;
use crate::{Bounds, Limits, Rate};

/// Nothing where nothing is bounded.
pub(crate) fn limits(limits: &Limits) -> Option<Sent> {
    (!limits.is_none()).then(|| Sent {
        egress: bounds(&limits.egress),
        ingress: bounds(&limits.ingress),
        dscp: limits.dscp.map(u32::from),
    })
}

fn bounds(bounds: &Bounds) -> Option<limits::Bounds> {
    (!bounds.is_none()).then(|| limits::Bounds {
        bandwidth: bounds.bandwidth.map(rate),
        packets: bounds.packets.map(rate),
    })
}

fn rate(rate: Rate) -> limits::Rate {
    limits::Rate {
        rate: rate.rate,
        burst: rate.burst,
    }
}
