//! What a frame that is sent to the agent carries with it: what is to be answered, and by whom.

use alcor_types::{MacAddr, NetworkId, PortId};
use bytes::{BufMut, Bytes, BytesMut};
use std::net::{IpAddr, Ipv6Addr};
use uuid::Uuid;

const DHCP4: u8 = 1;
const EXPIRED: u8 = 2;
const UNREACHABLE: u8 = 3;
const SOLICITATION: u8 = 4;
const DHCP6: u8 = 5;
const NAMES: u8 = 20;
const TALK: u8 = 21;
const TOO_LARGE: u8 = 6;
const NEXT_HOP: u8 = 30;
const HEARD: u8 = 31;
const ASKED: u8 = 32;
const TOO_LARGE_FROM_OUTSIDE: u8 = 33;

/// The user data of a packet-in. The bridge gives it back unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Punt {
    /// A DHCPv4 client spoke.
    Dhcp4 {
        /// The port that it spoke on, whatever the frame says.
        port: PortId,
    },
    /// A packet's time to live was over when it came to a router.
    Expired {
        /// The MAC address of the router's port that it came to.
        mac: MacAddr,
        /// That port's address.
        address: IpAddr,
    },
    /// A packet was for a router itself, and nobody listens there.
    Unreachable {
        /// The MAC address of the router's port.
        mac: MacAddr,
        /// The address that it was for.
        address: IpAddr,
    },
    /// A packet was too large for the network that a router sends it to.
    TooLarge {
        /// The MAC address of the router's port that it came to.
        mac: MacAddr,
        /// That port's address.
        address: IpAddr,
        /// What the network can carry, in bytes.
        mtu: u16,
    },
    /// The same of one that came from an external network.
    TooLargeFromOutside {
        /// The external network.
        network: NetworkId,
        /// The address of ours that it was for, or that of the router there.
        address: IpAddr,
        /// What the network can carry, in bytes.
        mtu: u16,
        /// The zone in which its addresses were translated, 0 where they were not.
        zone: u16,
    },
    /// A VM asks which routers there are.
    Solicitation {
        /// The network that it asked in.
        network: NetworkId,
    },
    /// A packet is for somebody on an external network who is not known.
    NextHop {
        /// The external network.
        network: NetworkId,
    },
    /// Somebody on an external network told its address.
    Heard {
        /// The external network.
        network: NetworkId,
    },
    /// Somebody on an external network asks for an address that leads in at this host.
    Asked {
        /// The external network.
        network: NetworkId,
    },
    /// A DHCPv6 client spoke.
    Dhcp6 {
        /// The network that it spoke in.
        network: NetworkId,
    },
    /// A VM asks the host for a name, by UDP.
    Names {
        /// The network that it asked in.
        network: NetworkId,
    },
    /// A VM speaks to the host by TCP: it wants metadata, or a name.
    Talk {
        /// The network that it spoke in.
        network: NetworkId,
    },
}

impl Punt {
    /// The user data: one byte for the kind, then the port or network, or MAC and IP address, then
    /// numbers. An address of IPv4 is written as IPv6 maps it.
    pub fn to_bytes(self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(37);
        match self {
            Self::Dhcp4 { port } => {
                bytes.put_u8(DHCP4);
                bytes.put_slice(port.as_bytes());
            }
            Self::Expired { mac, address } => put_router(&mut bytes, EXPIRED, mac, address),
            Self::Unreachable { mac, address } => put_router(&mut bytes, UNREACHABLE, mac, address),
            Self::TooLarge { mac, address, mtu } => {
                put_router(&mut bytes, TOO_LARGE, mac, address);
                bytes.put_u16(mtu);
            }
            Self::TooLargeFromOutside {
                network,
                address,
                mtu,
                zone,
            } => {
                put_network(&mut bytes, TOO_LARGE_FROM_OUTSIDE, network);
                put_address(&mut bytes, address);
                bytes.put_u16(mtu);
                bytes.put_u16(zone);
            }
            Self::Solicitation { network } => put_network(&mut bytes, SOLICITATION, network),
            Self::NextHop { network } => put_network(&mut bytes, NEXT_HOP, network),
            Self::Heard { network } => put_network(&mut bytes, HEARD, network),
            Self::Asked { network } => put_network(&mut bytes, ASKED, network),
            Self::Dhcp6 { network } => put_network(&mut bytes, DHCP6, network),
            Self::Names { network } => put_network(&mut bytes, NAMES, network),
            Self::Talk { network } => put_network(&mut bytes, TALK, network),
        }
        bytes.freeze()
    }

    /// Reads user data; `None` when no flow of ours wrote it.
    pub fn parse(userdata: &[u8]) -> Option<Self> {
        let (kind, rest) = userdata.split_first()?;
        match *kind {
            DHCP4 => {
                let port = PortId(Uuid::from_slice(rest).ok()?);
                Some(Self::Dhcp4 { port })
            }
            EXPIRED => {
                let (mac, address) = router(rest)?;
                Some(Self::Expired { mac, address })
            }
            UNREACHABLE => {
                let (mac, address) = router(rest)?;
                Some(Self::Unreachable { mac, address })
            }
            TOO_LARGE => {
                let (rest, mtu) = rest.split_last_chunk::<2>()?;
                let (mac, address) = router(rest)?;
                let mtu = u16::from_be_bytes(*mtu);
                Some(Self::TooLarge { mac, address, mtu })
            }
            TOO_LARGE_FROM_OUTSIDE => from_outside(rest),
            SOLICITATION => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Solicitation { network })
            }
            NEXT_HOP => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::NextHop { network })
            }
            HEARD => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Heard { network })
            }
            ASKED => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Asked { network })
            }
            DHCP6 => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Dhcp6 { network })
            }
            NAMES => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Names { network })
            }
            TALK => {
                let network = NetworkId(Uuid::from_slice(rest).ok()?);
                Some(Self::Talk { network })
            }
            _ => None,
        }
    }
}

fn put_network(bytes: &mut BytesMut, kind: u8, network: NetworkId) {
    bytes.put_u8(kind);
    bytes.put_slice(network.as_bytes());
}

fn put_router(bytes: &mut BytesMut, kind: u8, mac: MacAddr, address: IpAddr) {
    bytes.put_u8(kind);
    bytes.put_slice(&mac.0);
    put_address(bytes, address);
}

fn put_address(bytes: &mut BytesMut, address: IpAddr) {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    bytes.put_slice(&address.octets());
}

fn router(bytes: &[u8]) -> Option<(MacAddr, IpAddr)> {
    let (mac, address) = bytes.split_first_chunk::<6>()?;
    Some((MacAddr(*mac), read_address(address)?))
}

fn read_address(bytes: &[u8]) -> Option<IpAddr> {
    let address: [u8; 16] = bytes.try_into().ok()?;
    Some(Ipv6Addr::from(address).to_canonical())
}

fn from_outside(bytes: &[u8]) -> Option<Punt> {
    let (network, rest) = bytes.split_first_chunk::<16>()?;
    let (rest, zone) = rest.split_last_chunk::<2>()?;
    let (address, mtu) = rest.split_last_chunk::<2>()?;
    Some(Punt::TooLargeFromOutside {
        network: NetworkId(Uuid::from_bytes(*network)),
        address: read_address(address)?,
        mtu: u16::from_be_bytes(*mtu),
        zone: u16::from_be_bytes(*zone),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_round_trips() {
        let mac = MacAddr([2, 0, 0, 0, 0, 1]);
        let [v4, v6] = ["192.0.2.1", "2001:db8::1"].map(|ip| ip.parse().unwrap());
        let punts = [
            Punt::Dhcp4 {
                port: PortId::random(),
            },
            Punt::Expired { mac, address: v4 },
            Punt::Unreachable { mac, address: v6 },
            Punt::TooLarge {
                mac,
                address: v4,
                mtu: 1300,
            },
            Punt::TooLargeFromOutside {
                network: NetworkId::random(),
                address: v6,
                mtu: 1280,
                zone: 65000,
            },
            Punt::Solicitation {
                network: NetworkId::random(),
            },
            Punt::Dhcp6 {
                network: NetworkId::random(),
            },
            Punt::Names {
                network: NetworkId::random(),
            },
            Punt::Talk {
                network: NetworkId::random(),
            },
            Punt::NextHop {
                network: NetworkId::random(),
            },
            Punt::Heard {
                network: NetworkId::random(),
            },
            Punt::Asked {
                network: NetworkId::random(),
            },
        ];
        for punt in punts {
            assert_eq!(Punt::parse(&punt.to_bytes()), Some(punt));
        }
    }

    #[test]
    fn what_parses_is_what_is_written() {
        bolero::check!().for_each(|bytes: &[u8]| {
            if let Some(punt) = Punt::parse(bytes) {
                assert_eq!(punt.to_bytes(), bytes);
            }
        });
    }
}
