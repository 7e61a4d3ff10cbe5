//! What an agent asks for in a network that is told on demand.

use alcor_types::MacAddr;
use std::net::IpAddr;

/// An address that a packet is for, and that the host knows nothing of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sought {
    /// An IP address.
    Address(IpAddr),
    /// An Ethernet address.
    Mac(MacAddr),
}

impl Sought {
    /// As it travels: 4, 16 or 6 bytes, which tell the kinds apart.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Address(IpAddr::V4(address)) => address.octets().to_vec(),
            Self::Address(IpAddr::V6(address)) => address.octets().to_vec(),
            Self::Mac(mac) => mac.0.to_vec(),
        }
    }

    /// Reads what travelled; nothing where that is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            return Some(Self::Address(four.into()));
        }
        if let Ok(six) = <[u8; 6]>::try_from(bytes) {
            return Some(Self::Mac(MacAddr(six)));
        }
        let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
        Some(Self::Address(sixteen.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_travels() {
        let mac = Sought::Mac(MacAddr([2, 0, 0, 0, 0, 1]));
        let addresses = ["192.0.2.1", "2001:db8::1"].map(|ip| Sought::Address(ip.parse().unwrap()));
        for sought in addresses.into_iter().chain([mac]) {
            assert_eq!(Sought::parse(&sought.to_bytes()), Some(sought));
        }
        assert_eq!(Sought::parse(&[1, 2, 3]), None);
    }
}
