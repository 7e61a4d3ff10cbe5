//! Changing agents, and which DHCP agent hosts which network. All of it is the operator's, and
//! the policy says who that is.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{self, find, parse_id};
use crate::list::json;
use crate::query::QueryString;
use crate::resource::{Agents, Networks, Row};
use crate::state::ApiState;
use crate::value::FromJson;
use crate::view::{self, Selection};
use alcor_managers::agent::{self, UpdateAgent, schedule};
use alcor_managers::{ApiError, zone};
use alcor_types::{AgentId, NetworkId, Zone};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use uuid::Uuid;

/// `PUT /v2.0/agents/{id}`.
pub(crate) async fn update(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let body = body::object(body, state.limits.body_bytes).await?;
    let body = body::update::<Agents>(body)?;
    let before = state.reading(&caller);
    let row = find::<Agents>(&before, &id, &caller)?;
    enforce::update(&row, &body)?;
    let id = row.record.id;
    let description = body.get::<Option<String>>("description")?;
    let request = UpdateAgent {
        admin_state_up: body.get("admin_state_up")?,
        description: description.map(Option::unwrap_or_default),
    };
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| agent::update(txn, id, &request))
        .await?;
    let reading = before.renewed(&state);
    let row = Row::<Agents>::new(committed.value, &reading);
    let selection = Selection::of::<Agents>(&[], &caller);
    Ok(json(view::single(&row, &selection)?))
}

/// `DELETE /v2.0/agents/{id}`.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, RequestError> {
    let before = state.reading(&caller);
    let row = find::<Agents>(&before, &id, &caller)?;
    enforce::action(&row, "delete_agent")?;
    let id = row.record.id;
    let delete = move |txn: &mut alcor_store::Txn<'_>| agent::delete(txn, id);
    state
        .writer(&caller.project_id)
        .transact::<(), ApiError, _>(delete)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v2.0/networks/{id}/dhcp-agents`.
pub(crate) async fn hosting(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_dhcp-agents")?;
    let reading = state.reading(&caller);
    // Neutron answers for networks that do not exist, too.
    let agents = match Uuid::parse_str(&id) {
        Ok(id) => schedule::hosting(&reading.snapshot, NetworkId(id))?,
        Err(_) => Vec::new(),
    };
    let selection = Selection::of::<Agents>(&[], &caller);
    Ok(json(handler::many::<Agents>(agents, &reading, &selection)?))
}

/// `GET /v2.0/agents/{id}/dhcp-networks`.
pub(crate) async fn hosted(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_dhcp-networks")?;
    let reading = state.reading(&caller);
    let id = AgentId(parse_id::<Agents>(&id)?);
    let networks = schedule::hosted(&reading.snapshot, id)?;
    let selection = Selection::of::<Networks>(&[], &caller);
    Ok(json(handler::many::<Networks>(
        networks, &reading, &selection,
    )?))
}

/// `POST /v2.0/agents/{id}/dhcp-networks`. Neutron's body has no envelope, and its answer is null.
pub(crate) async fn add(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_dhcp-network")?;
    let id = AgentId(parse_id::<Agents>(&id)?);
    let mut body = body::object(body, state.limits.body_bytes).await?;
    let network = body.remove("network_id").unwrap_or_default();
    let network = Uuid::from_json(&network)
        .map(NetworkId)
        .map_err(|reason| RequestError::invalid("network_id", reason))?;
    let add = move |txn: &mut alcor_store::Txn<'_>| schedule::add(txn, id, network);
    state
        .writer(&caller.project_id)
        .transact::<(), ApiError, _>(add)
        .await?;
    Ok((StatusCode::CREATED, json("null")).into_response())
}

/// `DELETE /v2.0/agents/{id}/dhcp-networks/{network}`.
pub(crate) async fn remove(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, network)): Path<(String, String)>,
) -> Result<StatusCode, RequestError> {
    enforce::general(&caller, "delete_dhcp-network")?;
    let id = AgentId(parse_id::<Agents>(&id)?);
    let network = NetworkId(parse_id::<Networks>(&network)?);
    let remove = move |txn: &mut alcor_store::Txn<'_>| schedule::remove(txn, id, network);
    state
        .writer(&caller.project_id)
        .transact::<(), ApiError, _>(remove)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v2.0/availability_zones`. Every node serves networks and routes, so each zone is one of
/// both.
pub(crate) async fn zones(
    State(state): State<ApiState>,
    Who(caller): Who,
    uri: Uri,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_availability_zone")?;
    let query = QueryString::of(&uri)?;
    let zones = zone::list(&state.reading(&caller).snapshot)?;
    let both = |zone: &Zone| {
        ["network", "router"].map(
            |resource| object!({ "name": zone.name, "resource": resource, "state": "available" }),
        )
    };
    let wanted = |view: &Value| {
        ["name", "resource", "state"].into_iter().all(|name| {
            let mut values = query.all(name).peekable();
            values.peek().is_none() || values.any(|value| view[name] == value)
        })
    };
    let views: Vec<_> = zones.iter().flat_map(both).filter(wanted).collect();
    Ok(json(object!({ "availability_zones": views }).to_string()))
}
