//! Bytes to messages.

use super::{Features, Received, Role, extension as ext, kind};
use crate::wire::{Reader, padding};
use crate::{
    BundleControl, DecodeError, FlowRemoved, Frame, MultipartReply, PacketIn, PortStatus,
    SwitchError,
};
use bytes::Bytes;

/// Hello element that carries the bitmap of versions.
const VERSION_BITMAP: u16 = 1;

impl Received {
    /// Decodes the body of a message from a switch.
    pub fn decode(frame: &Frame) -> Result<Self, DecodeError> {
        let body = &frame.body;
        Ok(match frame.kind {
            kind::HELLO => Self::Hello(decode_versions(frame)?),
            kind::ERROR => Self::Error(SwitchError::decode(frame.xid, body)?),
            kind::ECHO_REQUEST => Self::EchoRequest(body.clone()),
            kind::ECHO_REPLY => Self::EchoReply(body.clone()),
            kind::FEATURES_REPLY => Self::Features(decode_features(body)?),
            kind::PACKET_IN => Self::PacketIn(PacketIn::decode(body)?),
            kind::FLOW_REMOVED => Self::FlowRemoved(FlowRemoved::decode(body)?),
            kind::PORT_STATUS => Self::PortStatus(PortStatus::decode(body)?),
            kind::BARRIER_REPLY => Self::BarrierReply,
            kind::ROLE_REPLY => decode_role(body)?,
            kind::MULTIPART_REPLY => Self::Multipart(MultipartReply::decode(body)?),
            kind::EXPERIMENTER => decode_experimenter(body)?,
            other => Self::Other {
                kind: other,
                body: body.clone(),
            },
        })
    }
}

/// Versions of a HELLO: its bitmap, or all up to the one in the header where it has none.
fn decode_versions(frame: &Frame) -> Result<u32, DecodeError> {
    let mut from = Reader::new("hello", &frame.body);
    while from.remaining() >= 4 {
        let kind = from.u16()?;
        let length = usize::from(from.u16()?);
        let size = length
            .checked_sub(4)
            .ok_or_else(|| from.bad_length(length))?;
        let mut element = from.part("hello element", size)?;
        from.skip(padding(length).min(from.remaining()))?;
        if kind == VERSION_BITMAP {
            return element.u32();
        }
    }
    let above = u32::from(frame.version).saturating_add(1);
    Ok(u32::MAX.checked_shl(above).map_or(u32::MAX, |bits| !bits))
}

fn decode_features(body: &[u8]) -> Result<Features, DecodeError> {
    let mut from = Reader::new("features reply", body);
    let datapath_id = from.u64()?;
    let buffers = from.u32()?;
    let tables = from.u8()?;
    from.skip(3)?;
    Ok(Features {
        datapath_id,
        buffers,
        tables,
        capabilities: from.u32()?,
    })
}

fn decode_role(body: &[u8]) -> Result<Received, DecodeError> {
    let mut from = Reader::new("role reply", body);
    let number = from.u32()?;
    let role = match number {
        0 => Role::NoChange,
        1 => Role::Equal,
        2 => Role::Primary,
        3 => Role::Secondary,
        _ => {
            return Err(DecodeError::Unknown {
                what: "role",
                number: number.into(),
            });
        }
    };
    from.skip(4)?;
    Ok(Received::Role(role, from.u64()?))
}

fn decode_experimenter(body: &Bytes) -> Result<Received, DecodeError> {
    let mut from = Reader::new("experimenter message", body);
    Ok(match (from.u32()?, from.u32()?) {
        (ext::NICIRA, ext::PACKET_IN2) => {
            let properties = body.slice_ref(from.rest());
            Received::PacketIn(PacketIn::decode_properties(&properties)?)
        }
        (ext::ONF, ext::BUNDLE_CONTROL) => {
            Received::BundleControl(BundleControl::decode(&mut from)?)
        }
        _ => Received::Other {
            kind: kind::EXPERIMENTER,
            body: body.clone(),
        },
    })
}
