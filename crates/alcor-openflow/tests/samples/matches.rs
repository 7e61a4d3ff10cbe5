//! A match for every field.

use super::{MAC, V4, v6};
use alcor_openflow::{Field, Match, PortNo, ct_state};

/// Matches with the words the switch has for them.
pub fn matches() -> Vec<(Match, &'static str)> {
    let mut all = pipeline_matches();
    all.extend(register_matches());
    all.extend(link_matches());
    all.extend(network_matches());
    all.extend(transport_matches());
    all
}

fn pipeline_matches() -> Vec<(Match, &'static str)> {
    let m = Match::new;
    vec![
        (m().in_port(PortNo(7)), "in_port=7"),
        (m().in_port(PortNo::LOCAL), "in_port=LOCAL"),
        (m().metadata(0x1122), "metadata=0x1122"),
        (
            m().metadata_masked(0x1100, 0xff00),
            "metadata=0x1100/0xff00",
        ),
        (m().tunnel_id(100), "tun_id=0x64"),
        (
            m().with_masked(Field::TunnelId, 4u64, 6u64),
            "tun_id=0x4/0x6",
        ),
        (m().tun_ipv4_src(V4), "tun_src=10.1.2.3"),
        (m().tun_ipv4_dst(V4), "tun_dst=10.1.2.3"),
        (m().tun_ipv6_src(v6("fd00::1")), "tun_ipv6_src=fd00::1"),
        (m().tun_ipv6_dst(v6("fd00::2")), "tun_ipv6_dst=fd00::2"),
        (m().reg_masked(15, 0x50, 0xf0), "reg15=0x50/0xf0"),
        (
            m().with(Field::XxReg0, 1u128 << 96 | 2),
            "reg0=0x1,reg1=0,reg2=0,reg3=0x2",
        ),
        (
            m().with_masked(Field::XxReg1, 3u128, 0xffu128),
            "reg7=0x3/0xff",
        ),
        (
            m().with_masked(Field::XxReg2, 3u128, 0xffu128),
            "reg11=0x3/0xff",
        ),
        (
            m().with_masked(Field::XxReg3, 3u128, 0xffu128),
            "reg15=0x3/0xff",
        ),
        (m().pkt_mark(9), "pkt_mark=0x9"),
        (m().conj_id(77), "conj_id=77"),
        (
            m().ct_state(
                ct_state::TRK | ct_state::EST,
                ct_state::TRK | ct_state::EST | ct_state::INV,
            ),
            "ct_state=+est-inv+trk",
        ),
        (m().ct_zone(12), "ct_zone=12"),
        (m().ct_mark(0x11), "ct_mark=0x11"),
        (
            m().with_masked(Field::CtMark, 1u32, 3u32),
            "ct_mark=0x1/0x3",
        ),
        (
            m().ct_label(1 << 100 | 5),
            "ct_label=0x10000000000000000000000005",
        ),
        (
            m().with_masked(Field::CtLabel, 1u128, 1u128),
            "ct_label=0x1/0x1",
        ),
    ]
}

fn register_matches() -> Vec<(Match, &'static str)> {
    let words = [
        "reg0=0x5",
        "reg1=0x5",
        "reg2=0x5",
        "reg3=0x5",
        "reg4=0x5",
        "reg5=0x5",
        "reg6=0x5",
        "reg7=0x5",
        "reg8=0x5",
        "reg9=0x5",
        "reg10=0x5",
        "reg11=0x5",
        "reg12=0x5",
        "reg13=0x5",
        "reg14=0x5",
        "reg15=0x5",
    ];
    let numbered = words.into_iter().enumerate();
    numbered
        .map(|(index, words)| (Match::new().reg(index, 5), words))
        .collect()
}

fn link_matches() -> Vec<(Match, &'static str)> {
    let m = Match::new;
    vec![
        (m(), ""),
        (m().eth_dst(MAC), "dl_dst=fa:16:3e:01:02:03"),
        (m().eth_src(MAC), "dl_src=fa:16:3e:01:02:03"),
        (
            m().eth_multicast(),
            "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
        ),
        (m().eth_type(0x88cc), "dl_type=0x88cc"),
        (m().vlan_vid(42), "dl_vlan=42"),
        (m().untagged(), "vlan_tci=0x0000/0x1fff"),
        (
            m().with_masked(Field::VlanVid, 0x1000u16, 0x1000u16),
            "vlan_tci=0x1000/0x1000",
        ),
        (m().arp().arp_op(2), "arp,arp_op=2"),
        (m().arp().arp_spa(V4), "arp,arp_spa=10.1.2.3"),
        (m().arp().arp_tpa(V4), "arp,arp_tpa=10.1.2.3"),
        (m().arp().arp_sha(MAC), "arp,arp_sha=fa:16:3e:01:02:03"),
        (m().arp().arp_tha(MAC), "arp,arp_tha=fa:16:3e:01:02:03"),
    ]
}

fn network_matches() -> Vec<(Match, &'static str)> {
    let m = Match::new;
    vec![
        (m().ipv4().ip_dscp(46), "ip,nw_tos=184"),
        (m().ipv4().ip_proto(89), "ip,nw_proto=89"),
        (m().ipv4().ip_frag(0, 3), "ip,nw_frag=no"),
        (m().ipv4().ip_frag(1, 1), "ip,nw_frag=yes"),
        (m().ipv4().ip_frag(3, 3), "ip,nw_frag=later"),
        (m().ipv4().nw_ttl(64), "ip,nw_ttl=64"),
        (m().ipv4().ipv4_src(V4), "ip,nw_src=10.1.2.3"),
        (m().ipv4().ipv4_src_prefix(V4, 16), "ip,nw_src=10.1.0.0/16"),
        (m().ipv4().ipv4_dst(V4), "ip,nw_dst=10.1.2.3"),
        (m().ipv4().ipv4_dst_prefix(V4, 24), "ip,nw_dst=10.1.2.0/24"),
        (m().ipv6().ipv6_src(v6("fd00::1")), "ipv6,ipv6_src=fd00::1"),
        (
            m().ipv6().ipv6_src_prefix(v6("fd00::1"), 64),
            "ipv6,ipv6_src=fd00::/64",
        ),
        (m().ipv6().ipv6_dst(v6("fd00::1")), "ipv6,ipv6_dst=fd00::1"),
        (
            m().ipv6().ipv6_dst_prefix(v6("fd00::1"), 10),
            "ipv6,ipv6_dst=fd00::/10",
        ),
        (m().ipv6().nw_ttl(255), "ipv6,nw_ttl=255"),
    ]
}

fn transport_matches() -> Vec<(Match, &'static str)> {
    let m = Match::new;
    let solicitation = || m().icmpv6().icmpv6_type(135).icmpv6_code(0);
    let advertisement = || m().icmpv6().icmpv6_type(136).icmpv6_code(0);
    vec![
        (m().tcp().tcp_src(80), "tcp,tp_src=80"),
        (m().tcp6().tcp_dst(443), "tcp6,tp_dst=443"),
        (
            m().tcp().with_masked(Field::TcpDst, 0x400u16, 0xfc00u16),
            "tcp,tp_dst=0x400/0xfc00",
        ),
        (m().tcp().tcp_flags(2, 0x12), "tcp,tcp_flags=+syn-ack"),
        (m().tcp().tcp_flags(0x12, 0xfff), "tcp,tcp_flags=syn|ack"),
        (m().udp().udp_src(68).udp_dst(67), "udp,tp_src=68,tp_dst=67"),
        (m().udp6().udp_dst(547), "udp6,tp_dst=547"),
        (
            m().ipv4()
                .ip_proto(132)
                .with_masked(Field::SctpDst, 0x1000_u16, 0xfff0_u16),
            "sctp,tp_dst=0x1000/0xfff0",
        ),
        (
            m().ipv6().ip_proto(132).with(Field::SctpSrc, 9_u16),
            "sctp6,tp_src=9",
        ),
        (
            m().icmpv4().icmpv4_type(8).icmpv4_code(0),
            "icmp,icmp_type=8,icmp_code=0",
        ),
        (
            m().icmpv6().icmpv6_type(128).icmpv6_code(0),
            "icmp6,icmp_type=128,icmp_code=0",
        ),
        (
            solicitation().nd_target(v6("fd00::9")),
            "icmp6,icmp_type=135,icmp_code=0,nd_target=fd00::9",
        ),
        (
            solicitation().nd_sll(MAC),
            "icmp6,icmp_type=135,icmp_code=0,nd_sll=fa:16:3e:01:02:03",
        ),
        (
            advertisement().nd_tll(MAC),
            "icmp6,icmp_type=136,icmp_code=0,nd_tll=fa:16:3e:01:02:03",
        ),
        (
            advertisement().with(Field::NdOptionsType, 2u8),
            "icmp6,icmp_type=136,icmp_code=0,nd_options_type=2",
        ),
        (
            advertisement().with(Field::NdReserved, 0xe000_0000u32),
            "icmp6,icmp_type=136,icmp_code=0,nd_reserved=3758096384",
        ),
    ]
}
