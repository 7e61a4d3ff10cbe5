//! Network ACLs of the intent, named by numbers.

use super::goals::{acl_id, subnet_id, vpc_id};
use alcor_compiler::Fact;
use alcor_types::{
    AclAction, AclProtocol, FlowDirection, NetworkAcl, NetworkAclRule, NetworkAclRuleId, Standard,
};
use std::sync::Arc;
use uuid::Uuid;

/// An ACL of a network, perhaps its default, that names these subnets.
pub(crate) fn acl(number: u8, network: u8, is_default: bool, subnets: &[u8]) -> Fact {
    let acl = NetworkAcl {
        id: acl_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        network_id: vpc_id(network),
        subnets: subnets.iter().copied().map(subnet_id).collect(),
        is_default,
    };
    Fact::NetworkAcl(acl.id, Some(Arc::new(acl)))
}

pub(crate) fn rule_id(acl: u8, number: u8) -> NetworkAclRuleId {
    let id = 0x8_0000 + 0x100 * u128::from(acl) + u128::from(number);
    NetworkAclRuleId(Uuid::from_u128(id))
}

/// What a rule says.
pub(crate) type Says = (FlowDirection, &'static str, AclProtocol, AclAction);

/// The rules of an ACL have ids, and numbers by which they decide.
pub(crate) fn rule(acl: u8, id: u8, number: u16, says: Says) -> Fact {
    let (direction, prefix, protocol, action) = says;
    let rule = NetworkAclRule {
        id: rule_id(acl, id),
        acl_id: acl_id(acl),
        name: String::new(),
        description: String::new(),
        number,
        direction,
        prefix: prefix.parse().unwrap(),
        protocol,
        action,
    };
    Fact::NetworkAclRule(rule.id, Some(Arc::new(rule)))
}
