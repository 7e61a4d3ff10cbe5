//! `/v2.0/trunks/{id}/add_subports` and its kin. Neutron's bodies and answers have no envelope.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::find;
use crate::list::json;
use crate::resource::{Row, Trunks, sub_ports};
use crate::state::ApiState;
use crate::value::FromJson;
use crate::view::{Selection, View};
use alcor_managers::trunk::SubPortRequest;
use alcor_managers::{Caller, trunk};
use alcor_types::{PortId, Trunk, TrunkId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json as object};
use uuid::Uuid;

/// `GET /v2.0/trunks/{id}/get_subports`.
pub(crate) async fn get(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    let reading = state.reading(&caller);
    let row = find::<Trunks>(&reading, &id, &caller)?;
    enforce::action(&row, "get_subports")?;
    let body = object!({ "sub_ports": sub_ports(&row.record) });
    Ok(json(body.to_string()))
}

/// `PUT /v2.0/trunks/{id}/add_subports`.
pub(crate) async fn add(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = writable(&state, &caller, &id, "add_subports")?;
    let more: Vec<SubPortRequest> = read(&items(body, &state).await?)?;
    let asker = caller.clone();
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| trunk::add_sub_ports(txn, id, &more, &asker))
        .await?;
    answer(&state, &caller, committed.value)
}

/// `PUT /v2.0/trunks/{id}/remove_subports`.
pub(crate) async fn remove(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = writable(&state, &caller, &id, "remove_subports")?;
    let items = items(body, &state).await?;
    let ids = items
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["port_id"]);
    let ids: Vec<_> = ids.cloned().collect();
    let less: Vec<PortId> = read::<Vec<Uuid>>(&Value::Array(ids))?
        .into_iter()
        .map(PortId)
        .collect();
    let asker = caller.clone();
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| trunk::remove_sub_ports(txn, id, &less, &asker))
        .await?;
    answer(&state, &caller, committed.value)
}

fn writable(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    rule: &str,
) -> Result<TrunkId, RequestError> {
    let reading = state.reading(caller);
    let row = find::<Trunks>(&reading, id, caller)?;
    enforce::action(&row, rule)?;
    Ok(row.record.id)
}

/// What stands in `{"sub_ports": [...]}`.
async fn items(body: Body, state: &ApiState) -> Result<Value, RequestError> {
    let mut body = body::object(body, state.limits.body_bytes).await?;
    body.remove("sub_ports")
        .filter(|items| body.is_empty() && items.is_array())
        .ok_or_else(|| {
            RequestError::BadRequest("Invalid body: write {\"sub_ports\": [...]}".to_owned())
        })
}

fn read<T: FromJson>(value: &Value) -> Result<T, RequestError> {
    T::from_json(value).map_err(|reason| RequestError::invalid("sub_ports", reason))
}

fn answer(state: &ApiState, caller: &Caller, trunk: Trunk) -> Result<Response, RequestError> {
    let reading = state.reading(caller);
    let row = Row::<Trunks>::new(trunk, &reading);
    let selection = Selection::of::<Trunks>(&[], caller);
    let view = View {
        row: &row,
        selection: &selection,
    };
    let body = serde_json::to_vec(&view).map_err(|_| RequestError::Damaged)?;
    Ok(json(body))
}
