//! Who is told of a trunk.

mod support;

use alcor_compiler::{Compiler, Delta, Fact};
use alcor_goalstate::{Goal, GoalChange, GoalKey, TrunkPart};
use alcor_types::Revision;
use support::*;

/// Port 1 is in network 1, ports 2 and 3 are in network 2; all are on host 1, port 4 is on host 2.
fn region() -> Compiler {
    let mut region = Compiler::new(64);
    let mut facts: Vec<_> = (1..3).map(|number| put_network(network(number))).collect();
    facts.extend((1..3).map(|number| put_subnet(subnet(number, number))));
    facts.extend((1..3).map(|number| put_node(node(number))));
    facts.push(put_port(port(1, 1, 1, Some(1))));
    facts.extend([2, 3].map(|number| put_port(port(number, 2, 2, Some(1)))));
    facts.push(put_port(port(4, 2, 2, Some(2))));
    region.apply(Revision(100), &facts);
    region
}

/// What a port's own host is told of its part in trunks.
fn part(region: &Compiler, number: u8, network: u8) -> Option<TrunkPart> {
    let mut goals = wanted(region, network_id(network), &host(1)).into_iter();
    goals.find_map(|goal| match goal {
        Goal::Port(port) if port.id == port_id(number) => port.identity.trunk,
        _ => None,
    })
}

/// The goals of a network that are news for a host after a revision; leases have their port's.
fn news(region: &Compiler, (network, at): (u8, u8), since: u64) -> Vec<GoalKey> {
    match region.changes_since(network_id(network), &host(at), Revision(since)) {
        Delta::Changes { changes, .. } => {
            let keys = changes.iter().map(GoalChange::key);
            keys.filter(|key| !matches!(key, GoalKey::Dhcp(..)))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn carried(tag: u16) -> TrunkPart {
    let parent = port_id(1);
    TrunkPart::SubPort { parent, tag }
}

#[test]
fn parent_and_sub_ports_are_told_and_others_hear_nothing() {
    let mut region = region();
    let touches = region.apply(Revision(101), &[put_trunk(trunk(1, &[(2, 10)]))]);
    assert_eq!(touches.len(), 2);
    assert_eq!(part(&region, 1, 1), Some(TrunkPart::Parent));
    assert_eq!(part(&region, 2, 2), Some(carried(10)));
    assert_eq!(part(&region, 3, 2), None);
    assert_eq!(news(&region, (2, 1), 100), [GoalKey::Port(port_id(2))]);
    assert_eq!(news(&region, (2, 2), 100), []);

    let touches = region.apply(Revision(102), &[put_trunk(trunk(1, &[(2, 10), (3, 11)]))]);
    assert_eq!(touches.len(), 1, "nothing is new of the parent");
    assert_eq!(news(&region, (2, 1), 101), [GoalKey::Port(port_id(3))]);
    assert_eq!(part(&region, 3, 2), Some(carried(11)));
}

#[test]
fn a_trunk_that_goes_leaves_ports_of_their_own() {
    let mut region = region();
    let made = trunk(1, &[(2, 10)]);
    let id = made.id;
    region.apply(Revision(101), &[put_trunk(made)]);
    region.apply(Revision(102), &[Fact::Trunk(id, None)]);
    assert_eq!((part(&region, 1, 1), part(&region, 2, 2)), (None, None));
    assert_eq!(news(&region, (2, 1), 101), [GoalKey::Port(port_id(2))]);
}
