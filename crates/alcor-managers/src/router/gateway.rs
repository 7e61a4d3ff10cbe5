//! Gateways: the ports by which a router is on external networks. The first is the one that
//! `external_gateway_info` shows; the others came with `external_gateways`.

use super::interface::check_distinct;
use super::{GATEWAY_OWNER, GatewayRequest, get, outlet, route};
use crate::port::CreatePort;
use crate::routing::RoutingError;
use crate::{ApiError, Caller, Settings, floating_ip, network, port, qos, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{ExternalGateway, Network, Port, ProjectId, Router, RouterId};
use std::net::IpAddr;

/// `PUT .../add_external_gateways`: adds gateways after those that are there.
pub fn add_gateways(
    txn: &mut Txn<'_>,
    id: RouterId,
    wanted: &[GatewayRequest],
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut router = get(txn, id, caller)?;
    for wanted in wanted {
        add(txn, &mut router, wanted, caller, settings)?;
    }
    finish(txn, router, settings)
}

/// `PUT .../remove_external_gateways`: removes the gateways that the requests name.
pub fn remove_gateways(
    txn: &mut Txn<'_>,
    id: RouterId,
    unwanted: &[GatewayRequest],
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut router = get(txn, id, caller)?;
    if router.gateways.is_empty() && !unwanted.is_empty() {
        return Err(RoutingError::UnableToRemoveGateways(id).into());
    }
    for unwanted in unwanted {
        let Some(at) = named(txn, &router, unwanted, Unknown::Refused)? else {
            let reason = format!("it has no gateway to network {}", unwanted.network_id);
            return Err(RoutingError::UnableToMatchGateways { router: id, reason }.into());
        };
        remove_at(txn, &mut router, at)?;
    }
    finish(txn, router, settings)
}

/// `PUT .../update_external_gateways`: makes these the router's gateways, in this order. Those
/// that are there and fit are kept.
pub fn update_gateways(
    txn: &mut Txn<'_>,
    id: RouterId,
    wanted: &[GatewayRequest],
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut router = get(txn, id, caller)?;
    if let Some(first) = wanted.first()
        && let Some(at) = named(txn, &router, first, Unknown::Fresh)?
    {
        let gateway = router.gateways.remove(at);
        router.gateways.insert(0, gateway);
    }
    set_first(txn, &mut router, wanted.first(), caller, settings)?;
    let missing = keep_named(txn, &mut router, wanted, caller, settings)?;
    for wanted in missing {
        add(txn, &mut router, wanted, caller, settings)?;
    }
    finish(txn, router, settings)
}

/// Sets, changes or removes the first gateway. When it is removed, the next takes its place.
pub(super) fn set_first(
    txn: &mut Txn<'_>,
    router: &mut Router,
    wanted: Option<&GatewayRequest>,
    caller: &Caller,
    settings: &Settings,
) -> Result<(), ApiError> {
    let present = router.gateways.first().map(|gateway| gateway.network_id);
    let Some(wanted) = wanted else {
        return match present {
            Some(_) => remove_at(txn, router, 0),
            None => Ok(()),
        };
    };
    if present == Some(wanted.network_id) {
        return change_at(txn, router, 0, wanted, caller, settings);
    }
    let network = external_network(txn, wanted, caller)?;
    if present.is_some() {
        remove_at(txn, router, 0)?;
    }
    let gateway = plug(txn, router, &network, wanted, settings)?;
    router.gateways.insert(0, gateway);
    Ok(())
}

/// Removes one gateway and its port, unless floating IPs need it.
pub(super) fn remove_at(txn: &mut Txn<'_>, router: &mut Router, at: usize) -> Result<(), ApiError> {
    let ExternalGateway {
        network_id,
        port_id,
        ..
    } = router.gateways.remove(at);
    if router.gateway_to(network_id).is_none() && floating_ip::any_on(txn, router.id, network_id)? {
        let (router, network) = (router.id, network_id);
        return Err(
            RoutingError::RouterExternalGatewayInUseByFloatingIp { router, network }.into(),
        );
    }
    outlet::close_unwanted(txn, router)?;
    match port::find(txn, port_id)? {
        Some(port) => port::unplug(txn, &port),
        None => Ok(()),
    }
}

/// What a request is that names no gateway the router has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// An error.
    Refused,
    /// A new gateway.
    Fresh,
}

/// Which gateway a request is about: the one to its network that has one of its addresses; the
/// only one to its network, where the request names no address.
fn named(
    read: &dyn Read,
    router: &Router,
    wanted: &GatewayRequest,
    unknown: Unknown,
) -> Result<Option<usize>, ApiError> {
    let to_network = router.gateways.iter().enumerate();
    let to_network: Vec<_> = to_network
        .filter(|(_, gateway)| gateway.network_id == wanted.network_id)
        .collect();
    let asked: Vec<_> = wanted
        .external_fixed_ips
        .iter()
        .filter_map(|fixed| fixed.ip_address)
        .collect();
    let reason = match to_network.as_slice() {
        [] => return Ok(None),
        [(at, _)] if asked.is_empty() => return Ok(Some(*at)),
        _ if asked.is_empty() => format!(
            "several gateways are on network {}, name external_fixed_ips",
            wanted.network_id
        ),
        _ => {
            for (at, gateway) in to_network {
                if addresses(read, gateway)?
                    .iter()
                    .any(|own| asked.contains(own))
                {
                    return Ok(Some(at));
                }
            }
            if unknown == Unknown::Fresh {
                return Ok(None);
            }
            format!(
                "no gateway on network {} has one of the external_fixed_ips",
                wanted.network_id
            )
        }
    };
    let router = router.id;
    Err(RoutingError::UnableToMatchGateways { router, reason }.into())
}

fn addresses(read: &dyn Read, gateway: &ExternalGateway) -> Result<Vec<IpAddr>, ApiError> {
    let port = port::find(read, gateway.port_id)?;
    let fixed_ips = port.map(|port| port.fixed_ips).unwrap_or_default();
    Ok(fixed_ips.iter().map(|fixed| fixed.ip_address).collect())
}

/// Changes the gateways after the first that are wanted, removes those that are not, and hands
/// back the requests for which there is none.
fn keep_named<'a>(
    txn: &mut Txn<'_>,
    router: &mut Router,
    wanted: &'a [GatewayRequest],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<&'a GatewayRequest>, ApiError> {
    let first = wanted.first().and(router.gateways.first());
    let mut kept: Vec<_> = first.map(|gateway| gateway.port_id).into_iter().collect();
    let mut missing = Vec::new();
    for wanted in wanted.iter().skip(1) {
        match named(txn, router, wanted, Unknown::Fresh)? {
            Some(at) if !kept.contains(&router.gateways[at].port_id) => {
                change_at(txn, router, at, wanted, caller, settings)?;
                kept.push(router.gateways[at].port_id);
            }
            _ => missing.push(wanted),
        }
    }
    let unwanted = |gateway: &ExternalGateway| !kept.contains(&gateway.port_id);
    while let Some(at) = router.gateways.iter().position(unwanted) {
        remove_at(txn, router, at)?;
    }
    Ok(missing)
}

fn add(
    txn: &mut Txn<'_>,
    router: &mut Router,
    wanted: &GatewayRequest,
    caller: &Caller,
    settings: &Settings,
) -> Result<(), ApiError> {
    let network = external_network(txn, wanted, caller)?;
    let gateway = plug(txn, router, &network, wanted, settings)?;
    router.gateways.push(gateway);
    Ok(())
}

/// Applies a request to a gateway on the same network.
fn change_at(
    txn: &mut Txn<'_>,
    router: &mut Router,
    at: usize,
    wanted: &GatewayRequest,
    caller: &Caller,
    settings: &Settings,
) -> Result<(), ApiError> {
    external_network(txn, wanted, caller)?;
    let gateway = &mut router.gateways[at];
    gateway.enable_snat = wanted.enable_snat.unwrap_or(settings.snat_by_default);
    standard::assign(&mut gateway.qos_policy_id, wanted.qos_policy_id.as_ref());
    if wanted.external_fixed_ips.is_empty() {
        return Ok(());
    }
    match port::find(txn, gateway.port_id)? {
        Some(mut port) => port::readdress(txn, &mut port, &wanted.external_fixed_ips),
        None => Ok(()),
    }
}

/// The network that a gateway is to be on, where the caller may use it so.
fn external_network(
    read: &dyn Read,
    wanted: &GatewayRequest,
    caller: &Caller,
) -> Result<Network, ApiError> {
    let network = network::get(read, wanted.network_id, caller)?;
    if !network::is_external(&network, caller) {
        let reason = format!("Network {} is not an external network", network.id);
        return Err(RoutingError::bad("router", reason).into());
    }
    qos::check_usable(read, wanted.qos_policy_id.flatten(), caller)?;
    for subnet in network::subnets(read, network.id)? {
        let mut asked = wanted.external_fixed_ips.iter();
        let taken = asked.find(|fixed| {
            fixed
                .ip_address
                .is_some_and(|ip| Some(ip) == subnet.gateway_ip)
        });
        if let Some(address) = taken.and_then(|fixed| fixed.ip_address) {
            let reason = format!("External IP {address} is the same as the gateway IP");
            return Err(RoutingError::bad("router", reason).into());
        }
    }
    Ok(network)
}

/// Makes the gateway's port. It belongs to nobody, because its address is the operator's.
fn plug(
    txn: &mut Txn<'_>,
    router: &Router,
    network: &Network,
    wanted: &GatewayRequest,
    settings: &Settings,
) -> Result<ExternalGateway, ApiError> {
    let subnets = network::subnets(txn, network.id)?;
    check_distinct(txn, router.id, &subnets, Some(network.id))?;
    let fixed_ips = &wanted.external_fixed_ips;
    let request = CreatePort {
        fixed_ips: (!fixed_ips.is_empty()).then(|| fixed_ips.clone()),
        device_id: router.id.to_string(),
        device_owner: GATEWAY_OWNER.to_owned(),
        ..CreatePort::new(network.id)
    };
    let port: Port = port::plug(txn, &request, &ProjectId::from(""), settings)?;
    Ok(ExternalGateway {
        network_id: network.id,
        port_id: port.id,
        enable_snat: wanted.enable_snat.unwrap_or(settings.snat_by_default),
        qos_policy_id: wanted.qos_policy_id.flatten(),
    })
}

fn finish(txn: &mut Txn<'_>, mut router: Router, settings: &Settings) -> Result<Router, ApiError> {
    route::check(txn, &router, settings)?;
    outlet::close_unwanted(txn, &router)?;
    standard::update(&mut router.standard, None, None, None)?;
    records::put(txn, &router)?;
    Ok(router)
}
