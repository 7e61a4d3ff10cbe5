//! Routers and floating IPs stand on ports that are there, and no port outlives what it is for.

use super::all;
use crate::{ApiError, floating_ip, port, port_forwarding, router};
use alcor_store::Read;
use alcor_types::{FloatingIp, Port, PortForwarding, ROUTER_OUTLET_OWNER, Router};

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for router in all::<Router>(read) {
        check_gateways(read, &router?, faults)?;
    }
    for floating_ip in all::<FloatingIp>(read) {
        check_floating_ip(read, &floating_ip?, faults)?;
    }
    for forwarding in all::<PortForwarding>(read) {
        check_forwarding(read, &forwarding?, faults)?;
    }
    for port in all::<Port>(read) {
        check_device(read, &port?, faults)?;
    }
    Ok(())
}

fn check_gateways(
    read: &dyn Read,
    router: &Router,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    for gateway in &router.gateways {
        let port = port::find(read, gateway.port_id)?;
        let fits = |port: &Port| {
            port.network_id == gateway.network_id && port.device_id == router.id.to_string()
        };
        if !port.is_some_and(|port| fits(&port)) {
            faults.push(format!(
                "router {} has a gateway by port {}, which is not its port on network {}",
                router.id, gateway.port_id, gateway.network_id
            ));
        }
    }
    Ok(())
}

fn check_floating_ip(
    read: &dyn Read,
    floating_ip: &FloatingIp,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    let (id, address) = (floating_ip.id, floating_ip.floating_ip_address);
    let holder = port::find(read, floating_ip.floating_port_id)?;
    if !holder.is_some_and(|port| has(&port, address)) {
        faults.push(format!(
            "no port holds the address {address} of floating IP {id}"
        ));
    }
    if let Some(association) = floating_ip.association {
        let inside = association.fixed_ip_address;
        let target = port::find(read, association.port_id)?;
        if !target.is_some_and(|port| has(&port, inside)) {
            faults.push(format!(
                "floating IP {id} stands for {inside} of port {}, which does not have it",
                association.port_id
            ));
        }
    }
    let forwarded = !port_forwarding::of_floating_ip(read, id)?.is_empty();
    if floating_ip.association.is_some() && forwarded {
        faults.push(format!(
            "floating IP {id} has both a port and port forwardings"
        ));
    }
    let used = floating_ip.association.is_some() || forwarded;
    let found = floating_ip.router_id.map(|id| router::find(read, id));
    let through = found.transpose()?.flatten();
    let leads =
        through.is_some_and(|router| router.gateway_to(floating_ip.floating_network_id).is_some());
    if used != leads || used != floating_ip.router_id.is_some() {
        faults.push(format!(
            "floating IP {id} is used: {used}, but its router leads to its network: {leads}"
        ));
    }
    Ok(())
}

fn check_forwarding(
    read: &dyn Read,
    forwarding: &PortForwarding,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    let id = forwarding.id;
    if floating_ip::find(read, forwarding.floatingip_id)?.is_none() {
        faults.push(format!("port forwarding {id} outlives its floating IP"));
    }
    let inside = forwarding.internal_ip_address.into();
    let target = port::find(read, forwarding.internal_port_id)?;
    if !target.is_some_and(|port| has(&port, inside)) {
        faults.push(format!(
            "port forwarding {id} leads to {inside} of port {}, which does not have it",
            forwarding.internal_port_id
        ));
    }
    Ok(())
}

/// The region's own ports end with what they are for.
fn check_device(read: &dyn Read, port: &Port, faults: &mut Vec<String>) -> Result<(), ApiError> {
    // A network's owner may make ports that look like these; the region's own are nobody's.
    if !port.project_id.as_str().is_empty() {
        return Ok(());
    }
    let device = port.device_id.parse::<uuid::Uuid>().ok();
    let there = match (port.device_owner.as_str(), device) {
        (router::GATEWAY_OWNER, Some(id)) => router::find(read, id.into())?
            .is_some_and(|router| router.gateways.iter().any(|own| own.port_id == port.id)),
        (ROUTER_OUTLET_OWNER, Some(id)) => router::find(read, id.into())?.is_some_and(|router| {
            router.distributed_snat && router.gateway_to(port.network_id).is_some()
        }),
        (floating_ip::OWNER, Some(id)) => floating_ip::find(read, id.into())?
            .is_some_and(|floating_ip| floating_ip.floating_port_id == port.id),
        _ => true,
    };
    if !there {
        faults.push(format!(
            "port {} outlives the {} {} that it is for",
            port.id, port.device_owner, port.device_id
        ));
    }
    Ok(())
}

fn has(port: &Port, address: std::net::IpAddr) -> bool {
    port.fixed_ips
        .iter()
        .any(|fixed| fixed.ip_address == address)
}
