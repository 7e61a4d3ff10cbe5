//! Laws of the codec that need no switch: round trips, golden bytes, and decoders that take
//! anything without a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of a test, which the lint settings do not see as one"
)]

mod samples;

use alcor_openflow::{
    Action, Bucket, Field, Flow, FlowMod, FlowStats, Frame, Group, GroupKind, GroupMod, Match,
    Message, Meter, MeterMod, MeterUnit, MultipartReply, PacketOut, PortDesc, PortNo, Received,
};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use std::collections::HashSet;

fn encode(message: &Message) -> Frame {
    let mut bytes = BytesMut::new();
    message.encode(9, &mut bytes).unwrap();
    let frame = Frame::split(&mut bytes).unwrap().unwrap();
    assert!(bytes.is_empty() && frame.xid == 9);
    frame
}

fn round_trip(flow: Flow) {
    let sent = FlowMod::add(flow);
    let frame = encode(&Message::FlowMod(sent.clone()));
    assert_eq!(FlowMod::decode(&frame.body), Ok(sent));
}

#[test]
fn samples_survive_the_wire() {
    for (matching, _) in samples::matches() {
        round_trip(Flow::new(1, 2, matching));
    }
    for (matching, actions, _) in samples::actions() {
        round_trip(Flow::new(1, 2, matching).apply(actions));
    }
    for group in samples::groups() {
        let sent = GroupMod::Add(group);
        let frame = encode(&Message::GroupMod(sent.clone()));
        assert_eq!(GroupMod::decode(&frame.body), Ok(sent));
    }
}

#[test]
fn golden_bytes_of_a_flow_mod() {
    let flow = Flow::new(
        3,
        0x64,
        Match::new().in_port(PortNo(1)).metadata_masked(0x10, 0xf0),
    )
    .cookie(0xab)
    .apply([Action::output(PortNo(2))])
    .goto(4);
    let mut bytes = BytesMut::new();
    Message::FlowMod(FlowMod::add(flow))
        .encode(1, &mut bytes)
        .unwrap();
    #[rustfmt::skip]
    let expected = [
        4, 14, 0, 112, 0, 0, 0, 1,
        0, 0, 0, 0, 0, 0, 0, 0xab, 0, 0, 0, 0, 0, 0, 0, 0,
        3, 0, 0, 0, 0, 0, 0, 0x64, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        // match: 32 bytes, no padding
        0, 1, 0, 32, 0x80, 0, 0, 4, 0, 0, 0, 1,
        0x80, 0, 5, 16, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0xf0,
        // apply: output to port 2
        0, 4, 0, 24, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0,
        // goto table 4
        0, 1, 0, 8, 4, 0, 0, 0,
    ];
    assert_eq!(bytes[..], expected);
}

#[test]
fn golden_bytes_of_register_actions() {
    let flow =
        Flow::new(0, 0, Match::new()).apply([Action::load(Field::Reg1, 7), Action::resubmit(9)]);
    let frame = encode(&Message::FlowMod(FlowMod::add(flow)));
    #[rustfmt::skip]
    let expected = [
        0xff, 0xff, 0, 24, 0, 0, 0x23, 0x20, 0, 7, 0, 31, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 7,
        0xff, 0xff, 0, 16, 0, 0, 0x23, 0x20, 0, 14, 0xff, 0xf8, 9, 0, 0, 0,
    ];
    assert!(frame.body.ends_with(&expected), "{:02x?}", &frame.body[..]);
}

#[test]
fn equal_meaning_is_equal_value() {
    let one = Match::new().udp().udp_dst(67).reg(1, 5);
    let other = Match::new().reg(1, 5).udp_dst(1).udp_dst(67).udp();
    assert_eq!(one, other);
    assert_eq!(HashSet::from([one, other]).len(), 1);
    let all_bits = Match::new().reg_masked(1, 5, u32::MAX);
    assert_eq!(all_bits, Match::new().reg(1, 5));
    assert_eq!(Match::new().reg_masked(1, 5, 0), Match::new());
    assert_eq!(
        Match::new().reg_masked(1, 0xff, 0xf),
        Match::new().reg(1, 0).reg_masked(1, 0xf, 0xf)
    );
    let wide = Match::new().with(Field::XxReg0, 1u128 << 96 | 2);
    assert_eq!(wide, Match::new().reg(0, 1).reg(1, 0).reg(2, 0).reg(3, 2));
}

#[test]
fn unknown_fields_are_kept() {
    // match with in_port=1 and MPLS label 16, which this crate does not know
    let fields = [0x80, 0, 0, 4, 0, 0, 0, 1, 0x80, 0, 34 << 1, 4, 0, 0, 0, 16];
    let mut body = vec![0; 40];
    body[32..36].fill(0xff);
    body.extend([0, 1, 0, 20]);
    body.extend(fields);
    body.extend([0; 4]);
    let change = FlowMod::decode(&body).unwrap();
    assert!(change.flow.key.matching.has_unknown_fields());
    let again = encode(&Message::FlowMod(change.clone()));
    assert_eq!(FlowMod::decode(&again.body), Ok(change));
}

fn any_match() -> impl Strategy<Value = Match> {
    let field = proptest::sample::select(Field::ALL);
    let entry = (
        field,
        any::<u128>(),
        prop_oneof![Just(u128::MAX), any::<u128>()],
    );
    proptest::collection::vec(entry, 0..12).prop_map(|entries| {
        let add = |m: Match, (field, value, mask)| m.with_masked(field, value, mask);
        entries.into_iter().fold(Match::new(), add)
    })
}

fn any_actions() -> impl Strategy<Value = Vec<Action>> {
    let known: Vec<Action> = samples::actions()
        .into_iter()
        .flat_map(|(_, list, _)| list)
        .collect();
    let set = (proptest::sample::select(Field::ALL), any::<u128>());
    let one = prop_oneof![
        proptest::sample::select(known),
        set.prop_map(|(field, value)| Action::set(field, value)),
        any::<u32>().prop_map(Action::Group),
    ];
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn any_flow_survives_the_wire(
        matching in any_match(), actions in any_actions(), cookie: u64, table: u8,
        priority: u16, goto in proptest::option::of(any::<u8>()),
    ) {
        let mut flow = Flow::new(table, priority, matching).cookie(cookie).apply(actions);
        flow.instructions.goto_table = goto;
        round_trip(flow);
    }

    #[test]
    fn any_group_meter_and_packet_survives_the_wire(
        id in 0u32..0xffff_ff00, actions in any_actions(), weight: u16, rate: u32,
        burst: Option<u32>, data: Vec<u8>,
    ) {
        let buckets = vec![Bucket::new(actions.clone()).weight(weight)];
        let group = GroupMod::Modify(Group { id, kind: GroupKind::Select, buckets });
        let frame = encode(&Message::GroupMod(group.clone()));
        prop_assert_eq!(GroupMod::decode(&frame.body), Ok(group));
        let meter = MeterMod::Add(Meter { id, unit: MeterUnit::Packets, rate, burst });
        let frame = encode(&Message::MeterMod(meter));
        prop_assert_eq!(MeterMod::decode(&frame.body), Ok(meter));
        let packet = PacketOut { in_port: PortNo(id), actions, data: data.into() };
        let frame = encode(&Message::PacketOut(packet.clone()));
        prop_assert_eq!(PacketOut::decode(&frame.body), Ok(packet));
    }
}

#[test]
fn fuzz_framing() {
    bolero::check!().for_each(|input: &[u8]| {
        let mut buffer = BytesMut::from(input);
        while let Ok(Some(frame)) = Frame::split(&mut buffer) {
            let _ = Received::decode(&frame);
        }
    });
}

#[test]
fn fuzz_messages() {
    let generator = bolero::generator::produce::<(u8, Vec<u8>)>();
    bolero::check!()
        .with_generator(generator)
        .for_each(|(kind, body)| {
            let frame = Frame {
                version: 4,
                kind: kind % 32,
                xid: 1,
                body: Bytes::from(body.clone()),
            };
            let _ = Received::decode(&frame);
        });
}

#[test]
fn fuzz_packet_in2() {
    bolero::check!().for_each(|input: &[u8]| {
        let mut body = vec![0, 0, 0x23, 0x20, 0, 0, 0, 30];
        body.extend_from_slice(input);
        let frame = Frame {
            version: 4,
            kind: 4,
            xid: 1,
            body: body.into(),
        };
        let _ = Received::decode(&frame);
    });
}

#[test]
fn fuzz_flow_mod() {
    bolero::check!().for_each(|input: &[u8]| {
        let _ = FlowMod::decode(input);
    });
}

/// A fixed head in front of the input, so that the interesting decoder is reached.
#[test]
fn fuzz_match_and_actions() {
    bolero::check!().for_each(|input: &[u8]| {
        let length = u16::try_from(input.len()).unwrap_or(u16::MAX).to_be_bytes();
        let mut matching = vec![0; 40];
        matching.extend([0, 1, length[0], length[1]]);
        matching.extend_from_slice(input);
        let _ = FlowMod::decode(&matching);
        let mut actions = vec![0; 40];
        actions.extend([0, 1, 0, 4, 0, 0, 0, 0, 0, 4]);
        let length = u16::try_from(input.len() + 8).unwrap_or(u16::MAX);
        actions.extend(length.to_be_bytes());
        actions.extend([0; 4]);
        actions.extend_from_slice(input);
        let _ = FlowMod::decode(&actions);
        let _ = GroupMod::decode(input);
        let _ = MeterMod::decode(input);
        let _ = PacketOut::decode(&Bytes::copy_from_slice(input));
    });
}

/// Real messages with one byte changed reach further than noise does.
#[test]
fn fuzz_mutated_samples() {
    let mut bodies: Vec<Bytes> = Vec::new();
    for (matching, actions, _) in samples::actions() {
        let flow = Flow::new(1, 2, matching).apply(actions);
        bodies.push(encode(&Message::FlowMod(FlowMod::add(flow))).body);
    }
    let generator = bolero::generator::produce::<(usize, usize, u8)>();
    bolero::check!()
        .with_generator(generator)
        .for_each(|(which, at, byte)| {
            let mut body = bodies[which % bodies.len()].to_vec();
            let at = at % body.len();
            body[at] = *byte;
            if let Ok(change) = FlowMod::decode(&body) {
                // What was understood can be said again.
                let mut bytes = BytesMut::new();
                Message::FlowMod(change).encode(1, &mut bytes).unwrap();
            }
        });
}

#[test]
fn fuzz_multipart() {
    let generator = bolero::generator::produce::<(u16, Vec<u8>)>();
    bolero::check!()
        .with_generator(generator)
        .for_each(|(number, body)| {
            let reply = MultipartReply {
                number: *number,
                more: false,
                body: Bytes::from(body.clone()),
            };
            let _ = reply.entries::<FlowStats>();
            let _ = reply.entries::<Group>();
            let _ = reply.entries::<Meter>();
            let _ = reply.entries::<PortDesc>();
        });
}
