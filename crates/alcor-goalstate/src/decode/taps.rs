//! A port's part in taps, from the wire.

use super::{DecodeError, Fields};
use crate::wire::port_configuration::Taps as Sent;
use crate::wire::port_configuration::taps::{Copy, Direction};
use crate::{TapCopy, Taps};
use alcor_types::TapDirection;

/// None where nothing was sent.
pub(super) fn taps(
    fields: &Fields<'_>,
    sent: Option<&Sent>,
) -> Result<Option<Box<Taps>>, DecodeError> {
    let Some(sent) = sent else {
        return Ok(None);
    };
    let copies = sent.copies.iter().map(|sent| copy(fields, sent));
    Ok(Some(Box::new(Taps {
        service: sent.service.map(|vni| fields.vni(vni)).transpose()?,
        copies: copies.collect::<Result<_, _>>()?,
    })))
}

fn copy(fields: &Fields<'_>, sent: &Copy) -> Result<TapCopy, DecodeError> {
    let direction = match Direction::try_from(sent.direction) {
        Ok(Direction::In) => TapDirection::In,
        Ok(Direction::Out) => TapDirection::Out,
        Ok(Direction::Both) => TapDirection::Both,
        Err(error) => return Err(fields.wrong("taps.direction", error)),
    };
    Ok(TapCopy {
        port: fields.parse("taps.port_id", &sent.port_id)?,
        vni: fields.vni(sent.tunnel_id)?,
        host_ip: fields.parse("taps.host_ip", &sent.host_ip)?,
        direction,
    })
}
