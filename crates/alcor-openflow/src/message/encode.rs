//! Messages to bytes.

use super::{AsyncMasks, Message, Role, extension as ext, kind};
use crate::BundleItem;
use crate::bundle::FLAGS;
use crate::frame::VERSION;
use crate::wire::fill_length;
use bytes::{BufMut, BytesMut};

/// Nicira's number for the PACKET_IN2 format.
const PACKET_IN2_FORMAT: u32 = 2;

/// A message that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// OpenFlow messages end at 65535 bytes: use fewer actions, buckets or bytes of a packet.
    #[error("message of {0} bytes: OpenFlow allows 65535")]
    TooLong(usize),
}

/// Open vSwitch's own way with fragments: the first of a packet keeps its ports, and so meets the
/// flows that name ports. Otherwise the ports of all fragments are 0.
const FRAGMENTS_NX_MATCH: u16 = 3;

impl Message {
    /// Appends the message with transaction id `xid`. On error, `to` is as it was.
    pub fn encode(&self, xid: u32, to: &mut BytesMut) -> Result<(), EncodeError> {
        framed(to, self.kind(), xid, |to| {
            self.encode_body(to);
            Ok(())
        })
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Hello => kind::HELLO,
            Self::EchoRequest(_) => kind::ECHO_REQUEST,
            Self::EchoReply(_) => kind::ECHO_REPLY,
            Self::FeaturesRequest => kind::FEATURES_REQUEST,
            Self::SetConfig { .. } => kind::SET_CONFIG,
            Self::PacketOut(_) => kind::PACKET_OUT,
            Self::FlowMod(_) => kind::FLOW_MOD,
            Self::GroupMod(_) => kind::GROUP_MOD,
            Self::MeterMod(_) => kind::METER_MOD,
            Self::BarrierRequest => kind::BARRIER_REQUEST,
            Self::RoleRequest(..) => kind::ROLE_REQUEST,
            Self::SetAsync(_) => kind::SET_ASYNC,
            Self::MultipartRequest(_) => kind::MULTIPART_REQUEST,
            Self::SetPacketIn2
            | Self::Resume(_)
            | Self::CtFlushZone(_)
            | Self::BundleControl(_) => kind::EXPERIMENTER,
        }
    }

    fn encode_body(&self, to: &mut BytesMut) {
        match self {
            Self::Hello => encode_versions(to),
            Self::EchoRequest(data) | Self::EchoReply(data) => to.put_slice(data),
            Self::FeaturesRequest | Self::BarrierRequest => {}
            Self::SetConfig { miss_send_len } => {
                to.put_u16(FRAGMENTS_NX_MATCH);
                to.put_u16(*miss_send_len);
            }
            Self::PacketOut(packet) => packet.encode(to),
            Self::FlowMod(change) => change.encode(to),
            Self::GroupMod(change) => change.encode(to),
            Self::MeterMod(change) => change.encode(to),
            Self::RoleRequest(role, generation) => encode_role(to, *role, *generation),
            Self::SetAsync(masks) => encode_async(to, masks),
            Self::MultipartRequest(request) => request.encode(to),
            extension => extension.encode_extension(to),
        }
    }

    fn encode_extension(&self, to: &mut BytesMut) {
        match self {
            Self::SetPacketIn2 => {
                head(to, ext::NICIRA, ext::SET_PACKET_IN_FORMAT);
                to.put_u32(PACKET_IN2_FORMAT);
            }
            Self::Resume(continuation) => {
                head(to, ext::NICIRA, ext::RESUME);
                to.put_slice(&continuation.0);
            }
            Self::CtFlushZone(zone) => {
                head(to, ext::NICIRA, ext::CT_FLUSH_ZONE);
                to.put_bytes(0, 6);
                to.put_u16(*zone);
            }
            Self::BundleControl(control) => {
                head(to, ext::ONF, ext::BUNDLE_CONTROL);
                control.encode(to);
            }
            // The rest is OpenFlow's own and was handled by the caller.
            _ => {}
        }
    }
}

fn head(to: &mut BytesMut, experimenter: u32, kind: u32) {
    to.put_u32(experimenter);
    to.put_u32(kind);
}

/// One element: the bitmap of versions, with the bit of 1.3 set.
fn encode_versions(to: &mut BytesMut) {
    to.put_u16(1);
    to.put_u16(8);
    to.put_u32(1 << VERSION);
}

fn encode_role(to: &mut BytesMut, role: Role, generation: u64) {
    to.put_u32(role.number());
    to.put_u32(0);
    to.put_u64(generation);
}

fn encode_async(to: &mut BytesMut, masks: &AsyncMasks) {
    for pair in [masks.packet_in, masks.port_status, masks.flow_removed] {
        to.put_u32(pair[0]);
        to.put_u32(pair[1]);
    }
}

/// The item as a message of its own, without a detour over [`Message`]: bundles are long.
fn encode_item(item: &BundleItem, xid: u32, to: &mut BytesMut) -> Result<(), EncodeError> {
    match item {
        BundleItem::Flow(change) => framed(to, kind::FLOW_MOD, xid, |to| {
            change.encode(to);
            Ok(())
        }),
        BundleItem::Group(change) => framed(to, kind::GROUP_MOD, xid, |to| {
            change.encode(to);
            Ok(())
        }),
    }
}

/// Appends one change of a bundle as a message.
pub(crate) fn encode_bundle_add(
    bundle: u32,
    item: &BundleItem,
    xid: u32,
    to: &mut BytesMut,
) -> Result<(), EncodeError> {
    framed(to, kind::EXPERIMENTER, xid, |to| {
        head(to, ext::ONF, ext::BUNDLE_ADD);
        to.put_u32(bundle);
        to.put_u16(0);
        to.put_u16(FLAGS);
        encode_item(item, xid, to)
    })
}

/// Header, body, and the length filled in afterwards; nothing on error.
fn framed(
    to: &mut BytesMut,
    kind: u8,
    xid: u32,
    body: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = to.len();
    to.put_u8(VERSION);
    to.put_u8(kind);
    to.put_u16(0);
    to.put_u32(xid);
    let result = body(to);
    let length = to.len() - start;
    if length > usize::from(u16::MAX) || result.is_err() {
        to.truncate(start);
        return result.and(Err(EncodeError::TooLong(length)));
    }
    fill_length(to, start + 2, length);
    Ok(())
}
