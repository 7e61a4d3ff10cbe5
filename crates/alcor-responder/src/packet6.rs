//! IPv6 in an untagged Ethernet frame: read with every check.

use crate::Reason;
use alcor_types::MacAddr;
use etherparse::{EtherType, Ethernet2Slice, IpNumber, Ipv6Slice};
use std::net::Ipv6Addr;

/// The link-local address that follows from a MAC address (RFC 4291, appendix A).
pub fn link_local(mac: MacAddr) -> Ipv6Addr {
    let [first, second, third, rest @ ..] = mac.0;
    let [fourth, fifth, sixth] = rest;
    let host = [first ^ 2, second, third, 0xff, 0xfe, fourth, fifth, sixth];
    let bits = u128::from(u64::from_be_bytes(host));
    Ipv6Addr::from_bits(0xfe80 << 112 | bits)
}

/// A whole IPv6 packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet6<'a> {
    pub(crate) mac_source: MacAddr,
    pub(crate) mac_destination: MacAddr,
    pub(crate) source: Ipv6Addr,
    pub(crate) destination: Ipv6Addr,
    pub(crate) hop_limit: u8,
    pub(crate) payload: &'a [u8],
}

impl<'a> Packet6<'a> {
    /// The packet in this frame, where it carries this protocol.
    pub(crate) fn parse(frame: &'a [u8], protocol: IpNumber) -> Result<Self, Reason> {
        let ethernet =
            Ethernet2Slice::from_slice_without_fcs(frame).map_err(|_| Reason::BadHeader)?;
        if ethernet.ether_type() != EtherType::IPV6 {
            return Err(Reason::OtherProtocol);
        }
        let packet =
            Ipv6Slice::from_slice(ethernet.payload_slice()).map_err(|_| Reason::BadHeader)?;
        if packet.is_payload_fragmented() {
            return Err(Reason::Fragment);
        }
        let (header, payload) = (packet.header(), packet.payload());
        if payload.ip_number != protocol {
            return Err(Reason::OtherProtocol);
        }
        Ok(Self {
            mac_source: MacAddr(ethernet.source()),
            mac_destination: MacAddr(ethernet.destination()),
            source: header.source_addr(),
            destination: header.destination_addr(),
            hop_limit: header.hop_limit(),
            payload: payload.payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_local_address_follows_from_the_mac() {
        let mac = MacAddr([0xfa, 0x16, 0x3e, 1, 2, 3]);
        let expected: Ipv6Addr = "fe80::f816:3eff:fe01:203".parse().unwrap();
        assert_eq!(link_local(mac), expected);
    }
}
