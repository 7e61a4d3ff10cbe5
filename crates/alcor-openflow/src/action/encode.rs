//! Actions to bytes.

use super::{Action, NO_BUFFER};
use crate::wire::{fill_length, pad};
use crate::{Field, PortNo, Subfield, oxm};
use bytes::{BufMut, BytesMut};

/// Experimenter number of Nicira.
pub(crate) const NICIRA: u32 = 0x0000_2320;

pub(super) mod kind {
    pub(crate) const OUTPUT: u16 = 0;
    pub(crate) const PUSH_VLAN: u16 = 17;
    pub(crate) const POP_VLAN: u16 = 18;
    pub(crate) const GROUP: u16 = 22;
    pub(crate) const DEC_NW_TTL: u16 = 24;
    pub(crate) const SET_FIELD: u16 = 25;
    pub(crate) const EXPERIMENTER: u16 = 0xffff;
}

pub(super) mod nicira {
    pub(crate) const REG_MOVE: u16 = 6;
    pub(crate) const REG_LOAD: u16 = 7;
    pub(crate) const RESUBMIT_TABLE: u16 = 14;
    pub(crate) const OUTPUT_REG: u16 = 15;
    pub(crate) const LEARN: u16 = 16;
    pub(crate) const STACK_PUSH: u16 = 27;
    pub(crate) const STACK_POP: u16 = 28;
    pub(crate) const CONJUNCTION: u16 = 34;
    pub(crate) const CT: u16 = 35;
    pub(crate) const NAT: u16 = 36;
    pub(crate) const CONTROLLER2: u16 = 37;
    pub(crate) const OUTPUT_TRUNC: u16 = 39;
    pub(crate) const CLONE: u16 = 42;
    pub(crate) const CT_CLEAR: u16 = 43;
    pub(crate) const CHECK_PKT_LARGER: u16 = 49;
}

/// Appends `actions` one after the other.
pub(crate) fn encode_list(actions: &[Action], to: &mut BytesMut) {
    for action in actions {
        encode(action, to);
    }
}

fn encode(action: &Action, to: &mut BytesMut) {
    match action {
        Action::Output(port) => output(to, *port, 0),
        Action::ToController { max_len } => output(to, PortNo::CONTROLLER, *max_len),
        Action::Group(id) => basic(to, kind::GROUP, |to| to.put_u32(*id)),
        Action::PushVlan(eth_type) => basic(to, kind::PUSH_VLAN, |to| to.put_u16(*eth_type)),
        Action::PopVlan => basic(to, kind::POP_VLAN, |_| {}),
        Action::DecTtl => basic(to, kind::DEC_NW_TTL, |_| {}),
        Action::SetField { field, value } => set_field(to, *field, *value),
        Action::Other(bytes) => to.put_slice(bytes),
        nicira => encode_nicira(nicira, to),
    }
}

fn encode_nicira(action: &Action, to: &mut BytesMut) {
    use nicira as nx;
    match action {
        Action::OutputReg { port, max_len } => extension(to, nx::OUTPUT_REG, |to| {
            packed(to, *port);
            to.put_u16(*max_len);
        }),
        Action::OutputTrunc { port, max_len } => extension(to, nx::OUTPUT_TRUNC, |to| {
            to.put_u16(port.to_u16());
            to.put_u32(*max_len);
        }),
        Action::Resubmit { in_port, table } => extension(to, nx::RESUBMIT_TABLE, |to| {
            to.put_u16(in_port.to_u16());
            to.put_u8(*table);
        }),
        Action::Move { src, dst } => extension(to, nx::REG_MOVE, |to| reg_move(to, *src, *dst)),
        Action::Load { dst, value } => extension(to, nx::REG_LOAD, |to| {
            packed(to, *dst);
            to.put_u64(*value);
        }),
        Action::Push(bits) => extension(to, nx::STACK_PUSH, |to| stack(to, *bits)),
        Action::Pop(bits) => extension(to, nx::STACK_POP, |to| stack(to, *bits)),
        Action::Learn(learn) => extension(to, nx::LEARN, |to| learn.encode(to)),
        Action::Conjunction {
            id,
            clause,
            clauses,
        } => extension(to, nx::CONJUNCTION, |to| {
            to.put_u8(*clause);
            to.put_u8(*clauses);
            to.put_u32(*id);
        }),
        Action::Ct(ct) => extension(to, nx::CT, |to| ct.encode(to)),
        Action::Nat(nat) => extension(to, nx::NAT, |to| nat.encode(to)),
        Action::CtClear => extension(to, nx::CT_CLEAR, |_| {}),
        Action::Controller(controller) => {
            extension(to, nx::CONTROLLER2, |to| controller.encode(to));
        }
        Action::Clone(actions) => extension(to, nx::CLONE, |to| {
            to.put_bytes(0, 6);
            encode_list(actions, to);
        }),
        Action::CheckPktLarger { length, dst } => extension(to, nx::CHECK_PKT_LARGER, |to| {
            to.put_u16(*length);
            to.put_u16(dst.offset);
            oxm::encode_header(to, dst.field);
        }),
        // The rest is OpenFlow's own and was handled by the caller.
        _ => {}
    }
}

/// An action of OpenFlow itself: type, length, body, padding.
fn basic(to: &mut BytesMut, kind: u16, body: impl FnOnce(&mut BytesMut)) {
    let start = to.len();
    to.put_u16(kind);
    to.put_u16(0);
    body(to);
    pad(to, start);
    fill_length(to, start + 2, to.len() - start);
}

/// An action of Nicira: the same with experimenter number and subtype in front of the body.
fn extension(to: &mut BytesMut, subtype: u16, body: impl FnOnce(&mut BytesMut)) {
    basic(to, kind::EXPERIMENTER, |to| {
        to.put_u32(NICIRA);
        to.put_u16(subtype);
        body(to);
    });
}

fn output(to: &mut BytesMut, port: PortNo, max_len: u16) {
    let max_len = if port == PortNo::CONTROLLER && max_len == 0 {
        NO_BUFFER
    } else {
        max_len
    };
    basic(to, kind::OUTPUT, |to| {
        to.put_u32(port.0);
        to.put_u16(max_len);
    });
}

fn set_field(to: &mut BytesMut, field: Field, value: u128) {
    basic(to, kind::SET_FIELD, |to| {
        oxm::encode(to, field, value, None);
    });
}

fn packed(to: &mut BytesMut, bits: Subfield) {
    to.put_u16(bits.packed());
    oxm::encode_header(to, bits.field);
}

fn reg_move(to: &mut BytesMut, src: Subfield, dst: Subfield) {
    to.put_u16(src.bits);
    to.put_u16(src.offset);
    to.put_u16(dst.offset);
    oxm::encode_header(to, src.field);
    oxm::encode_header(to, dst.field);
}

fn stack(to: &mut BytesMut, bits: Subfield) {
    to.put_u16(bits.offset);
    oxm::encode_header(to, bits.field);
    to.put_u16(bits.bits);
}
