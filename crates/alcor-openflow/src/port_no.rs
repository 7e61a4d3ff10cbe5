//! OpenFlow port numbers, 32 bits on the wire, with the reserved ones by name.

use std::fmt;

/// The number of a port of one bridge, or one of OpenFlow's reserved ports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortNo(pub u32);

impl PortNo {
    /// Back out of the port on which the packet came in.
    pub const IN_PORT: Self = Self(0xffff_fff8);
    /// Through the flow table; only in a packet-out.
    pub const TABLE: Self = Self(0xffff_fff9);
    /// As a learning switch would.
    pub const NORMAL: Self = Self(0xffff_fffa);
    /// All ports that take part in flooding, except the one the packet came from.
    pub const FLOOD: Self = Self(0xffff_fffb);
    /// All ports except the one the packet came from.
    pub const ALL: Self = Self(0xffff_fffc);
    /// To the controllers as packet-in.
    pub const CONTROLLER: Self = Self(0xffff_fffd);
    /// The bridge's own interface.
    pub const LOCAL: Self = Self(0xffff_fffe);
    /// No port, or any port, as the place demands.
    pub const ANY: Self = Self(0xffff_ffff);

    /// The 16-bit form that older structures (resubmit) carry.
    pub(crate) fn to_u16(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// From the 16-bit form: the top 256 numbers are the reserved ports.
    pub(crate) fn from_u16(number: u16) -> Self {
        if number >= 0xff00 {
            Self(0xffff_0000 | u32::from(number))
        } else {
            Self(number.into())
        }
    }
}

impl From<u32> for PortNo {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Display for PortNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN_PORT => f.write_str("IN_PORT"),
            Self::TABLE => f.write_str("TABLE"),
            Self::NORMAL => f.write_str("NORMAL"),
            Self::FLOOD => f.write_str("FLOOD"),
            Self::ALL => f.write_str("ALL"),
            Self::CONTROLLER => f.write_str("CONTROLLER"),
            Self::LOCAL => f.write_str("LOCAL"),
            Self::ANY => f.write_str("ANY"),
            Self(number) => number.fmt(f),
        }
    }
}

impl fmt::Debug for PortNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
