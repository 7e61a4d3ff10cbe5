//! Create, list, show, update and delete: the same five for every managed resource.

pub(crate) mod nested;

use crate::attribute::Attributes;
use crate::auth::Who;
use crate::body::{self, Wanted};
use crate::bulk::{self, Bulk};
use crate::enforce;
use crate::error::RequestError;
use crate::link::Origin;
use crate::list::{self, Listing, json};
use crate::query::{ListQuery, QueryString};
use crate::resource::{Managed, Reading, Resource, Row};
use crate::state::ApiState;
use crate::view::{self, Selection};
use alcor_managers::Caller;
use alcor_managers::records;
use alcor_types::ProjectId;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use uuid::Uuid;

/// `POST /v2.0/networks`: one resource, or several in one transaction.
pub(crate) async fn create<R: Managed>(
    State(state): State<ApiState>,
    Who(caller): Who,
    body: Body,
) -> Result<Response, RequestError> {
    let body = body::object(body, state.limits.body_bytes).await?;
    let reading = state.reading(&caller);
    let answer = make::<R>(&state, reading, body::create::<R>(body)?).await?;
    Ok((StatusCode::CREATED, json(answer)).into_response())
}

/// Commits a create and writes what it made; a large one where it holds up nobody else.
async fn make<R: Managed>(
    state: &ApiState,
    before: Reading,
    wanted: Wanted,
) -> Result<Vec<u8>, RequestError> {
    let (bodies, bulk) = match wanted {
        Wanted::One(body) => (vec![body], false),
        Wanted::Many(bodies) => (bodies, true),
    };
    let owner = enforce::wished_owner(&before, &bodies);
    let size = bodies.len();
    let work = commit::<R>(state.clone(), before, (bodies, bulk), owner.clone());
    if size <= bulk::FEW {
        return work.await;
    }
    let bulk = Bulk {
        owner,
        size,
        patience: state.limits.request_time / 2,
    };
    state.bulks.run(bulk, &state.store, work).await
}

async fn commit<R: Managed>(
    state: ApiState,
    before: Reading,
    (bodies, bulk): (Vec<Attributes>, bool),
    owner: ProjectId,
) -> Result<Vec<u8>, RequestError> {
    enforce::create::<R>(&before, &bodies)?;
    let caller = &before.caller;
    let requests = bodies
        .iter()
        .map(R::create_request)
        .collect::<Result<Vec<_>, _>>()?;
    let (settings, asker) = (Arc::clone(&state.settings), caller.clone());
    let committed = state
        .writer(&owner)
        .transact(move |txn| R::create(txn, &requests, &asker, &settings))
        .await?;
    let selection = Selection::of::<R>(&[], caller);
    let reading = before.renewed(&state);
    if bulk {
        return many::<R>(committed.value, &reading, &selection);
    }
    let record = committed.value.into_iter().next();
    let record = record.ok_or(RequestError::Damaged)?;
    view::single(&Row::<R>::new(record, &reading), &selection)
}

/// `{"networks": [...]}` of these records.
pub(crate) fn many<R: Resource>(
    records: Vec<R::Record>,
    reading: &Reading,
    selection: &Selection,
) -> Result<Vec<u8>, RequestError> {
    let mut buffer = Vec::with_capacity(records.len() * 1024);
    view::open_list::<R>(&mut buffer);
    for (index, record) in records.into_iter().enumerate() {
        if index > 0 {
            buffer.push(b',');
        }
        view::append(&mut buffer, &Row::<R>::new(record, reading), selection)?;
    }
    buffer.extend_from_slice(b"]}");
    Ok(buffer)
}

/// `GET /v2.0/networks`.
pub(crate) async fn list<R: Resource>(
    State(state): State<ApiState>,
    Who(caller): Who,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let selection = Selection::of::<R>(&query.fields(), &caller);
    if let Some(preparation) = R::prepare(&caller, &query, &state.reading(&caller)) {
        state
            .writer(&caller.project_id)
            .transact(preparation)
            .await?;
    }
    let listing = Listing::<R> {
        reading: state.reading(&caller),
        caller,
        query: ListQuery::read(&query)?,
    };
    list::answer(listing, selection, Origin::of(&uri, &headers, query)).await
}

/// `GET /v2.0/networks/{id}`.
pub(crate) async fn show<R: Resource>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let selection = Selection::of::<R>(&query.fields(), &caller);
    let reading = state.reading(&caller);
    let row = find::<R>(&reading, &id, &caller)?;
    Ok(json(view::single(&row, &selection)?))
}

/// `PUT /v2.0/networks/{id}`.
pub(crate) async fn update<R: Managed>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let body = body::object(body, state.limits.body_bytes).await?;
    let body: Attributes = body::update::<R>(body)?;
    let expected = if_match(&headers)?;
    change::<R>(&state, &state.reading(&caller), &id, &body, expected).await
}

/// Commits an update and answers with what it made.
async fn change<R: Managed>(
    state: &ApiState,
    before: &Reading,
    id: &str,
    body: &Attributes,
    expected: Option<u64>,
) -> Result<Response, RequestError> {
    let caller = &before.caller;
    let owner = {
        let row = find::<R>(before, id, caller)?;
        enforce::update(&row, body)?;
        enforce::owner(&row)
    };
    let id = parse_id::<R>(id)?;
    let request = R::update_request(body, expected)?;
    let selection = Selection::of::<R>(&[], caller);
    let (settings, asker) = (Arc::clone(&state.settings), caller.clone());
    let committed = state
        .writer(&owner)
        .transact(move |txn| R::update(txn, id, &request, &asker, &settings))
        .await?;
    let reading = before.renewed(state);
    let row = Row::<R>::new(committed.value, &reading);
    Ok(json(view::single(&row, &selection)?))
}

/// `DELETE /v2.0/networks/{id}`.
pub(crate) async fn delete<R: Managed>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    let expected = if_match(&headers)?;
    erase::<R>(&state, &state.reading(&caller), &id, expected).await
}

/// Commits a deletion.
async fn erase<R: Managed>(
    state: &ApiState,
    before: &Reading,
    id: &str,
    expected: Option<u64>,
) -> Result<StatusCode, RequestError> {
    let caller = before.caller.clone();
    let rule = format!("delete_{}", R::POLICY);
    let owner = {
        let row = find::<R>(before, id, &caller)?;
        enforce::action(&row, &rule)?;
        enforce::owner(&row)
    };
    let id = parse_id::<R>(id)?;
    state
        .writer(&owner)
        .transact(move |txn| R::delete(txn, id, &caller, expected))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The row with this id, where the caller sees it.
pub(crate) fn find<'a, R: Resource>(
    reading: &'a Reading,
    id: &str,
    caller: &Caller,
) -> Result<Row<'a, R>, RequestError> {
    let key = parse_id::<R>(id)?;
    let record = records::get::<R::Record>(&reading.snapshot, key.as_bytes());
    record
        .map_err(|error| {
            tracing::error!(%error, "unreadable record");
            RequestError::Damaged
        })?
        .map(|record| Row::new(record, reading))
        .filter(|row| enforce::sees(row, caller))
        .ok_or_else(|| R::not_found(id))
}

/// The id in a path; a text that is none names nothing.
pub(crate) fn parse_id<R: Resource>(id: &str) -> Result<Uuid, RequestError> {
    Uuid::parse_str(id).map_err(|_| R::not_found(&id.chars().take(80).collect::<String>()))
}

/// `If-Match: revision_number=N`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, RequestError> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.trim().strip_prefix("revision_number="))
        .and_then(|number| number.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| RequestError::invalid("If-Match", "write If-Match: revision_number=N"))
}
