//! Ports of a bridge: description, counters, and notice of a change.

use crate::wire::Reader;
use crate::{DecodeError, PortNo};
use alcor_types::MacAddr;

const CONFIG_DOWN: u32 = 1;
const STATE_LINK_DOWN: u32 = 1;

/// One port, as the switch describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortDesc {
    /// Its number.
    pub number: PortNo,
    /// Its own MAC address.
    pub mac: MacAddr,
    /// Name of the interface, at most 15 bytes.
    pub name: String,
    /// Configuration bits; see [`PortDesc::is_up`].
    pub config: u32,
    /// State bits; see [`PortDesc::is_up`].
    pub state: u32,
}

impl PortDesc {
    /// Neither switched off nor without link.
    pub fn is_up(&self) -> bool {
        self.config & CONFIG_DOWN == 0 && self.state & STATE_LINK_DOWN == 0
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = PortNo(from.u32()?);
        from.skip(4)?;
        let mac = MacAddr(from.array()?);
        from.skip(2)?;
        let name = decode_text(from.take(16)?);
        let config = from.u32()?;
        let state = from.u32()?;
        from.skip(24)?;
        Ok(Self {
            number,
            mac,
            name,
            config,
            state,
        })
    }
}

/// Text in a fixed field, up to its first zero byte.
pub(crate) fn decode_text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

/// What happened to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortChange {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Something about it is different.
    Modified,
}

/// A port was added, deleted or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortStatus {
    /// What happened.
    pub change: PortChange,
    /// The port as it is (or was).
    pub port: PortDesc,
}

impl PortStatus {
    pub(crate) fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("port status", body);
        let change = match from.u8()? {
            0 => PortChange::Added,
            1 => PortChange::Deleted,
            2 => PortChange::Modified,
            other => {
                return Err(DecodeError::Unknown {
                    what: "port status reason",
                    number: other.into(),
                });
            }
        };
        from.skip(7)?;
        let port = PortDesc::decode(&mut from)?;
        Ok(Self { change, port })
    }
}

/// Counters of one port. The switch writes all ones where it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortStats {
    /// Which port.
    pub number: PortNo,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets dropped on the way in.
    pub rx_dropped: u64,
    /// Packets dropped on the way out.
    pub tx_dropped: u64,
}

impl PortStats {
    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = PortNo(from.u32()?);
        from.skip(4)?;
        let parsed = Self {
            number,
            rx_packets: from.u64()?,
            tx_packets: from.u64()?,
            rx_bytes: from.u64()?,
            tx_bytes: from.u64()?,
            rx_dropped: from.u64()?,
            tx_dropped: from.u64()?,
        };
        // Six error counters and the age of the port.
        from.skip(6 * 8 + 8)?;
        Ok(parsed)
    }
}
