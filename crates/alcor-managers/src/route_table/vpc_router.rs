//! The router of a VPC: a router like any other, which follows the VPC's tables. The default
//! table remembers which one it is.

use super::{CreateRouteTable, RouteTableError, default_of, make};
use crate::router::{self, CreateRouter};
use crate::schema::{ROUTE_TABLE_BY_ROUTER, SUBNET_BY_NETWORK};
use crate::{ApiError, Caller, Settings, network, policy, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{Network, NetworkId, RouteTable, Router, RouterId, Subnet};

/// The VPC's router. It refuses where there is none.
pub fn vpc_router(read: &dyn Read, id: NetworkId, caller: &Caller) -> Result<Router, ApiError> {
    let network = network::get(read, id, caller)?;
    policy::owner_only(caller, &network.project_id, "get_route_table")?;
    match default_of(read, id)?.and_then(|table| table.router_id) {
        Some(router) => router::get(read, router, caller),
        None => Err(RouteTableError::NoRouter(id).into()),
    }
}

/// Makes the VPC's router, with the default table where that is not there yet. A router that
/// joins the VPC's subnets already becomes it.
pub fn create_vpc_router(
    txn: &mut Txn<'_>,
    id: NetworkId,
    caller: &Caller,
    settings: &Settings,
) -> Result<Router, ApiError> {
    let network = network::get(txn, id, caller)?;
    policy::owner_only(caller, &network.project_id, "create_route_table")?;
    let mut table = match default_of(txn, id)? {
        Some(table) => table,
        None => make(txn, &network, &CreateRouteTable::default())?,
    };
    if let Some(router) = table.router_id {
        let network = id;
        return Err(RouteTableError::RouterExists { network, router }.into());
    }
    let router = if let Some(router) = joining(txn, &network)? {
        router
    } else {
        let request = CreateRouter {
            project_id: Some(network.project_id.clone()),
            name: format!("router of VPC {id}"),
            ..CreateRouter::default()
        };
        router::create(txn, &request, caller, settings)?
    };
    table.router_id = Some(router.id);
    standard::update(&mut table.standard, None, None, None)?;
    records::put(txn, &table)?;
    Ok(router)
}

/// Removes the VPC's router. Its tables stay, for the next one to follow.
pub fn delete_vpc_router(
    txn: &mut Txn<'_>,
    id: NetworkId,
    caller: &Caller,
) -> Result<RouterId, ApiError> {
    let router = vpc_router(txn, id, caller)?.id;
    let subnets: [&[u8]; 1] = [id.as_bytes()];
    let subnet = records::lookup::<Subnet>(txn, SUBNET_BY_NETWORK, &subnets, None, false).next();
    if let Some(subnet) = subnet.transpose()? {
        let (network, subnet) = (id, subnet.id);
        return Err(RouteTableError::RouterInUse { network, subnet }.into());
    }
    router::delete(txn, router, caller, None)?;
    Ok(router)
}

/// Lets the VPC whose router this was be without one.
pub(crate) fn forget_router(txn: &mut Txn<'_>, router: RouterId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [router.as_bytes()];
    let table = records::lookup::<RouteTable>(txn, ROUTE_TABLE_BY_ROUTER, &parts, None, false);
    let table = table.collect::<Result<Vec<_>, _>>()?.into_iter().next();
    if let Some(mut table) = table {
        table.router_id = None;
        standard::update(&mut table.standard, None, None, None)?;
        records::put(txn, &table)?;
    }
    Ok(())
}

/// The first router of the VPC's owner, by the id of its interface, that has one in the VPC and
/// follows no other VPC's tables.
fn joining(read: &dyn Read, network: &Network) -> Result<Option<Router>, ApiError> {
    for port in network::ports(read, network.id) {
        let port = port?;
        if !port.is_router_interface() {
            continue;
        }
        let Ok(id) = port.device_id.parse::<RouterId>() else {
            continue;
        };
        let taken = records::any::<RouteTable>(read, ROUTE_TABLE_BY_ROUTER, &[id.as_bytes()]);
        let router = router::find(read, id)?;
        let router = router.filter(|router| router.project_id == network.project_id && !taken);
        if router.is_some() {
            return Ok(router);
        }
    }
    Ok(None)
}
