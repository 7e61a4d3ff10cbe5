//! A port's part in taps, to the wire.

use crate::wire::port_configuration::Taps as Sent;
use crate::wire::port_configuration::taps::{Copy, Direction};
use crate::{TapCopy, Taps};
use alcor_types::TapDirection;

pub(crate) fn taps(taps: &Taps) -> Sent {
    Sent {
        service: taps.service.map(alcor_types::Vni::get),
        copies: taps.copies.iter().map(copy).collect(),
    }
}

fn copy(copy: &TapCopy) -> Copy {
    let direction = match copy.direction {
        TapDirection::In => Direction::In,
        TapDirection::Out => Direction::Out,
        TapDirection::Both => Direction::Both,
    };
    Copy {
        port_id: copy.port.to_string(),
        tunnel_id: copy.vni.get(),
        host_ip: copy.host_ip.to_string(),
        direction: direction.into(),
    }
}
