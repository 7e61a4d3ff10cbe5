//! The builder side of [`Match`]: `Match::new().metadata(7u64).eth_dst(mac)`.

use super::Match;
use crate::field::Value;
use crate::{Field, PortNo};
use alcor_types::MacAddr;
use std::net::{Ipv4Addr, Ipv6Addr};

macro_rules! exact {
    ($($(#[$doc:meta])* $name:ident: $field:ident, $kind:ty;)*) => {
        /// One method per field for an exact value.
        impl Match {
            $($(#[$doc])*
            pub fn $name(self, value: $kind) -> Self {
                self.with(Field::$field, value)
            })*
        }
    };
}

exact! {
    /// Came in on this port.
    in_port: InPort, PortNo;
    /// Pipeline metadata is this.
    metadata: Metadata, u64;
    /// Tunnel key (VNI) is this.
    tunnel_id: TunnelId, u64;
    /// Outer IPv4 source address is this.
    tun_ipv4_src: TunIpv4Src, Ipv4Addr;
    /// Outer IPv4 destination address is this.
    tun_ipv4_dst: TunIpv4Dst, Ipv4Addr;
    /// Outer IPv6 source address is this.
    tun_ipv6_src: TunIpv6Src, Ipv6Addr;
    /// Outer IPv6 destination address is this.
    tun_ipv6_dst: TunIpv6Dst, Ipv6Addr;
    /// Packet mark is this.
    pkt_mark: PktMark, u32;
    /// This conjunction matched.
    conj_id: ConjId, u32;
    /// Connection tracking zone is this.
    ct_zone: CtZone, u16;
    /// Connection mark is this.
    ct_mark: CtMark, u32;
    /// Connection label is this.
    ct_label: CtLabel, u128;
    /// Destination MAC address is this.
    eth_dst: EthDst, MacAddr;
    /// Source MAC address is this.
    eth_src: EthSrc, MacAddr;
    /// Ethernet type is this.
    eth_type: EthType, u16;
    /// DSCP is this; needs IP.
    ip_dscp: IpDscp, u8;
    /// IP protocol is this; needs IP.
    ip_proto: IpProto, u8;
    /// TTL or hop limit is this; needs IP.
    nw_ttl: NwTtl, u8;
    /// IPv4 source address is this; needs IPv4.
    ipv4_src: Ipv4Src, Ipv4Addr;
    /// IPv4 destination address is this; needs IPv4.
    ipv4_dst: Ipv4Dst, Ipv4Addr;
    /// IPv6 source address is this; needs IPv6.
    ipv6_src: Ipv6Src, Ipv6Addr;
    /// IPv6 destination address is this; needs IPv6.
    ipv6_dst: Ipv6Dst, Ipv6Addr;
    /// TCP source port is this; needs TCP.
    tcp_src: TcpSrc, u16;
    /// TCP destination port is this; needs TCP.
    tcp_dst: TcpDst, u16;
    /// UDP source port is this; needs UDP.
    udp_src: UdpSrc, u16;
    /// UDP destination port is this; needs UDP.
    udp_dst: UdpDst, u16;
    /// ICMPv4 type is this; needs ICMPv4.
    icmpv4_type: Icmpv4Type, u8;
    /// ICMPv4 code is this; needs ICMPv4.
    icmpv4_code: Icmpv4Code, u8;
    /// ARP operation is this; needs ARP.
    arp_op: ArpOp, u16;
    /// ARP sender IPv4 address is this; needs ARP.
    arp_spa: ArpSpa, Ipv4Addr;
    /// ARP target IPv4 address is this; needs ARP.
    arp_tpa: ArpTpa, Ipv4Addr;
    /// ARP sender MAC address is this; needs ARP.
    arp_sha: ArpSha, MacAddr;
    /// ARP target MAC address is this; needs ARP.
    arp_tha: ArpTha, MacAddr;
    /// ICMPv6 type is this; needs ICMPv6.
    icmpv6_type: Icmpv6Type, u8;
    /// ICMPv6 code is this; needs ICMPv6.
    icmpv6_code: Icmpv6Code, u8;
    /// Neighbour discovery target is this; needs ICMPv6 type 135 or 136 and code 0.
    nd_target: NdTarget, Ipv6Addr;
    /// Neighbour discovery source link-layer address is this; needs ICMPv6 type 135, code 0.
    nd_sll: NdSll, MacAddr;
    /// Neighbour discovery target link-layer address is this; needs ICMPv6 type 136, code 0.
    nd_tll: NdTll, MacAddr;
}

impl Match {
    /// `field` has exactly this value. Bits beyond the field's width are ignored.
    pub fn with(mut self, field: Field, value: impl Into<Value>) -> Self {
        self.set(field, value.into().0, u128::MAX);
        self
    }

    /// `field` has this value in the bits that `mask` selects. An empty mask removes the field.
    pub fn with_masked(
        mut self,
        field: Field,
        value: impl Into<Value>,
        mask: impl Into<Value>,
    ) -> Self {
        self.set(field, value.into().0, mask.into().0);
        self
    }

    /// Register `index` (0..=15, higher ones wrap around) is this.
    pub fn reg(self, index: usize, value: u32) -> Self {
        self.reg_masked(index, value, u32::MAX)
    }

    /// Register `index` (0..=15, higher ones wrap around) is this in the bits of `mask`.
    pub fn reg_masked(self, index: usize, value: u32, mask: u32) -> Self {
        let register = Field::reg(index % 16).unwrap_or(Field::Reg0);
        self.with_masked(register, value, mask)
    }

    /// Metadata is this in the bits of `mask`.
    pub fn metadata_masked(self, value: u64, mask: u64) -> Self {
        self.with_masked(Field::Metadata, value, mask)
    }

    /// Destination MAC address is this in the bits of `mask`.
    pub fn eth_dst_masked(self, value: MacAddr, mask: MacAddr) -> Self {
        self.with_masked(Field::EthDst, value, mask)
    }

    /// Destination is a multicast or broadcast MAC address.
    pub fn eth_multicast(self) -> Self {
        let group_bit = MacAddr([1, 0, 0, 0, 0, 0]);
        self.eth_dst_masked(group_bit, group_bit)
    }

    /// Carries a tag with this VLAN id, 0..=4095.
    pub fn vlan_vid(self, vid: u16) -> Self {
        self.with(Field::VlanVid, 0x1000 | (vid & 0xfff))
    }

    /// Carries no VLAN tag.
    pub fn untagged(self) -> Self {
        self.with(Field::VlanVid, 0u16)
    }

    /// IPv4 source address lies in this prefix; needs IPv4.
    pub fn ipv4_src_prefix(self, address: Ipv4Addr, length: u8) -> Self {
        self.with_masked(Field::Ipv4Src, address, prefix_mask(32, length))
    }

    /// IPv4 destination address lies in this prefix; needs IPv4.
    pub fn ipv4_dst_prefix(self, address: Ipv4Addr, length: u8) -> Self {
        self.with_masked(Field::Ipv4Dst, address, prefix_mask(32, length))
    }

    /// IPv6 source address lies in this prefix; needs IPv6.
    pub fn ipv6_src_prefix(self, address: Ipv6Addr, length: u8) -> Self {
        self.with_masked(Field::Ipv6Src, address, prefix_mask(128, length))
    }

    /// IPv6 destination address lies in this prefix; needs IPv6.
    pub fn ipv6_dst_prefix(self, address: Ipv6Addr, length: u8) -> Self {
        self.with_masked(Field::Ipv6Dst, address, prefix_mask(128, length))
    }

    /// Connection state has the bits of `value` among those of `mask`; see
    /// [`ct_state`](crate::ct_state).
    pub fn ct_state(self, value: u32, mask: u32) -> Self {
        self.with_masked(Field::CtState, value, mask)
    }

    /// TCP flags have the bits of `value` among those of `mask`; needs TCP.
    pub fn tcp_flags(self, value: u16, mask: u16) -> Self {
        self.with_masked(Field::TcpFlags, value, mask)
    }

    /// Fragment state has the bits of `value` among those of `mask` (1 any fragment, 2 a later
    /// one); needs IP.
    pub fn ip_frag(self, value: u8, mask: u8) -> Self {
        self.with_masked(Field::IpFrag, value, mask)
    }

    /// An ARP packet.
    pub fn arp(self) -> Self {
        self.eth_type(0x0806)
    }

    /// An IPv4 packet.
    pub fn ipv4(self) -> Self {
        self.eth_type(0x0800)
    }

    /// An IPv6 packet.
    pub fn ipv6(self) -> Self {
        self.eth_type(0x86dd)
    }

    /// An ICMP packet in IPv4.
    pub fn icmpv4(self) -> Self {
        self.ipv4().ip_proto(1)
    }

    /// A TCP packet in IPv4.
    pub fn tcp(self) -> Self {
        self.ipv4().ip_proto(6)
    }

    /// A UDP packet in IPv4.
    pub fn udp(self) -> Self {
        self.ipv4().ip_proto(17)
    }

    /// An ICMPv6 packet.
    pub fn icmpv6(self) -> Self {
        self.ipv6().ip_proto(58)
    }

    /// A TCP packet in IPv6.
    pub fn tcp6(self) -> Self {
        self.ipv6().ip_proto(6)
    }

    /// A UDP packet in IPv6.
    pub fn udp6(self) -> Self {
        self.ipv6().ip_proto(17)
    }
}

/// The mask of a prefix of `length` bits in an address of `bits` bits.
fn prefix_mask(bits: u32, length: u8) -> u128 {
    let host_bits = bits.saturating_sub(length.into());
    let all = u128::MAX >> (128 - bits);
    all & u128::MAX.checked_shl(host_bits).unwrap_or(0)
}
