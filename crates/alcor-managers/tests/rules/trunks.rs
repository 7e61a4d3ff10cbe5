//! The tags of sub-ports: chosen, or those of their networks; and what a trunk's status says.

use crate::provider::{network, of, provider};
use crate::region::{Region, refused};
use alcor_managers::network::CreateNetwork;
use alcor_managers::port::{self, UpdatePort, record_states};
use alcor_managers::segment::TransportRequest;
use alcor_managers::trunk::{self, CreateTrunk, SubPortRequest, Tag, TrunkStatus};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_types::{NO_WIRE, PortId, PortState, PortStatus, Revision, SubPort, Trunk};
use std::collections::BTreeSet;

/// A port on a network of its own, whose frames fit through any other.
fn port_on(region: &Region, provider: TransportRequest) -> PortId {
    let small = CreateNetwork {
        mtu: Some(1400),
        ..network(provider)
    };
    region.port(&region.create_network(small).unwrap()).id
}

fn vlan(region: &Region, physical_network: &str, id: i64) -> PortId {
    port_on(region, of("vlan", Some(physical_network), Some(id)))
}

fn inherit(port_id: PortId) -> SubPortRequest {
    let tag = Tag::Inherit;
    SubPortRequest { port_id, tag }
}

/// A trunk of a new port.
fn create(region: &Region, sub_ports: Vec<SubPortRequest>) -> Result<Trunk, ApiError> {
    let request = CreateTrunk {
        project_id: None,
        name: String::new(),
        description: String::new(),
        tags: BTreeSet::new(),
        admin_state_up: None,
        port_id: region.port(&region.network()).id,
        sub_ports,
    };
    let make = move |txn: &mut alcor_store::Txn<'_>, settings: &Settings| {
        trunk::create(txn, &request, &Caller::admin(), settings)
    };
    region.run(make)
}

#[test]
fn a_sub_port_inherits_the_vlan_of_its_network() {
    let region = Region::with(provider());
    let (one, two) = (
        vlan(&region, "physnet1", 100),
        vlan(&region, "physnet1", 200),
    );
    let chosen = SubPortRequest {
        port_id: two,
        tag: Tag::Vlan(7),
    };
    let trunk = create(&region, vec![inherit(one), chosen]).unwrap();
    let of = |port_id, vlan| SubPort { port_id, vlan };
    assert_eq!(trunk.sub_ports, [of(one, 100), of(two, 7)]);
    let later = vlan(&region, "physnet1", 300);
    let add = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
        trunk::add_sub_ports(txn, trunk.id, &[inherit(later)], &Caller::admin())
    };
    let grown = region.run(add).unwrap();
    assert_eq!(grown.sub_ports.last(), Some(&of(later, 300)));
}

#[test]
fn two_networks_with_the_same_vlan_do_not_share_a_trunk() {
    let region = Region::with(provider());
    let one = vlan(&region, "physnet1", 100);
    let same = vlan(&region, "bare", 100);
    let both = create(&region, vec![inherit(one), inherit(same)]);
    refused(both, "DuplicateSubPort", 409);
}

#[test]
fn what_has_no_single_vlan_cannot_be_inherited() {
    let region = Region::with(provider());
    let several = CreateNetwork {
        segments: vec![
            of("vlan", Some("physnet1"), Some(8)),
            of("vlan", Some("bare"), Some(8)),
        ],
        ..CreateNetwork::default()
    };
    let several = region.create_network(several).unwrap();
    for (port, words) in [
        (
            port_on(&region, of("vxlan", None, None)),
            "is of type vxlan",
        ),
        (region.port(&several).id, "has 2 segments"),
    ] {
        let refusal = create(&region, vec![inherit(port)]);
        let message = refusal.as_ref().unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
        refused(refusal, "InvalidInput", 400);
    }
    let unknown = inherit(PortId::random());
    refused(create(&region, vec![unknown]), "PortNotFound", 404);
}

/// What a host says of a port.
fn say(region: &Region, port: PortId, status: PortStatus, reason: &str) {
    let state = PortState {
        id: port,
        host: "host1".into(),
        status,
        reason: reason.to_owned(),
        revision: Revision(1),
    };
    let note = move |txn: &mut alcor_store::Txn<'_>, _: &Settings| {
        record_states(txn, std::slice::from_ref(&state))
    };
    region.run(note).unwrap();
}

#[test]
fn a_trunks_status_is_what_its_host_says_of_its_ports() {
    use PortStatus::{Active, Down, Error};
    let region = Region::with(provider());
    let (one, two) = (
        vlan(&region, "physnet1", 100),
        vlan(&region, "physnet1", 200),
    );
    let made = create(&region, vec![inherit(one), inherit(two)]).unwrap();
    let own = made.port_id;
    let status = || trunk::state(&region.store.snapshot(), &made).unwrap();
    assert_eq!(status(), TrunkStatus::Down, "on no host");
    let caller = Caller::admin();
    let parent = port::get(&region.store.snapshot(), own, &caller).unwrap();
    let update = |request| region.update_port(&parent, request).unwrap();
    update(UpdatePort {
        host: Some(Some("host1".into())),
        ..UpdatePort::default()
    });
    assert_eq!(status(), TrunkStatus::Error, "there is no such host");
    region.node("host1");
    assert_eq!(status(), TrunkStatus::Build, "nothing is heard of it");
    let steps = [
        (own, Down, "no interface", TrunkStatus::Down),
        (one, Down, "no interface", TrunkStatus::Down),
        (own, Active, "", TrunkStatus::Build),
        (one, Active, "", TrunkStatus::Build),
        (two, Down, NO_WIRE, TrunkStatus::Degraded),
        (two, Active, "", TrunkStatus::Active),
        (one, Error, "refused", TrunkStatus::Degraded),
        (two, Error, "refused", TrunkStatus::Degraded),
        (own, Down, NO_WIRE, TrunkStatus::Error),
        (own, Error, "refused", TrunkStatus::Error),
    ];
    for (port, said, reason, wanted) in steps {
        say(&region, port, said, reason);
        assert_eq!(status(), wanted, "{port} is {said:?}: {reason}");
    }
    update(UpdatePort {
        admin_state_up: Some(false),
        ..UpdatePort::default()
    });
    assert_eq!(status(), TrunkStatus::Down, "its owner's wish");
}
