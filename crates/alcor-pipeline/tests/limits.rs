//! What bounds and marks a port's traffic, in the bridge.

mod support;

use alcor_goalstate::{Goal, PortGoal};
use alcor_openflow::{Action, Field, FlowMod, Message};
use alcor_pipeline::{Input, Pipeline, table};
use alcor_types::MacAddr;
use bytes::BytesMut;
use support::bridge::{Bridge, ofport, plug, tunnel};
use support::frame::Frame;
use support::goals::*;

/// Ports 2 and 3 of network 1 on this host.
fn bridge() -> Bridge {
    let ports = [2, 3]
        .into_iter()
        .flat_map(|id| [put(port(id, 1)), plug(id)]);
    Bridge::new([tunnel(), put(vpc(1))].into_iter().chain(ports))
}

/// Port 2 with limits of a shape.
fn bounded(shape: u8) -> [Input; 1] {
    [put(PortGoal {
        limits: limits(shape).into(),
        ..port(2, 1)
    })]
}

fn ping(from: u8, to: u8) -> Frame {
    Frame::ping(mac(from), mac(to))
}

#[test]
fn a_bounded_port_is_metered_both_ways_and_others_are_not() {
    let mut bridge = bridge();
    let before = bridge.switch.flows();
    bridge.take(bounded(7));
    // Packets before bits.
    let first = 4 * ofport(2).0;
    assert_eq!(bridge.sent_by(2, &ping(2, 3)).metered, [first + 1, first]);
    let into = [first + 3, first + 2];
    assert_eq!(bridge.sent_by(3, &ping(3, 2)).metered, into);
    let broadcast = Frame::ping(mac(3), MacAddr::BROADCAST);
    assert_eq!(bridge.sent_by(3, &broadcast).metered, into);
    assert_eq!(bridge.sent_by(3, &broadcast).sent.len(), 1);

    bridge.take(bounded(0));
    assert_eq!(bridge.switch.flows(), before, "limits leave nothing behind");
    assert!(bridge.switch.meters().is_empty());
}

#[test]
fn a_port_that_goes_takes_its_meters_along() {
    for end in [
        Input::Delete(alcor_goalstate::GoalKey::Port(port_id(2))),
        Input::Unplugged { port: port_id(2) },
        Input::Delete(alcor_goalstate::GoalKey::Vpc(vpc_id(1))),
    ] {
        let mut bridge = bridge();
        bridge.take(bounded(7));
        assert_eq!(bridge.switch.meters().len(), 4);
        bridge.take([end]);
        assert!(bridge.switch.meters().is_empty());
    }
}

#[test]
fn a_rate_that_changes_changes_no_flow() {
    let mut pipeline = Pipeline::new();
    let goals = [put(vpc(1)), plug(2)].into_iter().chain(bounded(1));
    goals.for_each(|input| pipeline.apply(&input));
    pipeline.take_changes();
    pipeline.apply(&bounded(1 + 16)[0]);
    let changes = pipeline.take_changes();
    assert_eq!((changes.add.len(), changes.delete.len()), (0, 0));
    assert_eq!(
        (changes.meters.put.len(), changes.meters.delete.len()),
        (1, 0)
    );
}

#[test]
fn what_a_port_sends_is_marked_but_for_arp() {
    let mut bridge = bridge();
    bridge.take(bounded(8));
    let mark = |frame: &Frame, from| {
        let outcome = bridge.sent_by(from, frame);
        assert_eq!(outcome.sent.len(), 1);
        outcome.sent[0].1.get(Field::IpDscp)
    };
    assert_eq!(mark(&ping(2, 3), 2), 46);
    assert_eq!(mark(&ping(3, 2), 3), 0);
    let other = bridge.switch.flows();
    let marks = other
        .iter()
        .filter(|flow| flow.key.table == table::EGRESS_MARK);
    let families = marks.filter_map(|flow| flow.key.matching.get(Field::EthType));
    let mut families: Vec<_> = families.map(|(family, _)| family).collect();
    families.sort_unstable();
    assert_eq!(families, [0x0800, 0x86dd]);
}

/// A meter that drops takes the packet out of all that follows, also what is for others.
#[test]
fn a_bounded_receiver_of_a_broadcast_has_a_copy_of_its_own() {
    let mut bridge = bridge();
    bridge.take(bounded(4));
    let flows = bridge.switch.flows();
    let mut lists = flows
        .iter()
        .filter(|flow| flow.key.table == table::FLOOD_LOCAL);
    let list = lists.find(|flow| flow.key.priority == table::MATCH);
    let actions = list.map_or(&[][..], |flow| &flow.instructions.apply);
    let copies = |action: &&Action| matches!(action, Action::Clone(_));
    assert_eq!(actions.iter().filter(copies).count(), 1, "{actions:?}");
}

#[test]
fn thousands_of_bounded_receivers_fit_flow_mods() {
    let mut pipeline = Pipeline::new();
    pipeline.apply(&put(vpc(1)));
    for number in 0..1200_u32 {
        let id = alcor_types::PortId(uuid::Uuid::from_u128(number.into()));
        let goal = PortGoal {
            id,
            limits: limits(7).into(),
            ..port(2, 1)
        };
        pipeline.apply(&Input::Put(Goal::Port(goal)));
        let ofport = alcor_openflow::PortNo(number + 1);
        pipeline.apply(&Input::Plugged { port: id, ofport });
    }
    for flow in pipeline.desired() {
        let message = Message::FlowMod(FlowMod::add(flow));
        assert_eq!(message.encode(1, &mut BytesMut::new()), Ok(()));
    }
}
