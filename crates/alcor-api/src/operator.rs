//! `/nodes`: hosts, for administrators.

use crate::attribute::Attributes;
use crate::auth::Who;
use crate::body::{self, Wanted};
use crate::enforce;
use crate::error::RequestError;
use crate::handler;
use crate::list::json;
use crate::resource::{Nodes, Reading, Resource, Row};
use crate::state::ApiState;
use crate::view::{self, Selection};
use alcor_managers::node;
use alcor_managers::{ApiError, Caller};
use alcor_types::Node;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

fn one<R: Resource<Record = Node>>(
    node: Node,
    reading: &Reading,
    caller: &Caller,
) -> Result<Response, RequestError> {
    let row = Row::<R>::new(node, reading);
    let selection = Selection::of::<R>(&[], caller);
    Ok(json(view::single(&row, &selection)?))
}

/// `GET /nodes`.
pub(crate) async fn list_nodes(
    state: State<ApiState>,
    who: Who,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    enforce::general(&who.0, "get_node")?;
    handler::list::<Nodes>(state, who, uri, headers).await
}

/// `GET /nodes/{id or name}`.
pub(crate) async fn show_node(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_node")?;
    let reading = state.reading(&caller);
    let node = node::get(&reading.snapshot, &id, &caller)?;
    one::<Nodes>(node, &reading, &caller)
}

/// `POST /nodes`: makes the node, or replaces what is said of it.
pub(crate) async fn create_node(
    State(state): State<ApiState>,
    Who(caller): Who,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_node")?;
    let body = body::object(body, state.limits.body_bytes).await?;
    let bodies = match body::create::<Nodes>(body)? {
        Wanted::One(body) => vec![body],
        Wanted::Many(_) => {
            let message = "Several nodes are created by POST /nodes/bulk";
            return Err(RequestError::BadRequest(message.to_owned()));
        }
    };
    let node = upsert(&state, &caller, &bodies).await?.into_iter().next();
    let node = node.ok_or(RequestError::Damaged)?;
    let response = one::<Nodes>(node, &state.reading(&caller), &caller)?;
    Ok((StatusCode::CREATED, response).into_response())
}

/// `POST /nodes/bulk`: all of them or none.
pub(crate) async fn create_nodes(
    State(state): State<ApiState>,
    Who(caller): Who,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_node")?;
    let mut body = body::object(body, state.limits.body_bytes).await?;
    // Some of Alcor's tools call the list as they call one.
    if body.get(Nodes::SINGULAR).is_some_and(Value::is_array)
        && let Some(list) = body.remove(Nodes::SINGULAR)
    {
        body.insert(Nodes::PLURAL.to_owned(), list);
    }
    let Wanted::Many(bodies) = body::create::<Nodes>(body)? else {
        let message = "Unable to find 'host_infos' in request body";
        return Err(RequestError::BadRequest(message.to_owned()));
    };
    let nodes = upsert(&state, &caller, &bodies).await?;
    let selection = Selection::of::<Nodes>(&[], &caller);
    let body = handler::many::<Nodes>(nodes, &state.reading(&caller), &selection)?;
    Ok(json(body))
}

async fn upsert(
    state: &ApiState,
    caller: &Caller,
    bodies: &[Attributes],
) -> Result<Vec<Node>, RequestError> {
    let requests = bodies
        .iter()
        .map(Nodes::create_request)
        .collect::<Result<Vec<_>, _>>()?;
    let asker = caller.clone();
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| node::create_many(txn, &requests, &asker))
        .await?;
    Ok(committed.value)
}

/// `PUT /nodes/{id or name}`.
pub(crate) async fn update_node(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "update_node")?;
    let body = body::object(body, state.limits.body_bytes).await?;
    let request = Nodes::update_request(&body::update::<Nodes>(body)?)?;
    let asker = caller.clone();
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| {
            let present = node::get(txn, &id, &asker)?;
            node::update(txn, present.id, &request, &asker)
        })
        .await?;
    one::<Nodes>(committed.value, &state.reading(&caller), &caller)
}

/// `DELETE /nodes/{id or name}`.
pub(crate) async fn delete_node(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<StatusCode, RequestError> {
    enforce::general(&caller, "delete_node")?;
    let writer = state.writer(&caller.project_id);
    let delete = move |txn: &mut alcor_store::Txn<'_>| {
        let present = node::get(txn, &id, &caller)?;
        node::delete(txn, present.id, &caller)
    };
    writer.transact::<(), ApiError, _>(delete).await?;
    Ok(StatusCode::NO_CONTENT)
}
