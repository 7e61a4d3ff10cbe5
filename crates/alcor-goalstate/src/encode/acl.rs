//! Network ACLs on the wire.

use crate::wire::network_acl_configuration::{Direction as WireDirection, Rule};
use crate::wire::{GoalStateV2, NetworkAclConfiguration, NetworkAclState, OperationType};
use crate::{AclGoal, AclRule};
use alcor_types::{AclAction, AclProtocol, Direction, NetworkAclId};

pub(super) fn insert(
    state: &mut GoalStateV2,
    operation: OperationType,
    sent: NetworkAclConfiguration,
) {
    let (key, operation_type) = (sent.id.clone(), operation.into());
    let configuration = Some(sent);
    state.network_acl_states.insert(
        key,
        NetworkAclState {
            operation_type,
            configuration,
        },
    );
}

pub(super) fn delete(state: &mut GoalStateV2, id: NetworkAclId, store_revision: u64) {
    let gone = NetworkAclConfiguration {
        id: id.to_string(),
        store_revision,
        ..Default::default()
    };
    insert(state, OperationType::Delete, gone);
}

pub(crate) fn acl(goal: &AclGoal) -> NetworkAclConfiguration {
    NetworkAclConfiguration {
        id: goal.id.to_string(),
        vpc_id: goal.vpc.to_string(),
        subnet_ids: goal.subnets.iter().map(ToString::to_string).collect(),
        rules: goal.rules.iter().map(rule).collect(),
        store_revision: goal.revision.0,
    }
}

fn rule(rule: &AclRule) -> Rule {
    let direction = match rule.direction {
        Direction::Egress => WireDirection::Egress,
        Direction::Ingress => WireDirection::Ingress,
    };
    let (protocol, range) = protocol(rule.protocol);
    Rule {
        number: rule.number.into(),
        direction: direction.into(),
        ip_prefix: rule.prefix.to_string(),
        ip_protocol: protocol,
        port_range_min: range.map(|(low, _)| low),
        port_range_max: range.map(|(_, high)| high),
        allow: rule.action == AclAction::Allow,
    }
}

/// IANA's number, and the two numbers that restrict it.
fn protocol(protocol: AclProtocol) -> (Option<u32>, Option<(u32, u32)>) {
    let ports = |range: Option<(u16, u16)>| range.map(|(low, high)| (low.into(), high.into()));
    let kind = |one: Option<(u8, u8)>| one.map(|(kind, code)| (kind.into(), code.into()));
    match protocol {
        AclProtocol::All => (None, None),
        AclProtocol::Tcp(range) => (Some(6), ports(range)),
        AclProtocol::Udp(range) => (Some(17), ports(range)),
        AclProtocol::Icmp(one) => (Some(1), kind(one)),
        AclProtocol::Icmpv6(one) => (Some(58), kind(one)),
    }
}
