//! Bytes to actions. What is not known becomes [`Action::Other`]; what is known but wrong is
//! an error.

use super::encode::{NICIRA, kind, nicira};
use super::{Action, Controller, Ct, Learn, Nat};
use crate::oxm::{self, Entry};
use crate::wire::Reader;
use crate::{DecodeError, PortNo, Subfield};
use bytes::Bytes;

/// How deep `clone` and `ct` may hold further actions. Open vSwitch stops earlier.
const MAX_DEPTH: u8 = 8;

/// Reads actions until the bytes end; `depth` counts the lists around this one.
pub(crate) fn decode_list(bytes: &[u8], depth: u8) -> Result<Vec<Action>, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::Length {
            what: "nested actions",
            length: depth.into(),
        });
    }
    let mut from = Reader::new("actions", bytes);
    let mut actions = Vec::new();
    while !from.is_empty() {
        actions.push(decode(&mut from, depth)?);
    }
    Ok(actions)
}

fn decode(from: &mut Reader<'_>, depth: u8) -> Result<Action, DecodeError> {
    let whole = from.clone();
    let kind = from.u16()?;
    let length = usize::from(from.u16()?);
    if length < 8 || length % 8 != 0 {
        return Err(from.bad_length(length));
    }
    let mut body = from.part("action", length - 4)?;
    let parsed = match kind {
        kind::EXPERIMENTER => decode_experimenter(&mut body, depth)?,
        _ => decode_basic(kind, &mut body)?,
    };
    match parsed {
        Some(action) => Ok(action),
        None => Ok(Action::Other(Bytes::copy_from_slice(
            whole.clone().take(length)?,
        ))),
    }
}

fn decode_basic(kind: u16, body: &mut Reader<'_>) -> Result<Option<Action>, DecodeError> {
    Ok(Some(match kind {
        kind::OUTPUT => {
            let port = PortNo(body.u32()?);
            let max_len = body.u16()?;
            if port == PortNo::CONTROLLER {
                Action::ToController { max_len }
            } else {
                Action::Output(port)
            }
        }
        kind::GROUP => Action::Group(body.u32()?),
        kind::PUSH_VLAN => Action::PushVlan(body.u16()?),
        kind::POP_VLAN => Action::PopVlan,
        kind::DEC_NW_TTL => Action::DecTtl,
        kind::SET_FIELD => match oxm::decode(body)? {
            Entry::Known(field, value, None) => Action::set(field, value),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn decode_experimenter(body: &mut Reader<'_>, depth: u8) -> Result<Option<Action>, DecodeError> {
    if body.u32()? != NICIRA {
        return Ok(None);
    }
    let subtype = body.u16()?;
    match decode_nicira(subtype, body, depth) {
        // A known action on a field that we do not know.
        Err(DecodeError::Unknown { .. }) => Ok(None),
        other => other,
    }
}

fn decode_nicira(
    subtype: u16,
    body: &mut Reader<'_>,
    depth: u8,
) -> Result<Option<Action>, DecodeError> {
    use nicira as nx;
    Ok(Some(match subtype {
        nx::OUTPUT_REG => Action::OutputReg {
            port: Subfield::decode_packed(body)?,
            max_len: body.u16()?,
        },
        nx::OUTPUT_TRUNC => Action::OutputTrunc {
            port: PortNo::from_u16(body.u16()?),
            max_len: body.u32()?,
        },
        nx::RESUBMIT_TABLE => Action::Resubmit {
            in_port: PortNo::from_u16(body.u16()?),
            table: body.u8()?,
        },
        nx::REG_MOVE => decode_move(body)?,
        nx::REG_LOAD => {
            let dst = Subfield::decode_packed(body)?;
            Action::load(dst, body.u64()?)
        }
        nx::STACK_PUSH => Action::Push(decode_stack(body)?),
        nx::STACK_POP => Action::Pop(decode_stack(body)?),
        nx::LEARN => Learn::decode(body)?.into(),
        nx::CONJUNCTION => {
            let (clause, clauses) = (body.u8()?, body.u8()?);
            let id = body.u32()?;
            Action::Conjunction {
                id,
                clause,
                clauses,
            }
        }
        nx::CT => Ct::decode(body, depth + 1)?.into(),
        nx::NAT => Nat::decode(body)?.into(),
        nx::CT_CLEAR => Action::CtClear,
        nx::CONTROLLER2 => Controller::decode(body)?.into(),
        nx::CLONE => {
            body.skip(6)?;
            Action::Clone(decode_list(body.rest(), depth + 1)?)
        }
        nx::CHECK_PKT_LARGER => {
            let length = body.u16()?;
            let offset = body.u16()?;
            let field = oxm::decode_header(body)?;
            let dst = Subfield::new(field, offset, 1);
            Action::CheckPktLarger { length, dst }
        }
        _ => return Ok(None),
    }))
}

fn decode_move(body: &mut Reader<'_>) -> Result<Action, DecodeError> {
    let bits = body.u16()?;
    let src_offset = body.u16()?;
    let dst_offset = body.u16()?;
    let src = oxm::decode_header(body)?;
    let dst = oxm::decode_header(body)?;
    Ok(Action::copy(
        Subfield::new(src, src_offset, bits),
        Subfield::new(dst, dst_offset, bits),
    ))
}

fn decode_stack(body: &mut Reader<'_>) -> Result<Subfield, DecodeError> {
    let offset = body.u16()?;
    let field = oxm::decode_header(body)?;
    Ok(Subfield::new(field, offset, body.u16()?))
}
