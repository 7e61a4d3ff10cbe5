//! UDP over IPv6 in an untagged Ethernet frame.

use crate::Reason;
use crate::packet6::Packet6;
use alcor_types::MacAddr;
use etherparse::checksum::Sum16BitWords;
use etherparse::{PacketBuilder, UdpSlice, ip_number};
use std::net::Ipv6Addr;

/// No router is between a VM and its host.
const HOP_LIMIT: u8 = 64;

/// A UDP datagram over IPv6.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram6<'a> {
    pub(crate) mac_source: MacAddr,
    pub(crate) mac_destination: MacAddr,
    pub(crate) source: Ipv6Addr,
    pub(crate) destination: Ipv6Addr,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) payload: &'a [u8],
}

impl<'a> Datagram6<'a> {
    /// The answer to it: the same way back.
    pub(crate) fn turned<'b>(&self, payload: &'b [u8]) -> Datagram6<'b> {
        Datagram6 {
            mac_source: self.mac_destination,
            mac_destination: self.mac_source,
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            payload,
        }
    }

    /// The datagram in this frame, or why there is none.
    pub(crate) fn parse(frame: &'a [u8]) -> Result<Self, Reason> {
        let packet = Packet6::parse(frame, ip_number::UDP)?;
        let udp = UdpSlice::from_slice(packet.payload).map_err(|_| Reason::BadHeader)?;
        if usize::from(udp.length()) != udp.slice().len() {
            return Err(Reason::BadHeader);
        }
        if !sum_is_right(&packet, &udp) {
            return Err(Reason::BadChecksum);
        }
        Ok(Self {
            mac_source: packet.mac_source,
            mac_destination: packet.mac_destination,
            source: packet.source,
            destination: packet.destination,
            source_port: udp.source_port(),
            destination_port: udp.destination_port(),
            payload: udp.payload(),
        })
    }

    /// The frame that carries this datagram.
    pub(crate) fn build(&self) -> Result<Vec<u8>, Reason> {
        let (source, destination) = (self.source.octets(), self.destination.octets());
        let builder = PacketBuilder::ethernet2(self.mac_source.0, self.mac_destination.0)
            .ipv6(source, destination, HOP_LIMIT)
            .udp(self.source_port, self.destination_port);
        let mut frame = Vec::with_capacity(builder.size(self.payload.len()));
        builder
            .write(&mut frame, self.payload)
            .map_err(|_| Reason::TooLong)?;
        Ok(frame)
    }
}

/// Whether the UDP checksum is right, or left for a network card to finish (see `frame`). In IPv6
/// it may not be absent (RFC 8200, 8.1).
fn sum_is_right(packet: &Packet6<'_>, udp: &UdpSlice<'_>) -> bool {
    let pseudo_header = Sum16BitWords::new()
        .add_16bytes(packet.source.octets())
        .add_16bytes(packet.destination.octets())
        .add_2bytes([0, ip_number::UDP.0])
        .add_2bytes(udp.length().to_be_bytes());
    let unfinished = !pseudo_header.ones_complement().to_be();
    let rest = pseudo_header.add_slice(udp.slice()).ones_complement();
    udp.checksum() != 0 && (rest == 0 || udp.checksum() == unfinished)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(payload: &[u8]) -> Datagram6<'_> {
        Datagram6 {
            mac_source: MacAddr([2, 0, 0, 0, 0, 1]),
            mac_destination: MacAddr([0x33, 0x33, 0, 1, 0, 2]),
            source: "fe80::1".parse().unwrap(),
            destination: "ff02::1:2".parse().unwrap(),
            source_port: 546,
            destination_port: 547,
            payload,
        }
    }

    /// Where the UDP checksum is.
    const UDP_SUM: std::ops::Range<usize> = 60..62;

    #[test]
    fn what_is_built_is_read_back() {
        let frame = datagram(b"odd").build().unwrap();
        let read = Datagram6::parse(&frame).unwrap();
        assert_eq!(read.payload, b"odd");
        assert_eq!((read.source_port, read.destination_port), (546, 547));
        assert_eq!(read.mac_destination, datagram(b"").mac_destination);
    }

    #[test]
    fn a_checksum_may_be_unfinished_but_neither_wrong_nor_absent() {
        let mut frame = datagram(b"four").build().unwrap();
        // Pseudo header: the addresses, protocol 17, length 12.
        let sum: u16 = 0xfe80 + 1 + 17 + 12 + 3;
        let sum = sum.wrapping_add(0xff02).wrapping_add(1);
        for (value, right) in [(sum, true), (sum + 1, false), (0, false)] {
            frame[UDP_SUM].copy_from_slice(&value.to_be_bytes());
            assert_eq!(Datagram6::parse(&frame).is_ok(), right, "{value:x}");
        }
    }
}
