//! What an agent asks for in a network that is told on demand.

use crate::digest;
use alcor_types::MacAddr;
use std::net::IpAddr;

/// What a packet is for, or a VM asks for, and that the host knows nothing of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sought {
    /// An IP address.
    Address(IpAddr),
    /// An Ethernet address.
    Mac(MacAddr),
    /// A port's name without its domain, by its hash. Who is told of another port by chance is told of a
    /// neighbour too many.
    Name(u64),
}

impl Sought {
    /// Whoever has a name, in small letters or others.
    pub fn name(name: &str) -> Self {
        Self::Name(digest::of_text(&name.to_ascii_lowercase()))
    }

    /// As it travels: 4, 16, 6 or 8 bytes, which tell the kinds apart.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Address(IpAddr::V4(address)) => address.octets().to_vec(),
            Self::Address(IpAddr::V6(address)) => address.octets().to_vec(),
            Self::Mac(mac) => mac.0.to_vec(),
            Self::Name(hash) => hash.to_be_bytes().to_vec(),
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
        if let Ok(eight) = <[u8; 8]>::try_from(bytes) {
            return Some(Self::Name(u64::from_be_bytes(eight)));
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
        let name = Sought::name("Web");
        assert_eq!(name, Sought::name("web"));
        for sought in addresses.into_iter().chain([mac, name]) {
            assert_eq!(Sought::parse(&sought.to_bytes()), Some(sought));
        }
        assert_eq!(Sought::parse(&[1, 2, 3]), None);
    }
}
