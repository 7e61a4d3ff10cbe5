//! Security groups, their ports and address groups as goals.

use alcor_goalstate::{AddressGroupGoal, Goal, GroupGoal, GroupRule, MemberGoal, RuleRemote};
use alcor_types::{
    AddressGroup, Port, Remote, Revision, SecurityGroup, SecurityGroupId, SecurityGroupRule,
    ip_protocol,
};
use ipnet::IpNet;

/// What every host of the group's span is told of it. The rules come sorted by id.
pub(crate) fn group<'a>(
    group: &SecurityGroup,
    rules: impl Iterator<Item = &'a SecurityGroupRule>,
    revision: Revision,
) -> Goal {
    Goal::Group(GroupGoal {
        id: group.id,
        revision,
        stateful: group.stateful,
        rules: rules.filter_map(rule).collect(),
    })
}

/// Nothing where a protocol is none, or a template's remote has come into a rule: what nobody
/// can read allows nothing.
fn rule(rule: &SecurityGroupRule) -> Option<GroupRule> {
    let traffic = &rule.traffic;
    let protocol = match &traffic.protocol {
        Some(text) => Some(ip_protocol(text)?),
        None => None,
    };
    Some(GroupRule {
        id: rule.id,
        direction: traffic.direction,
        ethertype: traffic.ethertype,
        protocol,
        port_min: traffic.port_range_min,
        port_max: traffic.port_range_max,
        remote: match traffic.remote {
            Remote::Any => RuleRemote::Any,
            Remote::Prefix(prefix) => RuleRemote::Prefix(prefix.trunc()),
            Remote::Group(id) => RuleRemote::Group(id),
            Remote::AddressGroup(id) => RuleRemote::AddressGroup(id),
            Remote::OwnGroup => return None,
        },
    })
}

/// What every host of the group's span is told of a port in it: all its addresses where it is told
/// `whole`, or else those that it may have by its allowed pairs, where there are any.
pub(crate) fn member(
    group: SecurityGroupId,
    port: &Port,
    whole: bool,
    revision: Revision,
) -> Option<Goal> {
    if !whole && port.allowed_address_pairs.is_empty() {
        return None;
    }
    let fixed = port.fixed_ips.iter().filter(|_| whole);
    let fixed = fixed.map(|fixed| fixed.ip_address.into());
    let pairs = port.allowed_address_pairs.iter();
    let pairs = pairs.map(|pair| pair.ip_address.trunc());
    let mut addresses: Vec<IpNet> = fixed.chain(pairs).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Some(Goal::Member(MemberGoal {
        group,
        port: port.id,
        revision,
        addresses,
    }))
}

/// What every host of the address group's span is told of it.
pub(crate) fn address_group(group: &AddressGroup, revision: Revision) -> Goal {
    Goal::AddressGroup(AddressGroupGoal {
        id: group.id,
        revision,
        addresses: group.addresses.iter().copied().collect(),
    })
}
