//! Network ACLs from the wire.

use super::{DecodeError, Decoded, Fields, deletes, put};
use crate::wire::NetworkAclState;
use crate::wire::network_acl_configuration::{Direction as WireDirection, Rule};
use crate::{AclGoal, AclRule, Goal, GoalChange, GoalKey};
use alcor_types::{AclAction, AclProtocol, Direction, Revision};

pub(super) fn acl(state: &NetworkAclState) -> Decoded {
    let Some(sent) = &state.configuration else {
        return Ok(None);
    };
    let (resource, id) = ("network ACL", sent.id.as_str());
    let fields = Fields { resource, id };
    let revision = Revision(sent.store_revision);
    let id = fields.parse("id", &sent.id)?;
    if deletes(state.operation_type) {
        let key = GoalKey::Acl(id);
        return Ok(Some(GoalChange::Delete { key, revision }));
    }
    let subnets = sent.subnet_ids.iter();
    let rules = sent.rules.iter();
    put(Goal::Acl(AclGoal {
        id,
        revision,
        vpc: fields.parse("vpc_id", &sent.vpc_id)?,
        subnets: subnets
            .map(|id| fields.parse("subnet_ids", id))
            .collect::<Result<_, _>>()?,
        rules: rules
            .map(|sent| rule(&fields, sent))
            .collect::<Result<_, _>>()?,
    }))
}

fn rule(fields: &Fields<'_>, sent: &Rule) -> Result<AclRule, DecodeError> {
    Ok(AclRule {
        number: narrow(fields, "rules.number", sent.number)?,
        direction: match sent.direction() {
            WireDirection::Egress => Direction::Egress,
            WireDirection::Ingress => Direction::Ingress,
        },
        prefix: fields.parse("rules.ip_prefix", &sent.ip_prefix)?,
        protocol: protocol(fields, sent)?,
        action: match sent.allow {
            true => AclAction::Allow,
            false => AclAction::Deny,
        },
    })
}

/// A protocol that is not known here may be one to deny: it is refused, not left out.
fn protocol(fields: &Fields<'_>, sent: &Rule) -> Result<AclProtocol, DecodeError> {
    let range = sent.port_range_min.zip(sent.port_range_max);
    let ports = || {
        let ports = range.map(|(low, high)| {
            let low = narrow(fields, "rules.port_range_min", low)?;
            Ok((low, narrow(fields, "rules.port_range_max", high)?))
        });
        ports.transpose()
    };
    let kind = || {
        let kind = range.map(|(kind, code)| {
            let kind = narrow(fields, "rules.port_range_min", kind)?;
            Ok((kind, narrow(fields, "rules.port_range_max", code)?))
        });
        kind.transpose()
    };
    match sent.ip_protocol {
        None => Ok(AclProtocol::All),
        Some(6) => ports().map(AclProtocol::Tcp),
        Some(17) => ports().map(AclProtocol::Udp),
        Some(1) => kind().map(AclProtocol::Icmp),
        Some(58) => kind().map(AclProtocol::Icmpv6),
        Some(other) => {
            let problem = format!("{other} is none of 1, 6, 17, 58");
            Err(fields.wrong("rules.ip_protocol", problem))
        }
    }
}

fn narrow<T: TryFrom<u32, Error: std::fmt::Display>>(
    fields: &Fields<'_>,
    field: &'static str,
    number: u32,
) -> Result<T, DecodeError> {
    T::try_from(number).map_err(|error| fields.wrong(field, error))
}
