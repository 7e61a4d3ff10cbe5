//! Groups and rules of the intent, named by numbers.

use super::goals::{address_group_id, group_id};
use alcor_compiler::Fact;
use alcor_types::{
    AddressGroup, Direction, EtherType, Remote, SecurityGroup, SecurityGroupRule,
    SecurityGroupRuleId, Sharing, Standard, TrafficMatch,
};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn group(number: u8, stateful: bool) -> Fact {
    let group = SecurityGroup {
        id: group_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        is_default: false,
        stateful,
        shared: Sharing::default(),
    };
    Fact::SecurityGroup(group.id, Some(Arc::new(group)))
}

pub(crate) fn address_group(number: u8, blocks: &[&str]) -> Fact {
    let group = AddressGroup {
        id: address_group_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        addresses: blocks.iter().map(|block| block.parse().unwrap()).collect(),
        shared: Sharing::default(),
    };
    Fact::AddressGroup(group.id, Some(Arc::new(group)))
}

pub(crate) fn rule_id(group: u8, number: u8) -> SecurityGroupRuleId {
    let id = 0x6_0000 + 0x100 * u128::from(group) + u128::from(number);
    SecurityGroupRuleId(Uuid::from_u128(id))
}

/// Everything of IPv4, to or from anybody.
pub(crate) fn everything(direction: Direction) -> TrafficMatch {
    TrafficMatch {
        direction,
        ethertype: EtherType::Ipv4,
        protocol: None,
        port_range_min: None,
        port_range_max: None,
        remote: Remote::Any,
    }
}

pub(crate) fn rule(group: u8, number: u8, traffic: TrafficMatch) -> Fact {
    let rule = SecurityGroupRule {
        id: rule_id(group, number),
        project_id: "p".into(),
        standard: Standard::default(),
        security_group_id: group_id(group),
        traffic,
    };
    Fact::SecurityGroupRule(rule.id, Some(Arc::new(rule)))
}
