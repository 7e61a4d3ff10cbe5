//! The packet and pipeline fields that matches and actions speak of, with their OXM headers.
//!
//! One table says everything about a field. The order of the enum is the order on the wire:
//! every field comes after those it requires (OpenFlow 1.3.5, 7.2.3.6).

use alcor_types::MacAddr;
use std::net::{Ipv4Addr, Ipv6Addr};

/// OXM class of OpenFlow's own basic fields.
pub(crate) const BASIC: u16 = 0x8000;
/// NXM class of the fields that came from OpenFlow 1.0.
pub(crate) const NXM0: u16 = 0x0000;
/// NXM class of Nicira's extension fields.
pub(crate) const NXM1: u16 = 0x0001;
/// OXM class whose fields carry an experimenter number after the header.
pub(crate) const EXPERIMENTER: u16 = 0xffff;
/// OXM class of the ND extension fields of Open vSwitch.
pub(crate) const ND_EXTENSION: u16 = 0x1000;

/// How a field looks on the wire.
pub(crate) struct Layout {
    pub(crate) class: u16,
    pub(crate) number: u8,
    /// Bytes of a value.
    pub(crate) width: usize,
    /// Bits of a value that mean something, counted from the lowest.
    pub(crate) bits: u32,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $class:ident $number:literal, $width:literal bytes, $bits:literal bits;)*) => {
        /// A field of a packet, or of the pipeline's state about it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $name,)*
        }

        impl Field {
            /// Every field, in wire order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub(crate) const fn layout(self) -> Layout {
                match self {
                    $(Self::$name => Layout { class: $class, number: $number, width: $width, bits: $bits },)*
                }
            }

            fn from_main_header(class: u16, number: u8) -> Option<Self> {
                match (class, number) {
                    $(($class, $number) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// Port on which the packet came in, 32 bits.
    InPort = BASIC 0, 4 bytes, 32 bits;
    /// The same as a 16-bit number, as `reg_move` and `learn` often want it. Not for matches.
    InPort16 = NXM0 0, 2 bytes, 16 bits;
    /// 64 bits of pipeline state.
    Metadata = BASIC 2, 8 bytes, 64 bits;
    /// Tunnel key (VNI), 64 bits.
    TunnelId = BASIC 38, 8 bytes, 64 bits;
    /// Outer IPv4 source address.
    TunIpv4Src = NXM1 31, 4 bytes, 32 bits;
    /// Outer IPv4 destination address.
    TunIpv4Dst = NXM1 32, 4 bytes, 32 bits;
    /// Outer IPv6 source address.
    TunIpv6Src = NXM1 109, 16 bytes, 128 bits;
    /// Outer IPv6 destination address.
    TunIpv6Dst = NXM1 110, 16 bytes, 128 bits;
    /// Register 0.
    Reg0 = NXM1 0, 4 bytes, 32 bits;
    /// Register 1.
    Reg1 = NXM1 1, 4 bytes, 32 bits;
    /// Register 2.
    Reg2 = NXM1 2, 4 bytes, 32 bits;
    /// Register 3.
    Reg3 = NXM1 3, 4 bytes, 32 bits;
    /// Register 4.
    Reg4 = NXM1 4, 4 bytes, 32 bits;
    /// Register 5.
    Reg5 = NXM1 5, 4 bytes, 32 bits;
    /// Register 6.
    Reg6 = NXM1 6, 4 bytes, 32 bits;
    /// Register 7.
    Reg7 = NXM1 7, 4 bytes, 32 bits;
    /// Register 8.
    Reg8 = NXM1 8, 4 bytes, 32 bits;
    /// Register 9.
    Reg9 = NXM1 9, 4 bytes, 32 bits;
    /// Register 10.
    Reg10 = NXM1 10, 4 bytes, 32 bits;
    /// Register 11.
    Reg11 = NXM1 11, 4 bytes, 32 bits;
    /// Register 12.
    Reg12 = NXM1 12, 4 bytes, 32 bits;
    /// Register 13.
    Reg13 = NXM1 13, 4 bytes, 32 bits;
    /// Register 14.
    Reg14 = NXM1 14, 4 bytes, 32 bits;
    /// Register 15.
    Reg15 = NXM1 15, 4 bytes, 32 bits;
    /// Registers 0 to 3 as one number, register 0 on top.
    XxReg0 = NXM1 111, 16 bytes, 128 bits;
    /// Registers 4 to 7 as one number.
    XxReg1 = NXM1 112, 16 bytes, 128 bits;
    /// Registers 8 to 11 as one number.
    XxReg2 = NXM1 113, 16 bytes, 128 bits;
    /// Registers 12 to 15 as one number.
    XxReg3 = NXM1 114, 16 bytes, 128 bits;
    /// Mark that the host's kernel sees too.
    PktMark = NXM1 33, 4 bytes, 32 bits;
    /// Which conjunction matched.
    ConjId = NXM1 37, 4 bytes, 32 bits;
    /// Connection tracking state, see [`ct_state`](crate::ct_state).
    CtState = NXM1 105, 4 bytes, 32 bits;
    /// Connection tracking zone.
    CtZone = NXM1 106, 2 bytes, 16 bits;
    /// Mark of the connection.
    CtMark = NXM1 107, 4 bytes, 32 bits;
    /// Label of the connection.
    CtLabel = NXM1 108, 16 bytes, 128 bits;
    /// Destination MAC address.
    EthDst = BASIC 3, 6 bytes, 48 bits;
    /// Source MAC address.
    EthSrc = BASIC 4, 6 bytes, 48 bits;
    /// Ethernet type, after any VLAN tags.
    EthType = BASIC 5, 2 bytes, 16 bits;
    /// VLAN id, with bit 12 set where there is a tag.
    VlanVid = BASIC 6, 2 bytes, 13 bits;
    /// Differentiated services code point.
    IpDscp = BASIC 8, 1 bytes, 6 bits;
    /// IP protocol.
    IpProto = BASIC 10, 1 bytes, 8 bits;
    /// Fragment state: bit 0 any fragment, bit 1 a later one.
    IpFrag = NXM1 26, 1 bytes, 2 bits;
    /// TTL or hop limit.
    NwTtl = NXM1 29, 1 bytes, 8 bits;
    /// IPv4 source address.
    Ipv4Src = BASIC 11, 4 bytes, 32 bits;
    /// IPv4 destination address.
    Ipv4Dst = BASIC 12, 4 bytes, 32 bits;
    /// IPv6 source address.
    Ipv6Src = BASIC 26, 16 bytes, 128 bits;
    /// IPv6 destination address.
    Ipv6Dst = BASIC 27, 16 bytes, 128 bits;
    /// TCP source port.
    TcpSrc = BASIC 13, 2 bytes, 16 bits;
    /// TCP destination port.
    TcpDst = BASIC 14, 2 bytes, 16 bits;
    /// TCP flags.
    TcpFlags = NXM1 34, 2 bytes, 12 bits;
    /// UDP source port.
    UdpSrc = BASIC 15, 2 bytes, 16 bits;
    /// UDP destination port.
    UdpDst = BASIC 16, 2 bytes, 16 bits;
    /// SCTP source port.
    SctpSrc = BASIC 17, 2 bytes, 16 bits;
    /// SCTP destination port.
    SctpDst = BASIC 18, 2 bytes, 16 bits;
    /// ICMPv4 type.
    Icmpv4Type = BASIC 19, 1 bytes, 8 bits;
    /// ICMPv4 code.
    Icmpv4Code = BASIC 20, 1 bytes, 8 bits;
    /// ARP operation.
    ArpOp = BASIC 21, 2 bytes, 16 bits;
    /// ARP sender IPv4 address.
    ArpSpa = BASIC 22, 4 bytes, 32 bits;
    /// ARP target IPv4 address.
    ArpTpa = BASIC 23, 4 bytes, 32 bits;
    /// ARP sender MAC address.
    ArpSha = BASIC 24, 6 bytes, 48 bits;
    /// ARP target MAC address.
    ArpTha = BASIC 25, 6 bytes, 48 bits;
    /// ICMPv6 type.
    Icmpv6Type = BASIC 29, 1 bytes, 8 bits;
    /// ICMPv6 code.
    Icmpv6Code = BASIC 30, 1 bytes, 8 bits;
    /// Target address of neighbour discovery.
    NdTarget = BASIC 31, 16 bytes, 128 bits;
    /// Source link-layer address option of neighbour discovery.
    NdSll = BASIC 32, 6 bytes, 48 bits;
    /// Target link-layer address option of neighbour discovery.
    NdTll = BASIC 33, 6 bytes, 48 bits;
    /// Flags of a neighbour advertisement (router, solicited, override on top).
    NdReserved = ND_EXTENSION 1, 4 bytes, 32 bits;
    /// Type of the first neighbour discovery option.
    NdOptionsType = ND_EXTENSION 2, 1 bytes, 8 bits;
}

impl Field {
    /// Register `index`, where there is one: 0..=15.
    pub fn reg(index: usize) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|field| (Self::Reg0..=Self::Reg15).contains(field))
            .nth(index)
    }

    /// Meaningful bits of a value.
    pub fn bits(self) -> u32 {
        self.layout().bits
    }

    /// A mask with every meaningful bit set.
    pub fn full_mask(self) -> u128 {
        u128::MAX >> (128 - self.bits())
    }

    /// The field of an OXM or NXM header, also by the older names that Open vSwitch still
    /// writes for some (NXM class 0 and 1 twins of basic fields).
    pub(crate) fn from_header(class: u16, number: u8) -> Option<Self> {
        Self::from_main_header(class, number).or_else(|| Self::from_old_header(class, number))
    }

    fn from_old_header(class: u16, number: u8) -> Option<Self> {
        Some(match (class, number) {
            (NXM0, 1) => Self::EthDst,
            (NXM0, 2) => Self::EthSrc,
            (NXM0, 3) => Self::EthType,
            (NXM0, 6) => Self::IpProto,
            (NXM0, 7) => Self::Ipv4Src,
            (NXM0, 8) => Self::Ipv4Dst,
            (NXM0, 9) => Self::TcpSrc,
            (NXM0, 10) => Self::TcpDst,
            (NXM0, 11) => Self::UdpSrc,
            (NXM0, 12) => Self::UdpDst,
            (NXM0, 13) => Self::Icmpv4Type,
            (NXM0, 14) => Self::Icmpv4Code,
            (NXM0, 15) => Self::ArpOp,
            (NXM0, 16) => Self::ArpSpa,
            (NXM0, 17) => Self::ArpTpa,
            (NXM1, 16) => Self::TunnelId,
            (NXM1, 17) => Self::ArpSha,
            (NXM1, 18) => Self::ArpTha,
            (NXM1, 19) => Self::Ipv6Src,
            (NXM1, 20) => Self::Ipv6Dst,
            (NXM1, 21) => Self::Icmpv6Type,
            (NXM1, 22) => Self::Icmpv6Code,
            (NXM1, 23) => Self::NdTarget,
            (NXM1, 24) => Self::NdSll,
            (NXM1, 25) => Self::NdTll,
            _ => return None,
        })
    }
}

/// A value of any field as one number; the conversions below give the usual types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub u128);

macro_rules! values {
    ($($kind:ty => $number:expr;)*) => {
        $(impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self($number(value))
            }
        })*
    };
}

values! {
    u8 => u128::from;
    u16 => u128::from;
    u32 => u128::from;
    u64 => u128::from;
    u128 => u128::from;
    MacAddr => |mac: MacAddr| mac.to_u64().into();
    Ipv4Addr => |address: Ipv4Addr| address.to_bits().into();
    Ipv6Addr => Ipv6Addr::to_bits;
    crate::PortNo => |port: crate::PortNo| port.0.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_leads_back_to_its_field() {
        for field in Field::ALL {
            let layout = field.layout();
            assert_eq!(
                Field::from_header(layout.class, layout.number),
                Some(*field)
            );
            assert!(layout.bits <= 8 * u32::try_from(layout.width).unwrap());
        }
    }

    #[test]
    fn registers_are_found_by_number() {
        assert_eq!(Field::reg(0), Some(Field::Reg0));
        assert_eq!(Field::reg(15), Some(Field::Reg15));
        assert_eq!(Field::reg(16), None);
    }
}
