//! What the API shows of a port as hosts report.

use crate::region::Region;
use alcor_managers::port::{self, CreatePort, PortView, UpdatePort, record_states};
use alcor_types::{HostName, Port, PortState, PortStatus, Revision};

fn view(region: &Region, port: &Port) -> PortView {
    port::state(&region.store.snapshot(), port).unwrap()
}

fn say(region: &Region, port: &Port, host: &str, status: PortStatus, revision: u64) {
    let state = PortState {
        id: port.id,
        host: host.into(),
        status,
        reason: String::new(),
        revision: Revision(revision),
    };
    region
        .run(move |txn, _| record_states(txn, std::slice::from_ref(&state)))
        .unwrap();
}

fn move_to(region: &Region, port: &Port, host: Option<&str>) -> Port {
    let host = Some(host.map(HostName::from));
    region
        .update_port(
            port,
            UpdatePort {
                host,
                ..UpdatePort::default()
            },
        )
        .unwrap()
}

#[test]
fn an_unknown_host_is_a_clear_state_and_heals_itself() {
    let region = Region::new();
    let network = region.network();
    let port = region.port(&network);
    let seen = view(&region, &port);
    assert_eq!((seen.status, seen.vif_type), (PortStatus::Down, "unbound"));
    let port = move_to(&region, &port, Some("host1"));
    let seen = view(&region, &port);
    assert_eq!(
        (seen.status, seen.vif_type),
        (PortStatus::Down, "binding_failed")
    );
    assert!(seen.reason.contains("host1"));
    region.node("host1");
    assert_eq!(view(&region, &port).vif_type, "ovs");
}

#[test]
fn only_the_present_hosts_newest_word_counts() {
    let region = Region::new();
    region.node("host1");
    region.node("host2");
    let port = region.port(&region.network());
    let port = move_to(&region, &port, Some("host1"));
    say(&region, &port, "host1", PortStatus::Active, 5);
    assert_eq!(view(&region, &port).status, PortStatus::Active);
    say(&region, &port, "host1", PortStatus::Error, 4);
    assert_eq!(
        view(&region, &port).status,
        PortStatus::Active,
        "an older word"
    );
    say(&region, &port, "host2", PortStatus::Error, 9);
    assert_eq!(
        view(&region, &port).status,
        PortStatus::Active,
        "another host's word"
    );
    let port = move_to(&region, &port, Some("host2"));
    assert_eq!(
        view(&region, &port).status,
        PortStatus::Down,
        "not verified there yet"
    );
    say(&region, &port, "host1", PortStatus::Active, 10);
    assert_eq!(
        view(&region, &port).status,
        PortStatus::Down,
        "a word of the host it left"
    );
    let port = move_to(&region, &port, Some("host1"));
    assert_eq!(
        view(&region, &port).status,
        PortStatus::Down,
        "the old word is forgotten"
    );
}

#[test]
fn a_repeated_word_is_not_written_and_a_gone_port_has_no_state() {
    let region = Region::new();
    region.node("host1");
    let network = region.network();
    let port = region
        .create_port(CreatePort {
            host: Some("host1".into()),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    say(&region, &port, "host1", PortStatus::Active, 5);
    let written = region.store.revision();
    say(&region, &port, "host1", PortStatus::Active, 5);
    assert_eq!(region.store.revision(), written);
    region.delete_port(&port).unwrap();
    let gone = region.store.revision();
    say(&region, &port, "host1", PortStatus::Active, 6);
    assert_eq!(region.store.revision(), gone);
}

#[test]
fn a_port_switched_off_is_down() {
    let region = Region::new();
    region.node("host1");
    let network = region.network();
    let port = region
        .create_port(CreatePort {
            host: Some("host1".into()),
            admin_state_up: Some(false),
            ..CreatePort::new(network.id)
        })
        .unwrap();
    say(&region, &port, "host1", PortStatus::Active, 5);
    assert_eq!(view(&region, &port).status, PortStatus::Down);
}
