//! Random goals of security groups.

use super::{cidr, id, revision};
use alcor_goalstate::{AddressGroupGoal, Goal, GroupGoal, GroupRule, MemberGoal, RuleRemote};
use alcor_types::{Direction, EtherType};
use proptest::collection::vec;
use proptest::prelude::*;

fn any_remote() -> impl Strategy<Value = RuleRemote> {
    prop_oneof![
        Just(RuleRemote::Any),
        cidr().prop_map(RuleRemote::Prefix),
        id().prop_map(|id| RuleRemote::Group(id.into())),
        id().prop_map(|id| RuleRemote::AddressGroup(id.into())),
    ]
}

fn any_rule() -> impl Strategy<Value = GroupRule> {
    let direction = prop::sample::select(vec![Direction::Egress, Direction::Ingress]);
    let ethertype = prop::sample::select(vec![EtherType::Ipv4, EtherType::Ipv6]);
    let ports = (any::<Option<u16>>(), any::<Option<u16>>());
    let protocol = any::<Option<u8>>();
    (id(), direction, ethertype, protocol, ports, any_remote()).prop_map(
        |(id, direction, ethertype, protocol, (port_min, port_max), remote)| GroupRule {
            id: id.into(),
            direction,
            ethertype,
            protocol,
            port_min,
            port_max,
            remote,
        },
    )
}

pub(super) fn any_group() -> impl Strategy<Value = Goal> {
    (id(), revision(), any::<bool>(), vec(any_rule(), 0..4)).prop_map(
        |(id, revision, stateful, rules)| {
            let id = id.into();
            Goal::Group(GroupGoal {
                id,
                revision,
                stateful,
                rules,
            })
        },
    )
}

pub(super) fn any_member() -> impl Strategy<Value = Goal> {
    (id(), id(), revision(), vec(cidr(), 0..3)).prop_map(|(group, port, revision, addresses)| {
        let (group, port) = (group.into(), port.into());
        Goal::Member(MemberGoal {
            group,
            port,
            revision,
            addresses,
        })
    })
}

pub(super) fn any_address_group() -> impl Strategy<Value = Goal> {
    (id(), revision(), vec(cidr(), 0..3)).prop_map(|(id, revision, addresses)| {
        let id = id.into();
        Goal::AddressGroup(AddressGroupGoal {
            id,
            revision,
            addresses,
        })
    })
}
