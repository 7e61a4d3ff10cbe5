//! What a body says of a port, as the managers' requests.

use super::binding::profile_text;
use crate::attribute::Attributes;
use crate::error::RequestError;
use crate::value::{DhcpOptionWish, FixedIpWish, Object};
use alcor_managers::port::{CreatePort, ExtraDhcpOptionRequest, FixedIpRequest, UpdatePort};
use alcor_types::{
    HostName, NetworkId, PortHardware, PortId, ProjectId, QosPolicyId, SecurityGroupId, SubnetId,
};
use uuid::Uuid;

/// Builds a create request from a body.
pub(super) fn create(body: &Attributes) -> Result<CreatePort, RequestError> {
    Ok(CreatePort {
        id: body.get::<Uuid>("id")?.map(PortId),
        project_id: body.get::<String>("project_id")?.map(ProjectId::from),
        network_id: NetworkId(body.required("network_id")?),
        name: body.get("name")?.unwrap_or_default(),
        description: body.get("description")?.unwrap_or_default(),
        tags: body.tags()?,
        admin_state_up: body.get("admin_state_up")?,
        mac_address: body.some("mac_address")?,
        fixed_ips: fixed_ips(body)?,
        device_id: body.get("device_id")?.unwrap_or_default(),
        device_owner: body.get("device_owner")?.unwrap_or_default(),
        host: binding_host(body)?.flatten(),
        vnic_type: body.get("binding:vnic_type")?,
        binding_profile: binding_profile(body)?,
        allowed_address_pairs: body.get("allowed_address_pairs")?.unwrap_or_default(),
        extra_dhcp_opts: dhcp_options(body)?.unwrap_or_default(),
        port_security_enabled: body.get("port_security_enabled")?,
        dns_name: body.get("dns_name")?.unwrap_or_default(),
        dns_domain: body.get("dns_domain")?.unwrap_or_default(),
        propagate_uplink_status: body.get("propagate_uplink_status")?,
        hardware: hardware(body)?,
        security_groups: security_groups(body)?,
        qos_policy_id: qos_policy(body)?.flatten(),
    })
}

fn hardware(body: &Attributes) -> Result<PortHardware, RequestError> {
    Ok(PortHardware {
        numa_affinity_policy: body.some("numa_affinity_policy")?,
        hints: body.some::<Object>("hints")?.map(profile_text),
        device_profile: body.some("device_profile")?,
        offload_type: body.some("hardware_offload_type")?,
        trusted: body.some("trusted")?,
    })
}

/// Builds an update request from a body and `If-Match`.
pub(super) fn update(body: &Attributes, expected: Option<u64>) -> Result<UpdatePort, RequestError> {
    Ok(UpdatePort {
        name: body.get("name")?,
        description: body.get("description")?,
        tags: None,
        admin_state_up: body.get("admin_state_up")?,
        mac_address: body.get("mac_address")?,
        fixed_ips: fixed_ips(body)?,
        device_id: body.get("device_id")?,
        device_owner: body.get("device_owner")?,
        host: binding_host(body)?,
        vnic_type: body.get("binding:vnic_type")?,
        binding_profile: binding_profile(body)?,
        allowed_address_pairs: body.get("allowed_address_pairs")?,
        extra_dhcp_opts: dhcp_options(body)?,
        port_security_enabled: body.get("port_security_enabled")?,
        dns_name: body.get("dns_name")?,
        dns_domain: body.get("dns_domain")?,
        data_plane_status: body.get("data_plane_status")?,
        propagate_uplink_status: body.get("propagate_uplink_status")?,
        numa_affinity_policy: body.get("numa_affinity_policy")?,
        hints: body
            .get::<Option<Object>>("hints")?
            .map(|hints| hints.map(profile_text)),
        trusted: body.some("trusted")?,
        security_groups: security_groups(body)?,
        qos_policy_id: qos_policy(body)?,
        expected_revision: expected,
    })
}

fn fixed_ips(body: &Attributes) -> Result<Option<Vec<FixedIpRequest>>, RequestError> {
    let wishes = body.some::<Vec<FixedIpWish>>("fixed_ips")?;
    let request = |wish: FixedIpWish| FixedIpRequest {
        subnet_id: wish.subnet_id.map(SubnetId),
        ip_address: wish.ip_address,
    };
    Ok(wishes.map(|wishes| wishes.into_iter().map(request).collect()))
}

/// Null is an empty list, as Neutron has it.
fn security_groups(body: &Attributes) -> Result<Option<Vec<SecurityGroupId>>, RequestError> {
    let ids = body.get::<Vec<Uuid>>("security_groups")?;
    Ok(ids.map(|ids| ids.into_iter().map(SecurityGroupId).collect()))
}

fn dhcp_options(body: &Attributes) -> Result<Option<Vec<ExtraDhcpOptionRequest>>, RequestError> {
    let wishes = body.get::<Vec<DhcpOptionWish>>("extra_dhcp_opts")?;
    let request = |wish: DhcpOptionWish| ExtraDhcpOptionRequest {
        opt_name: wish.opt_name,
        opt_value: wish.opt_value,
        ip_version: Some(wish.ip_version),
    };
    Ok(wishes.map(|wishes| wishes.into_iter().map(request).collect()))
}

/// Null and the empty text both unbind, because Nova sends either.
#[expect(
    clippy::option_option,
    reason = "not sent, none and a host are three things"
)]
fn binding_host(body: &Attributes) -> Result<Option<Option<HostName>>, RequestError> {
    let host = body.get::<Option<String>>("binding:host_id")?;
    Ok(host.map(|name| name.filter(|name| !name.is_empty()).map(HostName::from)))
}

fn binding_profile(body: &Attributes) -> Result<Option<String>, RequestError> {
    let profile = body.get::<Option<Object>>("binding:profile")?;
    Ok(profile.map(|profile| profile.map_or_else(|| "{}".to_owned(), profile_text)))
}

/// The QoS policy that a body names; null is none.
#[expect(
    clippy::option_option,
    reason = "not sent, none and a policy are three things"
)]
fn qos_policy(body: &Attributes) -> Result<Option<Option<QosPolicyId>>, RequestError> {
    let asked = body.get::<Option<Uuid>>("qos_policy_id")?;
    Ok(asked.map(|policy| policy.map(QosPolicyId)))
}
