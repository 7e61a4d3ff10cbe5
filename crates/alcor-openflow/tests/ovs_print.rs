//! The codec against an independent reader: what `ovs-ofctl ofp-print` says of our bytes.
//! Fails, with a message, where Open vSwitch is not installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of a test, which the lint settings do not see as one"
)]

mod samples;

use alcor_openflow::{
    Action, AsyncMasks, BundleControl, BundleStep, Flow, FlowCommand, FlowFlags, FlowMod,
    FlowRequest, GroupMod, Match, Message, Meter, MeterMod, MeterUnit, MultipartRequest, PacketOut,
    PortNo, Role,
};
use bytes::{Bytes, BytesMut};
use std::fmt::Write as _;
use std::process::Command;

fn print(message: &Message) -> String {
    let mut bytes = BytesMut::new();
    message.encode(0x77, &mut bytes).unwrap();
    let mut hex = String::new();
    for byte in &bytes {
        write!(hex, "{byte:02x}").unwrap();
    }
    let output = Command::new("ovs-ofctl")
        .args(["ofp-print", &hex])
        .output()
        .expect("ovs-ofctl (package openvswitch-switch) must be installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && error.is_empty(),
        "{message:?}: {text}{error}"
    );
    assert!(!text.contains("***decode error"), "{message:?}: {text}");
    text
}

#[track_caller]
fn expect(message: &Message, words: &str) {
    let text = print(message);
    assert!(text.contains(words), "{text}lacks '{words}'");
}

/// Checks all, and then names every one that differs.
#[track_caller]
fn expect_all(cases: impl IntoIterator<Item = (Message, String)>) {
    let wrong: Vec<String> = cases
        .into_iter()
        .map(|(message, words)| (print(&message), words))
        .filter(|(text, words)| !text.contains(words))
        .map(|(text, words)| format!("{text}lacks '{words}'\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

fn add(flow: Flow) -> Message {
    Message::FlowMod(FlowMod::add(flow))
}

#[test]
fn every_match_reads_as_meant() {
    expect_all(samples::matches().into_iter().map(|(matching, words)| {
        let flow = Flow::new(1, 100, matching).apply([Action::output(PortNo(1))]);
        let words = if words.is_empty() {
            "ADD table:1 priority=100 actions=".to_owned()
        } else {
            format!("ADD table:1 priority=100,{words} actions=")
        };
        (add(flow), words)
    }));
}

#[test]
fn every_action_reads_as_meant() {
    let samples = samples::actions().into_iter();
    expect_all(samples.map(|(matching, actions, words)| {
        let flow = Flow::new(1, 100, matching).apply(actions);
        (add(flow), format!("actions={words}\n"))
    }));
}

#[test]
fn instructions_and_flow_options_read_as_meant() {
    let flow = Flow::new(3, 7, Match::new())
        .cookie(0xbeef)
        .idle_timeout(5)
        .hard_timeout(9)
        .flags(FlowFlags::SEND_FLOW_REMOVED)
        .meter(4)
        .write_metadata(0x10, 0xf0)
        .goto(8);
    let mut cleared = flow.clone();
    cleared.instructions.clear_actions = true;
    let text = "ADD table:3 priority=7 cookie:0xbeef idle:5 hard:9 send_flow_rem \
                actions=meter:4,write_metadata:0x10/0xf0,goto_table:8";
    expect(&add(flow.clone()), text);
    expect(
        &add(cleared),
        "meter:4,clear_actions,write_metadata:0x10/0xf0,goto_table:8",
    );
    let change = |change| Message::FlowMod(change);
    expect(
        &change(FlowMod::modify_strict(flow.clone())),
        "FLOW_MOD (OF1.3) (xid=0x77): MOD_STRICT table:3 priority=7",
    );
    expect(
        &change(FlowMod::delete_strict(flow.key.clone())),
        "DEL_STRICT table:3 priority=7",
    );
    let sweep = FlowMod::delete(None, Match::new()).only_cookie(0x1200, 0xff00);
    assert_eq!(sweep.command, FlowCommand::Delete);
    expect(
        &change(sweep),
        "DEL table:255 priority=0 cookie:0x1200/0xff00",
    );
}

#[test]
fn groups_and_meters_read_as_meant() {
    let words = [
        "ADD group_id=1,type=all,bucket=actions=output:1,bucket=actions=set_field:0x5->tun_id,output:2",
        "ADD group_id=2,type=select,bucket=weight:3,actions=output:1,bucket=actions=output:2",
        "ADD group_id=3,type=indirect,bucket=actions=output:1",
        "ADD group_id=4,type=ff,bucket=watch_port:LOCAL,actions=output:1,bucket=watch_port:1,actions=output:2",
    ];
    for (group, words) in samples::groups().into_iter().zip(words) {
        expect(&Message::GroupMod(GroupMod::Add(group.clone())), words);
        expect(&Message::GroupMod(GroupMod::Modify(group)), "MOD group_id=");
    }
    expect(&Message::GroupMod(GroupMod::Delete(9)), "DEL group_id=9");
    expect(
        &Message::GroupMod(GroupMod::DeleteAll),
        "DEL group_id=4294967292",
    );
    let meter = Meter {
        id: 6,
        unit: MeterUnit::Kilobits,
        rate: 1000,
        burst: Some(100),
    };
    expect(
        &Message::MeterMod(MeterMod::Add(meter)),
        "ADD meter=6 kbps burst stats bands=\ntype=drop rate=1000 burst_size=100",
    );
    let packets = Meter {
        unit: MeterUnit::Packets,
        burst: None,
        ..meter
    };
    expect(
        &Message::MeterMod(MeterMod::Modify(packets)),
        "MOD meter=6 pktps stats bands=",
    );
    expect(&Message::MeterMod(MeterMod::Delete(6)), "DEL meter=6");
    expect(&Message::MeterMod(MeterMod::DeleteAll), "DEL meter=all");
}

#[test]
fn every_other_message_reads_as_meant() {
    let packet = PacketOut {
        in_port: PortNo(4),
        actions: vec![Action::output(PortNo::TABLE)],
        data: Bytes::from(vec![0; 60]),
    };
    let control = |step| Message::BundleControl(BundleControl { bundle: 5, step });
    let cases = [
        (
            Message::Hello,
            "OFPT_HELLO (OF1.3) (xid=0x77):\n version bitmap: 0x04",
        ),
        (
            Message::EchoRequest(Bytes::from_static(b"abc")),
            "OFPT_ECHO_REQUEST (OF1.3) (xid=0x77): 3 bytes of payload",
        ),
        (
            Message::EchoReply(Bytes::new()),
            "OFPT_ECHO_REPLY (OF1.3) (xid=0x77): 0 bytes of payload",
        ),
        (Message::FeaturesRequest, "OFPT_FEATURES_REQUEST (OF1.3)"),
        (
            Message::SetConfig {
                miss_send_len: 0xffff,
            },
            "frags=nx-match miss_send_len=65535",
        ),
        (
            Message::PacketOut(packet),
            "OFPT_PACKET_OUT (OF1.3) (xid=0x77): in_port=4 actions=TABLE data_len=60",
        ),
        (Message::BarrierRequest, "OFPT_BARRIER_REQUEST (OF1.3)"),
        (
            Message::RoleRequest(Role::Primary, 3),
            "role=primary generation_id=3",
        ),
        (Message::RoleRequest(Role::NoChange, 0), "role=nochange"),
        (Message::RoleRequest(Role::Equal, 0), "role=equal"),
        (
            Message::RoleRequest(Role::Secondary, 1),
            "role=secondary generation_id=1",
        ),
        (
            Message::SetAsync(AsyncMasks::ALL),
            "PACKET_IN: no_match action invalid_ttl",
        ),
        (
            Message::SetPacketIn2,
            "NXT_SET_PACKET_IN_FORMAT (OF1.3) (xid=0x77): format=nxt_packet_in2",
        ),
        (
            Message::CtFlushZone(7),
            "NXT_CT_FLUSH_ZONE (OF1.3) (xid=0x77): zone_id=7",
        ),
        (
            control(BundleStep::Open),
            "bundle_id=0x5 type=OPEN_REQUEST flags=atomic ordered",
        ),
        (control(BundleStep::Commit), "type=COMMIT_REQUEST"),
        (control(BundleStep::Discard), "type=DISCARD_REQUEST"),
    ];
    expect_all(cases.map(|(message, words)| (message, words.to_owned())));
}

#[test]
fn every_question_reads_as_meant() {
    let ask = Message::MultipartRequest;
    let cases = [
        (ask(MultipartRequest::Desc), "OFPST_DESC request (OF1.3)"),
        (
            ask(MultipartRequest::Flows(FlowRequest::all())),
            "OFPST_FLOW request (OF1.3)",
        ),
        (
            ask(MultipartRequest::Aggregate(FlowRequest {
                table: Some(2),
                cookie: (1, 1),
                matching: Match::new().ipv4(),
            })),
            "OFPST_AGGREGATE request (OF1.3) (xid=0x77): table=2 ip",
        ),
        (ask(MultipartRequest::Tables), "OFPST_TABLE request (OF1.3)"),
        (
            ask(MultipartRequest::PortStats(PortNo(3))),
            "OFPST_PORT request (OF1.3) (xid=0x77): port_no=3",
        ),
        (
            ask(MultipartRequest::Groups),
            "OFPST_GROUP_DESC request (OF1.3)",
        ),
        (
            ask(MultipartRequest::Meters),
            "OFPST_METER_CONFIG request (OF1.3) (xid=0x77): meter=all",
        ),
        (
            ask(MultipartRequest::Ports),
            "OFPST_PORT_DESC request (OF1.3)",
        ),
    ];
    expect_all(cases.map(|(message, words)| (message, words.to_owned())));
}
