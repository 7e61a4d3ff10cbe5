//! One of everything: a match for every field and an action of every kind, with the text by
//! which `ovs-ofctl` shows it. The oracle test and the test against a live switch share them.

use alcor_openflow::{
    Action, Bucket, Controller, Ct, Field, Group, GroupKind, Learn, LearnSource, LearnSpec, Match,
    Nat, NatKind, NatRange, PortNo, Subfield, ct_state,
};
use alcor_types::MacAddr;

const MAC: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 1, 2, 3]);
const V4: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 1, 2, 3);

fn v6(text: &str) -> std::net::Ipv6Addr {
    text.parse().unwrap()
}

/// Matches with the words the switch has for them.
pub fn matches() -> Vec<(Match, &'static str)> {
    let mut all = pipeline_matches();
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
        (m().reg(0, 5), "reg0=0x5"),
        (m().reg(1, 5), "reg1=0x5"),
        (m().reg(2, 5), "reg2=0x5"),
        (m().reg(3, 5), "reg3=0x5"),
        (m().reg(4, 5), "reg4=0x5"),
        (m().reg(5, 5), "reg5=0x5"),
        (m().reg(6, 5), "reg6=0x5"),
        (m().reg(7, 5), "reg7=0x5"),
        (m().reg(8, 5), "reg8=0x5"),
        (m().reg(9, 5), "reg9=0x5"),
        (m().reg(10, 5), "reg10=0x5"),
        (m().reg(11, 5), "reg11=0x5"),
        (m().reg(12, 5), "reg12=0x5"),
        (m().reg(13, 5), "reg13=0x5"),
        (m().reg(14, 5), "reg14=0x5"),
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

/// Action lists with the match they need and the words the switch has for them.
pub fn actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let mut all = output_actions();
    all.extend(field_actions());
    all.extend(nicira_actions());
    all.extend(connection_actions());
    all
}

fn output_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let any = Match::new;
    let port_in_reg = Action::OutputReg {
        port: Field::Reg1.into(),
        max_len: 0xffff,
    };
    let controller = Controller {
        max_len: 128,
        controller_id: 0,
        reason: 0,
        userdata: vec![0xde, 0xad, 0].into(),
        pause: true,
    };
    vec![
        (any(), vec![], "drop"),
        (any(), vec![Action::output(PortNo(3))], "output:3"),
        (any(), vec![Action::output(PortNo::IN_PORT)], "IN_PORT"),
        (any(), vec![Action::output(PortNo::LOCAL)], "LOCAL"),
        (any(), vec![Action::output(PortNo::NORMAL)], "NORMAL"),
        (
            any(),
            vec![Action::output(PortNo::CONTROLLER)],
            "CONTROLLER:65535",
        ),
        (
            any(),
            vec![Action::ToController { max_len: 64 }],
            "CONTROLLER:64",
        ),
        (any(), vec![port_in_reg], "output:NXM_NX_REG1[]"),
        (any(), vec![Action::resubmit(9)], "resubmit(,9)"),
        (
            any(),
            vec![Action::Resubmit {
                in_port: PortNo::LOCAL,
                table: 255,
            }],
            "resubmit:LOCAL",
        ),
        (
            any(),
            vec![Controller::with_userdata(&b"dhcp"[..]).into()],
            "controller(userdata=64.68.63.70)",
        ),
        (
            any(),
            vec![controller.into()],
            "controller(reason=no_match,max_len=128,userdata=de.ad.00,pause)",
        ),
        (
            any(),
            vec![
                Action::Clone(vec![Action::output(PortNo(1))]),
                Action::output(PortNo(2)),
            ],
            "clone(output:1),output:2",
        ),
    ]
}

fn field_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let any = Match::new;
    let low_byte = Subfield::new(Field::Reg0, 8, 8);
    vec![
        (
            any(),
            vec![Action::PushVlan(0x8100), Action::set_vlan_vid(42)],
            "push_vlan:0x8100,set_field:4138->vlan_vid",
        ),
        (any().vlan_vid(1), vec![Action::PopVlan], "pop_vlan"),
        (any().ipv4(), vec![Action::DecTtl], "dec_ttl"),
        (
            any(),
            vec![Action::set(Field::EthSrc, MAC)],
            "set_field:fa:16:3e:01:02:03->eth_src",
        ),
        (
            any(),
            vec![Action::set(Field::TunnelId, 100u64)],
            "set_field:0x64->tun_id",
        ),
        (
            any(),
            vec![Action::set(Field::TunIpv4Dst, V4)],
            "set_field:10.1.2.3->tun_dst",
        ),
        (
            any(),
            vec![Action::set(Field::Reg3, 5u32)],
            "set_field:0x5->reg3",
        ),
        (
            any(),
            vec![Action::set(Field::Metadata, 5u64)],
            "set_field:0x5->metadata",
        ),
        (
            any().ipv6(),
            vec![Action::set(Field::Ipv6Src, v6("fd00::1"))],
            "set_field:fd00::1->ipv6_src",
        ),
        (
            any().arp(),
            vec![Action::set(Field::ArpOp, 2u16)],
            "set_field:2->arp_op",
        ),
        (
            any().icmpv4(),
            vec![Action::set(Field::Icmpv4Type, 0u8)],
            "set_field:0->icmp_type",
        ),
        (
            any().icmpv6().icmpv6_type(136).icmpv6_code(0),
            vec![Action::set(Field::NdReserved, 0x6000_0000u32)],
            "set_field:1610612736->nd_reserved",
        ),
        (
            any(),
            vec![Action::copy(Field::EthSrc, Field::EthDst)],
            "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
        ),
        (
            any().arp(),
            vec![Action::copy(Field::ArpSpa, Field::ArpTpa)],
            "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]",
        ),
        (
            any(),
            vec![Action::copy(low_byte, Subfield::new(Field::Metadata, 0, 8))],
            "move:NXM_NX_REG0[8..15]->OXM_OF_METADATA[0..7]",
        ),
        (
            any(),
            vec![Action::copy(
                Field::InPort16,
                Subfield::new(Field::Reg2, 0, 16),
            )],
            "move:NXM_OF_IN_PORT[]->NXM_NX_REG2[0..15]",
        ),
        (
            any(),
            vec![Action::load(low_byte, 0xab)],
            "load:0xab->NXM_NX_REG0[8..15]",
        ),
        (
            any(),
            vec![Action::load(Subfield::new(Field::XxReg0, 64, 64), 7)],
            "load:0x7->NXM_NX_XXREG0[64..127]",
        ),
        (
            any(),
            vec![
                Action::Push(low_byte),
                Action::Pop(Subfield::new(Field::Reg1, 0, 8)),
            ],
            "push:NXM_NX_REG0[8..15],pop:NXM_NX_REG1[0..7]",
        ),
    ]
}

fn nicira_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let learn = Learn {
        idle_timeout: 10,
        hard_timeout: 60,
        priority: 5,
        cookie: 0x99,
        table: 4,
        specs: vec![
            LearnSpec::Match(
                LearnSource::Field(Field::EthSrc.into()),
                Field::EthDst.into(),
            ),
            LearnSpec::Match(LearnSource::Number(0x800), Field::EthType.into()),
            LearnSpec::Load(
                LearnSource::Field(Field::InPort16.into()),
                Subfield::new(Field::Reg1, 0, 16),
            ),
            LearnSpec::Load(LearnSource::Number(7), Field::Reg2.into()),
            LearnSpec::Output(Field::Reg1.into()),
        ],
        ..Learn::default()
    };
    let conjunction = Action::Conjunction {
        id: 11,
        clause: 1,
        clauses: 3,
    };
    let larger = Action::CheckPktLarger {
        length: 1514,
        dst: Subfield::new(Field::Reg0, 3, 1),
    };
    vec![
        (
            Match::new(),
            vec![learn.into()],
            "learn(table=4,idle_timeout=10,hard_timeout=60,priority=5,cookie=0x99,\
             NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],eth_type=0x800,\
             load:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15],load:0x7->NXM_NX_REG2[],\
             output:NXM_NX_REG1[])",
        ),
        (Match::new(), vec![conjunction], "conjunction(11,2/3)"),
        (
            Match::new(),
            vec![larger],
            "check_pkt_larger(1514)->NXM_NX_REG0[3]",
        ),
    ]
}

fn connection_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let ip = || Match::new().ipv4();
    let marked = Ct::zone(5)
        .commit()
        .table(20)
        .exec(Action::set(Field::CtMark, 1u32))
        .exec(Action::set(Field::CtLabel, 0x22u128));
    let range = Nat {
        kind: NatKind::Source,
        range: Some(NatRange::V4(V4, std::net::Ipv4Addr::new(10, 1, 2, 9))),
        ports: Some((1024, 2047)),
        random: true,
        ..Nat::default()
    };
    let v6_nat = Nat {
        kind: NatKind::Destination,
        range: Some(NatRange::V6(v6("fd00::1"), v6("fd00::1"))),
        ..Nat::default()
    };
    let from_reg = Ct::zone_from(Subfield::new(Field::Reg4, 0, 16)).table(3);
    vec![
        (ip(), vec![Ct::default().into()], "ct()"),
        (
            ip(),
            vec![marked.into()],
            "ct(commit,table=20,zone=5,exec(set_field:0x1->ct_mark,set_field:0x22->ct_label))",
        ),
        (
            ip(),
            vec![from_reg.into()],
            "ct(table=3,zone=NXM_NX_REG4[0..15])",
        ),
        (
            ip(),
            vec![Ct::zone(1).table(2).exec(Nat::known()).into()],
            "ct(table=2,zone=1,nat)",
        ),
        (
            ip(),
            vec![Ct::zone(1).commit().exec(Nat::source(V4)).into()],
            "ct(commit,zone=1,nat(src=10.1.2.3))",
        ),
        (
            ip(),
            vec![Ct::zone(1).commit().exec(Nat::destination(V4)).into()],
            "ct(commit,zone=1,nat(dst=10.1.2.3))",
        ),
        (
            ip(),
            vec![Ct::zone(1).commit().exec(range).into()],
            "ct(commit,zone=1,nat(src=10.1.2.3-10.1.2.9:1024-2047,random))",
        ),
        (
            Match::new().ipv6(),
            vec![Ct::zone(1).commit().exec(v6_nat).into()],
            "ct(commit,zone=1,nat(dst=fd00::1))",
        ),
        (ip(), vec![Action::CtClear], "ct_clear"),
    ]
}

/// A group of every kind; the first one is `all`.
pub fn groups() -> Vec<Group> {
    let to = |port| Action::output(PortNo(port));
    let group = |id, kind, buckets| Group { id, kind, buckets };
    vec![
        group(
            1,
            GroupKind::All,
            vec![
                Bucket::new([to(1)]),
                Bucket::new([Action::set(Field::TunnelId, 5u64), to(2)]),
            ],
        ),
        group(
            2,
            GroupKind::Select,
            vec![
                Bucket::new([to(1)]).weight(3),
                Bucket::new([to(2)]).weight(1),
            ],
        ),
        group(3, GroupKind::Indirect, vec![Bucket::new([to(1)])]),
        group(
            4,
            GroupKind::FastFailover,
            vec![
                Bucket::new([to(1)]).watch_port(PortNo::LOCAL),
                Bucket::new([to(2)]).watch_port(PortNo(1)),
            ],
        ),
    ]
}
