//! What names a policy, and what a policy's rules mean for a port.

use super::{QosError, find, get, rules};
use crate::records::{self, Index, Record};
use crate::schema::{
    FLOATING_IP_BY_QOS_POLICY, NETWORK_BY_QOS_POLICY, PORT_BY_QOS_POLICY, ROUTER_BY_QOS_POLICY,
};
use crate::{ApiError, Caller, network, port};
use alcor_store::Read;
use alcor_types::{
    FloatingIp, FlowDirection, Network, Port, ProjectId, QosLimit, QosPolicy, QosPolicyId, QosRule,
    QosRuleType, Router,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A policy that the caller wants a resource to have: it must exist, and the caller see it.
pub fn check_usable(
    read: &dyn Read,
    policy: Option<QosPolicyId>,
    caller: &Caller,
) -> Result<(), ApiError> {
    policy.map_or(Ok(()), |id| get(read, id, caller).map(drop))
}

/// A resource's change from one policy to another. One that the caller may not even see was an
/// administrator's choice, and stays.
pub fn check_change(
    read: &dyn Read,
    present: Option<QosPolicyId>,
    asked: Option<QosPolicyId>,
    caller: &Caller,
) -> Result<(), ApiError> {
    if present == asked {
        return Ok(());
    }
    if let Some(present) = present
        && let Some(policy) = find(read, present)?
        && !super::visible(&policy, caller)
    {
        return Err(QosError::RemovalNotAuthorized(present).into());
    }
    check_usable(read, asked, caller)
}

/// The policy of new networks of a project that name none.
pub fn default_of(read: &dyn Read, project: &ProjectId) -> Result<Option<QosPolicyId>, ApiError> {
    Ok(super::default_policy(read, project)?.map(|policy| policy.id))
}

/// The policy of the port's network, which holds where the port has none; the region's own ports
/// are left out of it, as in Neutron.
pub fn network_policy(read: &dyn Read, port: &Port) -> Result<Option<QosPolicyId>, ApiError> {
    let network = network::find(read, port.network_id)?;
    Ok(network.and_then(|network| network.qos_policy_id))
}

/// The policy whose rules hold for the port's traffic.
pub fn effective(read: &dyn Read, port: &Port) -> Result<Option<QosPolicyId>, ApiError> {
    if port.qos_policy_id.is_some() {
        return Ok(port.qos_policy_id);
    }
    if port.device_owner.starts_with(port::NETWORK_OWNERS) {
        return Ok(None);
    }
    network_policy(read, port)
}

/// Refuses to remove a policy that something names.
pub(super) fn check_unused(read: &dyn Read, policy: QosPolicyId) -> Result<(), ApiError> {
    match first_user(read, policy, |_| true)? {
        None => Ok(()),
        Some((kind, id)) => Err(QosError::PolicyInUse { policy, kind, id }.into()),
    }
}

/// Refuses to take the grant to everyone back while something of a project that would lose the
/// policy names it.
pub(super) fn check_unshare(read: &dyn Read, policy: &QosPolicy) -> Result<(), ApiError> {
    let mut left = policy.shared.clone();
    left.set_public(false);
    let loses = |project: &ProjectId| *project != policy.project_id && !left.includes(project);
    match first_user(read, policy.id, loses)? {
        None => Ok(()),
        Some((kind, id)) => {
            let policy = policy.id;
            Err(QosError::SharedInUse { policy, kind, id }.into())
        }
    }
}

/// The projects with something that names the policy.
pub(crate) fn users(read: &dyn Read, policy: QosPolicyId) -> Result<BTreeSet<ProjectId>, ApiError> {
    let ports = naming::<Port>(read, PORT_BY_QOS_POLICY, policy);
    let networks = naming::<Network>(read, NETWORK_BY_QOS_POLICY, policy);
    let ports = ports.map(|port| Ok(port?.project_id));
    let networks = networks.map(|network| Ok(network?.project_id));
    let floating_ips = naming::<FloatingIp>(read, FLOATING_IP_BY_QOS_POLICY, policy);
    let routers = naming::<Router>(read, ROUTER_BY_QOS_POLICY, policy);
    let floating_ips = floating_ips.map(|floating_ip| Ok(floating_ip?.project_id));
    let routers = routers.map(|router| Ok(router?.project_id));
    ports
        .chain(networks)
        .chain(floating_ips)
        .chain(routers)
        .collect()
}

/// The first resource of a wanted project that names the policy.
fn first_user(
    read: &dyn Read,
    policy: QosPolicyId,
    wanted: impl Fn(&ProjectId) -> bool,
) -> Result<Option<(&'static str, String)>, ApiError> {
    for port in naming::<Port>(read, PORT_BY_QOS_POLICY, policy) {
        let port = port?;
        if wanted(&port.project_id) {
            return Ok(Some(("port", port.id.to_string())));
        }
    }
    for network in naming::<Network>(read, NETWORK_BY_QOS_POLICY, policy) {
        let network = network?;
        if wanted(&network.project_id) {
            return Ok(Some(("network", network.id.to_string())));
        }
    }
    for floating_ip in naming::<FloatingIp>(read, FLOATING_IP_BY_QOS_POLICY, policy) {
        let floating_ip = floating_ip?;
        if wanted(&floating_ip.project_id) {
            return Ok(Some(("floatingip", floating_ip.id.to_string())));
        }
    }
    for router in naming::<Router>(read, ROUTER_BY_QOS_POLICY, policy) {
        let router = router?;
        if wanted(&router.project_id) {
            return Ok(Some(("router", router.id.to_string())));
        }
    }
    Ok(None)
}

/// The records that name the policy.
fn naming<'a, R: Record + 'a>(
    read: &'a dyn Read,
    index: Index,
    policy: QosPolicyId,
) -> impl Iterator<Item = Result<R, ApiError>> + 'a {
    records::lookup::<R>(read, index, &[policy.as_bytes()], None, false)
        .map(|record| record.map_err(ApiError::from))
}

/// What Placement must set aside for a port: one group of traits and amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestGroup {
    /// Names the group; the same for the same port and policy.
    pub id: Uuid,
    /// The traits that the provider must have.
    pub required: Vec<String>,
    /// How much of which resource class.
    pub resources: BTreeMap<&'static str, u32>,
}

/// What a port with this policy asks of Placement (`resource_request`): bandwidth where the
/// network has a physical network, packet rates anywhere. Empty: nothing.
pub fn resource_request(
    read: &dyn Read,
    policy: QosPolicyId,
    port: &Port,
    physical_network: Option<&str>,
) -> Result<Vec<RequestGroup>, ApiError> {
    let rules = rules(read, policy)?;
    let vnic = trait_of("CUSTOM_VNIC_TYPE_", &port.vnic_type);
    let mut groups = Vec::new();
    if let Some(physical) = physical_network {
        let required = vec![trait_of("CUSTOM_PHYSNET_", physical), vnic.clone()];
        groups.extend(group(&rules, QosRuleType::MinimumBandwidth, port, required));
    }
    groups.extend(group(
        &rules,
        QosRuleType::MinimumPacketRate,
        port,
        vec![vnic],
    ));
    Ok(groups)
}

fn group(
    rules: &[QosRule],
    rule_type: QosRuleType,
    port: &Port,
    required: Vec<String>,
) -> Option<RequestGroup> {
    let wanted: Vec<&QosRule> = rules
        .iter()
        .filter(|rule| rule.limit.rule_type() == rule_type)
        .collect();
    let first = wanted.first()?;
    let resources = wanted.iter().filter_map(|rule| resource(&rule.limit));
    Some(RequestGroup {
        id: group_id(port, first),
        required,
        resources: resources.collect(),
    })
}

/// The resource class and the amount of a minimum.
fn resource(limit: &QosLimit) -> Option<(&'static str, u32)> {
    match *limit {
        QosLimit::MinimumBandwidth {
            min_kbps,
            direction,
        } => {
            let class = match direction {
                FlowDirection::Ingress => "NET_BW_IGR_KILOBIT_PER_SEC",
                FlowDirection::Egress | FlowDirection::Any => "NET_BW_EGR_KILOBIT_PER_SEC",
            };
            Some((class, min_kbps))
        }
        QosLimit::MinimumPacketRate {
            min_kpps,
            direction,
        } => {
            let class = match direction {
                FlowDirection::Ingress => "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
                FlowDirection::Egress => "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
                FlowDirection::Any => "NET_PACKET_RATE_KILOPACKET_PER_SEC",
            };
            Some((class, min_kpps))
        }
        _ => None,
    }
}

/// An id that is the same whenever the same port asks for the same rule.
fn group_id(port: &Port, rule: &QosRule) -> Uuid {
    let mut bytes = *port.id.as_bytes();
    for (byte, other) in bytes.iter_mut().zip(rule.id.as_bytes()) {
        *byte ^= other;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A trait's name: letters, digits and underscores, in capitals.
fn trait_of(prefix: &str, name: &str) -> String {
    let clean = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    prefix.chars().chain(name.chars().map(clean)).collect()
}
