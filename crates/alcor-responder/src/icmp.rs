//! What a router says when it cannot pass a packet on: ICMP errors (RFC 792 and RFC 4443), as
//! RFC 1812 wants them of routers.

use crate::{Outcome, Reason};
use alcor_types::MacAddr;
use etherparse::icmpv4::{DestUnreachableHeader, TimeExceededCode};
use etherparse::{
    EtherType, Ethernet2Slice, Icmpv4Type, Icmpv6Type, IpNumber, Ipv4Slice, Ipv6Slice,
    PacketBuilder, icmpv6, ip_number,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const TIME_TO_LIVE: u8 = 64;
/// An error of IPv4 is at most this long (RFC 1812, 4.3.2.3), and of it 28 bytes are headers.
const QUOTE4: usize = 576 - 28;
/// An error of IPv6 is no longer than the least MTU (RFC 4443, 2.4); headers take 48 bytes.
const QUOTE6: usize = 1280 - 48;

/// What is the matter with a packet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Complaint {
    /// Its time to live is over.
    TimeExceeded,
    /// It was for the router, and nobody listens there.
    Unreachable,
    /// It does not fit into the network that it was for.
    TooLarge {
        /// What does, in bytes.
        mtu: u16,
    },
}

impl Complaint {
    /// The same without numbers, of which tenants may choose many.
    pub(crate) fn kind(self) -> Self {
        match self {
            Self::TooLarge { .. } => Self::TooLarge { mtu: 0 },
            other => other,
        }
    }
}

/// A router's port as errors name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouterAddress {
    /// Its MAC address.
    pub mac: MacAddr,
    /// The address that the error comes from, of the packet's family.
    pub ip: IpAddr,
}

/// Tells the VM, or whoever else sent the packet, with this MAC address.
///
/// Nothing is said of a packet that is an error itself or no first fragment, or that came from or
/// went to more than one host (RFC 1122, 3.2.2): whoever forged such packets could make a router
/// flood others.
pub fn complain(frame: &[u8], complaint: Complaint, router: RouterAddress, vm: MacAddr) -> Outcome {
    match error(frame, complaint, router, vm) {
        Ok(frame) => Outcome::Complaint { complaint, frame },
        Err(reason) => Outcome::Silence(reason),
    }
}

/// Tells whoever sent the frame, as from whoever it was sent to, with this address.
pub fn complain_back(frame: &[u8], complaint: Complaint, ip: IpAddr) -> Outcome {
    match Ethernet2Slice::from_slice_without_fcs(frame) {
        Ok(ethernet) => {
            let [mac, sender] = [ethernet.destination(), ethernet.source()].map(MacAddr);
            complain(frame, complaint, RouterAddress { mac, ip }, sender)
        }
        Err(_) => Outcome::Silence(Reason::BadHeader),
    }
}

fn error(
    frame: &[u8],
    complaint: Complaint,
    router: RouterAddress,
    vm: MacAddr,
) -> Result<Vec<u8>, Reason> {
    let ethernet = Ethernet2Slice::from_slice_without_fcs(frame).map_err(|_| Reason::BadHeader)?;
    let packet = ethernet.payload_slice();
    match (ethernet.ether_type(), router.ip) {
        (EtherType::IPV4, IpAddr::V4(own)) => complain4(packet, complaint, (router.mac, own), vm),
        (EtherType::IPV6, IpAddr::V6(own)) => complain6(packet, complaint, (router.mac, own), vm),
        _ => Err(Reason::OtherProtocol),
    }
}

fn complain4(
    packet: &[u8],
    complaint: Complaint,
    (mac, own): (MacAddr, Ipv4Addr),
    vm: MacAddr,
) -> Result<Vec<u8>, Reason> {
    let parsed = Ipv4Slice::from_slice(packet).map_err(|_| Reason::BadHeader)?;
    let header = parsed.header();
    let (source, destination) = (header.source_addr(), header.destination_addr());
    let many = source.is_unspecified() || source.is_broadcast() || source.is_multicast();
    if many || destination.is_broadcast() || destination.is_multicast() {
        return Err(Reason::NotUnicast);
    }
    if header.fragments_offset().value() > 0 {
        return Err(Reason::Fragment);
    }
    if is_error4(header.protocol(), parsed.payload().payload) {
        return Err(Reason::IcmpError);
    }
    let kind = match complaint {
        Complaint::TimeExceeded => Icmpv4Type::TimeExceeded(TimeExceededCode::TtlExceededInTransit),
        Complaint::Unreachable if has_ports(header.protocol()) => {
            Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Port)
        }
        Complaint::Unreachable => {
            Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Protocol)
        }
        Complaint::TooLarge { mtu: next_hop_mtu } => {
            Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::FragmentationNeeded {
                next_hop_mtu,
            })
        }
    };
    let quote = &packet[..packet.len().min(QUOTE4)];
    let builder = PacketBuilder::ethernet2(mac.0, vm.0)
        .ipv4(own.octets(), source.octets(), TIME_TO_LIVE)
        .icmpv4(kind);
    let mut frame = Vec::with_capacity(builder.size(quote.len()));
    builder
        .write(&mut frame, quote)
        .map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

fn complain6(
    packet: &[u8],
    complaint: Complaint,
    (mac, own): (MacAddr, Ipv6Addr),
    vm: MacAddr,
) -> Result<Vec<u8>, Reason> {
    let parsed = Ipv6Slice::from_slice(packet).map_err(|_| Reason::BadHeader)?;
    let header = parsed.header();
    let (source, destination) = (header.source_addr(), header.destination_addr());
    if source.is_unspecified() || source.is_multicast() || destination.is_multicast() {
        return Err(Reason::NotUnicast);
    }
    let payload = parsed.payload();
    if payload.ip_number == ip_number::IPV6_ICMP
        && payload.payload.first().is_none_or(|kind| *kind < 128)
    {
        return Err(Reason::IcmpError);
    }
    let kind = match complaint {
        Complaint::TimeExceeded => {
            Icmpv6Type::TimeExceeded(icmpv6::TimeExceededCode::HopLimitExceeded)
        }
        Complaint::Unreachable => {
            Icmpv6Type::DestinationUnreachable(icmpv6::DestUnreachableCode::Port)
        }
        Complaint::TooLarge { mtu } => Icmpv6Type::PacketTooBig { mtu: mtu.into() },
    };
    let quote = &packet[..packet.len().min(QUOTE6)];
    let builder = PacketBuilder::ethernet2(mac.0, vm.0)
        .ipv6(own.octets(), source.octets(), TIME_TO_LIVE)
        .icmpv6(kind);
    let mut frame = Vec::with_capacity(builder.size(quote.len()));
    builder
        .write(&mut frame, quote)
        .map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

fn has_ports(protocol: IpNumber) -> bool {
    [ip_number::UDP, ip_number::TCP].contains(&protocol)
}

/// Whether it is an ICMP error, or too short to tell.
fn is_error4(protocol: IpNumber, payload: &[u8]) -> bool {
    const ERRORS: [u8; 5] = [3, 4, 5, 11, 12];
    protocol == ip_number::ICMP && payload.first().is_none_or(|kind| ERRORS.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketHeaders;

    const ROUTER: RouterAddress = RouterAddress {
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    };
    const VM: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);

    use super::error as told;

    fn udp(to: [u8; 4], payload: &[u8]) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2(VM.0, ROUTER.mac.0)
            .ipv4([10, 0, 0, 9], to, 1)
            .udp(4000, 33434);
        let mut frame = Vec::new();
        builder.write(&mut frame, payload).unwrap();
        frame
    }

    #[test]
    fn an_error_quotes_the_packet_and_comes_from_the_router() {
        let frame = udp([10, 0, 1, 9], &[7; 1000]);
        let error = told(&frame, Complaint::TimeExceeded, ROUTER, VM).unwrap();
        assert_eq!(error.len(), 14 + 576);
        assert_eq!((&error[..6], &error[6..12]), (&VM.0[..], &ROUTER.mac.0[..]));
        let read = PacketHeaders::from_ethernet_slice(&error).unwrap();
        let etherparse::NetHeaders::Ipv4(ip, _) = read.net.unwrap() else {
            panic!();
        };
        assert_eq!((ip.source, ip.destination), ([10, 0, 0, 1], [10, 0, 0, 9]));
        assert_eq!(ip.header_checksum, ip.calc_header_checksum());
        assert_eq!((error[34], error[35]), (11, 0));
        assert_eq!(error[42..], frame[14..14 + QUOTE4]);
    }

    #[test]
    fn nobody_listens_at_a_port_or_for_a_protocol() {
        let mut frame = udp([10, 0, 0, 1], b"hello");
        let error = told(&frame, Complaint::Unreachable, ROUTER, VM).unwrap();
        assert_eq!((error[34], error[35]), (3, 3));
        frame[23] = 47;
        let error = told(&frame, Complaint::Unreachable, ROUTER, VM).unwrap();
        assert_eq!((error[34], error[35]), (3, 2));
    }

    #[test]
    fn ipv6_is_told_in_its_own_words() {
        let (own, vm) = (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1), [0xfd; 16]);
        let router = RouterAddress {
            ip: own.into(),
            ..ROUTER
        };
        let builder = PacketBuilder::ethernet2(VM.0, ROUTER.mac.0)
            .ipv6(vm, [0xfc; 16], 1)
            .udp(4000, 33434);
        let mut frame = Vec::new();
        builder.write(&mut frame, &[7; 1400]).unwrap();
        let error = told(&frame, Complaint::TimeExceeded, router, VM).unwrap();
        assert_eq!(error.len(), 14 + 1280);
        assert_eq!((error[54], error[55]), (3, 0));
        assert_eq!(error[22..38], own.octets());
        assert_eq!(
            told(&error, Complaint::TimeExceeded, router, VM),
            Err(Reason::IcmpError)
        );
    }

    #[test]
    fn what_is_too_large_is_told_what_is_not() {
        let large = Complaint::TooLarge { mtu: 1300 };
        let frame = udp([10, 0, 1, 9], &[7; 1400]);
        let error = told(&frame, large, ROUTER, VM).unwrap();
        assert_eq!((error[34], error[35]), (3, 4));
        assert_eq!(error[40..42], 1300_u16.to_be_bytes());
        let router = RouterAddress {
            ip: Ipv6Addr::LOCALHOST.into(),
            ..ROUTER
        };
        let builder = PacketBuilder::ethernet2(VM.0, ROUTER.mac.0)
            .ipv6([0xfd; 16], [0xfc; 16], 9)
            .udp(4000, 33434);
        let mut frame = Vec::new();
        builder.write(&mut frame, &[7; 1400]).unwrap();
        let error = told(&frame, large, router, VM).unwrap();
        assert_eq!((error[54], error[55]), (2, 0));
        assert_eq!(error[58..62], 1300_u32.to_be_bytes());
    }

    #[test]
    fn errors_and_packets_for_many_are_met_with_silence() {
        let frame = udp([10, 0, 1, 9], b"");
        let error = told(&frame, Complaint::TimeExceeded, ROUTER, VM).unwrap();
        let say = |frame: &[u8]| told(frame, Complaint::TimeExceeded, ROUTER, VM);
        assert_eq!(say(&error), Err(Reason::IcmpError));
        assert_eq!(say(&udp([224, 0, 0, 1], b"")), Err(Reason::NotUnicast));
        assert_eq!(say(&udp([255; 4], b"")), Err(Reason::NotUnicast));
        let mut fragment = frame.clone();
        fragment[21] = 1;
        assert_eq!(say(&fragment), Err(Reason::Fragment));
        assert_eq!(say(&frame[..20]), Err(Reason::BadHeader));
    }

    #[test]
    fn whatever_comes_nothing_breaks() {
        bolero::check!().for_each(|bytes: &[u8]| {
            for complaint in [
                Complaint::TimeExceeded,
                Complaint::Unreachable,
                Complaint::TooLarge { mtu: 1280 },
            ] {
                let _ = complain(bytes, complaint, ROUTER, VM);
            }
        });
    }
}
