//! Cutting the byte stream into messages.

use crate::DecodeError;
use bytes::{Buf, Bytes, BytesMut};

/// Bytes of the header every message begins with.
pub(crate) const HEADER: usize = 8;
/// OpenFlow 1.3 on the wire.
pub(crate) const VERSION: u8 = 4;

/// One message with its header taken apart and its body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Protocol version of the sender; another than 1.3 only in a HELLO.
    pub version: u8,
    /// Message type.
    pub kind: u8,
    /// Transaction id.
    pub xid: u32,
    /// Everything after the header.
    pub body: Bytes,
}

impl Frame {
    /// Takes the first complete message off `buffer`; none while it is incomplete.
    pub fn split(buffer: &mut BytesMut) -> Result<Option<Self>, DecodeError> {
        let Some(header) = buffer.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [version, kind, len_high, len_low, x0, x1, x2, x3] = *header;
        if version != VERSION && kind != crate::message::kind::HELLO {
            return Err(DecodeError::Version(version));
        }
        let length = usize::from(u16::from_be_bytes([len_high, len_low]));
        if length < HEADER {
            let what = "message";
            return Err(DecodeError::Length { what, length });
        }
        if buffer.len() < length {
            buffer.reserve(length - buffer.len());
            return Ok(None);
        }
        let mut body = buffer.split_to(length).freeze();
        body.advance(HEADER);
        Ok(Some(Self {
            version,
            kind,
            xid: u32::from_be_bytes([x0, x1, x2, x3]),
            body,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_off_only_when_complete() {
        let bytes = [4, 2, 0, 10, 0, 0, 0, 7, 0xaa, 0xbb, 4];
        let mut buffer = BytesMut::new();
        for byte in &bytes[..9] {
            buffer.extend_from_slice(&[*byte]);
            assert_eq!(Frame::split(&mut buffer), Ok(None));
        }
        buffer.extend_from_slice(&bytes[9..]);
        let frame = Frame::split(&mut buffer).unwrap().unwrap();
        assert_eq!((frame.kind, frame.xid), (2, 7));
        assert_eq!(&frame.body[..], [0xaa, 0xbb]);
        assert_eq!(&buffer[..], [4]);
    }

    #[test]
    fn wrong_versions_and_lengths_are_refused() {
        let split = |bytes: &[u8]| Frame::split(&mut BytesMut::from(bytes));
        assert_eq!(
            split(&[1, 2, 0, 8, 0, 0, 0, 0]),
            Err(DecodeError::Version(1))
        );
        assert!(split(&[6, 0, 0, 8, 0, 0, 0, 0]).unwrap().is_some());
        assert!(split(&[4, 2, 0, 7, 0, 0, 0, 0]).is_err());
    }
}
