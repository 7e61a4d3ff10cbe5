//! ERROR messages: what a switch refused, and why.

use crate::DecodeError;
use crate::wire::Reader;
use bytes::Bytes;
use std::fmt;

const EXPERIMENTER: u16 = 0xffff;

/// A refusal by the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchError {
    /// Transaction id of the refused message.
    pub xid: u32,
    /// Error type; 0xffff is an experimenter's.
    pub kind: u16,
    /// Code within the type, or the experimenter's own type.
    pub code: u16,
    /// Whose error it is, when `kind` is 0xffff.
    pub experimenter: Option<u32>,
    /// The first bytes (at least 64) of the refused message.
    pub data: Bytes,
}

impl SwitchError {
    /// Message type of the refused message, where the switch sent enough of it back.
    pub fn failed_kind(&self) -> Option<u8> {
        self.data.get(1).copied()
    }

    pub(crate) fn decode(xid: u32, body: &Bytes) -> Result<Self, DecodeError> {
        let mut from = Reader::new("error message", body);
        let kind = from.u16()?;
        let code = from.u16()?;
        let experimenter = (kind == EXPERIMENTER).then(|| from.u32()).transpose()?;
        let data = body.slice_ref(from.rest());
        Ok(Self {
            xid,
            kind,
            code,
            experimenter,
            data,
        })
    }

    /// The name in the specification, for the errors that are seen in practice.
    fn name(&self) -> &'static str {
        match (self.kind, self.code) {
            (0, _) => "hello failed",
            (1, 1) => "bad message type",
            (1, 4) => "bad experimenter type",
            (1, 5) => "not permitted",
            (1, 6) => "bad message length",
            (1, _) => "bad request",
            (2, 0) => "bad action: unknown type",
            (2, 1) => "bad action: length",
            (2, 4) => "bad action: out port",
            (2, 5) => "bad action: argument",
            (2, 9) => "bad action: group does not exist",
            (2, 10) => "bad action: does not fit the match",
            (2, 14) => "bad action: field to set",
            (2, 15) => "bad action: value of field to set",
            (2, _) => "bad action",
            (3, 2) => "bad instruction: table",
            (3, _) => "bad instruction",
            (4, 6) => "bad match: field",
            (4, 7) => "bad match: value",
            (4, 8) => "bad match: mask",
            (4, 9) => "bad match: prerequisite missing",
            (4, 10) => "bad match: duplicate field",
            (4, _) => "bad match",
            (5, 1) => "flow table is full",
            (5, 2) => "no such table",
            (5, 3) => "overlapping flow",
            (5, _) => "flow mod failed",
            (6, 0) => "group exists already",
            (6, 8) => "no such group",
            (6, _) => "group mod failed",
            (9, _) => "bad multipart or port request",
            (12, 1) => "meter exists already",
            (12, 4) => "no such meter",
            (12, _) => "meter mod failed",
            (EXPERIMENTER, 2300..=2315) => "bundle failed",
            _ => "refused",
        }
    }
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (type {}, code {}", self.name(), self.kind, self.code)?;
        if let Some(kind) = self.failed_kind() {
            write!(f, ", message type {kind}")?;
        }
        write!(f, ", xid {})", self.xid)
    }
}

impl std::error::Error for SwitchError {}
