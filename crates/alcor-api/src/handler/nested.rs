//! The same five for a resource below a parent's path. Who does not see the parent finds nothing
//! there, and an id of another parent's child names nothing.

use super::{change, erase, find, if_match, parse_id};
use crate::attribute::Attributes;
use crate::auth::Who;
use crate::body::{self, Wanted};
use crate::enforce;
use crate::error::RequestError;
use crate::link::Origin;
use crate::list::{self, Listing, json};
use crate::query::{ListQuery, QueryString};
use crate::resource::{Nested, Reading, Row};
use crate::state::ApiState;
use crate::view::{self, Selection};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

/// `POST /v2.0/{parents}/{parent}/{children}`.
pub(crate) async fn create<R: Nested>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(parent): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let (reading, parent) = below::<R>(state.reading(&caller), &parent)?;
    let body = body::object(body, state.limits.body_bytes).await?;
    let wanted = match body::create::<R>(body)? {
        Wanted::One(body) => Wanted::One(under::<R>(body, parent)),
        Wanted::Many(bodies) => Wanted::Many(
            bodies
                .into_iter()
                .map(|body| under::<R>(body, parent))
                .collect(),
        ),
    };
    let answer = super::make::<R>(&state, reading, wanted).await?;
    Ok((StatusCode::CREATED, json(answer)).into_response())
}

/// `GET /v2.0/{parents}/{parent}/{children}`.
pub(crate) async fn list<R: Nested>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(parent): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    let (reading, parent) = below::<R>(state.reading(&caller), &parent)?;
    let query = QueryString::of(&uri)?;
    let mut within = query.clone();
    within.push(R::PARENT, parent.to_string());
    let selection = Selection::of::<R>(&query.fields(), &caller);
    let listing = Listing::<R> {
        reading,
        caller,
        query: ListQuery::read(&within)?,
    };
    list::answer(listing, selection, Origin::of(&uri, &headers, query)).await
}

/// `GET /v2.0/{parents}/{parent}/{children}/{id}`.
pub(crate) async fn show<R: Nested>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((parent, id)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let selection = Selection::of::<R>(&query.fields(), &caller);
    let (reading, parent) = below::<R>(state.reading(&caller), &parent)?;
    let row = child::<R>(&reading, parent, &id)?;
    Ok(json(view::single(&row, &selection)?))
}

/// `PUT /v2.0/{parents}/{parent}/{children}/{id}`.
pub(crate) async fn update<R: Nested>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((parent, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let (reading, parent) = below::<R>(state.reading(&caller), &parent)?;
    child::<R>(&reading, parent, &id)?;
    let body = body::object(body, state.limits.body_bytes).await?;
    let body: Attributes = body::update::<R>(body)?;
    change::<R>(&state, &reading, &id, &body, if_match(&headers)?).await
}

/// `DELETE /v2.0/{parents}/{parent}/{children}/{id}`.
pub(crate) async fn delete<R: Nested>(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((parent, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    let (reading, parent) = below::<R>(state.reading(&caller), &parent)?;
    child::<R>(&reading, parent, &id)?;
    erase::<R>(&state, &reading, &id, if_match(&headers)?).await
}

/// The view of what lies below a parent that the caller sees, and the parent's id.
fn below<R: Nested>(mut reading: Reading, parent: &str) -> Result<(Reading, Uuid), RequestError> {
    let project = {
        let row = find::<R::Parent>(&reading, parent, &reading.caller)?;
        enforce::project_of(&row)
    };
    reading.parent_project = project;
    Ok((reading, parse_id::<R::Parent>(parent)?))
}

/// The child with this id, where it is the parent's.
fn child<'a, R: Nested>(
    reading: &'a Reading,
    parent: Uuid,
    id: &str,
) -> Result<Row<'a, R>, RequestError> {
    let row = find::<R>(reading, id, &reading.caller)?;
    if R::parent(&row.record) != parent {
        return Err(R::not_found(id));
    }
    Ok(row)
}

fn under<R: Nested>(mut body: Attributes, parent: Uuid) -> Attributes {
    body.insert(R::PARENT, parent.to_string().into());
    body
}
