//! Route tables. A VPC has a default table, made when somebody asks for it; a subnet uses that or
//! a table of its own. Both go with what they are for.

mod error;
mod request;
mod routes;
mod vpc_router;

pub use error::RouteTableError;
pub use request::{CreateRouteTable, RouteRequest, UpdateRouteTable};
pub use routes::{LOCAL_PRIORITY, STATIC_PRIORITY, with_local};
pub(crate) use vpc_router::forget_router;
pub use vpc_router::{create_vpc_router, delete_vpc_router, vpc_router};

use crate::records;
use crate::schema::{ROUTE_TABLE_BY_NETWORK, ROUTE_TABLE_BY_SUBNET, ROUTE_TABLE_DEFAULT};
use crate::{ApiError, Caller, network, policy, standard, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{Network, NetworkId, RouteTable, RouteTableId, RouteTableKind, Subnet, SubnetId};

/// Makes tables: all of them or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateRouteTable],
    caller: &Caller,
) -> Result<Vec<RouteTable>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// Makes a table of a subnet, or the default one of a VPC.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateRouteTable,
    caller: &Caller,
) -> Result<RouteTable, ApiError> {
    let network = network::get(txn, network_of(txn, request, caller)?, caller)?;
    // A table rules over what the network's owner built.
    policy::owner_only(caller, &network.project_id, "create_route_table")?;
    if let Some(asked) = &request.project_id
        && *asked != network.project_id
    {
        let reason = format!(
            "'{asked}' is not the owner of VPC {}, leave it out",
            network.id
        );
        return Err(ApiError::attribute("project_id", reason));
    }
    make(txn, &network, request)
}

/// The network that the request names, by itself or by its subnet.
fn network_of(
    read: &dyn Read,
    request: &CreateRouteTable,
    caller: &Caller,
) -> Result<NetworkId, ApiError> {
    match (request.subnet_id, request.network_id) {
        (None, Some(network)) => Ok(network),
        (None, None) => {
            let reason = "it is missing: name a VPC, or a subnet by subnet_id";
            Err(ApiError::attribute("vpc_id", reason))
        }
        (Some(id), asked) => {
            let network = subnet::get(read, id, caller)?.network_id;
            match asked.filter(|asked| *asked != network) {
                Some(network) => {
                    let subnet = id;
                    Err(RouteTableError::ForeignSubnet { subnet, network }.into())
                }
                None => Ok(network),
            }
        }
    }
}

/// Makes the table on a network that is the caller's to build on.
fn make(
    txn: &mut Txn<'_>,
    network: &Network,
    request: &CreateRouteTable,
) -> Result<RouteTable, ApiError> {
    check_first(txn, network.id, request.subnet_id)?;
    let id = request.id.unwrap_or_else(RouteTableId::random);
    standard::check_free::<RouteTable>(txn, id.as_bytes(), &id)?;
    let usual = match request.subnet_id {
        Some(_) => RouteTableKind::NeutronSubnet,
        None => RouteTableKind::Vpc,
    };
    let table = RouteTable {
        id,
        project_id: network.project_id.clone(),
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        network_id: network.id,
        subnet_id: request.subnet_id,
        router_id: None,
        kind: request.kind.unwrap_or(usual),
        routes: routes::settle(network, &[], &request.routes)?,
    };
    check_kind(&table)?;
    records::insert(txn, &table)?;
    Ok(table)
}

/// The table, where the caller may see it.
pub fn get(read: &dyn Read, id: RouteTableId, caller: &Caller) -> Result<RouteTable, ApiError> {
    let table: Option<RouteTable> = records::get(read, id.as_bytes())?;
    table
        .filter(|table| caller.owns(&table.project_id))
        .ok_or_else(|| RouteTableError::NotFound(id).into())
}

/// The VPC's default table. It refuses where there is none.
pub fn of_network(read: &dyn Read, id: NetworkId, caller: &Caller) -> Result<RouteTable, ApiError> {
    let network = network::get(read, id, caller)?;
    policy::owner_only(caller, &network.project_id, "get_route_table")?;
    default_of(read, id)?.ok_or_else(|| RouteTableError::NoTable(id).into())
}

/// The subnet's own table. It refuses where the subnet uses its VPC's.
pub fn own_of_subnet(
    read: &dyn Read,
    id: SubnetId,
    caller: &Caller,
) -> Result<RouteTable, ApiError> {
    let subnet = subnet::get(read, id, caller)?;
    own_of(read, subnet.id)?
        .filter(|table| caller.owns(&table.project_id))
        .ok_or_else(|| RouteTableError::NotOwn(id).into())
}

/// The table that a subnet uses: its own, or else its VPC's; none where neither was made.
pub fn used_by(read: &dyn Read, subnet: &Subnet) -> Result<Option<RouteTable>, ApiError> {
    match own_of(read, subnet.id)? {
        Some(own) => Ok(Some(own)),
        None => default_of(read, subnet.network_id),
    }
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: RouteTableId,
    request: &UpdateRouteTable,
    caller: &Caller,
) -> Result<RouteTable, ApiError> {
    let mut table = get(txn, id, caller)?;
    standard::check_revision(&table.standard, request.expected_revision)?;
    standard::assign(&mut table.kind, request.kind.as_ref());
    check_kind(&table)?;
    if let Some(asked) = &request.routes {
        let network = table.network_id;
        let network = network::find(txn, network)?.ok_or(ApiError::NetworkNotFound(network))?;
        table.routes = routes::settle(&network, &table.routes, asked)?;
    }
    standard::update(
        &mut table.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &table)?;
    Ok(table)
}

/// Removes a subnet's table; the subnet uses its VPC's from then on.
pub fn delete(
    txn: &mut Txn<'_>,
    id: RouteTableId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let table = get(txn, id, caller)?;
    standard::check_revision(&table.standard, expected_revision)?;
    if table.subnet_id.is_none() {
        let (table, network) = (id, table.network_id);
        return Err(RouteTableError::IsDefault { table, network }.into());
    }
    records::delete::<RouteTable>(txn, id.as_bytes())?;
    Ok(())
}

/// Removes the table of a subnet that is removed.
pub(crate) fn forget_subnet(txn: &mut Txn<'_>, subnet: SubnetId) -> Result<(), ApiError> {
    if let Some(table) = own_of(txn, subnet)? {
        records::delete::<RouteTable>(txn, table.id.as_bytes())?;
    }
    Ok(())
}

/// Removes the tables of a network that is removed.
pub(crate) fn forget_network(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    let tables = records::lookup::<RouteTable>(txn, ROUTE_TABLE_BY_NETWORK, &parts, None, false)
        .collect::<Result<Vec<_>, _>>()?;
    for table in tables {
        records::delete::<RouteTable>(txn, table.id.as_bytes())?;
    }
    Ok(())
}

fn default_of(read: &dyn Read, network: NetworkId) -> Result<Option<RouteTable>, ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    let mut tables = records::lookup(read, ROUTE_TABLE_DEFAULT, &parts, None, false);
    Ok(tables.next().transpose()?)
}

fn own_of(read: &dyn Read, subnet: SubnetId) -> Result<Option<RouteTable>, ApiError> {
    let parts: [&[u8]; 1] = [subnet.as_bytes()];
    let mut tables = records::lookup(read, ROUTE_TABLE_BY_SUBNET, &parts, None, false);
    Ok(tables.next().transpose()?)
}

/// Refuses a second table of the subnet, or a second default of the VPC.
fn check_first(
    read: &dyn Read,
    network: NetworkId,
    subnet: Option<SubnetId>,
) -> Result<(), ApiError> {
    let error = match subnet {
        Some(subnet) => own_of(read, subnet)?.map(|present| {
            let table = present.id;
            RouteTableError::SubnetTableExists { subnet, table }
        }),
        None => default_of(read, network)?.map(|present| {
            let table = present.id;
            RouteTableError::TableExists { network, table }
        }),
    };
    error.map_or(Ok(()), |error| Err(error.into()))
}

/// The default table of a VPC is a `vpc` table, and no other is.
fn check_kind(table: &RouteTable) -> Result<(), ApiError> {
    let of_vpc = table.kind == RouteTableKind::Vpc;
    if of_vpc == table.subnet_id.is_none() {
        return Ok(());
    }
    let reason = if of_vpc {
        "'vpc' is for the default table of a VPC, and this is a subnet's".to_owned()
    } else {
        let kind = table.kind.as_str();
        format!("'{kind}' is for the table of a subnet, and this is a VPC's: say vpc")
    };
    Err(ApiError::attribute("route_table_type", reason))
}
