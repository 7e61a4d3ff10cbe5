//! Frames as the fields that flows see, written by VMs.

use alcor_compiler::oracle::Packet;
use alcor_openflow::{Field, Subfield};
use alcor_types::MacAddr;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A frame, its tunnel key and ends, and the pipeline's state about it, a field that is not
/// there is 0; and its length in bytes, 0 unless that matters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Frame(BTreeMap<Field, u128>, u16);

const PIPELINE_STATE: [Field; 24] = [
    Field::InPort,
    Field::Metadata,
    Field::TunnelId,
    Field::TunIpv4Src,
    Field::TunIpv4Dst,
    Field::TunIpv6Dst,
    Field::Reg0,
    Field::Reg1,
    Field::Reg3,
    Field::Reg4,
    Field::Reg5,
    Field::Reg6,
    Field::Reg7,
    Field::Reg8,
    Field::Reg9,
    Field::Reg10,
    Field::Reg11,
    Field::Reg12,
    Field::Reg13,
    Field::Reg14,
    Field::Reg15,
    Field::Reg2,
    Field::CtState,
    Field::CtMark,
];

impl Frame {
    pub(crate) fn get(&self, field: Field) -> u128 {
        match quarters(field) {
            Some(parts) => parts
                .iter()
                .fold(0, |all, part| all << 32 | self.get(*part)),
            None => self.0.get(&field).copied().unwrap_or(0),
        }
    }

    pub(crate) fn set(&mut self, field: Field, value: u128) {
        let Some(parts) = quarters(field) else {
            self.0.insert(field, value);
            return;
        };
        for (part, shift) in parts.into_iter().zip([96, 64, 32, 0]) {
            self.set(part, value >> shift & u128::from(u32::MAX));
        }
    }

    pub(crate) fn read(&self, part: Subfield) -> u128 {
        self.get(part.field) >> part.offset & ones(part.bits)
    }

    pub(crate) fn write(&mut self, part: Subfield, value: u128) {
        let others = self.get(part.field) & !(ones(part.bits) << part.offset);
        self.set(
            part.field,
            others | (value & ones(part.bits)) << part.offset,
        );
    }

    /// Takes one from its time to live.
    pub(crate) fn age(&mut self) {
        let left = self.get(Field::NwTtl);
        assert!(left > 1, "the switch itself would answer");
        self.set(Field::NwTtl, left - 1);
    }

    /// Notes whether it is longer than so many bytes.
    pub(crate) fn measure(&mut self, length: u16, dst: Subfield) {
        self.write(dst, u128::from(self.1 > length));
    }

    /// The same frame, with an IP packet of this size.
    #[allow(dead_code, reason = "most tests do not measure")]
    pub(crate) fn sized(mut self, packet: u16) -> Self {
        self.1 = packet + 14;
        self
    }

    /// What leaves the bridge: no state of the pipeline goes with it.
    pub(crate) fn on_the_wire(&self) -> Self {
        let mut frame = self.clone();
        frame.0.retain(|field, _| !PIPELINE_STATE.contains(field));
        frame
    }

    fn ethernet(from: MacAddr, to: MacAddr, kind: u16) -> Self {
        let fields = [
            (Field::EthSrc, from.to_u64().into()),
            (Field::EthDst, to.to_u64().into()),
            (Field::EthType, kind.into()),
        ];
        Self(fields.into(), 0)
    }

    /// Some IPv4 packet that no table has a special mind about.
    pub(crate) fn ping(from: MacAddr, to: MacAddr) -> Self {
        let mut frame = Self::ethernet(from, to, 0x0800);
        frame.set(Field::IpProto, 1);
        frame
    }

    /// The first packet of a connection.
    pub(crate) fn first(packet: &Packet, to: MacAddr) -> Self {
        let six = packet.from.is_ipv6();
        let kind = if six { 0x86dd } else { 0x0800 };
        let mut frame = Self::ethernet(packet.mac, to, kind);
        match (packet.from, packet.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                frame.set(Field::Ipv4Src, from.to_bits().into());
                frame.set(Field::Ipv4Dst, to.to_bits().into());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                frame.set(Field::Ipv6Src, from.to_bits());
                frame.set(Field::Ipv6Dst, to.to_bits());
            }
            other => panic!("of two families: {other:?}"),
        }
        frame.set(Field::IpProto, packet.protocol.into());
        match packet.protocol {
            6 => frame.set(Field::TcpDst, packet.port.into()),
            17 => frame.set(Field::UdpDst, packet.port.into()),
            58 => {
                frame.set(Field::Icmpv6Type, packet.port.into());
                frame.set(Field::Icmpv6Code, packet.code.into());
            }
            _ => {
                frame.set(Field::Icmpv4Type, packet.port.into());
                frame.set(Field::Icmpv4Code, packet.code.into());
            }
        }
        frame
    }

    pub(crate) fn arp_request(mac: MacAddr, sender: Ipv4Addr, target: Ipv4Addr) -> Self {
        let mut frame = Self::ethernet(mac, MacAddr::BROADCAST, 0x0806);
        frame.set(Field::ArpOp, 1);
        frame.set(Field::ArpSha, mac.to_u64().into());
        frame.set(Field::ArpSpa, sender.to_bits().into());
        frame.set(Field::ArpTpa, target.to_bits().into());
        frame
    }

    pub(crate) fn arp_reply(from: (MacAddr, Ipv4Addr), to: (MacAddr, Ipv4Addr)) -> Self {
        let mut frame = Self::ethernet(from.0, to.0, 0x0806);
        frame.set(Field::ArpOp, 2);
        frame.set(Field::ArpSha, from.0.to_u64().into());
        frame.set(Field::ArpSpa, from.1.to_bits().into());
        frame.set(Field::ArpTha, to.0.to_u64().into());
        frame.set(Field::ArpTpa, to.1.to_bits().into());
        frame
    }

    /// A neighbour solicitation, to everybody for simplicity.
    pub(crate) fn solicitation(mac: MacAddr, sender: Ipv6Addr, target: Ipv6Addr) -> Self {
        let mut frame = Self::ethernet(mac, MacAddr([0x33, 0x33, 0xff, 0, 0, 1]), 0x86dd);
        frame.set(Field::IpProto, 58);
        frame.set(Field::Icmpv6Type, 135);
        frame.set(Field::Ipv6Src, sender.to_bits());
        frame.set(Field::NdTarget, target.to_bits());
        frame
    }

    /// A packet to all routers or servers of IPv6: of this protocol, with these ports or this type.
    pub(crate) fn question6(mac: MacAddr, to: Ipv6Addr, fields: &[(Field, u128)]) -> Self {
        let mut frame = Self::ethernet(mac, MacAddr([0x33, 0x33, 0, 0, 0, 2]), 0x86dd);
        frame.set(Field::Ipv6Dst, to.to_bits());
        for (field, value) in fields {
            frame.set(*field, *value);
        }
        frame
    }

    /// What a DHCP client sends.
    pub(crate) fn dhcp(mac: MacAddr, to: MacAddr, server: Ipv4Addr) -> Self {
        let mut frame = Self::ethernet(mac, to, 0x0800);
        frame.set(Field::IpProto, 17);
        frame.set(Field::Ipv4Dst, server.to_bits().into());
        frame.set(Field::UdpSrc, 68);
        frame.set(Field::UdpDst, 67);
        frame
    }
}

/// The registers that a wide one is made of.
fn quarters(field: Field) -> Option<[Field; 4]> {
    match field {
        Field::XxReg1 => Some([Field::Reg4, Field::Reg5, Field::Reg6, Field::Reg7]),
        Field::XxReg3 => Some([Field::Reg12, Field::Reg13, Field::Reg14, Field::Reg15]),
        Field::XxReg2 => Some([Field::Reg8, Field::Reg9, Field::Reg10, Field::Reg11]),
        _ => None,
    }
}

fn ones(bits: u16) -> u128 {
    u128::MAX >> (128 - bits)
}
