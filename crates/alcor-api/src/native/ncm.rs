//! `/ncms`: the register of network config managers, for administrators.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::native::Members;
use crate::state::ApiState;
use crate::value::FromJson;
use alcor_managers::ncm;
use alcor_types::Ncm;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// `GET /ncms`.
pub(crate) async fn list(
    State(state): State<ApiState>,
    Who(caller): Who,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_ncm")?;
    let all = ncm::list(&state.store.snapshot())?;
    let all: Vec<Value> = all.iter().map(view).collect();
    Ok(json(object!({ "ncm_infos": all }).to_string()))
}

/// `GET /ncms/{id}`.
pub(crate) async fn show(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_ncm")?;
    Ok(one(&ncm::get(&state.store.snapshot(), &id)?))
}

/// `POST /ncms`.
pub(crate) async fn create(
    State(state): State<ApiState>,
    Who(caller): Who,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_ncm")?;
    let wish = read(body, &state).await?;
    let asked = Ncm {
        id: member(&wish, "id")?.ok_or_else(|| RequestError::invalid("id", "it is required"))?,
        uri: member(&wish, "uri")?.ok_or_else(|| RequestError::invalid("uri", "it is required"))?,
        capacity: member(&wish, "cap")?.unwrap_or(u32::MAX),
    };
    let writer = state.writer(&caller.project_id);
    let made = writer.transact(move |txn| ncm::create(txn, &asked));
    Ok((StatusCode::CREATED, one(&made.await?.value)).into_response())
}

/// `PUT /ncms/{id}`.
pub(crate) async fn update(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "update_ncm")?;
    let wish = read(body, &state).await?;
    if member::<String>(&wish, "id")?.is_some_and(|named| named != id) {
        return Err(RequestError::invalid("id", "it is not the id in the path"));
    }
    let (uri, capacity) = (member::<String>(&wish, "uri")?, member(&wish, "cap")?);
    let writer = state.writer(&caller.project_id);
    let changed = writer.transact(move |txn| ncm::update(txn, &id, uri.as_ref(), capacity));
    Ok(one(&changed.await?.value))
}

/// `DELETE /ncms/{id}`.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "delete_ncm")?;
    let answer = object!({ "id": id }).to_string();
    state
        .writer(&caller.project_id)
        .transact(move |txn| ncm::delete(txn, &id))
        .await?;
    Ok(json(answer))
}

async fn read(body: Body, state: &ApiState) -> Result<Members, RequestError> {
    let mut body = body::object(body, state.limits.body_bytes).await?;
    let Some(Value::Object(wish)) = body.remove("ncm_info") else {
        let message = "Unable to find 'ncm_info' in request body";
        return Err(RequestError::BadRequest(message.to_owned()));
    };
    Ok(wish)
}

fn member<T: FromJson>(wish: &Members, name: &'static str) -> Result<Option<T>, RequestError> {
    wish.get(name)
        .map(T::from_json)
        .transpose()
        .map_err(|why| RequestError::invalid(name, why))
}

fn view(ncm: &Ncm) -> Value {
    object!({ "id": ncm.id, "uri": ncm.uri, "cap": ncm.capacity })
}

fn one(ncm: &Ncm) -> Response {
    json(object!({ "ncm_info": view(ncm) }).to_string())
}
