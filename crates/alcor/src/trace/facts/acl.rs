//! Network ACLs of the API as facts of the intent.

use super::{Read, list, parsed, standard, text};
use alcor_compiler::Fact;
use alcor_types::{
    AclAction, AclProtocol, FlowDirection, NetworkAcl, NetworkAclId, NetworkAclRule, SubnetId,
};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// An ACL with its rules.
pub(in crate::trace) fn acl(shown: &Value) -> Read<Vec<Fact>> {
    let id: NetworkAclId = parsed(shown, "id")?;
    let subnets = list(shown, "associated_subnets")?.iter();
    let subnets = subnets.map(|subnet| Ok(subnet.as_str().context("no id")?.parse()?));
    let acl = NetworkAcl {
        id,
        project_id: "".into(),
        standard: standard(shown),
        network_id: parsed(shown, "vpc_id")?,
        subnets: subnets.collect::<Read<BTreeSet<SubnetId>>>()?,
        is_default: shown["is_default"].as_bool().unwrap_or(false),
    };
    // What denies the rest is shown, too, without an id; it stands in no rule.
    let rules = list(shown, "network_acl_rules")?.iter();
    let rules = rules.filter(|rule| !rule["id"].is_null());
    let rules = rules.map(|shown| {
        let rule = rule(id, shown)?;
        Ok(Fact::NetworkAclRule(rule.id, Some(Arc::new(rule))))
    });
    let whole = std::iter::once(Ok(Fact::NetworkAcl(id, Some(Arc::new(acl)))));
    whole.chain(rules).collect()
}

fn rule(acl: NetworkAclId, shown: &Value) -> Read<NetworkAclRule> {
    let number = shown["number"].as_u64().context("a rule has no number")?;
    Ok(NetworkAclRule {
        id: parsed(shown, "id")?,
        acl_id: acl,
        name: String::new(),
        description: String::new(),
        number: number.try_into()?,
        direction: match text(shown, "direction")? {
            "egress" => FlowDirection::Egress,
            _ => FlowDirection::Ingress,
        },
        prefix: parsed(shown, "ip_prefix")?,
        protocol: protocol(shown)?,
        action: match text(shown, "action")? {
            "allow" => AclAction::Allow,
            _ => AclAction::Deny,
        },
    })
}

fn protocol(shown: &Value) -> Read<AclProtocol> {
    let ports = pair::<u16>(shown, ["port_range_min", "port_range_max"])?;
    let kinds = pair::<u8>(shown, ["icmp_type", "icmp_code"])?;
    Ok(match text(shown, "protocol")? {
        "all" => AclProtocol::All,
        "tcp" => AclProtocol::Tcp(ports),
        "udp" => AclProtocol::Udp(ports),
        "icmp" => AclProtocol::Icmp(kinds),
        "icmpv6" => AclProtocol::Icmpv6(kinds),
        other => bail!("an ACL's rule is about protocol {other}, which is not known here"),
    })
}

/// Two numbers, or none.
fn pair<T: TryFrom<u64>>(shown: &Value, names: [&str; 2]) -> Read<Option<(T, T)>> {
    let [first, last] = names.map(|name| shown[name].as_u64());
    let Some((first, last)) = first.zip(last) else {
        return Ok(None);
    };
    let both = T::try_from(first).ok().zip(T::try_from(last).ok());
    let wrong = || format!("{} and {} cannot be {first} and {last}", names[0], names[1]);
    both.with_context(wrong).map(Some)
}
