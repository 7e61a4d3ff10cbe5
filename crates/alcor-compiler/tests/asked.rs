//! News of a large network: each host reads what is for it, however much happens to others meanwhile.

mod support;

use alcor_compiler::{Compiler, Delta, Demand, Fact};
use alcor_goalstate::{GoalChange, GoalKey};
use alcor_types::{PortId, Revision};
use support::*;

/// What a log holds at most here.
const LOG: usize = 4;

/// Network 1 is large: ports 0 to 9, each even one on host 1 and each odd one on host 2. Port 20 is on host 3.
fn region() -> Compiler {
    let mut region = Compiler::new(LOG).on_demand_above(0);
    let mut facts = vec![put_network(network(1)), put_subnet(subnet(1, 1))];
    facts.extend((1..4).map(|number| put_node(node(number))));
    facts.extend((0..10).map(|number| put_port(port(number, 1, 1, Some(1 + number % 2)))));
    facts.push(put_port(port(20, 1, 1, Some(3))));
    region.apply(Revision(100), &facts);
    region
}

fn asked(ports: impl IntoIterator<Item = u8>) -> Demand {
    let mut demand = Demand::default();
    demand.set(network_id(1), ports.into_iter().map(port_id).collect());
    demand
}

fn apply(region: &mut Compiler, fact: Fact) {
    region.apply(region.revision().next(), &[fact]);
}

/// More ports of others than a log holds.
fn crowd(region: &mut Compiler) {
    for number in 100..100 + 3 * u8::try_from(LOG).unwrap_or(u8::MAX) {
        apply(region, put_port(port(number, 1, 1, Some(3))));
    }
}

/// What host 1 hears since the beginning, by key, with whether it is there.
fn heard(region: &Compiler, demand: &Demand) -> Option<Vec<(GoalKey, bool)>> {
    match region.changes_with(network_id(1), &host(1), Revision(100), demand) {
        Delta::Changes { changes, .. } => {
            let named = |change: &GoalChange| (change.key(), matches!(change, GoalChange::Put(_)));
            Some(changes.iter().map(named).collect())
        }
        _ => None,
    }
}

fn neighbor(number: u8, there: bool) -> (GoalKey, bool) {
    (GoalKey::Neighbor(port_id(number)), there)
}

fn own(id: PortId, there: bool) -> [(GoalKey, bool); 2] {
    [GoalKey::Port(id), GoalKey::Dhcp(id, subnet_id(1))].map(|key| (key, there))
}

#[test]
fn a_hosts_own_ports_are_not_lost_among_those_of_others() {
    let mut region = region();
    apply(&mut region, put_port(port(50, 1, 1, Some(1))));
    apply(&mut region, Fact::Port(port_id(0), None));
    crowd(&mut region);
    let mut expected: Vec<_> = own(port_id(50), true).into();
    expected.extend(own(port_id(0), false));
    expected.sort();
    assert_eq!(heard(&region, &asked([1])), Some(expected));
}

#[test]
fn of_its_neighbors_it_hears_those_that_changed_or_went_or_came_to_itself() {
    for behind in [false, true] {
        let mut region = region();
        let mut renamed = port(1, 1, 1, Some(2));
        renamed.dns_name = "other".to_owned();
        apply(&mut region, put_port(renamed));
        apply(&mut region, Fact::Port(port_id(3), None));
        apply(&mut region, put_port(port(5, 1, 1, Some(1))));
        // Nobody asked for this one.
        apply(&mut region, Fact::Port(port_id(9), None));
        if behind {
            crowd(&mut region);
        }
        let mut expected = vec![neighbor(1, true), neighbor(3, false), neighbor(5, false)];
        expected.extend(own(port_id(5), true));
        expected.sort();
        assert_eq!(
            heard(&region, &asked([1, 3, 5, 7])),
            Some(expected),
            "{behind}"
        );
    }
}

#[test]
fn whoever_is_told_of_all_needs_all_anew_where_the_log_is_too_short() {
    let mut region = region();
    crowd(&mut region);
    assert_eq!(heard(&region, &Demand::default()), None);
    assert_eq!(heard(&region, &asked([1])), Some(Vec::new()));
}

#[test]
fn what_went_and_came_again_is_told_once() {
    let mut region = region();
    apply(&mut region, Fact::Port(port_id(0), None));
    apply(&mut region, put_port(port(0, 1, 1, Some(1))));
    assert_eq!(
        heard(&region, &asked([])),
        Some(own(port_id(0), true).into())
    );
}
