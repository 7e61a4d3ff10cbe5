//! Who may say what of a port: Neutron's default policy, attribute by attribute.

use super::{CreatePort, FixedIpRequest, NETWORK_OWNERS, UpdatePort};
use crate::{ApiError, Caller, network, policy};
use alcor_store::Read;
use alcor_types::{Network, NetworkId, Port};

/// The network, where the caller may plug ports into it: its own or a shared one.
pub(super) fn usable_network(
    read: &dyn Read,
    id: NetworkId,
    caller: &Caller,
) -> Result<Network, ApiError> {
    let network = network::get(read, id, caller)?;
    let given = !network.shared.includes(&caller.project_id);
    policy::network_owner_only(caller, &network, given, "create_port")?;
    Ok(network)
}

/// Refuses a new port's attributes that the caller may not choose.
pub(super) fn check_create_policy(
    request: &CreatePort,
    caller: &Caller,
    network: &Network,
) -> Result<(), ApiError> {
    let chooses = |fixed: &FixedIpRequest| fixed.ip_address.is_some();
    let by_network_owner = [
        (request.mac_address.is_some(), "create_port:mac_address"),
        (
            request.device_owner.starts_with(NETWORK_OWNERS),
            "create_port:device_owner",
        ),
        (
            request.fixed_ips.iter().flatten().any(chooses),
            "create_port:fixed_ips:ip_address",
        ),
        (
            request.port_security_enabled.is_some(),
            "create_port:port_security_enabled",
        ),
        (
            !request.allowed_address_pairs.is_empty(),
            "create_port:allowed_address_pairs",
        ),
    ];
    for (given, rule) in by_network_owner {
        policy::network_owner_only(caller, network, given, rule)?;
    }
    policy::admin_only(
        caller,
        request.host.is_some(),
        "create_port:binding:host_id",
    )?;
    policy::admin_only(
        caller,
        request.binding_profile.is_some(),
        "create_port:binding:profile",
    )
}

/// Refuses changes of a port's attributes that the caller may not make.
pub(super) fn check_update_policy(
    read: &dyn Read,
    request: &UpdatePort,
    port: &Port,
    caller: &Caller,
) -> Result<(), ApiError> {
    let network =
        network::find(read, port.network_id)?.ok_or(ApiError::NetworkNotFound(port.network_id))?;
    let chooses = |fixed: &FixedIpRequest| fixed.ip_address.is_some();
    let infrastructure = |owner: &String| owner.starts_with(NETWORK_OWNERS);
    let by_network_owner = [
        (
            request.device_owner.as_ref().is_some_and(infrastructure),
            "update_port:device_owner",
        ),
        (
            request.fixed_ips.iter().flatten().any(chooses),
            "update_port:fixed_ips:ip_address",
        ),
        (
            differs(
                request.port_security_enabled.as_ref(),
                &port.port_security_enabled,
            ),
            "update_port:port_security_enabled",
        ),
        (
            differs(
                request.allowed_address_pairs.as_ref(),
                &port.allowed_address_pairs,
            ),
            "update_port:allowed_address_pairs",
        ),
    ];
    for (given, rule) in by_network_owner {
        policy::network_owner_only(caller, &network, given, rule)?;
    }
    let by_admin = [
        (
            differs(request.mac_address.as_ref(), &Some(port.mac_address)),
            "update_port:mac_address",
        ),
        (
            differs(request.host.as_ref(), &port.host),
            "update_port:binding:host_id",
        ),
        (
            differs(request.binding_profile.as_ref(), &port.binding_profile),
            "update_port:binding:profile",
        ),
    ];
    by_admin
        .into_iter()
        .try_for_each(|(given, rule)| policy::admin_only(caller, given, rule))
}

/// Whether the request asks for another value than the present one.
fn differs<T: PartialEq>(asked: Option<&T>, present: &T) -> bool {
    asked.is_some_and(|asked| asked != present)
}
