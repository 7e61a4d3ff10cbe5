//! The oracle's reasons: every step of a packet, and why it ends where it ends.

mod support;

use alcor_compiler::Fact;
use alcor_compiler::oracle::{Hindrance, Intent, Packet, Step};
use alcor_types::{Direction, Port};
use support::*;

/// Two networks that a router joins: ports 2 and 3 in the first, 4 in the second.
fn facts() -> Vec<Fact> {
    let open = |number, network, at| Port {
        port_security_enabled: false,
        ..port(number, network, network, Some(at))
    };
    vec![
        put_network(network(1)),
        put_network(network(2)),
        put_subnet(subnet(1, 1)),
        put_subnet(subnet(2, 2)),
        put_router(router(1)),
        put_port(interface(101, 1, 1, 1)),
        put_port(interface(102, 2, 2, 1)),
        put_port(open(2, 1, 1)),
        put_port(open(3, 1, 1)),
        put_port(open(4, 2, 2)),
        put_node(node(1)),
        put_node(node(2)),
    ]
}

fn explained(more: impl IntoIterator<Item = Fact>, to: [u8; 4], ttl: u8) -> Vec<Step> {
    let mut intent = Intent::default();
    for fact in facts().into_iter().chain(more) {
        intent.learn(&fact);
    }
    let packet = Packet {
        mac: port(2, 1, 1, None).mac_address,
        from: [10, 0, 1, 2].into(),
        to: to.into(),
        protocol: 6,
        port: 80,
        code: 0,
    };
    intent.explain(port_id(2), &packet, ttl)
}

fn last(more: impl IntoIterator<Item = Fact>, to: [u8; 4]) -> Step {
    explained(more, to, 64)
        .pop()
        .unwrap_or(Step::Sent { port: port_id(0) })
}

#[test]
fn a_neighbour_is_reached_directly_and_others_by_the_router() {
    let direct = explained([], [10, 0, 1, 3], 64);
    let delivered = |number| Step::Delivered {
        port: port_id(number),
    };
    assert_eq!(direct.last(), Some(&delivered(3)));
    let routers = |steps: &[Step]| {
        let entered = |step: &&Step| matches!(step, Step::Entered { .. });
        steps.iter().filter(entered).count()
    };
    assert_eq!(routers(&direct), 0);
    let routed = explained([], [10, 0, 2, 4], 64);
    assert_eq!((routers(&routed), routed.last()), (1, Some(&delivered(4))));
    let carried = Step::Carried {
        from: host(1),
        to: host(2),
        end: tunnel_ip(2),
    };
    assert!(routed.contains(&carried), "{routed:?}");
    assert!(!direct.contains(&carried));
}

#[test]
fn what_does_not_arrive_has_a_reason() {
    let router = router_id(1);
    let cut = |number, why| Step::Cut {
        port: port_id(number),
        why,
    };
    let nobody = Step::Unresolved {
        network: network_id(1),
        address: [10, 0, 1, 99].into(),
    };
    assert_eq!(last([], [10, 0, 1, 99]), nobody);
    assert_eq!(last([], [192, 0, 2, 1]), Step::NoRoute { router });
    let drawn = |number| {
        let mut subnet = subnet(number, number);
        subnet.subnetpool_id = Some(pool_id(number));
        put_subnet(subnet)
    };
    let scoped = |other| [drawn(1), drawn(2), put_pool(1, Some(1)), put_pool(2, other)];
    assert_eq!(
        last(scoped(Some(2)), [10, 0, 2, 4]),
        Step::Parted { router }
    );
    assert_eq!(last(scoped(None), [10, 0, 2, 4]), Step::Parted { router });
    assert_eq!(
        last(scoped(Some(1)), [10, 0, 2, 4]),
        Step::Delivered { port: port_id(4) }
    );
    let port_of = |number| Step::Own {
        router,
        port: port_id(number),
    };
    assert_eq!(last([], [10, 0, 2, 1]), port_of(102));
    assert_eq!(last([], [10, 0, 1, 2]), Step::Returned { port: port_id(2) });
    let tired = explained([], [10, 0, 2, 4], 1);
    assert_eq!(tired.last(), Some(&Step::Expired { router }));
    let unbound = port(3, 1, 1, None);
    assert_eq!(
        last([put_port(unbound)], [10, 0, 1, 3]),
        cut(3, Hindrance::Unbound)
    );
    let lost = port(3, 1, 1, Some(9));
    let lost = last([put_port(lost)], [10, 0, 1, 3]);
    assert_eq!(lost, cut(3, Hindrance::NoHost(host(9))));
    let off = Port {
        admin_state_up: false,
        ..port(2, 1, 1, Some(1))
    };
    assert_eq!(
        last([put_port(off)], [10, 0, 1, 3]),
        cut(2, Hindrance::PortDown)
    );
    let refused = Step::Refused {
        port: port_id(3),
        direction: Direction::Ingress,
    };
    assert_eq!(
        last([put_port(port(3, 1, 1, Some(1)))], [10, 0, 1, 3]),
        refused
    );
}
