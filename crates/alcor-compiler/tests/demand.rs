//! Which networks are large: by the region's number of ports, or by a number of their own.

mod support;

use alcor_compiler::{Compiler, Fact};
use alcor_types::Revision;
use support::*;

/// A region where networks with more than ten ports are large, with so many in network 1, half of them on
/// each of two hosts.
fn region(ports: u8) -> Compiler {
    let mut region = Compiler::new(64).on_demand_above(10);
    let mut facts = vec![put_network(network(1)), put_subnet(subnet(1, 1))];
    facts.extend((1..3).map(|number| put_node(node(number))));
    facts.extend((0..ports).map(|number| put_port(port(number, 1, 1, Some(1 + number % 2)))));
    region.apply(Revision(100), &facts);
    region
}

/// Gives network 1 a number of its own, or takes it away. Answers whether all its hosts hear.
fn set(region: &mut Compiler, above: Option<u32>) -> bool {
    let mut network = network(1);
    network.on_demand_above = above;
    let touches = region.apply(region.revision().next(), &[put_network(network)]);
    let scope = network_id(1).into();
    touches
        .iter()
        .any(|touch| touch.scope == scope && touch.only.is_none())
}

fn is_large(region: &Compiler) -> bool {
    region.is_large(network_id(1))
}

#[test]
fn a_networks_own_number_counts_at_once_in_either_direction() {
    let mut region = region(6);
    assert!(!is_large(&region));
    let mut follower = Follower::default();
    follower.follow(&region, network_id(1), &host(1));
    for above in [Some(5), None, Some(0), Some(100), Some(3), None] {
        assert!(set(&mut region, above), "{above:?}");
        assert_eq!(is_large(&region), above.is_some_and(|above| above < 6));
        follower.follow(&region, network_id(1), &host(1));
        assert_eq!(follower.held(), wanted(&region, network_id(1), &host(1)));
        // The same once more is no news.
        assert!(!set(&mut region, above), "{above:?}");
    }
}

#[test]
fn its_own_number_has_the_same_distance_between_large_and_small() {
    let mut region = region(5);
    assert!(!set(&mut region, Some(5)));
    assert!(!is_large(&region));
    let change = |region: &mut Compiler, number: u8, there: bool| {
        let port = there.then(|| std::sync::Arc::new(port(number, 1, 1, Some(1))));
        let fact = Fact::Port(port_id(number), port);
        region.apply(region.revision().next(), &[fact]);
        is_large(region)
    };
    assert!(change(&mut region, 5, true));
    // Large above five, and until it has a fifth less.
    assert!(change(&mut region, 5, false));
    assert!(change(&mut region, 4, false));
    assert!(!change(&mut region, 3, false));
    assert!(!change(&mut region, 3, true));
    // Numbers of others are none of its.
    let other = alcor_types::Network {
        on_demand_above: Some(0),
        ..network(2)
    };
    region.apply(region.revision().next(), &[put_network(other)]);
    assert!(!is_large(&region));
}

/// A port of network 1 on a host of its own, with both numbered beyond what a byte holds.
fn alone(number: u16) -> [Fact; 2] {
    let name = alcor_types::HostName::from(format!("alone-{number}"));
    let id = u128::from(number);
    let [high, low] = number.to_be_bytes();
    let node = alcor_types::Node::new(
        alcor_types::NodeId(uuid::Uuid::from_u128(0x40_0000 + id)),
        name.clone(),
        std::net::Ipv4Addr::new(172, 16, high, low).into(),
    );
    let mac = alcor_types::MacAddr([0xfa, 0x16, 0x3e, 1, high, low]);
    let port = alcor_types::Port {
        host: Some(name),
        ..alcor_types::Port::new(
            alcor_types::PortId(uuid::Uuid::from_u128(0x50_0000 + id)),
            network_id(1),
            mac,
        )
    };
    [put_node(node), put_port(port)]
}

#[test]
fn one_host_more_is_news_for_the_others_only_where_they_are_told_of_it() {
    let mut region = region(11);
    let news = |region: &mut Compiler, number: u16| {
        let touches = region.apply(region.revision().next(), &alone(number));
        let scope = network_id(1).into();
        let touch = touches.iter().find(|touch| touch.scope == scope);
        touch.is_some_and(|touch| touch.only.is_none())
    };
    // With the two that it has, these are as many hosts as are told of each other.
    assert!((0..1022).all(|number| news(&mut region, number)));
    // One more is too many: from now on none is told of any.
    assert!(news(&mut region, 1022));
    assert!(!(1023..1100).any(|number| news(&mut region, number)));
}
