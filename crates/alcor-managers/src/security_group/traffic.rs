//! Checks what a rule is to allow, in the order in which Neutron finds fault with it.

use super::{SecurityGroupError, TrafficRequest, protocol};
use alcor_types::{AddressGroupId, Direction, EtherType, Remote, SecurityGroupId, TrafficMatch};
use ipnet::IpNet;
use std::net::IpAddr;

/// How templates name the group that a rule made from them is in.
const PARENT: &str = "PARENT";

/// The traffic that a request describes. Whether the groups it names exist is left open.
pub(super) fn parse(request: &TrafficRequest) -> Result<TrafficMatch, SecurityGroupError> {
    let direction = direction(&request.direction)?;
    let ethertype = ethertype(request.ethertype.as_deref())?;
    let ipv6 = ethertype == EtherType::Ipv6;
    let protocol = protocol::canonical(request.protocol.as_deref(), ipv6)
        .map_err(SecurityGroupError::InvalidProtocol)?;
    let min = port(request.port_range_min)?;
    let max = port(request.port_range_max)?;
    let prefix = prefix(request.remote_ip_prefix.as_deref())?;
    // All ports is no restriction.
    let (min, max) = match (min, max) {
        (Some(1), Some(u16::MAX)) => (None, None),
        other => other,
    };
    check_range(protocol.as_deref(), min, max)?;
    check_family(ethertype, prefix)?;
    check_protocol_family(ethertype, protocol.as_deref())?;
    Ok(TrafficMatch {
        direction,
        ethertype,
        protocol,
        port_range_min: min,
        port_range_max: max,
        remote: remote(request, prefix)?,
    })
}

/// What the traffic is in one spelling, so that two rules of one meaning are found to be one.
pub(crate) fn rule_key(traffic: &TrafficMatch) -> String {
    let protocol = traffic.protocol.as_deref().and_then(protocol::number);
    let remote = match &traffic.remote {
        Remote::Prefix(prefix) if prefix.prefix_len() > 0 => format!("prefix {prefix}"),
        Remote::Any | Remote::Prefix(_) => String::new(),
        Remote::Group(id) => format!("group {id}"),
        Remote::AddressGroup(id) => format!("addresses {id}"),
        Remote::OwnGroup => "own group".to_owned(),
    };
    format!(
        "{} {} {protocol:?} {:?} {:?} {remote}",
        traffic.direction.as_str(),
        traffic.ethertype.as_str(),
        traffic.port_range_min,
        traffic.port_range_max,
    )
}

fn direction(text: &str) -> Result<Direction, SecurityGroupError> {
    match text {
        "ingress" => Ok(Direction::Ingress),
        "egress" => Ok(Direction::Egress),
        other => Err(SecurityGroupError::InvalidDirection(cut(other))),
    }
}

fn ethertype(text: Option<&str>) -> Result<EtherType, SecurityGroupError> {
    let Some(text) = text else {
        return Ok(EtherType::Ipv4);
    };
    let known = EtherType::ALL
        .into_iter()
        .find(|one| one.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| SecurityGroupError::InvalidEtherType(cut(text)))
}

fn port(value: Option<i64>) -> Result<Option<u16>, SecurityGroupError> {
    let port =
        |value| u16::try_from(value).map_err(|_| SecurityGroupError::InvalidPortValue(value));
    value.map(port).transpose()
}

fn prefix(text: Option<&str>) -> Result<Option<IpNet>, SecurityGroupError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let block = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    block
        .map(Some)
        .map_err(|_| SecurityGroupError::InvalidCidr(cut(text)))
}

fn check_range(
    protocol: Option<&str>,
    min: Option<u16>,
    max: Option<u16>,
) -> Result<(), SecurityGroupError> {
    if min.is_none() && max.is_none() {
        return Ok(());
    }
    let number = protocol.and_then(protocol::number);
    let number = number.ok_or(SecurityGroupError::ProtocolRequiredWithPorts)?;
    if protocol::WITH_PORTS.contains(&number) {
        return check_ports(min, max);
    }
    if protocol::ICMP.contains(&number) {
        return check_icmp(min, max);
    }
    Err(SecurityGroupError::InvalidProtocolForPort(number))
}

fn check_ports(min: Option<u16>, max: Option<u16>) -> Result<(), SecurityGroupError> {
    if min == Some(0) || max == Some(0) {
        return Err(SecurityGroupError::InvalidPortValue(0));
    }
    match (min, max) {
        (Some(min), Some(max)) if min <= max => Ok(()),
        _ => Err(SecurityGroupError::InvalidPortRange),
    }
}

fn check_icmp(kind: Option<u16>, code: Option<u16>) -> Result<(), SecurityGroupError> {
    let both = [
        (kind, "type", "port_range_min"),
        (code, "code", "port_range_max"),
    ];
    for (value, field, attribute) in both {
        if let Some(value) = value.filter(|value| *value > 255) {
            return Err(SecurityGroupError::InvalidIcmpValue {
                field,
                attribute,
                value,
            });
        }
    }
    match (kind, code) {
        (None, Some(code)) => Err(SecurityGroupError::MissingIcmpType(code)),
        _ => Ok(()),
    }
}

fn check_family(ethertype: EtherType, prefix: Option<IpNet>) -> Result<(), SecurityGroupError> {
    let Some(prefix) = prefix else {
        return Ok(());
    };
    if prefix.addr().is_ipv6() == (ethertype == EtherType::Ipv6) {
        return Ok(());
    }
    Err(SecurityGroupError::ParameterConflict {
        ethertype: ethertype.as_str(),
        cidr: prefix.to_string(),
    })
}

fn check_protocol_family(
    ethertype: EtherType,
    protocol: Option<&str>,
) -> Result<(), SecurityGroupError> {
    let Some(protocol) = protocol.filter(|_| ethertype == EtherType::Ipv4) else {
        return Ok(());
    };
    let number = protocol::number(protocol);
    if number.is_none_or(|number| !protocol::IPV6_ONLY.contains(&number)) {
        return Ok(());
    }
    Err(SecurityGroupError::EthertypeConflictWithProtocol {
        ethertype: ethertype.as_str(),
        protocol: protocol.to_owned(),
    })
}

/// Whom it is exchanged with. Only templates may say `PARENT`: for rules it names no group.
fn remote(request: &TrafficRequest, prefix: Option<IpNet>) -> Result<Remote, SecurityGroupError> {
    let group = request
        .remote_group_id
        .as_deref()
        .filter(|id| !id.is_empty());
    let addresses = request.remote_address_group_id.as_deref();
    let addresses = addresses.filter(|id| !id.is_empty());
    match (prefix, group, addresses) {
        (None, None, None) => Ok(Remote::Any),
        (Some(prefix), None, None) => Ok(Remote::Prefix(prefix)),
        (None, Some(PARENT), None) => Ok(Remote::OwnGroup),
        (None, Some(id), None) => group_id(id).map(Remote::Group),
        (None, None, Some(id)) => match id.parse::<AddressGroupId>() {
            Ok(id) => Ok(Remote::AddressGroup(id)),
            Err(_) => Err(SecurityGroupError::AddressGroupNotFound(cut(id))),
        },
        _ => Err(SecurityGroupError::MultipleRemoteEntities),
    }
}

/// The group that a text names; a text that is no id names none.
pub(super) fn group_id(text: &str) -> Result<SecurityGroupId, SecurityGroupError> {
    let id = text.parse::<SecurityGroupId>();
    id.map_err(|_| SecurityGroupError::NotFound(cut(text)))
}

/// What an error shows of a text that callers may make as long as they like.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
