//! Extra routes: each next hop must be a neighbour on one of the router's own subnets.

use super::{UpdateRouter, get, ports, update};
use crate::routing::RoutingError;
use crate::{ApiError, Caller, Settings, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{HostRoute, Router, RouterId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `PUT .../add_extraroutes`: adds routes; those that are there stay as they are.
pub fn add_routes(
    txn: &mut Txn<'_>,
    id: RouterId,
    routes: &[HostRoute],
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut all = get(txn, id, caller)?.routes;
    all.extend_from_slice(routes);
    replace(txn, id, all, caller, settings)
}

/// `PUT .../remove_extraroutes`: removes routes; those that are not there are no error.
pub fn remove_routes(
    txn: &mut Txn<'_>,
    id: RouterId,
    routes: &[HostRoute],
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let mut all = get(txn, id, caller)?.routes;
    let unwanted = distinct(routes);
    all.retain(|route| !unwanted.contains(route));
    replace(txn, id, all, caller, settings)
}

fn replace(
    txn: &mut Txn<'_>,
    id: RouterId,
    routes: Vec<HostRoute>,
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let request = UpdateRouter {
        routes: Some(routes),
        ..UpdateRouter::default()
    };
    update(txn, id, &request, caller, settings)
}

/// The routes with host bits cleared, in their order, each once.
pub(super) fn distinct(routes: &[HostRoute]) -> Vec<HostRoute> {
    let mut seen = BTreeSet::new();
    let routes = routes.iter().map(|route| HostRoute {
        destination: route.destination.trunc(),
        ..*route
    });
    routes.filter(|route| seen.insert(*route)).collect()
}

/// Refuses routes that the router could not follow.
pub(super) fn check(read: &dyn Read, router: &Router, settings: &Settings) -> Result<(), ApiError> {
    let (count, max) = (router.routes.len(), settings.max_routes);
    if count > max {
        let router = router.id;
        return Err(RoutingError::RoutesExhausted { router, count, max }.into());
    }
    if router.routes.is_empty() {
        return Ok(());
    }
    let (blocks, own) = neighbourhood(read, router.id)?;
    for route in &router.routes {
        check_one(route, &blocks, &own)?;
    }
    Ok(())
}

fn check_one(route: &HostRoute, blocks: &[IpNet], own: &[IpAddr]) -> Result<(), RoutingError> {
    let nexthop = route.nexthop;
    let reason = if route.destination.addr().is_ipv4() != nexthop.is_ipv4() {
        "the destination and the nexthop are of two IP versions"
    } else if !blocks.iter().any(|block| block.contains(&nexthop)) {
        "the nexthop is not connected with router"
    } else if own.contains(&nexthop) {
        "the nexthop is used by router"
    } else {
        return Ok(());
    };
    Err(RoutingError::InvalidRoutes {
        destination: route.destination,
        nexthop,
        reason,
    })
}

/// The blocks of the subnets that the router is on, and its own addresses there.
fn neighbourhood(read: &dyn Read, router: RouterId) -> Result<(Vec<IpNet>, Vec<IpAddr>), ApiError> {
    let (mut blocks, mut own) = (Vec::new(), Vec::new());
    for fixed in ports(read, router)?.iter().flat_map(|port| &port.fixed_ips) {
        own.push(fixed.ip_address);
        blocks.extend(subnet::find(read, fixed.subnet_id)?.map(|subnet| subnet.cidr));
    }
    Ok((blocks, own))
}
