//! Random goals of network ACLs.

use super::{cidr, id, revision};
use alcor_goalstate::{AclGoal, AclRule, Goal};
use alcor_types::{AclAction, AclProtocol, Direction};
use proptest::collection::vec;
use proptest::prelude::*;

fn any_protocol() -> impl Strategy<Value = AclProtocol> {
    prop_oneof![
        Just(AclProtocol::All),
        any::<Option<(u16, u16)>>().prop_map(AclProtocol::Tcp),
        any::<Option<(u16, u16)>>().prop_map(AclProtocol::Udp),
        any::<Option<(u8, u8)>>().prop_map(AclProtocol::Icmp),
        any::<Option<(u8, u8)>>().prop_map(AclProtocol::Icmpv6),
    ]
}

fn any_rule() -> impl Strategy<Value = AclRule> {
    let direction = prop::sample::select(vec![Direction::Egress, Direction::Ingress]);
    let action = prop::sample::select(vec![AclAction::Allow, AclAction::Deny]);
    (any::<u16>(), direction, cidr(), any_protocol(), action).prop_map(
        |(number, direction, prefix, protocol, action)| AclRule {
            number,
            direction,
            prefix,
            protocol,
            action,
        },
    )
}

pub(super) fn any_acl() -> impl Strategy<Value = Goal> {
    let guarded = (vec(id(), 0..3), vec(any_rule(), 0..4));
    (id(), revision(), id(), guarded).prop_map(|(id, revision, vpc, (subnets, rules))| {
        let (id, vpc) = (id.into(), vpc.into());
        Goal::Acl(AclGoal {
            id,
            revision,
            vpc,
            subnets: subnets.into_iter().map(Into::into).collect(),
            rules,
        })
    })
}
