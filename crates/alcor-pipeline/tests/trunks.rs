//! Ports that another port's interface carries, in the bridge.

mod support;

use alcor_goalstate::{Carrier, Goal, GoalKey, PortGoal, TrunkPart};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Input, table};
use alcor_types::MacAddr;
use support::bridge::{Bridge, ofport, plug, tunnel};
use support::frame::Frame;
use support::goals::*;
use support::switch::Outcome;

const TAG: u16 = 100;
const TAGGED: u128 = 0x1000 | TAG as u128;

fn in_trunk(mut goal: PortGoal, part: TrunkPart) -> PortGoal {
    goal.identity.trunk = Some(part);
    goal
}

fn sub_port(number: u8, tag: u16) -> PortGoal {
    let parent = port_id(2);
    in_trunk(port(number, 2), TrunkPart::SubPort { parent, tag })
}

fn parent() -> PortGoal {
    in_trunk(port(2, 1), TrunkPart::Parent)
}

/// Ports 2 and 5 in network 1, ports 3 and 4 in network 2; 2 carries 3.
fn bridge() -> Bridge {
    let goals = [
        put(vpc(1)),
        put(vpc(2)),
        put(parent()),
        put(sub_port(3, TAG)),
        put(port(4, 2)),
        put(port(5, 1)),
    ];
    let plugged = [2, 3, 4, 5].map(plug);
    Bridge::new([tunnel()].into_iter().chain(goals).chain(plugged))
}

/// A frame of the VM with this tag, which port 2's interface brings.
fn tagged(mut frame: Frame, vid: u128) -> Frame {
    frame.set(Field::VlanVid, vid);
    frame
}

/// Where a frame went, and with which tag.
fn ends(outcome: &Outcome) -> Vec<(PortNo, u128)> {
    let sent = outcome.sent.iter();
    sent.map(|(port, frame)| (*port, frame.get(Field::VlanVid)))
        .collect()
}

#[test]
fn a_tag_says_whose_a_frame_is() {
    let bridge = bridge();
    let from = |vid, to| {
        let frame = tagged(Frame::ping(mac(2), mac(to)), vid);
        ends(&bridge.sent_by(2, &frame))
    };
    assert_eq!(from(TAGGED, 4), [(ofport(4), 0)]);
    assert_eq!(from(TAGGED, 5), []);
    assert_eq!(from(0, 5), [(ofport(5), 0)]);
    assert_eq!(from(0, 4), []);
    assert_eq!(from(0x1000 | 7, 5), [], "an unknown tag");
    assert_eq!(from(0x1000, 5), [(ofport(5), 0)], "a tag without a VLAN");
    assert_eq!(bridge.sent_by(3, &Frame::ping(mac(3), mac(4))).sent, []);
}

#[test]
fn what_a_sub_port_gets_has_its_tag() {
    let bridge = bridge();
    let to = |from, frame: &Frame| ends(&bridge.sent_by(from, frame));
    assert_eq!(to(4, &Frame::ping(mac(4), mac(3))), [(ofport(2), TAGGED)]);
    assert_eq!(to(5, &Frame::ping(mac(5), mac(2))), [(ofport(2), 0)]);
    let with_a_tag = tagged(Frame::ping(mac(5), mac(2)), TAGGED);
    assert_eq!(to(5, &with_a_tag), [], "it would be taken for another's");
    let broadcast = Frame::ping(mac(4), MacAddr::BROADCAST);
    assert_eq!(to(4, &broadcast), [(ofport(2), TAGGED)]);
    let own = tagged(Frame::ping(mac(3), MacAddr::BROADCAST), TAGGED);
    assert_eq!(to(2, &own), [(ofport(4), 0)], "not back to itself");
}

#[test]
fn the_bridge_answers_a_sub_port_with_its_tag() {
    let bridge = bridge();
    let question = Frame::arp_request(mac(3), ip(3), ip(4));
    let answer = bridge.sent_by(2, &tagged(question, TAGGED));
    assert_eq!(ends(&answer), [(ofport(2), TAGGED)]);
    assert_eq!(answer.sent[0].1.get(Field::ArpOp), 2);
}

#[test]
fn a_sub_port_comes_and_goes_with_its_parents_interface() {
    let mut bridge = bridge();
    let all = bridge.switch.flows();
    bridge.take([Input::Unplugged { port: port_id(2) }]);
    let frame = tagged(Frame::ping(mac(3), mac(4)), TAGGED);
    assert_eq!(bridge.sent_by(2, &frame).sent, []);
    let numbers = [2, 3].map(|number| u128::from(ofport(number).0));
    let about = |flow: &alcor_openflow::Flow| {
        let fields = [table::SENDER, table::RECEIVER];
        let mut named = fields
            .into_iter()
            .filter_map(|field| flow.key.matching.get(field));
        named.any(|(value, _)| numbers.contains(&value))
    };
    assert!(!bridge.switch.flows().iter().any(about));
    bridge.take([plug(2)]);
    assert_eq!(bridge.switch.flows(), all);
}

#[test]
fn one_tag_has_one_port_whatever_the_order_of_the_news() {
    let mut bridge = bridge();
    // Port 4 takes the tag before port 3 is said to have lost it.
    bridge.take([put(sub_port(4, TAG))]);
    let frame = || tagged(Frame::ping(mac(4), mac(3)), TAGGED);
    assert_eq!(bridge.sent_by(2, &frame()).sent, [], "to itself");
    bridge.take([put(port(3, 2))]);
    assert_eq!(ends(&bridge.sent_by(2, &frame())), [(ofport(3), 0)]);
    bridge.take([put(sub_port(3, 7))]);
    let moved = bridge.sent_by(2, &frame());
    assert_eq!(ends(&moved), [(ofport(2), 0x1007)], "by the same interface");
}

#[test]
fn a_trunk_leaves_nothing_behind() {
    let mut bridge = bridge();
    let without = |bridge: &mut Bridge| {
        let number = Input::Unplugged { port: port_id(3) };
        bridge.take([
            Input::Delete(GoalKey::Port(port_id(3))),
            number,
            put(port(2, 1)),
        ]);
    };
    without(&mut bridge);
    let plain = bridge.switch.flows();
    bridge.take([put(parent()), put(sub_port(3, TAG)), plug(3)]);
    assert_ne!(bridge.switch.flows(), plain);
    without(&mut bridge);
    assert_eq!(bridge.switch.flows(), plain);
}

#[test]
fn a_second_tag_chooses_no_vlan_of_a_physical_network() {
    let mut bridge = bridge();
    let physical_network = "outside".to_owned();
    let mut flat = vpc(2);
    flat.carrier = Carrier::Flat {
        physical_network: physical_network.clone(),
    };
    let ofport = Some(PortNo(30));
    let wire = Input::Wire {
        physical_network,
        ofport,
    };
    bridge.take([Input::Put(Goal::Vpc(flat)), wire]);
    let mut frame = tagged(Frame::ping(mac(3), mac(9)), TAGGED);
    assert_eq!(ends(&bridge.sent_by(2, &frame)), [(PortNo(30), 0)]);
    frame.set(Field::EthType, 0x8100);
    assert_eq!(bridge.sent_by(2, &frame).sent, []);
}
