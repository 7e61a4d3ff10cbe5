//! The cache of monitored tables, by every kind of monitor.

use std::sync::Arc;

use alcor_ovsdb::vswitch::DATABASE;
use alcor_ovsdb::{
    Change, Connection, Datum, Monitor, MonitorEvent, MonitorRequest, Mutation, Mutator, Operation,
    Options, Row, Tables,
};
use tokio::time::timeout;

use crate::harness::{DEADLINE, Switch};
use crate::proxy;

fn request() -> MonitorRequest {
    MonitorRequest::new()
        .table(
            "Bridge",
            &[
                "name",
                "fail_mode",
                "protocols",
                "external_ids",
                "ports",
                "stp_enable",
            ],
        )
        .table(
            "Open_vSwitch",
            &["next_cfg", "bridges", "external_ids", "ovs_version"],
        )
}

async fn set(connection: &Connection, column: &str, value: Datum) {
    let mut row = Row::new();
    row.set(column, value);
    let set = Operation::update("Bridge", vec![], row);
    connection.transact(DATABASE, &[set]).await.expect("update");
}

async fn add_one(connection: &Connection) {
    let add = Mutation::new("next_cfg", Mutator::Add, 1);
    let add = Operation::mutate("Open_vSwitch", vec![], vec![add]);
    connection.transact(DATABASE, &[add]).await.expect("mutate");
}

/// Waits until the monitored tables are those that a fresh monitor reads.
async fn agrees(monitor: &mut Monitor, switch: &Switch) -> Arc<Tables> {
    let fresh = switch
        .connect()
        .await
        .monitor(DATABASE, &request())
        .await
        .expect("monitor");
    let fresh = fresh.tables();
    let wait = async {
        while monitor.tables() != fresh {
            monitor.next().await.expect("event");
        }
    };
    assert!(
        timeout(DEADLINE, wait).await.is_ok(),
        "{:?} is not {fresh:?}",
        monitor.tables()
    );
    fresh
}

/// Sets, maps, optional and scalar columns, each grown, shrunk and emptied.
async fn follows_changes(switch: &Switch, monitor: &mut Monitor) {
    let connection = switch.connect().await;
    switch
        .vsctl("--no-wait add-br br0 -- add-br br1 -- set bridge br1 protocols=OpenFlow10")
        .await;
    let tables = agrees(monitor, switch).await;
    assert_eq!(tables.rows("Bridge").count(), 2);
    let none: [&str; 0] = [];
    let steps = [
        ("protocols", Datum::set(["OpenFlow10", "OpenFlow13"])),
        ("protocols", Datum::set(["OpenFlow13", "OpenFlow14"])),
        ("protocols", Datum::set(["OpenFlow15"])),
        ("protocols", Datum::set(none)),
        ("external_ids", Datum::map([("a", "1"), ("b", "2")])),
        ("external_ids", Datum::map([("a", "9"), ("c", "3")])),
        ("external_ids", Datum::map([("c", "3")])),
        ("external_ids", Datum::map::<&str, &str>([])),
        ("fail_mode", Datum::set(["secure"])),
        ("fail_mode", Datum::set(["standalone"])),
        ("fail_mode", Datum::empty()),
        ("stp_enable", Datum::from(true)),
        ("stp_enable", Datum::from(false)),
    ];
    for (column, value) in steps {
        set(&connection, column, value.clone()).await;
        let tables = agrees(monitor, switch).await;
        assert!(
            tables
                .rows("Bridge")
                .all(|(_, row)| row.get(column) == Some(&value)),
            "{column}"
        );
    }
    switch
        .vsctl("--no-wait del-br br0 -- add-port br1 p1")
        .await;
    assert_eq!(agrees(monitor, switch).await.rows("Bridge").count(), 1);
}

async fn follows_changes_without(unknown: &'static [&'static str]) {
    let switch = Switch::database().await;
    let proxy = proxy::without(&switch, unknown).await;
    let connection = Connection::connect(&proxy.endpoint, Options::default()).await;
    let connection = connection.expect("connect by tcp");
    let mut monitor = connection
        .monitor(DATABASE, &request())
        .await
        .expect("monitor");
    follows_changes(&switch, &mut monitor).await;
}

#[tokio::test]
async fn monitor_cond_since_follows_changes() {
    follows_changes_without(&[]).await;
}

#[tokio::test]
async fn monitor_cond_follows_changes() {
    follows_changes_without(&["monitor_cond_since"]).await;
}

#[tokio::test]
async fn plain_monitor_follows_changes() {
    follows_changes_without(&["monitor_cond_since", "monitor_cond"]).await;
}

#[tokio::test]
async fn row_changes_tell_old_and_new() {
    let switch = Switch::database().await;
    let connection = switch.connect().await;
    let mut monitor = connection
        .monitor(DATABASE, &request())
        .await
        .expect("monitor");
    switch
        .vsctl("--no-wait add-br br0 -- set bridge br0 fail_mode=secure")
        .await;
    set(&connection, "fail_mode", Datum::from("standalone")).await;
    switch.vsctl("--no-wait del-br br0").await;
    let mut seen = Vec::new();
    let collect = async {
        while seen.len() < 3 {
            let MonitorEvent::Changed(changes) = monitor.next().await.expect("event") else {
                panic!("no overflow was to be expected");
            };
            let bridges = changes
                .into_iter()
                .filter(|change| change.table == "Bridge");
            seen.extend(bridges.map(|change| change.change));
        }
    };
    timeout(DEADLINE, collect)
        .await
        .expect("three changes of the bridge");
    let mode = |row: &Row| row.text("fail_mode").map(str::to_owned);
    let modes: Vec<_> = seen
        .iter()
        .map(|change| match change {
            Change::Inserted(row) => (None, mode(row)),
            Change::Modified { old, new } => (mode(old), mode(new)),
            Change::Deleted(row) => (mode(row), None),
        })
        .collect();
    let (secure, standalone) = (Some("secure".to_owned()), Some("standalone".to_owned()));
    let expected = [
        (None, secure.clone()),
        (secure, standalone.clone()),
        (standalone, None),
    ];
    assert_eq!(modes, expected);
}

#[tokio::test]
async fn a_slow_reader_is_told_to_read_again_and_loses_nothing() {
    let switch = Switch::database().await;
    let options = Options {
        max_changes: 3,
        ..Options::default()
    };
    let connection = Connection::connect(&switch.endpoint(), options)
        .await
        .expect("connect");
    let mut monitor = connection
        .monitor(DATABASE, &request())
        .await
        .expect("monitor");
    for _ in 0..10 {
        add_one(&connection).await;
    }
    let events = async {
        let mut reread = false;
        let next_cfg = |tables: &Tables| {
            tables
                .rows("Open_vSwitch")
                .next()
                .and_then(|(_, row)| row.integer("next_cfg"))
        };
        while next_cfg(&monitor.tables()) != Some(10) || !reread {
            reread |= monitor.next().await.expect("event") == MonitorEvent::Reread;
        }
    };
    timeout(DEADLINE, events)
        .await
        .expect("the overflow is told");
    add_one(&connection).await;
    agrees(&mut monitor, &switch).await;
}

#[tokio::test]
async fn an_unknown_column_is_named() {
    let switch = Switch::database().await;
    let connection = switch.connect().await;
    let request = MonitorRequest::new().table("Bridge", &["colour"]);
    let error = connection
        .monitor(DATABASE, &request)
        .await
        .expect_err("no such column");
    assert!(
        error
            .to_string()
            .contains("table Bridge has no column colour"),
        "{error}"
    );
}
