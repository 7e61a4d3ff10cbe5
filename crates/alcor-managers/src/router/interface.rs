//! Interfaces: the ports by which a router is on its subnets.

use super::{Attachment, Detachment, GATEWAY_OWNER, get, interface_owner, interfaces, ports};
use crate::port::{CreatePort, FixedIpRequest};
use crate::routing::RoutingError;
use crate::schema::PORT_INFRASTRUCTURE;
use crate::{ApiError, Caller, Settings, floating_ip, network, port, records, standard, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{
    FixedIp, NetworkId, Port, ROUTER_INTERFACE_OWNERS, Router, RouterId, Subnet, SubnetId,
};
use std::net::IpAddr;

/// What came of adding or removing an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The router.
    pub router: Router,
    /// The interface.
    pub port: Port,
    /// The subnets that were joined or left; never empty.
    pub subnets: Vec<SubnetId>,
}

/// Joins the router with a subnet, or with the subnets of a port.
pub fn add_interface(
    txn: &mut Txn<'_>,
    id: RouterId,
    to: Attachment,
    caller: &Caller,
    settings: &Settings,
) -> Result<Attached, ApiError> {
    let router = get(txn, id, caller)?;
    let (port, subnets) = match to {
        Attachment::Subnet(subnet) => {
            let subnet = subnet::get(txn, subnet, caller)?;
            check_joinable(txn, &subnet, caller)?;
            let port = join(txn, &router, &subnet, settings)?;
            (port, vec![subnet.id])
        }
        Attachment::Port(port) => {
            let mut port = port::get(txn, port, caller)?;
            let subnets = adopt(txn, &router, &mut port, caller)?;
            (port, subnets)
        }
    };
    touch(txn, router, port, subnets)
}

/// Takes the router off a subnet, or off all subnets of an interface. The interface ends with
/// its last subnet.
pub fn remove_interface(
    txn: &mut Txn<'_>,
    id: RouterId,
    from: Detachment,
    caller: &Caller,
) -> Result<Attached, ApiError> {
    let router = get(txn, id, caller)?;
    let (mut port, subnets) = match from {
        Detachment::Subnet(subnet) => {
            let subnet = subnet::get(txn, subnet, caller)?.id;
            let port = on_subnet(txn, id, subnet)?;
            (port, vec![subnet])
        }
        Detachment::Port(port, subnet) => {
            let found = interfaces(txn, id)?.into_iter().find(|own| own.id == port);
            let found = found.ok_or(RoutingError::RouterInterfaceNotFound { router: id, port })?;
            let subnets = subnets_of(&found);
            if let Some(subnet) = subnet.filter(|subnet| !subnets.contains(subnet)) {
                return Err(RoutingError::SubnetMismatchForPort { port, subnet }.into());
            }
            (found, subnets)
        }
    };
    for subnet in &subnets {
        check_unused(txn, &router, *subnet)?;
    }
    leave(txn, &mut port, &subnets)?;
    touch(txn, router, port, subnets)
}

/// The routers that join this subnet with the external network, the one with the subnet's
/// gateway address first.
pub(crate) fn reaching(
    read: &dyn Read,
    subnet: &Subnet,
    external: NetworkId,
) -> Result<Option<RouterId>, ApiError> {
    let mut best = None;
    for (router, address) in on_network(read, subnet.network_id, subnet.id)? {
        let Some(found) = super::find(read, router)? else {
            continue;
        };
        if found.gateway_to(external).is_none() {
            continue;
        }
        if Some(address) == subnet.gateway_ip {
            return Ok(Some(router));
        }
        best = best.or(Some(router));
    }
    Ok(best)
}

/// The routers on a subnet and their addresses there.
fn on_network(
    read: &dyn Read,
    network: NetworkId,
    subnet: SubnetId,
) -> Result<Vec<(RouterId, IpAddr)>, ApiError> {
    let mut found = Vec::new();
    for owner in ROUTER_INTERFACE_OWNERS {
        let parts: [&[u8]; 2] = [network.as_bytes(), owner.as_bytes()];
        for port in records::lookup::<Port>(read, PORT_INFRASTRUCTURE, &parts, None, false) {
            let port = port?;
            let Ok(router) = port.device_id.parse() else {
                continue;
            };
            let here = port
                .fixed_ips
                .iter()
                .filter(|fixed| fixed.subnet_id == subnet);
            found.extend(here.map(|fixed| (router, fixed.ip_address)));
        }
    }
    Ok(found)
}

fn touch(
    txn: &mut Txn<'_>,
    mut router: Router,
    port: Port,
    subnets: Vec<SubnetId>,
) -> Result<Attached, ApiError> {
    standard::update(&mut router.standard, None, None, None)?;
    records::put(txn, &router)?;
    Ok(Attached {
        router,
        port,
        subnets,
    })
}

fn subnets_of(port: &Port) -> Vec<SubnetId> {
    let mut subnets = Vec::new();
    for fixed in &port.fixed_ips {
        if !subnets.contains(&fixed.subnet_id) {
            subnets.push(fixed.subnet_id);
        }
    }
    subnets
}

fn bad(reason: impl Into<String>) -> ApiError {
    RoutingError::bad("router", reason).into()
}

/// Refuses subnets that have no place for a router, or none for this caller's.
fn check_joinable(read: &dyn Read, subnet: &Subnet, caller: &Caller) -> Result<(), ApiError> {
    if subnet.gateway_ip.is_none() {
        return Err(bad(
            "Subnet for router interface must have a gateway IP, set one or attach a port",
        ));
    }
    if !caller.owns(&subnet.project_id) {
        // A subnet shared with everyone has its owner's router; one shared by name may have more.
        let network = network::find(read, subnet.network_id)?;
        let project = &caller.project_id;
        let named = network.is_some_and(|network| network.shared.targets().any(|to| to == project));
        if !named {
            return Err(bad(format!(
                "Cannot add interface to router because subnet {} is not owned by project making the request",
                subnet.id
            )));
        }
    }
    check_advertised(subnet)
}

/// Refuses subnets whose hosts listen to another router's advertisements.
fn check_advertised(subnet: &Subnet) -> Result<(), ApiError> {
    if subnet.ipv6_ra_mode.is_none() && subnet.ipv6_address_mode.is_some() {
        return Err(bad(format!(
            "IPv6 subnet {} configured to receive RAs from an external router cannot be added to Neutron Router",
            subnet.id
        )));
    }
    Ok(())
}

/// Gives the router the subnet's gateway address, on a new port. IPv6 subnets of one network
/// share a port.
fn join(
    txn: &mut Txn<'_>,
    router: &Router,
    subnet: &Subnet,
    settings: &Settings,
) -> Result<Port, ApiError> {
    check_distinct(txn, router.id, std::slice::from_ref(subnet), None)?;
    let fixed = FixedIpRequest {
        subnet_id: Some(subnet.id),
        ip_address: subnet.gateway_ip,
    };
    if let Some(mut port) = shared_port(txn, router.id, subnet)? {
        let mut all: Vec<_> = port.fixed_ips.iter().map(restate).collect();
        all.push(fixed);
        port::readdress(txn, &mut port, &all)?;
        return Ok(port);
    }
    let request = CreatePort {
        fixed_ips: Some(vec![fixed]),
        device_id: router.id.to_string(),
        device_owner: interface_owner(router).to_owned(),
        ..CreatePort::new(subnet.network_id)
    };
    port::plug(txn, &request, &router.project_id, settings)
}

/// The interface that a further IPv6 subnet of its network joins.
fn shared_port(
    read: &dyn Read,
    router: RouterId,
    subnet: &Subnet,
) -> Result<Option<Port>, ApiError> {
    if subnet.cidr.addr().is_ipv4() {
        return Ok(None);
    }
    let shared = |port: &Port| port.network_id == subnet.network_id && has_v6(port);
    Ok(interfaces(read, router)?.into_iter().find(shared))
}

fn has_v6(port: &Port) -> bool {
    port.fixed_ips
        .iter()
        .any(|fixed| fixed.ip_address.is_ipv6())
}

fn restate(fixed: &FixedIp) -> FixedIpRequest {
    FixedIpRequest {
        subnet_id: Some(fixed.subnet_id),
        ip_address: Some(fixed.ip_address),
    }
}

/// Makes a free port an interface.
fn adopt(
    txn: &mut Txn<'_>,
    router: &Router,
    port: &mut Port,
    caller: &Caller,
) -> Result<Vec<SubnetId>, ApiError> {
    check_free(port)?;
    let subnets = subnets_of(port)
        .into_iter()
        .filter_map(|id| subnet::find(txn, id).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    check_port(txn, router, port, &subnets, caller)?;
    port::claim(txn, port, &router.id.to_string(), interface_owner(router))?;
    Ok(subnets.iter().map(|subnet| subnet.id).collect())
}

fn check_free(port: &Port) -> Result<(), ApiError> {
    if !port.device_id.is_empty() {
        return Err(RoutingError::PortInUse {
            port: port.id,
            network: port.network_id,
            device: port.device_id.clone(),
        }
        .into());
    }
    if port.fixed_ips.is_empty() {
        return Err(bad("Router port must have at least one fixed IP"));
    }
    Ok(())
}

fn check_port(
    read: &dyn Read,
    router: &Router,
    port: &Port,
    subnets: &[Subnet],
    caller: &Caller,
) -> Result<(), ApiError> {
    let v4 = |subnet: &&Subnet| subnet.cidr.addr().is_ipv4();
    if subnets.iter().filter(v4).count() > 1 {
        return Err(bad("Cannot have multiple IPv4 subnets on router port"));
    }
    let interfaces = interfaces(read, router.id)?;
    let rival = |own: &&Port| own.network_id == port.network_id && has_v6(own);
    if let Some(rival) = interfaces.iter().find(rival).filter(|_| has_v6(port)) {
        return Err(bad(format!(
            "Cannot have multiple router ports with the same network id if both contain IPv6 subnets. Existing port {} has IPv6 subnet(s) and network id {}",
            rival.id, rival.network_id
        )));
    }
    for subnet in subnets {
        check_advertised(subnet)?;
        check_in_pool(port, subnet, caller)?;
    }
    check_distinct(read, router.id, subnets, None)
}

/// Refuses addresses outside the pools of another project's subnet, such as its gateway's.
fn check_in_pool(port: &Port, subnet: &Subnet, caller: &Caller) -> Result<(), ApiError> {
    if caller.owns(&subnet.project_id) {
        return Ok(());
    }
    let pooled = |fixed: &FixedIp| {
        let mut pools = subnet.allocation_pools.iter();
        fixed.subnet_id != subnet.id || pools.any(|pool| pool.contains(fixed.ip_address))
    };
    if port.fixed_ips.iter().all(pooled) {
        return Ok(());
    }
    Err(bad(format!(
        "Cannot add interface to router because specified port {} has an IP address out of the allocation pool of subnet {}, which is not owned by the project making the request",
        port.id, subnet.id
    )))
}

/// Refuses subnets that overlap with what the router is on. `external` says that they are a
/// gateway's: several gateways may be on one external network.
pub(super) fn check_distinct(
    read: &dyn Read,
    router: RouterId,
    subnets: &[Subnet],
    external: Option<NetworkId>,
) -> Result<(), ApiError> {
    for port in ports(read, router)? {
        let gateway = port.device_owner == GATEWAY_OWNER;
        if gateway && external == Some(port.network_id) {
            continue;
        }
        // A gateway's network is reached as a whole, an interface's by its own subnets.
        let present = if gateway {
            network::subnets(read, port.network_id)?
        } else {
            let found = subnets_of(&port).into_iter();
            let found = found.filter_map(|id| subnet::find(read, id).transpose());
            found.collect::<Result<_, _>>()?
        };
        for (present, new) in pairs(&present, subnets) {
            check_pair(present, new)?;
        }
    }
    Ok(())
}

fn pairs<'a>(
    present: &'a [Subnet],
    new: &'a [Subnet],
) -> impl Iterator<Item = (&'a Subnet, &'a Subnet)> {
    present
        .iter()
        .flat_map(move |present| new.iter().map(move |new| (present, new)))
}

fn check_pair(present: &Subnet, new: &Subnet) -> Result<(), ApiError> {
    if present.id == new.id {
        return Err(bad(format!(
            "Router already has a port on subnet {}",
            new.id
        )));
    }
    if present.cidr.contains(&new.cidr) || new.cidr.contains(&present.cidr) {
        return Err(bad(format!(
            "Cidr {} of subnet {} overlaps with cidr {} of subnet {}",
            new.cidr, new.id, present.cidr, present.id
        )));
    }
    Ok(())
}

fn on_subnet(read: &dyn Read, router: RouterId, subnet: SubnetId) -> Result<Port, ApiError> {
    let here = |port: &Port| port.fixed_ips.iter().any(|fixed| fixed.subnet_id == subnet);
    let found = interfaces(read, router)?.into_iter().find(here);
    Ok(found.ok_or(RoutingError::RouterInterfaceNotFoundForSubnet { router, subnet })?)
}

/// Refuses to leave a subnet that floating IPs or extra routes need.
fn check_unused(read: &dyn Read, router: &Router, subnet: SubnetId) -> Result<(), ApiError> {
    let Some(subnet) = subnet::find(read, subnet)? else {
        return Ok(());
    };
    if let Some(floating_ip) = floating_ip::through(read, router.id, &subnet.cidr)? {
        return Err(RoutingError::RouterInterfaceInUseByFloatingIp {
            router: router.id,
            subnet: subnet.id,
            floating_ip: floating_ip.floating_ip_address,
        }
        .into());
    }
    let mut nexthops = router.routes.iter().map(|route| route.nexthop);
    match nexthops.find(|nexthop| subnet.cidr.contains(nexthop)) {
        None => Ok(()),
        Some(nexthop) => Err(RoutingError::RouterInterfaceInUseByRoute {
            router: router.id,
            subnet: subnet.id,
            nexthop,
        }
        .into()),
    }
}

fn leave(txn: &mut Txn<'_>, port: &mut Port, subnets: &[SubnetId]) -> Result<(), ApiError> {
    debug_assert!(port.is_router_interface(), "only interfaces leave");
    let kept = |fixed: &&FixedIp| !subnets.contains(&fixed.subnet_id);
    let left: Vec<_> = port.fixed_ips.iter().filter(kept).map(restate).collect();
    if left.is_empty() {
        return port::unplug(txn, port);
    }
    port::readdress(txn, port, &left)
}
