//! The routes of a table: which are taken, and which ones a subnet has in the end.

use super::request::RouteRequest;
use crate::{ApiError, network, standard};
use alcor_store::Read;
use alcor_types::{Network, RouteTable, RouteTarget, TableRoute};
use ipnet::IpNet;
use std::net::IpAddr;
use uuid::Uuid;

/// The priority of the way into the VPC, which nothing comes before.
pub const LOCAL_PRIORITY: u32 = 0;
/// The priority of routes whose callers name none.
pub const STATIC_PRIORITY: u32 = 100;
/// How many routes one table may have; hosts hold all of them.
const MAX_ROUTES: usize = 200;

/// The routes asked for, checked and in order. Those that the table has already keep their ids.
pub(super) fn settle(
    network: &Network,
    present: &[TableRoute],
    asked: &[RouteRequest],
) -> Result<Vec<TableRoute>, ApiError> {
    let mut routes = Vec::with_capacity(asked.len().min(MAX_ROUTES));
    for request in asked.iter().filter(|request| !is_implied(network, request)) {
        routes.push(describe(network, present, request)?);
    }
    if routes.len() > MAX_ROUTES {
        let reason = format!(
            "{} routes are given, {MAX_ROUTES} are allowed, leave some out or join blocks",
            routes.len()
        );
        return Err(ApiError::attribute("routes", reason));
    }
    routes.sort_by_key(|route| (route.destination, route.priority));
    check_distinct(&routes)?;
    Ok(routes)
}

/// What a table amounts to: the way into the VPC, and its own routes. The former has no id,
/// because nobody made it and nobody can change it.
pub fn with_local(read: &dyn Read, table: &RouteTable) -> Result<Vec<TableRoute>, ApiError> {
    let network = network::find(read, table.network_id)?;
    let block = network.and_then(|network| network.cidr);
    let local = block.map(|destination| TableRoute {
        id: Uuid::nil(),
        name: String::new(),
        description: String::new(),
        destination,
        target: RouteTarget::Local,
        priority: LOCAL_PRIORITY,
    });
    Ok(local.into_iter().chain(table.routes.clone()).collect())
}

/// Whether a caller sends the way into the VPC back, as it was shown.
fn is_implied(network: &Network, request: &RouteRequest) -> bool {
    request.target == RouteTarget::Local && network.cidr == Some(request.destination.trunc())
}

fn describe(
    network: &Network,
    present: &[TableRoute],
    request: &RouteRequest,
) -> Result<TableRoute, ApiError> {
    standard::check_text("name", &request.name)?;
    standard::check_text("description", &request.description)?;
    let destination = request.destination.trunc();
    check_target(network, destination, request.target)?;
    let priority = request.priority.unwrap_or(STATIC_PRIORITY);
    let same = |route: &&TableRoute| route.destination == destination && route.priority == priority;
    let known = present.iter().find(same).map(|route| route.id);
    Ok(TableRoute {
        id: request.id.or(known).unwrap_or_else(Uuid::new_v4),
        name: request.name.clone(),
        description: request.description.clone(),
        destination,
        target: request.target,
        priority,
    })
}

fn check_target(
    network: &Network,
    destination: IpNet,
    target: RouteTarget,
) -> Result<(), ApiError> {
    let refuse = |reason: String| Err(ApiError::attribute("routes", reason));
    let address = destination.addr();
    if address.is_multicast() || address.is_loopback() {
        return refuse(format!(
            "destination {destination} is never routed, leave it out"
        ));
    }
    match (target, network.cidr) {
        (RouteTarget::Local, Some(block)) if !block.contains(&destination) => refuse(format!(
            "destination {destination} is not in the VPC's block {block}, so it is not local"
        )),
        (RouteTarget::NextHop(hop), block) => check_next_hop(destination, hop, block),
        _ => Ok(()),
    }
}

fn check_next_hop(destination: IpNet, hop: IpAddr, block: Option<IpNet>) -> Result<(), ApiError> {
    let reason = if hop.is_ipv4() != destination.addr().is_ipv4() {
        format!("nexthop {hop} is of the other IP version than destination {destination}")
    } else if hop.is_unspecified() || hop.is_multicast() || hop.is_loopback() {
        format!("nexthop {hop} names no neighbour, give the address of one")
    } else {
        match block.filter(|block| block.addr().is_ipv4() == hop.is_ipv4()) {
            Some(block) if !block.contains(&hop) => {
                format!("nexthop {hop} is not in the VPC's block {block}, so no subnet reaches it")
            }
            _ => return Ok(()),
        }
    };
    Err(ApiError::attribute("routes", reason))
}

/// Refuses routes between which nothing decides, and ids that are given twice.
fn check_distinct(routes: &[TableRoute]) -> Result<(), ApiError> {
    for (one, next) in routes.iter().zip(routes.iter().skip(1)) {
        if (one.destination, one.priority) == (next.destination, next.priority) {
            let reason = format!(
                "two routes to {} have priority {}: give one of them another",
                one.destination, one.priority
            );
            return Err(ApiError::attribute("routes", reason));
        }
    }
    let mut ids: Vec<Uuid> = routes.iter().map(|route| route.id).collect();
    ids.sort_unstable();
    match ids
        .iter()
        .zip(ids.iter().skip(1))
        .find(|(one, next)| one == next)
    {
        Some((id, _)) => {
            let reason = format!("two routes have the id {id}: leave it out of one");
            Err(ApiError::attribute("routes", reason))
        }
        None => Ok(()),
    }
}
