//! A client to test against: it builds requests and reads replies with dhcproto's and
//! etherparse's own codecs, which the crate uses only in part.

use alcor_responder::{Binding, Lease, Outcome, ReplyKind, respond, server_mac};
use alcor_types::{ExtraDhcpOption, MacAddr, NetworkId};
use dhcproto::v4::{Decodable, Decoder, DhcpOption, Encodable, Message, MessageType};
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice, UdpHeader};
use std::net::Ipv4Addr;
use uuid::Uuid;

pub(crate) const MAC: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 1]);
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(crate) const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
pub(crate) const XID: u32 = 0x1234_5678;

pub(crate) fn lease() -> Lease {
    Lease {
        mac: MAC,
        ipv4: ADDRESS,
        subnet: "10.0.0.0/24".parse().unwrap(),
        server_id: SERVER,
        server_mac: server_mac(NetworkId(Uuid::from_u128(1))),
        router: Some(SERVER),
        dns: vec![Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3)],
        mtu: 1450,
        host_routes: Vec::new(),
        host_name: "vm-1".to_owned(),
        domain: "example.org".to_owned(),
        lease_seconds: 3600,
        extra: Vec::new(),
    }
}

pub(crate) fn binding() -> Binding {
    Binding::new(&lease()).unwrap()
}

pub(crate) fn extra(name: &str, value: &str) -> ExtraDhcpOption {
    ExtraDhcpOption {
        opt_name: name.to_owned(),
        opt_value: value.to_owned(),
        ip_version: 4,
    }
}

/// A client's message with the addresses all zero.
pub(crate) fn message(kind: MessageType, options: impl IntoIterator<Item = DhcpOption>) -> Message {
    let mut message = Message::new_with_id(XID, NONE, NONE, NONE, NONE, &MAC.0);
    message.opts_mut().insert(DhcpOption::MessageType(kind));
    for option in options {
        message.opts_mut().insert(option);
    }
    message
}

/// The message in a broadcast frame.
pub(crate) fn frame(message: &Message) -> Vec<u8> {
    frame_to(&message.to_vec().unwrap(), MAC, Ipv4Addr::BROADCAST)
}

/// A payload in a frame from `mac` to `destination`, port 68 to 67.
pub(crate) fn frame_to(payload: &[u8], mac: MacAddr, destination: Ipv4Addr) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, MacAddr::BROADCAST.0)
        .ipv4(NONE.octets(), destination.octets(), 64)
        .udp(68, 67)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

/// A reply, taken apart; its checksums have been found right.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) kind: ReplyKind,
    pub(crate) mac_source: MacAddr,
    pub(crate) mac_destination: MacAddr,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) ports: (u16, u16),
    pub(crate) ttl: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) message: Message,
}

impl Reply {
    pub(crate) fn read(outcome: Outcome) -> Self {
        let Outcome::Reply { kind, frame } = outcome else {
            panic!("no reply, but {outcome:?}");
        };
        let packet = SlicedPacket::from_ethernet(&frame).unwrap();
        let Some(etherparse::LinkSlice::Ethernet2(ethernet)) = &packet.link else {
            panic!("no Ethernet");
        };
        let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) =
            (&packet.net, &packet.transport)
        else {
            panic!("no UDP over IPv4");
        };
        let ip = ip.header().to_header();
        assert_eq!(ip.header_checksum, ip.calc_header_checksum());
        let right = UdpHeader::with_ipv4_checksum(
            udp.source_port(),
            udp.destination_port(),
            &ip,
            udp.payload(),
        );
        assert_eq!(udp.to_header(), right.unwrap());
        Self {
            kind,
            mac_source: MacAddr(ethernet.source()),
            mac_destination: MacAddr(ethernet.destination()),
            source: ip.source.into(),
            destination: ip.destination.into(),
            ports: (udp.source_port(), udp.destination_port()),
            ttl: ip.time_to_live,
            payload: udp.payload().to_vec(),
            message: Message::decode(&mut Decoder::new(udp.payload())).unwrap(),
        }
    }

    /// The reply to a client's message.
    pub(crate) fn to(message: &Message, binding: &Binding) -> Self {
        Self::read(respond(&frame(message), binding))
    }

    /// The numbers of its options in the order on the wire, without the end marker.
    pub(crate) fn codes(&self) -> Vec<u8> {
        let mut codes = Vec::new();
        let mut rest = &self.payload[240..];
        while let [code, length, tail @ ..] = rest {
            if *code == 255 {
                break;
            }
            codes.push(*code);
            rest = &tail[usize::from(*length)..];
        }
        codes
    }

    pub(crate) fn option(&self, code: u8) -> Option<&DhcpOption> {
        self.message.opts().get(code.into())
    }
}
