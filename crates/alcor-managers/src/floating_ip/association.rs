//! What a floating IP stands for: chosen by the owner, possible only where a router joins the
//! port's subnet with the external network.

use super::{OWNER, UpdateFloatingIp, bad, find};
use crate::routing::RoutingError;
use crate::schema::{
    FLOATING_IP_BY_PORT, FLOATING_IP_BY_ROUTER, FLOATING_IP_BY_TARGET,
    PORT_FORWARDING_BY_FLOATING_IP, ip_part,
};
use crate::{ApiError, Caller, port, port_forwarding, records, router, standard, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{
    Association, FixedIp, FloatingIp, NetworkId, Port, PortForwarding, PortId, Router, RouterId,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// Associates, moves or frees the floating IP as the request says.
pub(super) fn change(
    txn: &mut Txn<'_>,
    floating_ip: &mut FloatingIp,
    request: &UpdateFloatingIp,
    caller: &Caller,
) -> Result<(), ApiError> {
    let present = floating_ip.association.map(|present| present.port_id);
    let asked = request.fixed_ip_address.flatten();
    let Some(port) = request.port_id.unwrap_or(present) else {
        if asked.is_some() {
            return Err(bad(
                "fixed_ip_address cannot be specified without a port_id",
            ));
        }
        disassociate(txn, floating_ip);
        return Ok(());
    };
    // An update of other attributes leaves the association as it is.
    if request.port_id.is_none() && request.fixed_ip_address.is_none() {
        return Ok(());
    }
    let port = port::get(txn, port, caller)?;
    associate(txn, floating_ip, &port, asked, caller)
}

fn associate(
    txn: &mut Txn<'_>,
    floating_ip: &mut FloatingIp,
    port: &Port,
    asked: Option<IpAddr>,
    caller: &Caller,
) -> Result<(), ApiError> {
    check_owner(floating_ip, port, caller)?;
    check_no_forwarding(txn, floating_ip)?;
    let fixed = choose(port, asked)?;
    let router = find_router(txn, port, &fixed, floating_ip.floating_network_id)?;
    check_plain_ports(txn, router, port)?;
    check_target(txn, floating_ip, port, &fixed)?;
    floating_ip.association = Some(Association {
        port_id: port.id,
        fixed_ip_address: fixed.ip_address,
    });
    floating_ip.router_id = Some(router);
    Ok(())
}

/// Frees it; where it has port forwardings, their router stays.
fn disassociate(read: &dyn Read, floating_ip: &mut FloatingIp) {
    floating_ip.association = None;
    if !has_forwarding(read, floating_ip) {
        floating_ip.router_id = None;
    }
}

/// The router that joins the port's address with the external network.
pub(crate) fn find_router(
    read: &dyn Read,
    port: &Port,
    fixed: &FixedIp,
    network: NetworkId,
) -> Result<RouterId, ApiError> {
    let subnet = fixed.subnet_id;
    let reaching = match subnet::find(read, subnet)? {
        Some(subnet) => router::reaching(read, &subnet, network)?,
        None => None,
    };
    let port = port.id;
    Ok(
        reaching.ok_or(RoutingError::ExternalGatewayForFloatingIpNotFound {
            network,
            subnet,
            port,
        })?,
    )
}

/// Whether a floating IP of this network goes through the router.
pub(crate) fn any_on(
    read: &dyn Read,
    router: RouterId,
    network: NetworkId,
) -> Result<bool, ApiError> {
    for floating_ip in of_router(read, router) {
        if floating_ip?.floating_network_id == network {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A floating IP that goes through the router to an address of this block, by itself or by a
/// port forwarding.
pub(crate) fn through(
    read: &dyn Read,
    router: RouterId,
    block: &IpNet,
) -> Result<Option<FloatingIp>, ApiError> {
    for floating_ip in of_router(read, router) {
        let floating_ip = floating_ip?;
        let inside = |association: Association| block.contains(&association.fixed_ip_address);
        if floating_ip.association.is_some_and(inside) {
            return Ok(Some(floating_ip));
        }
        let forwarded = port_forwarding::of_floating_ip(read, floating_ip.id)?;
        let mut targets = forwarded
            .iter()
            .map(|one| IpAddr::V4(one.internal_ip_address));
        if targets.any(|target| block.contains(&target)) {
            return Ok(Some(floating_ip));
        }
    }
    Ok(None)
}

/// Frees the floating IPs of a port that ends, and ends its port forwardings.
pub(crate) fn forget_port(txn: &mut Txn<'_>, port: PortId) -> Result<(), ApiError> {
    for mut floating_ip in of_port(txn, port)? {
        disassociate(txn, &mut floating_ip);
        super::state::forget(txn, &floating_ip)?;
        standard::update(&mut floating_ip.standard, None, None, None)?;
        records::put(txn, &floating_ip)?;
    }
    port_forwarding::forget_port(txn, port)
}

/// Refuses to take an address off a port while a floating IP stands for it, or is it; port
/// forwardings to an address that goes end, as in Neutron.
pub(crate) fn check_readdressed(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    let has = |address: IpAddr| {
        port.fixed_ips
            .iter()
            .any(|fixed| fixed.ip_address == address)
    };
    if let Some(own) = served(txn, port)?
        && !has(own.floating_ip_address)
    {
        let reason = format!(
            "Cannot update the fixed_ips of the port {}, because {} is floating IP {}: delete that and make another",
            port.id, own.floating_ip_address, own.id
        );
        return Err(RoutingError::bad("port", reason).into());
    }
    for floating_ip in of_port(txn, port.id)? {
        if floating_ip
            .association
            .is_some_and(|association| !has(association.fixed_ip_address))
        {
            let reason = format!(
                "Cannot update the fixed_ips of the port {}, because its original fixed_ip has been associated to a floating ip: disassociate {} first",
                port.id, floating_ip.floating_ip_address
            );
            return Err(RoutingError::bad("port", reason).into());
        }
    }
    port_forwarding::forget_addresses(txn, port)
}

/// The floating IP whose address this port holds.
fn served(read: &dyn Read, port: &Port) -> Result<Option<FloatingIp>, ApiError> {
    match port.device_id.parse() {
        Ok(id) if port.device_owner == OWNER => find(read, id),
        _ => Ok(None),
    }
}

/// The floating IPs that stand for addresses of this port.
pub(crate) fn of_port(read: &dyn Read, port: PortId) -> Result<Vec<FloatingIp>, ApiError> {
    let parts: [&[u8]; 1] = [port.as_bytes()];
    records::lookup::<FloatingIp>(read, FLOATING_IP_BY_PORT, &parts, None, false)
        .map(|floating_ip| floating_ip.map_err(ApiError::from))
        .collect()
}

fn of_router(
    read: &dyn Read,
    router: RouterId,
) -> impl Iterator<Item = Result<FloatingIp, ApiError>> {
    let parts: [&[u8]; 1] = [router.as_bytes()];
    records::lookup::<FloatingIp>(read, FLOATING_IP_BY_ROUTER, &parts, None, false)
        .map(|floating_ip| floating_ip.map_err(ApiError::from))
}

fn check_owner(floating_ip: &FloatingIp, port: &Port, caller: &Caller) -> Result<(), ApiError> {
    if port.project_id == floating_ip.project_id || caller.is_admin() {
        return Ok(());
    }
    Err(bad(format!(
        "Cannot process floating IP association with Port {}, since that port is owned by a different project",
        port.id
    )))
}

fn has_forwarding(read: &dyn Read, floating_ip: &FloatingIp) -> bool {
    let parts: [&[u8]; 1] = [floating_ip.id.as_bytes()];
    records::any::<PortForwarding>(read, PORT_FORWARDING_BY_FLOATING_IP, &parts)
}

fn check_no_forwarding(read: &dyn Read, floating_ip: &FloatingIp) -> Result<(), ApiError> {
    if has_forwarding(read, floating_ip) {
        return Err(RoutingError::FipInUseByPortForwarding(floating_ip.id).into());
    }
    Ok(())
}

/// Behind a distributed router, a port has either a floating IP or port forwardings, because the
/// one goes through the port's host and the other through a network node.
fn check_plain_ports(read: &dyn Read, router: RouterId, port: &Port) -> Result<(), ApiError> {
    let distributed = router::find(read, router)?.is_some_and(|router: Router| router.distributed);
    if distributed && port_forwarding::any_of_port(read, port.id) {
        return Err(RoutingError::PortHasPortForwarding(port.id).into());
    }
    Ok(())
}

/// The address that the floating IP is to stand for.
fn choose(port: &Port, asked: Option<IpAddr>) -> Result<FixedIp, ApiError> {
    let v4 = |fixed: &&FixedIp| fixed.ip_address.is_ipv4();
    let mut own = port.fixed_ips.iter().filter(v4);
    if let Some(address) = asked {
        if address.is_ipv6() {
            return Err(bad(format!(
                "Cannot process floating IP association with {address}, since that is not an IPv4 address"
            )));
        }
        let found = own.find(|fixed| fixed.ip_address == address).copied();
        return found
            .ok_or_else(|| bad(format!("Port {} does not have fixed ip {address}", port.id)));
    }
    match (own.next(), own.next()) {
        (Some(only), None) => Ok(*only),
        (None, _) => Err(bad(format!(
            "Cannot add floating IP to port {} that has no fixed IPv4 addresses",
            port.id
        ))),
        (Some(_), Some(_)) => Err(bad(format!(
            "Port {} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when assigning a floating IP",
            port.id
        ))),
    }
}

/// Refuses an address that has another floating IP of the network.
fn check_target(
    read: &dyn Read,
    floating_ip: &FloatingIp,
    port: &Port,
    fixed: &FixedIp,
) -> Result<(), ApiError> {
    let network = floating_ip.floating_network_id;
    let address = ip_part(fixed.ip_address);
    let parts: [&[u8]; 3] = [port.id.as_bytes(), &address, network.as_bytes()];
    let mut rivals =
        records::lookup_keys::<FloatingIp>(read, FLOATING_IP_BY_TARGET, &parts, None, false);
    if rivals.all(|rival| *rival == *floating_ip.id.as_bytes()) {
        return Ok(());
    }
    Err(RoutingError::FloatingIpPortAlreadyAssociated {
        floating_ip: floating_ip.id,
        address: floating_ip.floating_ip_address,
        port: port.id,
        fixed_ip: fixed.ip_address.to_string(),
        network,
    }
    .into())
}
