//! What Nova hears of which changes.

use super::*;
use alcor_types::{Association, HostName, NetworkId, PortStatus, ProjectId, Standard};

const SERVER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f10";
const OTHER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f11";

fn vif(server: &str, host: Option<&str>, address: &str) -> Vif {
    Vif {
        server: server.to_owned(),
        host: host.map(HostName::from),
        admin_state_up: true,
        addresses: BTreeSet::from([address.parse().unwrap()]),
    }
}

fn word(host: &str, status: PortStatus) -> Said {
    let host = HostName::from(host);
    Said { host, status }
}

fn names(notices: &[Notice]) -> Vec<(EventName, &str, bool)> {
    let name = |notice: &'_ Notice| notice.event.name;
    let each = notices.iter().map(|notice| {
        let server = notice.event.server_uuid.as_str();
        (name(notice), server, notice.event.is_failure())
    });
    each.collect()
}

/// A tracker with one interface that Nova knows to be plugged.
fn plugged(port: PortId) -> Tracker {
    let mut tracker = Tracker::default();
    let active = Some(word("h1", PortStatus::Active));
    tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.5")), active);
    tracker
}

#[test]
fn a_port_is_plugged_once_when_its_own_host_says_so() {
    let port = PortId::random();
    let mut tracker = Tracker::default();
    let bound = vif(SERVER, Some("h1"), "10.0.0.5");
    assert_eq!(tracker.vif(port, Some(bound), None), []);
    assert_eq!(tracker.said(port, Some(word("h2", PortStatus::Active))), []);
    assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Build))), []);
    let notices = tracker.said(port, Some(word("h1", PortStatus::Active)));
    assert_eq!(names(&notices), [(EventName::Plugged, SERVER, false)]);
    assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Active))), []);
    assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Build))), []);
}

#[test]
fn a_host_that_fails_says_so_to_nova_and_may_recover() {
    let port = PortId::random();
    let mut tracker = Tracker::default();
    let failed = Some(word("h1", PortStatus::Error));
    let notices = tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.5")), failed);
    assert_eq!(names(&notices), [(EventName::Plugged, SERVER, true)]);
    let notices = tracker.said(port, Some(word("h1", PortStatus::Active)));
    assert_eq!(names(&notices), [(EventName::Plugged, SERVER, false)]);
}

#[test]
fn down_unbound_and_moved_ports_are_unplugged() {
    let port = PortId::random();
    let mut tracker = plugged(port);
    let notices = tracker.said(port, Some(word("h1", PortStatus::Down)));
    assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);

    let mut tracker = plugged(port);
    let notices = tracker.vif(port, Some(vif(SERVER, None, "10.0.0.5")), None);
    assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);

    let mut tracker = plugged(port);
    let moved = vif(SERVER, Some("h2"), "10.0.0.5");
    let notices = tracker.vif(port, Some(moved), Some(word("h1", PortStatus::Active)));
    assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);
}

#[test]
fn a_deleted_port_is_told_once_and_forgotten() {
    let port = PortId::random();
    let mut tracker = plugged(port);
    let notices = tracker.apply(Fact::PortGone(port), |_| None);
    assert_eq!(names(&notices), [(EventName::Deleted, SERVER, false)]);
    assert_eq!(notices[0].note, Note::Delete(port));
    assert_eq!(tracker.apply(Fact::StateGone(port), |_| None), []);
}

#[test]
fn new_addresses_are_a_change_of_the_network() {
    let port = PortId::random();
    let mut tracker = plugged(port);
    let active = Some(word("h1", PortStatus::Active));
    let notices = tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.6")), active);
    assert_eq!(names(&notices), [(EventName::Changed, SERVER, false)]);
}

#[test]
fn a_port_that_changes_servers_leaves_the_first() {
    let port = PortId::random();
    let mut tracker = plugged(port);
    let active = Some(word("h1", PortStatus::Active));
    let notices = tracker.vif(port, Some(vif(OTHER, Some("h1"), "10.0.0.5")), active);
    let expected = [
        (EventName::Unplugged, SERVER, false),
        (EventName::Plugged, OTHER, false),
    ];
    assert_eq!(names(&notices), expected);
}

#[test]
fn a_restart_tells_what_nova_has_not_heard_and_nothing_else() {
    let (heard, deleted) = (PortId::random(), PortId::random());
    let told = |port| Told {
        port,
        server: SERVER.to_owned(),
        plug: Plug::In,
        addresses: BTreeSet::from(["10.0.0.5".parse().unwrap()]),
        outside: BTreeSet::new(),
    };
    let mut tracker = Tracker::new([told(heard), told(deleted)]);
    let active = Some(word("h1", PortStatus::Active));
    let same = vif(SERVER, Some("h1"), "10.0.0.5");
    assert_eq!(tracker.vif(heard, Some(same), active), []);
    // The rest of the store's ports is none at all.
    let notices = tracker.replace(State::default());
    assert_eq!(notices.len(), 2);
    let mut gone: Vec<PortId> = notices.iter().map(|notice| notice.event.tag).collect();
    gone.sort();
    let mut expected = [heard, deleted];
    expected.sort();
    assert_eq!(gone, expected);
}

fn floating_ip(id: FloatingIpId, port: Option<PortId>, fixed: &str) -> Fact {
    let association = port.map(|port_id| Association {
        port_id,
        fixed_ip_address: fixed.parse().unwrap(),
    });
    Fact::FloatingIp(Box::new(FloatingIp {
        id,
        project_id: ProjectId::from("p"),
        standard: Standard::default(),
        floating_network_id: NetworkId::random(),
        floating_ip_address: "203.0.113.7".parse().unwrap(),
        floating_port_id: PortId::random(),
        association,
        router_id: None,
        dns_name: String::new(),
        dns_domain: String::new(),
        qos_policy_id: None,
    }))
}

#[test]
fn a_floating_ip_changes_the_network_of_both_its_ports_once() {
    let (port, id) = (PortId::random(), FloatingIpId::random());
    let mut tracker = plugged(port);
    let mut apply = |fact: Fact| names(&tracker.apply(fact, |_| None)).len();
    let associated = floating_ip(id, Some(port), "10.0.0.5");
    assert_eq!(apply(associated.clone()), 1);
    assert_eq!(apply(associated), 0);
    assert_eq!(apply(floating_ip(id, Some(port), "10.0.0.6")), 1);
    // The other is no server's.
    assert_eq!(
        apply(floating_ip(id, Some(PortId::random()), "10.0.0.9")),
        1
    );
    assert_eq!(apply(floating_ip(id, None, "")), 0);
    assert_eq!(apply(Fact::FloatingIpGone(id)), 0);
}

#[test]
fn a_port_that_becomes_a_servers_comes_with_its_floating_ips() {
    let (port, id) = (PortId::random(), FloatingIpId::random());
    let mut tracker = Tracker::default();
    assert_eq!(
        tracker.apply(floating_ip(id, Some(port), "10.0.0.5"), |_| None),
        []
    );
    let active = Some(word("h1", PortStatus::Active));
    let notices = tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.5")), active);
    assert_eq!(names(&notices), [(EventName::Plugged, SERVER, false)]);
    let notices = tracker.apply(Fact::FloatingIpGone(id), |_| None);
    assert_eq!(names(&notices), [(EventName::Changed, SERVER, false)]);
}

#[test]
fn what_was_noted_before_floating_ips_is_read() {
    let (port, server) = (PortId::random(), SERVER.to_owned());
    let addresses = BTreeSet::from(["10.0.0.5".parse::<IpAddr>().unwrap()]);
    let row = postcard::to_allocvec(&(port, &server, Plug::In, &addresses)).unwrap();
    let told = <Told as alcor_managers::records::Record>::migrate(1, &row).unwrap();
    let outside = BTreeSet::new();
    let expected = Told {
        port,
        server,
        plug: Plug::In,
        addresses,
        outside,
    };
    assert_eq!(told, expected);
    assert_eq!(
        <Told as alcor_managers::records::Record>::migrate(3, &row),
        None
    );
}
