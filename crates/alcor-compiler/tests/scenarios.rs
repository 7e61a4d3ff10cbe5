//! Who is told what when ports come, change and go: one network, up to three hosts.

mod support;

use alcor_compiler::{Compiler, Delta, Fact, Touch};
use alcor_goalstate::{Goal, GoalChange, GoalKey};
use alcor_types::{HostName, Port, Revision};
use support::*;

/// Network 1 with subnet 1, and hosts 1, 2 and 3; revision 5.
fn region() -> Compiler {
    let mut region = Compiler::new(64);
    let facts = [
        put_network(network(1)),
        put_subnet(subnet(1, 1)),
        put_node(node(1)),
        put_node(node(2)),
        put_node(node(3)),
    ];
    feed(&mut region, 1, facts);
    region
}

fn vm(number: u8, at: u8) -> Fact {
    put_port(port(number, 1, 1, Some(at)))
}

fn changed(number: u8, at: u8, change: impl FnOnce(&mut Port)) -> Fact {
    let mut port = port(number, 1, 1, Some(at));
    change(&mut port);
    put_port(port)
}

fn keys(region: &Compiler, at: u8) -> Vec<GoalKey> {
    let goals = wanted(region, network_id(1), &host(at));
    goals.iter().map(Goal::key).collect()
}

fn shared() -> Vec<GoalKey> {
    vec![GoalKey::Vpc(network_id(1)), GoalKey::Subnet(subnet_id(1))]
}

/// The network, the subnet, these own ports with their leases, these neighbours.
fn expect(own: &[u8], neighbors: &[u8]) -> Vec<GoalKey> {
    let ports = own.iter().map(|id| GoalKey::Port(port_id(*id)));
    let leases = own
        .iter()
        .map(|id| GoalKey::Dhcp(port_id(*id), subnet_id(1)));
    let neighbors = neighbors.iter().map(|id| GoalKey::Neighbor(port_id(*id)));
    let all = shared().into_iter().chain(ports).chain(leases);
    all.chain(neighbors).collect()
}

fn touch(joined: &[u8], left: &[u8]) -> Vec<Touch> {
    let names = |hosts: &[u8]| hosts.iter().map(|id| host(*id)).collect::<Vec<HostName>>();
    vec![Touch {
        scope: network_id(1).into(),
        joined: names(joined),
        left: names(left),
        only: None,
        newcomers: Vec::new(),
    }]
}

#[expect(clippy::panic, reason = "any other answer fails the test")]
fn delta(region: &Compiler, at: u8, since: u64) -> Vec<GoalChange> {
    match region.changes_since(network_id(1), &host(at), Revision(since)) {
        Delta::Changes { changes, .. } => changes,
        other => panic!("host {at} since {since}: {other:?}"),
    }
}

fn put_keys(changes: &[GoalChange]) -> Vec<GoalKey> {
    let put = changes
        .iter()
        .filter(|change| matches!(change, GoalChange::Put(_)));
    put.map(GoalChange::key).collect()
}

fn delete_keys(changes: &[GoalChange]) -> Vec<GoalKey> {
    let gone = changes
        .iter()
        .filter(|change| matches!(change, GoalChange::Delete { .. }));
    gone.map(GoalChange::key).collect()
}

#[test]
fn a_the_first_port_concerns_its_host_alone() {
    let mut region = region();
    assert_eq!(region.apply(Revision(6), &[vm(1, 1)]), touch(&[1], &[]));
    assert_eq!(keys(&region, 1), expect(&[1], &[]));
    assert_eq!(region.snapshot(network_id(1), &host(2)), None);
    assert_eq!(region.host_scopes(&host(1)), [network_id(1).into()]);
    assert_eq!(region.scope_hosts(network_id(1)), [host(1)]);
    assert_eq!(region.scope_revision(network_id(1)), Some(Revision(6)));
}

#[test]
fn b_the_second_port_on_another_host_makes_two_neighbours() {
    let mut region = region();
    region.apply(Revision(6), &[vm(1, 1)]);
    assert_eq!(region.apply(Revision(7), &[vm(2, 2)]), touch(&[2], &[]));
    assert_eq!(keys(&region, 2), expect(&[2], &[1]));
    let news = delta(&region, 1, 6);
    assert_eq!(put_keys(&news), [GoalKey::Neighbor(port_id(2))]);
    assert_eq!(news.len(), 1, "the delta is the one neighbour: {news:?}");
    let GoalChange::Put(Goal::Neighbor(neighbor)) = &news[0] else {
        panic!("{news:?}");
    };
    assert_eq!(neighbor.host_ip, tunnel_ip(2));
    assert_eq!(neighbor.mac, port(2, 1, 1, None).mac_address);
    assert_eq!(neighbor.revision, Revision(7));
}

#[test]
fn c_ports_of_one_host_are_no_neighbours_there() {
    let mut region = region();
    region.apply(Revision(6), &[vm(1, 1)]);
    assert_eq!(region.apply(Revision(7), &[vm(2, 1)]), touch(&[], &[]));
    assert_eq!(keys(&region, 1), expect(&[1, 2], &[]));
    let news = delta(&region, 1, 6);
    let own = [
        GoalKey::Port(port_id(2)),
        GoalKey::Dhcp(port_id(2), subnet_id(1)),
    ];
    assert_eq!(put_keys(&news), own);
    assert_eq!(news.len(), 2, "nobody hears of a neighbour: {news:?}");
}

#[test]
fn d_the_nth_port_of_a_mix() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2), vm(3, 2)]);
    assert_eq!(region.apply(Revision(9), &[vm(4, 1)]), touch(&[], &[]));
    assert_eq!(keys(&region, 1), expect(&[1, 4], &[2, 3]));
    assert_eq!(keys(&region, 2), expect(&[2, 3], &[1, 4]));
    assert_eq!(
        put_keys(&delta(&region, 2, 8)),
        [GoalKey::Neighbor(port_id(4))]
    );
}

#[test]
fn e_and_f_a_bulk_over_several_hosts() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 3)]);
    let bulk = [vm(3, 1), vm(4, 2), vm(5, 2)];
    assert_eq!(region.apply(Revision(8), &bulk), touch(&[2], &[]));
    assert_eq!(keys(&region, 1), expect(&[1, 3], &[2, 4, 5]));
    assert_eq!(keys(&region, 2), expect(&[4, 5], &[1, 2, 3]));
    // Host 3 has only old ports: it is told of neighbours and of nothing else.
    let news = delta(&region, 3, 7);
    let neighbors = [3, 4, 5].map(|id| GoalKey::Neighbor(port_id(id)));
    assert_eq!(put_keys(&news), neighbors);
    assert_eq!(news.len(), 3);
}

#[test]
fn a_moved_port_changes_sides_on_both_hosts() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2), vm(3, 3), vm(4, 1)]);
    assert_eq!(region.apply(Revision(10), &[vm(1, 2)]), touch(&[], &[]));
    let own = [
        GoalKey::Port(port_id(1)),
        GoalKey::Dhcp(port_id(1), subnet_id(1)),
    ];
    let neighbor = [GoalKey::Neighbor(port_id(1))];
    let (old, new, third) = (
        delta(&region, 1, 9),
        delta(&region, 2, 9),
        delta(&region, 3, 9),
    );
    assert_eq!(
        (delete_keys(&old), put_keys(&old)),
        (own.into(), neighbor.into())
    );
    assert_eq!(
        (delete_keys(&new), put_keys(&new)),
        (neighbor.into(), own.into())
    );
    assert_eq!(
        (delete_keys(&third), put_keys(&third)),
        (vec![], neighbor.into())
    );
}

#[test]
fn the_last_port_takes_its_host_out() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2)]);
    let gone = Fact::Port(port_id(1), None);
    assert_eq!(region.apply(Revision(8), &[gone]), touch(&[], &[1]));
    assert_eq!(
        region.changes_since(network_id(1), &host(1), Revision(7)),
        Delta::Gone
    );
    assert_eq!(
        delete_keys(&delta(&region, 2, 7)),
        [GoalKey::Neighbor(port_id(1))]
    );
    assert_eq!(region.digest(network_id(1), &host(1)), None);
}

#[test]
fn a_port_without_a_host_or_on_an_unknown_one_concerns_nobody() {
    let mut region = region();
    region.apply(Revision(6), &[vm(1, 1)]);
    let unbound = put_port(port(2, 1, 1, None));
    assert_eq!(region.apply(Revision(7), &[unbound]), []);
    assert_eq!(region.apply(Revision(8), &[vm(3, 9)]), []);
    assert_eq!(keys(&region, 1), expect(&[1], &[]));
    // Its node registers: now it counts.
    assert_eq!(
        region.apply(Revision(9), &[put_node(node(9))]),
        touch(&[9], &[])
    );
    assert_eq!(keys(&region, 9), expect(&[3], &[1]));
    assert_eq!(
        put_keys(&delta(&region, 1, 8)),
        [GoalKey::Neighbor(port_id(3))]
    );
    // And goes.
    let gone = Fact::Node(host(9), None);
    assert_eq!(region.apply(Revision(10), &[gone]), touch(&[], &[9]));
    assert_eq!(
        delete_keys(&delta(&region, 1, 9)),
        [GoalKey::Neighbor(port_id(3))]
    );
}

#[test]
fn a_tunnel_end_that_moves_is_told_to_the_peers() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2)]);
    let mut moved = node(2);
    moved.local_ip = tunnel_ip(77);
    assert_eq!(
        region.apply(Revision(8), &[put_node(moved.clone())]),
        touch(&[], &[])
    );
    let news = delta(&region, 1, 7);
    assert!(
        matches!(&news[..], [GoalChange::Put(Goal::Neighbor(neighbor))]
        if neighbor.host_ip == tunnel_ip(77) && neighbor.revision == Revision(8))
    );
    assert_eq!(delta(&region, 2, 7), [], "its own host has no use for it");
    // A node is written at every start of its agent; that alone is no news.
    moved.agent_version = "2".into();
    assert_eq!(region.apply(Revision(9), &[put_node(moved)]), []);
}

#[test]
fn a_port_that_is_switched_off_is_nobodys_neighbour() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2)]);
    let down = changed(1, 1, |port| port.admin_state_up = false);
    region.apply(Revision(8), &[down]);
    assert_eq!(
        delete_keys(&delta(&region, 2, 7)),
        [GoalKey::Neighbor(port_id(1))]
    );
    let own = delta(&region, 1, 7);
    assert!(own.iter().any(|change| matches!(change,
        GoalChange::Put(Goal::Port(port)) if !port.admin_state_up)));
    assert_eq!(keys(&region, 1), expect(&[1], &[2]));
}

#[test]
fn a_network_that_is_switched_off_says_so() {
    let mut region = region();
    region.apply(Revision(6), &[vm(1, 1)]);
    let mut down = network(1);
    down.admin_state_up = false;
    assert_eq!(
        region.apply(Revision(7), &[put_network(down)]),
        touch(&[], &[])
    );
    let news = delta(&region, 1, 6);
    assert!(matches!(&news[..], [GoalChange::Put(Goal::Vpc(vpc))] if !vpc.admin_state_up));
}

#[test]
fn leases_follow_the_subnets_switch() {
    let mut region = region();
    region.apply(Revision(6), &[vm(1, 1)]);
    let mut without = subnet(1, 1);
    without.enable_dhcp = false;
    region.apply(Revision(7), &[put_subnet(without)]);
    let lease = GoalKey::Dhcp(port_id(1), subnet_id(1));
    assert_eq!(delete_keys(&delta(&region, 1, 6)), [lease]);
    region.apply(Revision(8), &[put_subnet(subnet(1, 1))]);
    assert!(put_keys(&delta(&region, 1, 7)).contains(&lease));
    assert_eq!(keys(&region, 1), expect(&[1], &[]));
}

#[test]
fn a_label_travels_to_its_own_host_and_a_tag_to_nobody() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2)]);
    let named = changed(1, 1, |port| port.standard.name = "new".into());
    region.apply(Revision(8), &[named]);
    assert!(put_keys(&delta(&region, 1, 7)).contains(&GoalKey::Port(port_id(1))));
    assert_eq!(delta(&region, 2, 7), []);
    let tagged = changed(1, 1, |port| {
        port.standard.name = "new".into();
        port.standard.tags.insert("t".into());
    });
    assert_eq!(region.apply(Revision(9), &[tagged]), []);
    assert_eq!(region.scope_revision(network_id(1)), Some(Revision(8)));
}

#[test]
fn repeats_are_ignored() {
    let mut region = region();
    feed(&mut region, 6, [vm(1, 1), vm(2, 2)]);
    let before = region.snapshot(network_id(1), &host(1));
    assert_eq!(region.apply(Revision(7), &[vm(2, 2)]), []);
    assert_eq!(region.apply(Revision(6), &[vm(2, 3)]), []);
    assert_eq!(region.snapshot(network_id(1), &host(1)), before);
    let since = region.changes_since(network_id(1), &host(1), Revision(7));
    assert_eq!(since, Delta::Current);
}

#[test]
fn a_host_that_is_behind_the_log_needs_a_snapshot() {
    let mut region = Compiler::new(2);
    let facts = [
        put_network(network(1)),
        put_node(node(1)),
        put_node(node(2)),
    ];
    feed(&mut region, 1, facts);
    feed(
        &mut region,
        4,
        (1..=4).map(|id| vm(id, if id == 1 { 1 } else { 2 })),
    );
    let since = |revision| region.changes_since(network_id(1), &host(1), Revision(revision));
    assert_eq!(since(4), Delta::TooOld);
    assert!(matches!(since(6), Delta::Changes { .. }));
    assert_eq!(since(8), Delta::TooOld, "a revision of another life");
}

#[test]
fn a_network_may_come_after_its_ports_and_go_before_them() {
    let mut region = Compiler::new(8);
    feed(
        &mut region,
        1,
        [put_node(node(1)), vm(1, 1), put_subnet(subnet(1, 1))],
    );
    assert_eq!(region.snapshot(network_id(1), &host(1)), None);
    assert_eq!(
        region.apply(Revision(4), &[put_network(network(1))]),
        touch(&[1], &[])
    );
    assert_eq!(keys(&region, 1), expect(&[1], &[]));
    let gone = Fact::Network(network_id(1), None);
    assert_eq!(region.apply(Revision(5), &[gone]), touch(&[], &[1]));
    let rest = [
        Fact::Port(port_id(1), None),
        Fact::Subnet(subnet_id(1), None),
    ];
    assert_eq!(region.apply(Revision(6), &rest), []);
    assert_eq!(region.scope_revision(network_id(1)), None);
}

#[test]
fn a_port_may_move_between_nodes_that_claim_one_tunnel_end() {
    let mut region = region();
    let mut twin = node(2);
    twin.local_ip = tunnel_ip(1);
    feed(
        &mut region,
        6,
        [put_node(twin), vm(1, 1), vm(2, 1), vm(3, 2)],
    );
    region.apply(Revision(10), &[vm(1, 2)]);
    let neighbor = [GoalKey::Neighbor(port_id(1))];
    assert_eq!(put_keys(&delta(&region, 1, 9)), neighbor);
    assert_eq!(delete_keys(&delta(&region, 2, 9)), neighbor);
}
