//! Security groups, their members, and address groups, on the wire.

use crate::wire::security_group_configuration::{Direction as WireDirection, SecurityGroupRule};
use crate::wire::{
    AddressGroupConfiguration, AddressGroupState, EtherType as WireEtherType, GoalStateV2,
    OperationType, Protocol, SecurityGroupConfiguration, SecurityGroupMemberConfiguration,
    SecurityGroupMemberState, SecurityGroupState, UpdateType,
};
use crate::{AddressGroupGoal, GoalKey, GroupGoal, GroupRule, MemberGoal, RuleRemote};
use alcor_types::{Direction, EtherType, SecurityGroupId};

pub(super) fn insert(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: SecurityGroupConfiguration,
) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    let configuration = Some(sent);
    state.security_group_states.insert(
        key,
        SecurityGroupState {
            operation_type,
            configuration,
        },
    );
}

pub(super) fn insert_member(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: SecurityGroupMemberConfiguration,
) {
    let key = format!("{}/{}", sent.security_group_id, sent.port_id);
    let (operation_type, configuration) = (operation.into(), Some(sent));
    state.security_group_member_states.insert(
        key,
        SecurityGroupMemberState {
            operation_type,
            configuration,
        },
    );
}

pub(super) fn insert_addresses(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: AddressGroupConfiguration,
) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    let configuration = Some(sent);
    state.address_group_states.insert(
        key,
        AddressGroupState {
            operation_type,
            configuration,
        },
    );
}

/// The end of a goal; of other keys than those of groups, nothing.
pub(super) fn delete(state: &mut GoalStateV2, key: GoalKey, store_revision: u64) {
    let operation = OperationType::Delete;
    match key {
        GoalKey::Group(id) => {
            let gone = SecurityGroupConfiguration {
                id: id.to_string(),
                store_revision,
                ..Default::default()
            };
            insert(state, operation, gone);
        }
        GoalKey::Member(group, port) => {
            let gone = SecurityGroupMemberConfiguration {
                security_group_id: group.to_string(),
                port_id: port.to_string(),
                store_revision,
                ..Default::default()
            };
            insert_member(state, operation, gone);
        }
        GoalKey::AddressGroup(id) => {
            let gone = AddressGroupConfiguration {
                id: id.to_string(),
                store_revision,
                ..Default::default()
            };
            insert_addresses(state, operation, gone);
        }
        _ => {}
    }
}

pub(crate) fn group(goal: &GroupGoal) -> SecurityGroupConfiguration {
    let rules = goal.rules.iter().map(|one| rule(goal.id, one));
    SecurityGroupConfiguration {
        id: goal.id.to_string(),
        update_type: UpdateType::Full.into(),
        security_group_rules: rules.collect(),
        store_revision: goal.revision.0,
        stateless: !goal.stateful,
        ..SecurityGroupConfiguration::default()
    }
}

fn rule(group: SecurityGroupId, rule: &GroupRule) -> SecurityGroupRule {
    let direction = match rule.direction {
        Direction::Egress => WireDirection::Egress,
        Direction::Ingress => WireDirection::Ingress,
    };
    let ethertype = match rule.ethertype {
        EtherType::Ipv4 => WireEtherType::Ipv4,
        EtherType::Ipv6 => WireEtherType::Ipv6,
    };
    let mut sent = SecurityGroupRule {
        operation_type: OperationType::Info.into(),
        security_group_id: group.to_string(),
        id: rule.id.to_string(),
        direction: direction.into(),
        ethertype: ethertype.into(),
        protocol: protocol(rule.protocol).into(),
        ip_protocol: rule.protocol.map(u32::from),
        port_range_min: rule.port_min.map(u32::from),
        port_range_max: rule.port_max.map(u32::from),
        ..SecurityGroupRule::default()
    };
    match rule.remote {
        RuleRemote::Any => {}
        RuleRemote::Prefix(prefix) => sent.remote_ip_prefix = prefix.to_string(),
        RuleRemote::Group(id) => sent.remote_group_id = id.to_string(),
        RuleRemote::AddressGroup(id) => sent.remote_address_group_id = id.to_string(),
    }
    sent
}

/// What readers of the published schema see of a protocol, which knows three.
fn protocol(number: Option<u8>) -> Protocol {
    match number {
        Some(17) => Protocol::Udp,
        Some(1 | 58) => Protocol::Icmp,
        _ => Protocol::Tcp,
    }
}

pub(crate) fn member(goal: &MemberGoal) -> SecurityGroupMemberConfiguration {
    SecurityGroupMemberConfiguration {
        security_group_id: goal.group.to_string(),
        port_id: goal.port.to_string(),
        addresses: goal.addresses.iter().map(ToString::to_string).collect(),
        store_revision: goal.revision.0,
    }
}

pub(crate) fn addresses(goal: &AddressGroupGoal) -> AddressGroupConfiguration {
    AddressGroupConfiguration {
        id: goal.id.to_string(),
        addresses: goal.addresses.iter().map(ToString::to_string).collect(),
        store_revision: goal.revision.0,
    }
}
