//! Layer-2 and tunnel addresses, and ranges of IP addresses.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A text that is not the address it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAddressError {
    /// Not six hexadecimal pairs divided by `:` or `-`.
    #[error("'{0}' is not a valid MAC address: write six hex pairs, like fa:16:3e:00:00:01")]
    Mac(String),
    /// A VNI has 24 bits, and 0 is not used.
    #[error("'{0}' is not a valid VNI: it must lie in 1..=16777215")]
    Vni(u64),
    /// The ends of a pool are of two families, or in the wrong order.
    #[error("{0} - {1} is not a range of addresses: the first must not lie above the last")]
    Pool(IpAddr, IpAddr),
}

/// An Ethernet address. Sorts and hashes by its bytes; prints in lower case with colons.
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// Whether the group bit is set (multicast and broadcast).
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// The lower 48 bits of the result are the address, most significant byte first.
    pub fn to_u64(self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let divider = if position == 0 { "" } else { ":" };
            write!(f, "{divider}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddr {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseAddressError::Mac(text.to_owned());
        let mut bytes = [0; 6];
        let mut pairs = text.split([':', '-']);
        for byte in &mut bytes {
            let pair = pairs
                .next()
                .filter(|pair| pair.len() == 2)
                .ok_or_else(wrong)?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(wrong());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        if pairs.next().is_some() {
            Err(wrong())
        } else {
            Ok(Self(bytes))
        }
    }
}

impl Serialize for MacAddr {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_str(self)
        } else {
            self.0.serialize(to)
        }
    }
}

impl<'de> Deserialize<'de> for MacAddr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        } else {
            <[u8; 6]>::deserialize(from).map(Self)
        }
    }
}

/// A VXLAN network identifier (RFC 7348): 24 bits, never 0 here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vni(u32);

impl Vni {
    /// The lowest VNI that a network may get.
    pub const MIN: Self = Self(1);
    /// The highest VNI that a network may get.
    pub const MAX: Self = Self(0x00ff_ffff);

    /// The VNI of this number, where it is one.
    pub fn new(number: u32) -> Result<Self, ParseAddressError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(ParseAddressError::Vni(number.into()))
        }
    }

    /// The number, 1..=2^24-1.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Vni {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A family of IP addresses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Self::V4
        } else {
            Self::V6
        }
    }

    /// 4 or 6.
    pub fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// How many bits an address has.
    pub fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }
}

impl fmt::Display for IpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IPv{}", self.number())
    }
}

/// An inclusive range of addresses of one family, `start <= end`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct IpPool {
    /// The lowest address of the range.
    pub start: IpAddr,
    /// The highest address of the range.
    pub end: IpAddr,
}

impl IpPool {
    /// The range from `start` to `end`, both included.
    pub fn new(start: IpAddr, end: IpAddr) -> Result<Self, ParseAddressError> {
        if start.is_ipv4() == end.is_ipv4() && start <= end {
            Ok(Self { start, end })
        } else {
            Err(ParseAddressError::Pool(start, end))
        }
    }

    /// Whether `address` lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.start.is_ipv4() && (self.start..=self.end).contains(&address)
    }

    /// Whether the two ranges share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.start) || other.contains(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mac_addresses_are_read_strictly() {
        assert_eq!(
            "FA-16-3e-00-00-0a".parse(),
            Ok(MacAddr([0xfa, 0x16, 0x3e, 0, 0, 10]))
        );
        for wrong in [
            "",
            "fa:16:3e:00:00",
            "fa:16:3e:00:00:01:02",
            "+a:16:3e:00:00:01",
            "fa:16:3e:0:0:1",
        ] {
            assert!(wrong.parse::<MacAddr>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_vni_has_24_bits_and_is_not_zero() {
        assert!(Vni::new(0).is_err());
        assert!(Vni::new(1 << 24).is_err());
        assert_eq!(Vni::new(0xff_ffff), Ok(Vni::MAX));
    }

    #[test]
    fn pools_of_two_families_never_meet() {
        let pool = IpPool::new(
            "0.0.0.0".parse().unwrap(),
            "255.255.255.255".parse().unwrap(),
        );
        assert!(!pool.unwrap().contains("::1".parse().unwrap()));
        assert!(IpPool::new("10.0.0.1".parse().unwrap(), "::".parse().unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn mac_text_and_binary_forms_round_trip(bytes: [u8; 6]) {
            let mac = MacAddr(bytes);
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            let json = serde_json::to_string(&mac).unwrap();
            prop_assert_eq!(serde_json::from_str::<MacAddr>(&json).unwrap(), mac);
            let binary = postcard::to_allocvec(&mac).unwrap();
            prop_assert_eq!(binary.len(), 6);
            prop_assert_eq!(postcard::from_bytes::<MacAddr>(&binary).unwrap(), mac);
        }
    }
}
