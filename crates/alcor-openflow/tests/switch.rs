//! The connection against a real Open vSwitch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of a test, which the lint settings do not see as one"
)]

mod samples;
mod support;

use alcor_openflow::{
    Action, BundleItem, CommitError, Connection, Controller, Disconnect, Event, Events, Flow,
    FlowMod, FlowRequest, GroupMod, Match, Meter, MeterMod, MeterUnit, PacketOut, PortNo,
    RequestError, Settings,
};
use std::collections::BTreeMap;
use std::time::Duration;
use support::Switch;

const PATIENCE: Duration = Duration::from_secs(30);

async fn next(events: &mut Events) -> Event {
    let event = tokio::time::timeout(PATIENCE, events.recv()).await;
    event.expect("an event in time").expect("an event")
}

fn adds(flows: &[Flow]) -> Vec<BundleItem> {
    let items = flows.iter().cloned().map(FlowMod::add);
    items.map(BundleItem::from).collect()
}

/// A flow of the kind a host has thousands of: one remote neighbour.
fn neighbour(number: u32) -> Flow {
    let matching = Match::new().metadata(100).reg(1, number);
    Flow::new(9, 100, matching)
        .cookie(0xc0)
        .apply([Action::output(PortNo(1))])
}

#[tokio::test]
async fn a_handshake_tells_what_the_switch_is() {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    assert!(client.features().tables > 200);
    client.barrier().await.unwrap();
    let description = client.description().await.unwrap();
    assert_eq!(description.hardware, "Open vSwitch");
    let ports = client.port_desc().await.unwrap();
    assert_eq!(ports.len(), 1);
    assert_eq!(
        (ports[0].number, ports[0].name.as_str()),
        (PortNo::LOCAL, "br0")
    );
    let stats = client.port_stats(PortNo::ANY).await.unwrap();
    assert_eq!(stats[0].number, PortNo::LOCAL);
}

#[tokio::test]
async fn every_match_and_action_comes_back_equal() {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let matches = samples::matches().into_iter();
    let mut flows: Vec<Flow> = matches
        .zip(1000..)
        .map(|((matching, _), priority)| {
            Flow::new(1, priority, matching).apply([Action::output(PortNo(1))])
        })
        .collect();
    let actions = samples::actions().into_iter();
    flows.extend(
        actions
            .zip(5000..)
            .map(|((matching, actions, _), priority)| {
                Flow::new(2, priority, matching).cookie(7).apply(actions)
            }),
    );
    let mut options = Flow::new(3, 1, Match::new())
        .cookie(u64::MAX - 1)
        .idle_timeout(500)
        .hard_timeout(600)
        .apply([Action::output(PortNo(2))])
        .write_metadata(0x10, 0xf0)
        .goto(8);
    options.instructions.clear_actions = true;
    flows.push(options);

    client.commit(adds(&flows)).await.unwrap();
    let dumped = client.dump_flows(FlowRequest::all()).await.unwrap();
    let found: BTreeMap<_, _> = dumped
        .into_iter()
        .map(|stats| (stats.flow.key.clone(), stats.flow))
        .collect();
    let missing: Vec<_> = flows
        .iter()
        .filter(|flow| found.get(&flow.key) != Some(flow))
        .map(|flow| {
            let same_priority = found.values().find(|f| f.key.priority == flow.key.priority);
            format!("sent {flow:#?}\ngot {same_priority:#?}\n")
        })
        .collect();
    assert!(missing.is_empty(), "{}", missing.concat());
    assert_eq!(found.len(), flows.len());

    // What was read back names the same flow in a strict delete.
    let deletes = found.into_keys().map(FlowMod::delete_strict);
    let deletes = deletes.map(BundleItem::from).collect();
    client.commit(deletes).await.unwrap();
    assert_eq!(client.aggregate(FlowRequest::all()).await.unwrap().flows, 0);
}

#[tokio::test]
async fn ten_thousand_flows_in_one_bundle() {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let flows: Vec<Flow> = (0..10_000).map(neighbour).collect();
    client.commit(adds(&flows)).await.unwrap();
    let dumped = client.dump_flows(FlowRequest::all()).await.unwrap();
    let mut dumped: Vec<Flow> = dumped.into_iter().map(|stats| stats.flow).collect();
    dumped.sort();
    let mut expected = flows;
    expected.sort();
    assert!(dumped == expected, "{} flows came back", dumped.len());
    let tables = client.tables().await.unwrap();
    assert_eq!(tables.iter().find(|t| t.table == 9).unwrap().active, 10_000);

    let sweep = FlowMod::delete(None, Match::new()).only_cookie(0xc0, u64::MAX);
    client.flow_mod(sweep).await.unwrap();
    assert_eq!(client.aggregate(FlowRequest::all()).await.unwrap().flows, 0);
}

/// Commits a bundle whose item 7 is `bad`, and expects that nothing of it is applied.
async fn expect_atomic(bad: Flow) {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let mut flows: Vec<Flow> = (0..20).map(neighbour).collect();
    flows[7] = bad;
    match client.commit(adds(&flows)).await {
        Err(CommitError::Item { index: 7, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(client.aggregate(FlowRequest::all()).await.unwrap().flows, 0);
    // The connection is as good as before.
    flows.remove(7);
    client.commit(adds(&flows)).await.unwrap();
    assert_eq!(
        client.aggregate(FlowRequest::all()).await.unwrap().flows,
        19
    );
}

#[tokio::test]
async fn an_item_the_switch_cannot_decode_spoils_the_bundle() {
    // The prerequisite, an Ethernet type, is missing.
    expect_atomic(Flow::new(1, 1, Match::new().udp_dst(67))).await;
}

#[tokio::test]
async fn an_item_that_fails_at_commit_spoils_the_bundle() {
    // There is no group 99, which shows only when the actions are checked.
    expect_atomic(Flow::new(1, 1, Match::new()).apply([Action::Group(99)])).await;
}

#[tokio::test]
async fn an_item_beyond_the_size_of_a_message_is_named() {
    let actions = std::iter::repeat_n(Action::output(PortNo(1)), 5000);
    let too_long = Flow::new(1, 1, Match::new()).apply(actions);
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let result = client.commit(adds(&[neighbour(1), too_long])).await;
    assert!(
        matches!(result, Err(CommitError::Encode { index: 1, .. })),
        "{result:?}"
    );
    assert_eq!(client.aggregate(FlowRequest::all()).await.unwrap().flows, 0);
}

#[tokio::test]
async fn groups_come_back_equal_and_may_be_used_in_their_own_bundle() {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let groups = samples::groups();
    let mut items: Vec<BundleItem> = groups
        .iter()
        .cloned()
        .map(|g| GroupMod::Add(g).into())
        .collect();
    let flow = Flow::new(1, 1, Match::new()).apply([Action::Group(2)]);
    items.push(FlowMod::add(flow.clone()).into());
    client.commit(items).await.unwrap();
    let mut found = client.dump_groups().await.unwrap();
    found.sort_by_key(|group| group.id);
    assert_eq!(found, groups);
    let flows = client.dump_flows(FlowRequest::all()).await.unwrap();
    assert_eq!(flows[0].flow, flow);
    client.group_mod(GroupMod::DeleteAll).await.unwrap();
    assert_eq!(client.dump_groups().await.unwrap(), []);
}

#[tokio::test]
async fn meters_come_back_equal() {
    let switch = Switch::start();
    let (client, _events) = switch.connect().await;
    let meter = Meter {
        id: 3,
        unit: MeterUnit::Kilobits,
        rate: 5000,
        burst: Some(500),
    };
    client.meter_mod(MeterMod::Add(meter)).await.unwrap();
    let twice = client.meter_mod(MeterMod::Add(meter)).await;
    assert!(matches!(twice, Err(RequestError::Refused(_))), "{twice:?}");
    let packets = Meter {
        unit: MeterUnit::Packets,
        ..meter
    };
    client.meter_mod(MeterMod::Modify(packets)).await.unwrap();
    assert_eq!(client.dump_meters().await.unwrap(), [packets]);
    let limited = Flow::new(1, 1, Match::new()).meter(3).goto(4);
    client
        .flow_mod(FlowMod::add(limited.clone()))
        .await
        .unwrap();
    let flows = client.dump_flows(FlowRequest::all()).await.unwrap();
    assert_eq!(flows[0].flow, limited);
    client.meter_mod(MeterMod::Delete(3)).await.unwrap();
    assert_eq!(client.dump_meters().await.unwrap(), []);
}

#[tokio::test]
async fn a_packet_visits_the_controller_and_goes_on() {
    let switch = Switch::start();
    let (client, mut events) = switch.connect().await;
    let pause = Controller::with_userdata(&b"who\0am i"[..]).paused();
    let marked = Match::new().reg(5, 0x55);
    let flows = [
        Flow::new(0, 1, Match::new()).cookie(0xa).apply([
            Action::set(alcor_openflow::Field::Reg5, 0x55u32),
            pause.into(),
            Action::resubmit(1),
        ]),
        Flow::new(1, 1, marked)
            .cookie(0xb)
            .apply([Action::output(PortNo::CONTROLLER)]),
    ];
    client.commit(adds(&flows)).await.unwrap();
    let frame = vec![0xab; 80];
    let out = PacketOut {
        in_port: PortNo::LOCAL,
        actions: vec![Action::output(PortNo::TABLE)],
        data: frame.clone().into(),
    };
    client.packet_out(out).await.unwrap();
    let Event::PacketIn(first) = next(&mut events).await else {
        panic!("no packet-in");
    };
    assert_eq!(&first.userdata[..], b"who\0am i");
    assert_eq!((&first.data[..], first.total_len), (&frame[..], 80));
    assert_eq!(
        (first.in_port(), first.table, first.reason),
        (Some(PortNo::LOCAL), 0, 1)
    );
    assert_eq!(
        first.metadata.get(alcor_openflow::Field::Reg5),
        Some((0x55, 0xffff_ffff))
    );
    client.resume(first.continuation.unwrap()).await.unwrap();
    let Event::PacketIn(second) = next(&mut events).await else {
        panic!("no packet-in after the resume");
    };
    assert_eq!(
        (second.table, second.cookie, second.continuation),
        (1, Some(0xb), None)
    );
    assert_eq!(&second.data[..], &frame[..]);
}

#[tokio::test]
async fn refusals_reach_the_one_who_asked() {
    let switch = Switch::start();
    let (client, mut events) = switch.connect().await;
    let bad = FlowMod::add(Flow::new(1, 1, Match::new().tcp_src(1)));
    let good = FlowMod::add(neighbour(1));
    let (bad, good) = tokio::join!(client.flow_mod(bad), client.flow_mod(good));
    let Err(RequestError::Refused(error)) = bad else {
        panic!("{bad:?}");
    };
    assert_eq!((error.kind, error.failed_kind()), (4, Some(14)));
    good.unwrap();
    let nowhere = PacketOut::to_port(PortNo(0xffff_ff55), vec![0; 60]);
    client.packet_out(nowhere).await.unwrap();
    assert!(matches!(next(&mut events).await, Event::Refused(_)));
    client.flush_zone(7).await.unwrap();
}

#[tokio::test]
async fn removed_flows_are_reported() {
    let switch = Switch::start();
    let (client, mut events) = switch.connect().await;
    let flow = neighbour(4).flags(alcor_openflow::FlowFlags::SEND_FLOW_REMOVED);
    client.flow_mod(FlowMod::add(flow.clone())).await.unwrap();
    let delete = FlowMod::delete_strict(flow.key.clone());
    client.flow_mod(delete).await.unwrap();
    let Event::FlowRemoved(removed) = next(&mut events).await else {
        panic!("no flow-removed");
    };
    assert_eq!((removed.key, removed.cookie), (flow.key, flow.cookie));
}

#[tokio::test]
async fn a_flood_of_packet_ins_blocks_nothing() {
    let switch = Switch::start();
    let settings = Settings {
        event_queue: 8,
        ..Settings::default()
    };
    let connected = Connection::connect(&switch.endpoint(), settings).await;
    let (client, mut events) = connected.unwrap();
    let all = Flow::new(0, 1, Match::new()).apply([Action::output(PortNo::CONTROLLER)]);
    client.flow_mod(FlowMod::add(all)).await.unwrap();
    for _ in 0..100 {
        let out = PacketOut {
            in_port: PortNo::LOCAL,
            actions: vec![Action::output(PortNo::TABLE)],
            data: vec![0; 60].into(),
        };
        client.packet_out(out).await.unwrap();
    }
    // Answers still come, although nobody takes the packet-ins.
    client.barrier().await.unwrap();
    let mut taken = 0;
    while taken + client.dropped_packet_ins() < 100 {
        assert!(matches!(next(&mut events).await, Event::PacketIn(_)));
        taken += 1;
    }
    assert!(client.dropped_packet_ins() >= 80, "{taken} were queued");
}

#[tokio::test]
async fn an_idle_connection_is_kept_alive_by_echoes() {
    let switch = Switch::start();
    let settings = Settings {
        echo_interval: Duration::from_millis(20),
        dead_after: Duration::from_secs(10),
        ..Settings::default()
    };
    let connected = Connection::connect(&switch.endpoint(), settings).await;
    let (client, mut events) = connected.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(500), events.recv()).await;
    assert!(silence.is_err(), "{silence:?}");
    client.barrier().await.unwrap();
}

#[tokio::test]
async fn the_death_of_the_daemon_is_noticed() {
    let mut switch = Switch::start();
    let (client, mut events) = switch.connect().await;
    switch.kill_daemon();
    let event = next(&mut events).await;
    assert!(matches!(event, Event::Disconnected(_)), "{event:?}");
    assert!(events.recv().await.is_none());
    assert!(client.is_closed());
    let result = client.barrier().await;
    assert!(
        matches!(result, Err(RequestError::Disconnected(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn dropping_the_last_client_ends_the_connection() {
    let switch = Switch::start();
    let (client, mut events) = switch.connect().await;
    let other = client.clone();
    drop(client);
    other.barrier().await.unwrap();
    drop(other);
    assert_eq!(
        next(&mut events).await,
        Event::Disconnected(Disconnect::Closed)
    );
}
