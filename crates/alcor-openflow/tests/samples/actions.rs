//! An action of every kind.

use super::{MAC, V4, v6};
use alcor_openflow::{
    Action, Controller, Ct, Field, Learn, LearnSource, LearnSpec, Match, Nat, NatKind, NatRange,
    PortNo, Subfield,
};

/// Action lists with the match they need and the words the switch has for them.
pub fn actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let mut all = output_actions();
    all.extend(field_actions());
    all.extend(register_actions());
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
        (
            any(),
            vec![Action::OutputTrunc {
                port: PortNo(0xfeff),
                max_len: 64,
            }],
            "output(port=65279,max_len=64)",
        ),
    ]
}

fn field_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let any = Match::new;
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
    ]
}

fn register_actions() -> Vec<(Match, Vec<Action>, &'static str)> {
    let any = Match::new;
    let low_byte = Subfield::new(Field::Reg0, 8, 8);
    vec![
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
