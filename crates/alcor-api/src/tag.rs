//! `/v2.0/{resources}/{id}/tags`: reading and changing a resource's tags. A change of tags is
//! an update of the resource, with its rights, its revision and its `If-Match`.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{find, if_match, parse_id};
use crate::list::json;
use crate::resource::Managed;
use crate::state::ApiState;
use crate::value::FromJson;
use alcor_managers::{ApiError, Caller};
use alcor_store::Txn;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// A resource that has tags.
pub(crate) trait Tagged: Managed {
    /// The record as the caller sees it.
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Self::Record, ApiError>;

    /// The update that makes `tags` the whole set.
    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> Self::Update;
}

/// A change of a set of tags.
enum Change {
    /// These and no others.
    Replace(BTreeSet<String>),
    /// These too.
    Add(BTreeSet<String>),
    /// Not this one, which must be there.
    Remove(String),
}

impl Change {
    /// The beginning of its rule in the policy.
    fn action(&self) -> &'static str {
        match self {
            Self::Replace(new) if new.is_empty() => "delete",
            Self::Remove(_) => "delete",
            Self::Replace(_) | Self::Add(_) => "update",
        }
    }

    /// The set after the change; none when the tag to remove is not there.
    fn apply(&self, mut tags: BTreeSet<String>) -> Option<BTreeSet<String>> {
        match self {
            Self::Replace(new) => return Some(new.clone()),
            Self::Add(more) => tags.extend(more.iter().cloned()),
            Self::Remove(tag) => return tags.remove(tag).then_some(tags),
        }
        Some(tags)
    }
}

/// `GET .../tags`.
pub(crate) async fn list<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    let reading = state.reading(&caller);
    let row = find::<R>(&reading, &id, &caller)?;
    let none = BTreeSet::new();
    let tags = R::standard(&row.record).map_or(&none, |standard| &standard.tags);
    Ok(answer(tags))
}

/// `GET .../tags/{tag}`.
pub(crate) async fn check<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, tag)): Path<(String, String)>,
) -> Result<StatusCode, RequestError> {
    let reading = state.reading(&caller);
    let row = find::<R>(&reading, &id, &caller)?;
    if R::standard(&row.record).is_some_and(|standard| standard.tags.contains(&tag)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(not_found(&tag))
}

/// `PUT .../tags`.
pub(crate) async fn replace<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let tags = read(body::object(body, state.limits.body_bytes).await?)?;
    let change = Change::Replace(tags);
    let tags = write::<R>(&state, caller, &id, &headers, change).await?;
    Ok(answer(&tags))
}

/// `POST .../tags`: adds several.
pub(crate) async fn extend<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let tags = read(body::object(body, state.limits.body_bytes).await?)?;
    let tags = write::<R>(&state, caller, &id, &headers, Change::Add(tags)).await?;
    Ok((StatusCode::CREATED, answer(&tags)).into_response())
}

/// `PUT .../tags/{tag}`.
pub(crate) async fn add<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, tag)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    let change = Change::Add(BTreeSet::from([tag]));
    write::<R>(&state, caller, &id, &headers, change).await?;
    Ok(StatusCode::CREATED)
}

/// `DELETE .../tags/{tag}`.
pub(crate) async fn remove<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, tag)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    write::<R>(&state, caller, &id, &headers, Change::Remove(tag)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE .../tags`.
pub(crate) async fn clear<R: Tagged>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    let change = Change::Replace(BTreeSet::new());
    write::<R>(&state, caller, &id, &headers, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Applies a change in one transaction; a change that changes nothing writes nothing.
async fn write<R: Tagged>(
    state: &ApiState,
    caller: Caller,
    id: &str,
    headers: &HeaderMap,
    change: Change,
) -> Result<BTreeSet<String>, RequestError> {
    let reading = state.reading(&caller);
    enforce::tags(&find::<R>(&reading, id, &caller)?, change.action())?;
    let id = parse_id::<R>(id)?;
    let expected = if_match(headers)?;
    let settings = Arc::clone(&state.settings);
    let missing = match &change {
        Change::Remove(tag) => Some(not_found(tag)),
        _ => None,
    };
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| {
            let record = R::get(txn, id, &caller)?;
            let old = R::standard(&record).map(|standard| standard.tags.clone());
            let Some(new) = change.apply(old.clone().unwrap_or_default()) else {
                return Ok(None);
            };
            if old.as_ref() == Some(&new) && expected.is_none() {
                return Ok(old);
            }
            let request = R::tags_request(new, expected);
            let record = R::update(txn, id, &request, &caller, &settings)?;
            Ok(R::standard(&record).map(|standard| standard.tags.clone()))
        })
        .await?;
    match (committed.value, missing) {
        (None, Some(error)) => Err(error),
        (tags, _) => Ok(tags.unwrap_or_default()),
    }
}

/// `{"tags": [...]}` as callers send it.
fn read(mut body: Map<String, Value>) -> Result<BTreeSet<String>, RequestError> {
    let tags = body
        .remove("tags")
        .filter(|_| body.is_empty())
        .ok_or_else(|| {
            RequestError::BadRequest("Invalid tags body: write {\"tags\": [...]}".into())
        })?;
    if tags.is_null() {
        return Err(RequestError::invalid("tags", "it is not a list"));
    }
    let tags = Vec::<String>::from_json(&tags).map_err(|why| RequestError::invalid("tags", why))?;
    Ok(tags.into_iter().collect())
}

fn answer(tags: &BTreeSet<String>) -> Response {
    json(serde_json::json!({ "tags": tags }).to_string())
}

fn not_found(tag: &str) -> RequestError {
    RequestError::NotFound {
        kind: "TagNotFound",
        what: "Tag",
        id: tag.chars().take(80).collect(),
    }
}
