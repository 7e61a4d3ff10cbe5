//! Security groups, their members, and address groups, from the wire.

use super::{DecodeError, Decoded, Fields, deletes, put};
use crate::wire::port_configuration::AllowAddressPair;
use crate::wire::security_group_configuration::{Direction as WireDirection, SecurityGroupRule};
use crate::wire::{
    AddressGroupState, EtherType as WireEtherType, SecurityGroupMemberState, SecurityGroupState,
};
use crate::{
    AddressGroupGoal, Goal, GoalChange, GoalKey, GroupGoal, GroupRule, MemberGoal, RuleRemote,
};
use alcor_types::{AllowedAddressPair, Direction, EtherType, Revision};
use ipnet::IpNet;

pub(super) fn group(state: &SecurityGroupState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let (resource, id) = ("security group", sent.id.as_str());
    let fields = Fields { resource, id };
    let revision = Revision(sent.store_revision);
    let id = fields.parse("id", &sent.id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::Group(id);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    let rules = sent.security_group_rules.iter();
    put(Goal::Group(GroupGoal {
        id,
        revision,
        stateful: !sent.stateless,
        rules: rules
            .map(|sent| rule(&fields, sent))
            .collect::<Result<_, _>>()?,
    }))
}

fn rule(fields: &Fields<'_>, sent: &SecurityGroupRule) -> Result<GroupRule, DecodeError> {
    let protocol = sent.ip_protocol.map(u8::try_from).transpose();
    let port = |field, port: Option<u32>| {
        let port = port.map(u16::try_from).transpose();
        port.map_err(|error| fields.wrong(field, error))
    };
    Ok(GroupRule {
        id: fields.parse("security_group_rules.id", &sent.id)?,
        direction: match sent.direction() {
            WireDirection::Egress => Direction::Egress,
            WireDirection::Ingress => Direction::Ingress,
        },
        ethertype: match sent.ethertype() {
            WireEtherType::Ipv4 => EtherType::Ipv4,
            WireEtherType::Ipv6 => EtherType::Ipv6,
        },
        protocol: protocol.map_err(|error| fields.wrong("ip_protocol", error))?,
        port_min: port("port_range_min", sent.port_range_min)?,
        port_max: port("port_range_max", sent.port_range_max)?,
        remote: remote(fields, sent)?,
    })
}

fn remote(fields: &Fields<'_>, sent: &SecurityGroupRule) -> Result<RuleRemote, DecodeError> {
    let given = |text: &str| !text.is_empty();
    if given(&sent.remote_ip_prefix) {
        let prefix = fields.parse("remote_ip_prefix", &sent.remote_ip_prefix)?;
        return Ok(RuleRemote::Prefix(prefix));
    }
    if given(&sent.remote_group_id) {
        let group = fields.parse("remote_group_id", &sent.remote_group_id)?;
        return Ok(RuleRemote::Group(group));
    }
    if given(&sent.remote_address_group_id) {
        let group = fields.parse("remote_address_group_id", &sent.remote_address_group_id)?;
        return Ok(RuleRemote::AddressGroup(group));
    }
    Ok(RuleRemote::Any)
}

pub(super) fn member(state: &SecurityGroupMemberState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let fields = Fields {
        resource: "security group member",
        id: &sent.port_id,
    };
    let revision = Revision(sent.store_revision);
    let group = fields.parse("security_group_id", &sent.security_group_id)?;
    let port = fields.parse("port_id", &sent.port_id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::Member(group, port);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::Member(MemberGoal {
        group,
        port,
        revision,
        addresses: blocks(&fields, &sent.addresses)?,
    }))
}

pub(super) fn addresses(state: &AddressGroupState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let (resource, id) = ("address group", sent.id.as_str());
    let fields = Fields { resource, id };
    let revision = Revision(sent.store_revision);
    let id = fields.parse("id", &sent.id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::AddressGroup(id);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    put(Goal::AddressGroup(AddressGroupGoal {
        id,
        revision,
        addresses: blocks(&fields, &sent.addresses)?,
    }))
}

fn blocks(fields: &Fields<'_>, sent: &[String]) -> Result<Vec<IpNet>, DecodeError> {
    let parse = |block: &String| fields.parse("addresses", block);
    sent.iter().map(parse).collect()
}

pub(super) fn pair(
    fields: &Fields<'_>,
    sent: &AllowAddressPair,
) -> Result<AllowedAddressPair, DecodeError> {
    let mac = Some(&sent.mac_address).filter(|mac| !mac.is_empty());
    let mac = mac.map(|mac| fields.parse("allow_address_pairs.mac_address", mac));
    Ok(AllowedAddressPair {
        ip_address: fields.parse("allow_address_pairs.ip_address", &sent.ip_address)?,
        mac_address: mac.transpose()?,
    })
}
