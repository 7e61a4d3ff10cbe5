//! What bounds a port, from the wire.

use super::{DecodeError, Fields};
use crate::wire::port_configuration::Limits as Sent;
use crate::wire::port_configuration::limits as sent;
use crate::{Bounds, Limits, Rate};

/// The highest mark that six bits hold.
const HIGHEST_MARK: u8 = 63;

/// None where nothing was sent.
pub(super) fn limits(fields: &Fields<'_>, sent: Option<&Sent>) -> Result<Limits, DecodeError> {
    let Some(sent) = sent else {
        return Ok(Limits::default());
    };
    let mark = |mark: u32| {
        let small = u8::try_from(mark).ok().filter(|mark| *mark <= HIGHEST_MARK);
        small.ok_or_else(|| fields.wrong("limits.dscp", format!("{mark} has more than six bits")))
    };
    Ok(Limits {
        egress: bounds(sent.egress.as_ref()),
        ingress: bounds(sent.ingress.as_ref()),
        dscp: sent.dscp.map(mark).transpose()?,
    })
}

fn bounds(sent: Option<&sent::Bounds>) -> Bounds {
    Bounds {
        bandwidth: sent.and_then(|sent| sent.bandwidth.as_ref()).map(rate),
        packets: sent.and_then(|sent| sent.packets.as_ref()).map(rate),
    }
}

fn rate(sent: &sent::Rate) -> Rate {
    Rate {
        rate: sent.rate,
        burst: sent.burst,
    }
}
