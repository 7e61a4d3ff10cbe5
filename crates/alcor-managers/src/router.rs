//! Routers: what joins networks with each other and with external networks.
//!
//! A router's interfaces and gateways are ports that name it as their device. What it may do
//! depends on them, so every rule reads them from the ports' index, within the transaction.

mod gateway;
mod interface;
mod outlet;
mod request;
mod route;
mod seat;

pub use gateway::{add_gateways, remove_gateways, update_gateways};
pub use interface::{Attached, add_interface, remove_interface};
pub use outlet::{close_outlet, open_outlet, outlets};
pub use request::{Attachment, CreateRouter, Detachment, GatewayRequest, UpdateRouter};
pub use route::{add_routes, remove_routes};
pub use seat::seat;

pub(crate) use interface::reaching;

use crate::flavor::{self, ROUTER_SERVICE};
use crate::quota::{self, Kind};
use crate::records;
use crate::routing::RoutingError;
use crate::schema::{CONNTRACK_HELPER_BY_ROUTER, PORT_BY_DEVICE, ROUTER_BY_GATEWAY_NETWORK};
use crate::{ApiError, Caller, Settings, policy, port, route_table, standard, topology, zone};
use alcor_store::{Read, Txn};
use alcor_types::{
    ConntrackHelper, FixedIp, NetworkId, Port, ROUTER_INTERFACE_OWNERS, ROUTER_OUTLET_OWNER,
    Router, RouterId,
};

/// The device owner of gateways.
pub(crate) const GATEWAY_OWNER: &str = "network:router_gateway";

/// Makes a router, with a gateway where one is asked for.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateRouter,
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_router")?;
    let id = request.id.unwrap_or_else(RouterId::random);
    standard::check_free::<Router>(txn, id.as_bytes(), &id)?;
    zone::check_hints(txn, &request.availability_zone_hints)?;
    if let Some(flavor) = request.flavor_id {
        flavor::check_usable(txn, flavor, ROUTER_SERVICE)?;
    }
    quota::take(txn, Kind::Router, &project_id, settings)?;
    let mut router = Router {
        id,
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        admin_state_up: request.admin_state_up.unwrap_or(true),
        distributed: request.distributed.unwrap_or(settings.router_distributed),
        ha: request.ha.unwrap_or(settings.router_ha),
        gateways: Vec::new(),
        routes: Vec::new(),
        availability_zone_hints: request.availability_zone_hints.clone(),
        flavor_id: request.flavor_id,
        enable_ndp_proxy: request.enable_ndp_proxy.unwrap_or(false),
        enable_default_route_bfd: request.enable_default_route_bfd.unwrap_or(false),
        enable_default_route_ecmp: request.enable_default_route_ecmp.unwrap_or(false),
        distributed_snat: request.distributed_snat.unwrap_or(false),
    };
    if let Some(wanted) = &request.gateway {
        gateway::set_first(txn, &mut router, Some(wanted), caller, settings)?;
    }
    records::insert(txn, &router)?;
    Ok(router)
}

/// Makes all the routers or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateRouter],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<Router>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The router, where the caller may see it.
pub fn get(read: &dyn Read, id: RouterId, caller: &Caller) -> Result<Router, ApiError> {
    let router = find(read, id)?.filter(|router| visible(router, caller));
    Ok(router.ok_or(RoutingError::RouterNotFound(id))?)
}

/// Whether the caller may see the router: its own, or any to an administrator.
pub fn visible(router: &Router, caller: &Caller) -> bool {
    caller.owns(&router.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: RouterId,
    request: &UpdateRouter,
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut router = get(txn, id, caller)?;
    standard::check_revision(&router.standard, request.expected_revision)?;
    standard::assign(&mut router.admin_state_up, request.admin_state_up.as_ref());
    change_kind(txn, &mut router, request)?;
    if let Some(wanted) = &request.gateway {
        gateway::set_first(txn, &mut router, wanted.as_ref(), caller, settings)?;
    }
    if let Some(routes) = &request.routes {
        router.routes = route::distinct(routes);
    }
    if request.gateway.is_some() || request.routes.is_some() {
        route::check(txn, &router, settings)?;
    }
    standard::assign(
        &mut router.enable_ndp_proxy,
        request.enable_ndp_proxy.as_ref(),
    );
    standard::assign(
        &mut router.enable_default_route_bfd,
        request.enable_default_route_bfd.as_ref(),
    );
    standard::assign(
        &mut router.enable_default_route_ecmp,
        request.enable_default_route_ecmp.as_ref(),
    );
    standard::assign(
        &mut router.distributed_snat,
        request.distributed_snat.as_ref(),
    );
    outlet::close_unwanted(txn, &router)?;
    standard::update(
        &mut router.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &router)?;
    Ok(router)
}

/// Removes the router, its gateways and its conntrack helpers, once it has no interfaces.
pub fn delete(
    txn: &mut Txn<'_>,
    id: RouterId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let mut router = get(txn, id, caller)?;
    standard::check_revision(&router.standard, expected_revision)?;
    if let Some(port) = interfaces(txn, id)?.first() {
        let (router, port) = (id, port.id);
        return Err(RoutingError::RouterInUse { router, port }.into());
    }
    while !router.gateways.is_empty() {
        gateway::remove_at(txn, &mut router, 0)?;
    }
    for helper in conntrack_helpers(txn, id)? {
        records::delete::<ConntrackHelper>(txn, helper.id.as_bytes())?;
    }
    route_table::forget_router(txn, id)?;
    quota::give(txn, Kind::Router, &router.project_id)?;
    topology::forget_router(txn, &router)?;
    records::delete::<Router>(txn, id.as_bytes())?;
    Ok(())
}

/// The router's conntrack helpers, in the order of their ids.
pub fn conntrack_helpers(
    read: &dyn Read,
    router: RouterId,
) -> Result<Vec<ConntrackHelper>, ApiError> {
    let parts: [&[u8]; 1] = [router.as_bytes()];
    records::lookup(read, CONNTRACK_HELPER_BY_ROUTER, &parts, None, false)
        .map(|helper| helper.map_err(ApiError::from))
        .collect()
}

/// The router's interfaces, in the order of their ids.
pub fn interfaces(read: &dyn Read, router: RouterId) -> Result<Vec<Port>, ApiError> {
    let mut ports = ports(read, router)?;
    ports.retain(Port::is_router_interface);
    Ok(ports)
}

/// The router's interfaces and gateways, in the order of their ids.
fn ports(read: &dyn Read, router: RouterId) -> Result<Vec<Port>, ApiError> {
    let device = router.to_string();
    let mut ports = Vec::new();
    for port in records::lookup::<Port>(read, PORT_BY_DEVICE, &[device.as_bytes()], None, false) {
        let port = port?;
        if port.is_router_interface() || port.device_owner == GATEWAY_OWNER {
            ports.push(port);
        }
    }
    Ok(ports)
}

/// Refuses to make a port look like one of a router that is not the caller's.
pub(crate) fn check_device(read: &dyn Read, port: &Port, caller: &Caller) -> Result<(), ApiError> {
    let outside = [GATEWAY_OWNER, ROUTER_OUTLET_OWNER];
    if !port.is_router_interface() && !outside.contains(&&*port.device_owner) {
        return Ok(());
    }
    let Ok(id) = port.device_id.parse() else {
        return Ok(());
    };
    match find(read, id)?.filter(|router| !visible(router, caller)) {
        None => Ok(()),
        Some(_) => Err(RoutingError::DeviceNotOwned(id).into()),
    }
}

/// Refuses a new IPv4 address for an interface, whose hosts have the old one as their gateway. New
/// addresses of a gateway are a write to its router, which shows them.
pub(crate) fn check_readdressed(
    txn: &mut Txn<'_>,
    before: &[FixedIp],
    port: &Port,
) -> Result<(), ApiError> {
    if before != port.fixed_ips {
        touch_gateway(txn, port)?;
    }
    let v4 = |fixed: &&FixedIp| fixed.ip_address.is_ipv4();
    let same = before
        .iter()
        .filter(v4)
        .eq(port.fixed_ips.iter().filter(v4));
    if same || !port.is_router_interface() {
        return Ok(());
    }
    Err(RoutingError::IpAddressChangeNotAllowed(port.id).into())
}

/// Refuses to take a network from the routers that have it as their outside.
pub(crate) fn check_no_gateway(read: &dyn Read, network: NetworkId) -> Result<(), ApiError> {
    if records::any::<Router>(read, ROUTER_BY_GATEWAY_NETWORK, &[network.as_bytes()]) {
        return Err(RoutingError::ExternalNetworkInUse(network).into());
    }
    Ok(())
}

/// The device owner of the router's interfaces.
fn interface_owner(router: &Router) -> &'static str {
    let [plain, distributed, replicated] = ROUTER_INTERFACE_OWNERS;
    match (router.distributed, router.ha) {
        (true, _) => distributed,
        (false, true) => replicated,
        (false, false) => plain,
    }
}

/// Counts new addresses of a gateway's port as a write to its router.
pub(crate) fn touch_gateway(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    match port.device_id.parse() {
        Ok(id) if port.device_owner == GATEWAY_OWNER => touch(txn, id),
        _ => Ok(()),
    }
}

/// Counts a write to the router that stands in another record, as that of a helper.
pub(crate) fn touch(txn: &mut Txn<'_>, id: RouterId) -> Result<(), ApiError> {
    let Some(mut router) = find(txn, id)? else {
        return Ok(());
    };
    standard::update(&mut router.standard, None, None, None)?;
    Ok(records::put(txn, &router)?)
}

pub(crate) fn find(read: &dyn Read, id: RouterId) -> Result<Option<Router>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

/// Makes the router distributed or highly available, or takes that back. It must stand still,
/// because its ports change hands.
fn change_kind(
    txn: &mut Txn<'_>,
    router: &mut Router,
    request: &UpdateRouter,
) -> Result<(), ApiError> {
    let distributed = request.distributed.unwrap_or(router.distributed);
    let ha = request.ha.unwrap_or(router.ha);
    if (distributed, ha) == (router.distributed, router.ha) {
        return Ok(());
    }
    if router.admin_state_up {
        let reason = "distributed and ha change only while the router stands still, set admin_state_up to false first";
        return Err(RoutingError::bad("router", reason).into());
    }
    (router.distributed, router.ha) = (distributed, ha);
    for mut port in interfaces(txn, router.id)? {
        port::claim(
            txn,
            &mut port,
            &router.id.to_string(),
            interface_owner(router),
        )?;
    }
    Ok(())
}
