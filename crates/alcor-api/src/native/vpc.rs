//! What hangs on a VPC or a subnet in the first Alcor's paths and has an id of its own here: the
//! VPC's router and the route tables. A GET makes what is not there yet, where the caller might
//! make it by POST as well.

use super::{Asked, Kind, Members, call, one};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::state::ApiState;
use alcor_managers::route_table::{self, CreateRouteTable, RouteTableError};
use alcor_managers::{ApiError, Caller, network, subnet};
use alcor_store::Txn;
use alcor_types::{NetworkId, RouteTable, SubnetId};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use std::sync::Arc;
use uuid::Uuid;

/// The envelope of a table.
const TABLE: &str = "routetable";

/// Routers and route tables, as Neutron's routes know them.
#[derive(Clone, Copy)]
pub(crate) struct Kinds {
    /// Routers.
    pub(crate) routers: &'static Kind,
    /// Route tables.
    pub(crate) tables: &'static Kind,
}

/// `GET /project/{project}/vpcs/{id}/router`.
pub(crate) async fn show_router(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    let caller = asked.caller.clone();
    let settings = Arc::clone(&asked.state.settings);
    let allowed = may_make(&asked, &["create_router", "create_route_table"]);
    let router = match route_table::vpc_router(&asked.state.store.snapshot(), id, &caller) {
        Err(ApiError::RouteTable(RouteTableError::NoRouter(_))) if allowed => {
            let make = move |txn: &mut Txn<'_>| match route_table::vpc_router(txn, id, &caller) {
                Err(ApiError::RouteTable(RouteTableError::NoRouter(_))) => {
                    route_table::create_vpc_router(txn, id, &caller, &settings)
                }
                found => found,
            };
            asked.store.transact(make).await?.value
        }
        found => found?,
    };
    show(kinds.routers, router.id.0, asked).await
}

/// `POST /project/{project}/vpcs/{id}/router`, without attributes.
pub(crate) async fn create_router(
    kinds: Kinds,
    mut asked: Asked,
) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    if !body(&mut asked).await?.is_empty() {
        let message = "A VPC's router is made without attributes: leave the body out, and change \
                       the router by PUT /project/{project}/routers/{id}.";
        return Err(RequestError::BadRequest(message.to_owned()));
    }
    enforce::of_project(&asked.caller, "create_router", asked.project.as_str())?;
    let (state, caller) = (asked.state.clone(), asked.caller.clone());
    let make =
        move |txn: &mut Txn<'_>| route_table::create_vpc_router(txn, id, &caller, &state.settings);
    let router = asked.store.transact(make).await?.value;
    let shown = show(kinds.routers, router.id.0, asked).await?;
    let (mut parts, body) = shown.into_parts();
    if parts.status == StatusCode::OK {
        parts.status = StatusCode::CREATED;
    }
    Ok((parts, body).into_response())
}

/// `DELETE /project/{project}/vpcs/{id}/router`.
pub(crate) async fn delete_router(asked: Asked) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    let caller = asked.caller.clone();
    route_table::vpc_router(&asked.state.store.snapshot(), id, &caller)?;
    enforce::of_project(&caller, "delete_router", asked.project.as_str())?;
    let delete = move |txn: &mut Txn<'_>| route_table::delete_vpc_router(txn, id, &caller);
    let router = asked.store.transact(delete).await?.value;
    Ok(json(object!({ "id": router }).to_string()))
}

/// `GET` and `PUT /project/{project}/vpcs/{id}/vpcroutetable`.
pub(crate) async fn vpc_table(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    let make = may_make(&asked, &["create_route_table"]);
    let table = default_table(asked.state.clone(), asked.caller.clone(), id, make).await?;
    on(kinds.tables, table.id.0, asked).await
}

/// `POST /project/{project}/vpcs/{id}/vpcroutetable`.
pub(crate) async fn create_vpc_table(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    network::get(&asked.state.store.snapshot(), id, &asked.caller)?;
    create(kinds.tables, asked, ("vpc_id", id.0)).await
}

/// `GET /project/{project}/vpcs/{id}/routetables`.
pub(crate) async fn vpc_tables(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let id = network_id(&asked)?;
    network::get(&asked.state.store.snapshot(), id, &asked.caller)?;
    let path = format!("/v2.0/{}?vpc_id={id}", kinds.tables.neutron);
    call(kinds.tables, asked, &path, None).await
}

/// `GET /project/{project}/subnets/{id}/routetable`: the table that the subnet uses.
pub(crate) async fn subnet_table(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let (state, caller) = (asked.state.clone(), asked.caller.clone());
    let subnet = subnet::get(&state.store.snapshot(), subnet_id(&asked)?, &caller)?;
    let make = may_make(&asked, &["create_route_table"]);
    let table = match route_table::used_by(&state.store.snapshot(), &subnet)? {
        Some(table) => table,
        None => default_table(state, caller, subnet.network_id, make).await?,
    };
    on(kinds.tables, table.id.0, asked).await
}

/// `POST /project/{project}/subnets/{id}/routetable`: a table of the subnet's own.
pub(crate) async fn create_subnet_table(
    kinds: Kinds,
    asked: Asked,
) -> Result<Response, RequestError> {
    let id = subnet_id(&asked)?;
    subnet::get(&asked.state.store.snapshot(), id, &asked.caller)?;
    create(kinds.tables, asked, ("subnet_id", id.0)).await
}

/// `PUT` and `DELETE /project/{project}/subnets/{id}/routetable`: the subnet's own table.
pub(crate) async fn own_table(kinds: Kinds, asked: Asked) -> Result<Response, RequestError> {
    let read = asked.state.store.snapshot();
    let table = route_table::own_of_subnet(&read, subnet_id(&asked)?, &asked.caller)?;
    on(kinds.tables, table.id.0, asked).await
}

/// The VPC's default table, made where it is not there and the caller may make it.
async fn default_table(
    state: ApiState,
    caller: Caller,
    id: NetworkId,
    may_make: bool,
) -> Result<RouteTable, RequestError> {
    let none = |found: &Result<RouteTable, ApiError>| {
        matches!(
            found,
            Err(ApiError::RouteTable(RouteTableError::NoTable(_)))
        )
    };
    let found = route_table::of_network(&state.store.snapshot(), id, &caller);
    if !none(&found) || !may_make {
        return Ok(found?);
    }
    let writer = state.writer(&caller.project_id);
    let make = move |txn: &mut Txn<'_>| {
        let found = route_table::of_network(txn, id, &caller);
        if !none(&found) {
            return found;
        }
        let request = CreateRouteTable {
            network_id: Some(id),
            ..CreateRouteTable::default()
        };
        route_table::create(txn, &request, &caller)
    };
    Ok(writer.transact(make).await?.value)
}

fn may_make(asked: &Asked, rules: &[&str]) -> bool {
    let project = asked.project.as_str();
    let allowed = |caller: &Caller, rule| enforce::of_project(caller, rule, project).is_ok();
    rules.iter().all(|rule| allowed(&asked.caller, *rule))
}

/// Does what was asked with the resource that turned out to be meant.
async fn on(kind: &'static Kind, id: Uuid, mut asked: Asked) -> Result<Response, RequestError> {
    asked.path.insert("id".to_owned(), id.to_string());
    one(kind, asked).await
}

async fn show(kind: &'static Kind, id: Uuid, mut asked: Asked) -> Result<Response, RequestError> {
    asked.method = Method::GET;
    on(kind, id, asked).await
}

/// Makes a table of what the path names.
async fn create(
    kind: &'static Kind,
    mut asked: Asked,
    (name, id): (&str, Uuid),
) -> Result<Response, RequestError> {
    let mut body = body(&mut asked).await?;
    let table = body.entry(TABLE).or_insert_with(|| object!({}));
    if let Value::Object(table) = table {
        let said = table.insert(name.to_owned(), id.to_string().into());
        if said.is_some_and(|said| said.as_str() != Some(&id.to_string())) {
            return Err(RequestError::invalid(name, "it is not what the path names"));
        }
    }
    asked.body = Body::from(Value::Object(body).to_string());
    let path = format!("/v2.0/{}", kind.neutron);
    call(kind, asked, &path, None).await
}

/// The body, where there is one: some of these calls need none.
async fn body(asked: &mut Asked) -> Result<Members, RequestError> {
    let limit = asked.state.limits.body_bytes;
    let bytes = axum::body::to_bytes(std::mem::take(&mut asked.body), limit)
        .await
        .map_err(|_| RequestError::TooLarge { limit })?;
    if bytes.is_empty() {
        return Ok(Members::new());
    }
    crate::body::object(Body::from(bytes), limit).await
}

fn network_id(asked: &Asked) -> Result<NetworkId, RequestError> {
    uuid(asked, "NetworkNotFound", "Network").map(NetworkId)
}

fn subnet_id(asked: &Asked) -> Result<SubnetId, RequestError> {
    uuid(asked, "SubnetNotFound", "Subnet").map(SubnetId)
}

/// The id in the path; a text that is none names nothing.
fn uuid(asked: &Asked, kind: &'static str, what: &'static str) -> Result<Uuid, RequestError> {
    let id = asked.path.get("id").map(String::as_str).unwrap_or_default();
    Uuid::parse_str(id).map_err(|_| RequestError::NotFound {
        kind,
        what,
        id: id.chars().take(80).collect(),
    })
}
