//! `controller(...)` with user data and pause: NXAST_CONTROLLER2.

use super::NO_BUFFER;
use crate::DecodeError;
use crate::wire::{Reader, fill_length, pad, padding};
use bytes::{BufMut, Bytes, BytesMut};

const MAX_LEN: u16 = 0;
const CONTROLLER_ID: u16 = 1;
const REASON: u16 = 2;
const USERDATA: u16 = 3;
const PAUSE: u16 = 4;

/// Reason of a packet-in that an action asked for (OFPR_ACTION).
const REASON_ACTION: u8 = 1;

/// Send the packet to a controller, with whatever it needs to know about why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Controller {
    /// Bytes of the packet to send; 0xffff for all.
    pub max_len: u16,
    /// Which connections get it: those with this id, 0 unless they asked for another.
    pub controller_id: u16,
    /// Reason to put into the packet-in; 1 (an action) unless one pretends.
    pub reason: u8,
    /// Comes back in the packet-in unchanged.
    pub userdata: Bytes,
    /// Freeze the packet's way through the tables until it is resumed.
    pub pause: bool,
}

impl Default for Controller {
    fn default() -> Self {
        Self {
            max_len: NO_BUFFER,
            controller_id: 0,
            reason: REASON_ACTION,
            userdata: Bytes::new(),
            pause: false,
        }
    }
}

impl Controller {
    /// The whole packet, with user data.
    pub fn with_userdata(userdata: impl Into<Bytes>) -> Self {
        Self {
            userdata: userdata.into(),
            ..Self::default()
        }
    }

    /// The same, and wait for a resume.
    pub fn paused(self) -> Self {
        Self {
            pause: true,
            ..self
        }
    }

    /// The body after the Nicira header. Values that are the default are left out, as the
    /// switch does when it writes the action back.
    pub(super) fn encode(&self, to: &mut BytesMut) {
        to.put_bytes(0, 6);
        if self.max_len != NO_BUFFER {
            property(to, MAX_LEN, &self.max_len.to_be_bytes());
        }
        if self.controller_id != 0 {
            property(to, CONTROLLER_ID, &self.controller_id.to_be_bytes());
        }
        if self.reason != REASON_ACTION {
            property(to, REASON, &[self.reason]);
        }
        if !self.userdata.is_empty() {
            property(to, USERDATA, &self.userdata);
        }
        if self.pause {
            property(to, PAUSE, &[]);
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.skip(6)?;
        let mut parsed = Self::default();
        while !from.is_empty() {
            let kind = from.u16()?;
            let length = usize::from(from.u16()?);
            let size = length
                .checked_sub(4)
                .ok_or_else(|| from.bad_length(length))?;
            let mut body = from.part("controller property", size)?;
            from.skip(padding(length).min(from.remaining()))?;
            match kind {
                MAX_LEN => parsed.max_len = body.u16()?,
                CONTROLLER_ID => parsed.controller_id = body.u16()?,
                REASON => parsed.reason = body.u8()?,
                USERDATA => parsed.userdata = Bytes::copy_from_slice(body.rest()),
                PAUSE => parsed.pause = true,
                other => {
                    return Err(DecodeError::Unknown {
                        what: "controller property",
                        number: other.into(),
                    });
                }
            }
        }
        Ok(parsed)
    }
}

fn property(to: &mut BytesMut, kind: u16, value: &[u8]) {
    let start = to.len();
    to.put_u16(kind);
    to.put_u16(0);
    to.put_slice(value);
    fill_length(to, start + 2, to.len() - start);
    pad(to, start);
}
