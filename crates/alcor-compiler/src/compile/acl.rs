//! Network ACLs: one goal for all the subnets that one guards.

use crate::acls::Guard;
use alcor_goalstate::{AclGoal, AclRule, Goal};
use alcor_types::{Direction, FlowDirection, NetworkAclRule, Revision, SubnetId};

/// What every host of the network is told of an ACL.
pub(crate) fn acl(guard: &Guard, subnets: Vec<SubnetId>, revision: Revision) -> Goal {
    Goal::Acl(AclGoal {
        id: guard.acl.id,
        revision,
        vpc: guard.acl.network_id,
        subnets,
        rules: guard.rules.to_vec(),
    })
}

/// The rule as hosts know it. The managers let none be for both directions.
pub(crate) fn acl_rule(rule: &NetworkAclRule) -> Option<AclRule> {
    Some(AclRule {
        number: rule.number,
        direction: match rule.direction {
            FlowDirection::Egress => Direction::Egress,
            FlowDirection::Ingress => Direction::Ingress,
            FlowDirection::Any => return None,
        },
        prefix: rule.prefix.trunc(),
        protocol: rule.protocol,
        action: rule.action,
    })
}
