//! `/v2.0/ports/{id}/add_allowed_address_pairs` and its opposite.

use crate::attribute::Attributes;
use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::find;
use crate::list::json;
use crate::resource::{Ports, Row};
use crate::state::ApiState;
use crate::view::{self, Selection};
use alcor_managers::port::{add_pairs, remove_pairs};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::Txn;
use alcor_types::{AllowedAddressPair, Port, PortId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

/// A change of a port's pairs.
type Change =
    fn(&mut Txn<'_>, PortId, &[AllowedAddressPair], &Caller, &Settings) -> Result<Port, ApiError>;

/// `PUT .../add_allowed_address_pairs`.
pub(crate) async fn add(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change(state, who, id, body, add_pairs).await
}

/// `PUT .../remove_allowed_address_pairs`.
pub(crate) async fn remove(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change(state, who, id, body, remove_pairs).await
}

async fn change(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
    apply: Change,
) -> Result<Response, RequestError> {
    let body = body::object(body, state.limits.body_bytes).await?;
    let body: Attributes = body::update::<Ports>(body)?;
    let before = state.reading(&caller);
    let row = find::<Ports>(&before, &id, &caller)?;
    enforce::update(&row, &body)?;
    let id = row.record.id;
    let pairs: Vec<AllowedAddressPair> = body.required("allowed_address_pairs")?;
    let (settings, asker) = (Arc::clone(&state.settings), caller.clone());
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| apply(txn, id, &pairs, &asker, &settings))
        .await?;
    let reading = state.reading(&caller);
    let row = Row::<Ports>::new(committed.value, &reading);
    Ok(json(view::single(
        &row,
        &Selection::of::<Ports>(&[], &caller),
    )?))
}
