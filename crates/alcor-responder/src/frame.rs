//! Ethernet, IPv4 and UDP around what is answered: read with every check, written once.

use crate::Reason;
use alcor_types::MacAddr;
use etherparse::checksum::Sum16BitWords;
use etherparse::{
    EtherType, Ethernet2Slice, Ipv4HeaderSlice, Ipv4Slice, PacketBuilder, UdpSlice, ip_number,
};
use std::net::Ipv4Addr;

/// RFC 1700's default; the frame crosses no router.
const TIME_TO_LIVE: u8 = 64;

/// A UDP datagram over IPv4 in an untagged Ethernet frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    pub(crate) mac_source: MacAddr,
    pub(crate) mac_destination: MacAddr,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// The answer to it: the same way back.
    pub(crate) fn turned<'b>(&self, payload: &'b [u8]) -> Datagram<'b> {
        Datagram {
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
        let ethernet =
            Ethernet2Slice::from_slice_without_fcs(frame).map_err(|_| Reason::BadHeader)?;
        if ethernet.ether_type() != EtherType::IPV4 {
            return Err(Reason::OtherProtocol);
        }
        let packet =
            Ipv4Slice::from_slice(ethernet.payload_slice()).map_err(|_| Reason::BadHeader)?;
        let header = packet.header();
        if header.protocol() != ip_number::UDP {
            return Err(Reason::OtherProtocol);
        }
        if packet.is_payload_fragmented() {
            return Err(Reason::Fragment);
        }
        let udp = UdpSlice::from_slice(packet.payload().payload).map_err(|_| Reason::BadHeader)?;
        check_sums(&header, &udp)?;
        Ok(Self {
            mac_source: MacAddr(ethernet.source()),
            mac_destination: MacAddr(ethernet.destination()),
            source: header.source_addr(),
            destination: header.destination_addr(),
            source_port: udp.source_port(),
            destination_port: udp.destination_port(),
            payload: udp.payload(),
        })
    }

    /// The frame that carries this datagram.
    pub(crate) fn build(&self) -> Result<Vec<u8>, Reason> {
        let builder = PacketBuilder::ethernet2(self.mac_source.0, self.mac_destination.0)
            .ipv4(
                self.source.octets(),
                self.destination.octets(),
                TIME_TO_LIVE,
            )
            .udp(self.source_port, self.destination_port);
        let mut frame = Vec::with_capacity(builder.size(self.payload.len()));
        builder
            .write(&mut frame, self.payload)
            .map_err(|_| Reason::TooLong)?;
        Ok(frame)
    }
}

fn check_sums(header: &Ipv4HeaderSlice<'_>, udp: &UdpSlice<'_>) -> Result<(), Reason> {
    if usize::from(udp.length()) != udp.slice().len() {
        return Err(Reason::BadHeader);
    }
    let sum = Sum16BitWords::new().add_slice(header.slice());
    if sum.ones_complement() != 0 || !udp_sum_is_right(header, udp) {
        return Err(Reason::BadChecksum);
    }
    Ok(())
}

/// Whether the UDP checksum is absent, right, or left for a network card to finish: a VM whose
/// interface offloads checksums sends the bare sum of the pseudo header, and between it and us
/// there is no card.
fn udp_sum_is_right(header: &Ipv4HeaderSlice<'_>, udp: &UdpSlice<'_>) -> bool {
    let pseudo_header = Sum16BitWords::new()
        .add_4bytes(header.source())
        .add_4bytes(header.destination())
        .add_2bytes([0, ip_number::UDP.0])
        .add_2bytes(udp.length().to_be_bytes());
    let unfinished = !pseudo_header.ones_complement().to_be();
    // Over the whole datagram, its checksum included, the sum is zero when it is right.
    let rest = pseudo_header.add_slice(udp.slice()).ones_complement();
    udp.checksum() == 0 || rest == 0 || udp.checksum() == unfinished
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(payload: &[u8]) -> Datagram<'_> {
        Datagram {
            mac_source: MacAddr([2, 0, 0, 0, 0, 1]),
            mac_destination: MacAddr::BROADCAST,
            source: Ipv4Addr::UNSPECIFIED,
            destination: Ipv4Addr::BROADCAST,
            source_port: 68,
            destination_port: 67,
            payload,
        }
    }

    /// Where the UDP checksum is in a frame without IPv4 options.
    const UDP_SUM: std::ops::Range<usize> = 40..42;

    #[test]
    fn what_is_built_is_read_back() {
        let frame = datagram(b"odd").build().unwrap();
        let read = Datagram::parse(&frame).unwrap();
        assert_eq!(read.payload, b"odd");
        assert_eq!((read.source_port, read.destination_port), (68, 67));
        assert_eq!(frame[22], TIME_TO_LIVE);
    }

    #[test]
    fn any_flipped_bit_of_header_or_payload_is_found() {
        let frame = datagram(b"four").build().unwrap();
        for bit in 14 * 8..frame.len() * 8 {
            let mut wrong = frame.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(Datagram::parse(&wrong).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_udp_checksum_may_be_absent_or_unfinished() {
        let mut frame = datagram(b"four").build().unwrap();
        frame[UDP_SUM].copy_from_slice(&[0, 0]);
        assert!(Datagram::parse(&frame).is_ok());
        // Pseudo header: 255.255.255.255, protocol 17, length 12.
        frame[UDP_SUM].copy_from_slice(&29_u16.to_be_bytes());
        assert!(Datagram::parse(&frame).is_ok());
        frame[UDP_SUM].copy_from_slice(&30_u16.to_be_bytes());
        assert_eq!(Datagram::parse(&frame).err(), Some(Reason::BadChecksum));
    }

    #[test]
    fn fragments_and_other_protocols_are_told_apart() {
        let frame = datagram(b"four").build().unwrap();
        let with = |at: usize, value: u8| {
            let mut frame = frame.clone();
            frame[at] = value;
            Datagram::parse(&frame).err()
        };
        assert_eq!(with(12, 0x86), Some(Reason::OtherProtocol));
        assert_eq!(with(20, 0x20), Some(Reason::Fragment));
        assert_eq!(with(23, 6), Some(Reason::OtherProtocol));
        assert_eq!(Datagram::parse(&frame[..30]).err(), Some(Reason::BadHeader));
    }
}
