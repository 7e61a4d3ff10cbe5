//! The oracle's ways out of the region: by whose address a packet leaves, what address scopes let out and
//! in, and where answers come to.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::{Intent, Packet, Step, Translator};
use alcor_types::{Network, NetworkType, Port, ROUTER_OUTLET_OWNER, Router, Transport};
use std::net::IpAddr;
use support::*;

/// The machine outside.
const WORLD: [u8; 4] = [10, 0, 2, 99];
/// The addresses of the gateway on host 2 and of the outlet on host 1.
const GATEWAY: [u8; 4] = [10, 0, 2, 21];
const OUTLET: [u8; 4] = [10, 0, 2, 41];

/// Network 2 is outside.
fn external() -> Network {
    Network {
        segments: vec![Transport {
            network_type: NetworkType::Flat,
            physical_network: Some("physical".to_owned()),
            segmentation_id: None,
        }],
        ..network(2)
    }
}

fn owned(number: u8, at: u8, owner: &str) -> Fact {
    put_port(Port {
        device_id: router_id(1).to_string(),
        device_owner: owner.to_owned(),
        ..port(number, 2, 2, Some(at))
    })
}

fn vm(number: u8, at: u8) -> Fact {
    put_port(Port {
        port_security_enabled: false,
        ..port(number, 1, 1, Some(at))
    })
}

fn leading(snat: bool) -> Fact {
    put_router(Router {
        gateways: vec![gateway_of(1, snat)],
        ..router(1)
    })
}

/// Ports 4 on host 1 and 5 on host 2 behind a router, whose gateway is on host 2; it has an outlet on
/// host 1.
fn intent(more: impl IntoIterator<Item = Fact>) -> Intent {
    let drawn = |number| {
        let mut subnet = subnet(number, number);
        subnet.subnetpool_id = Some(pool_id(number));
        put_subnet(subnet)
    };
    let facts = [
        put_network(network(1)),
        put_network(external()),
        drawn(1),
        drawn(2),
        leading(true),
        put_port(interface(101, 1, 1, 1)),
        owned(21, 2, "network:router_gateway"),
        owned(41, 1, ROUTER_OUTLET_OWNER),
        vm(4, 1),
        vm(5, 2),
        put_node(node(1)),
        put_node(node(2)),
    ];
    let mut intent = Intent::default();
    for fact in facts.into_iter().chain(more) {
        intent.learn(&fact);
    }
    intent
}

fn packet(from: [u8; 4], to: [u8; 4]) -> Packet {
    Packet {
        mac: port(from[3], 1, 1, None).mac_address,
        from: from.into(),
        to: to.into(),
        protocol: 6,
        port: 80,
        code: 0,
    }
}

/// What becomes of a packet of a VM to the machine outside.
fn outward(intent: &Intent, vm: u8) -> Vec<Step> {
    intent.explain(port_id(vm), &packet([10, 0, 1, vm], WORLD), 64)
}

/// The address that it leaves from.
fn seen_as(intent: &Intent, vm: u8) -> Option<IpAddr> {
    match outward(intent, vm).pop()? {
        Step::Left { from, .. } => Some(from),
        _ => None,
    }
}

/// How a packet ends that the machine outside hands to an address of ours there.
fn inward(intent: &Intent, by: [u8; 4], to: [u8; 4]) -> Step {
    let sent = packet(WORLD, to);
    let mut steps = intent.explain_arrival((network_id(2), by.into()), &sent, 64);
    steps.pop().unwrap()
}

#[test]
fn a_host_with_an_outlet_translates_for_itself() {
    let both = intent([]);
    assert_eq!(seen_as(&both, 4), Some(OUTLET.into()));
    let by = Translator::Outlet(port_id(41));
    let translated = |step: &Step| matches!(step, Step::Outward { by: it, .. } if *it == by);
    assert!(outward(&both, 4).iter().any(translated));
    // Nobody has one on host 2, and then nobody anywhere.
    assert_eq!(seen_as(&both, 5), Some(GATEWAY.into()));
    let closed = intent([Fact::Port(port_id(41), None)]);
    assert_eq!(seen_as(&closed, 4), Some(GATEWAY.into()));
    // One on the gateway's host is for that host's own VMs.
    let moved = intent([owned(41, 2, ROUTER_OUTLET_OWNER)]);
    assert_eq!(seen_as(&moved, 5), Some(OUTLET.into()));
    assert_eq!(seen_as(&moved, 4), Some(GATEWAY.into()));
    // A floating IP comes first; a router that does not translate has no use for an outlet.
    let floating = put_floating({
        let mut floating = floating(7, Some((4, 1)));
        let place = floating.association.as_mut().unwrap();
        place.fixed_ip_address = [10, 0, 1, 4].into();
        floating
    });
    assert_eq!(
        seen_as(&intent([floating]), 4),
        Some([10, 0, 2, 207].into())
    );
    assert_eq!(
        seen_as(&intent([leading(false)]), 4),
        Some([10, 0, 1, 4].into())
    );
}

#[test]
fn an_outlet_answers_for_itself_and_its_answers_find_back() {
    let both = intent([]);
    let (router, address) = (router_id(1), OUTLET.into());
    let own = Step::OwnOutside { router, address };
    assert_eq!(inward(&both, OUTLET, OUTLET), own);
    let lost = Step::Untranslated {
        address: [10, 0, 1, 4].into(),
    };
    assert_eq!(inward(&both, OUTLET, [10, 0, 1, 4]), lost);
    let by = (Translator::Outlet(port_id(41)), network_id(2));
    let back = both.explain_return(by, &packet(WORLD, [10, 0, 1, 4]), 64);
    let port = port_id(4);
    assert_eq!(back.last(), Some(&Step::Delivered { port }));
    // It is on the VM's own host.
    assert!(!back.iter().any(|step| matches!(step, Step::Carried { .. })));
}

#[test]
fn address_scopes_say_what_passes_and_how() {
    let vm = [10, 0, 1, 4];
    let router = router_id(1);
    let scopes = |inner, outer| [put_pool(1, inner), put_pool(2, outer)];
    let delivered = Step::Delivered { port: port_id(4) };
    let lost = Step::Untranslated { address: vm.into() };
    // In one scope: as it is, both ways, by the gateway.
    let same = intent(scopes(Some(1), Some(1)));
    assert_eq!(seen_as(&same, 4), Some(vm.into()));
    assert_eq!(inward(&same, GATEWAY, vm), delivered);
    for (inner, outer) in [(Some(1), Some(2)), (Some(1), None), (None, Some(1))] {
        let apart = intent(scopes(inner, outer));
        assert_eq!(seen_as(&apart, 4), Some(OUTLET.into()));
        assert_eq!(inward(&apart, GATEWAY, vm), lost);
        // Where nothing is translated, nothing passes.
        let closed = intent(scopes(inner, outer).into_iter().chain([leading(false)]));
        assert_eq!(outward(&closed, 4).last(), Some(&Step::Parted { router }));
        assert_eq!(inward(&closed, GATEWAY, vm), Step::Parted { router });
    }
    // In none: translated, unless nothing is.
    let none = intent(scopes(None, None));
    assert_eq!(seen_as(&none, 4), Some(OUTLET.into()));
    assert_eq!(inward(&none, GATEWAY, vm), lost);
    assert_eq!(inward(&intent([leading(false)]), GATEWAY, vm), delivered);
}
