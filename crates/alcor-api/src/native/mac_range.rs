//! `/project/{project}/macs/ranges`: where MAC addresses that are kept by hand come from; for
//! administrators, and the same for every project.

use super::mac::state_text;
use super::payload::{envelope, member, read, refuse_unknown, required, state};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use alcor_managers::mac::range::{self, UpdateMacRange};
use alcor_types::MacRange;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use std::sync::Arc;
use uuid::Uuid;

const KEYS: [&str; 4] = ["range_id", "from", "to", "state"];

/// `GET /project/{project}/macs/ranges`.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_mac_range")?;
    let all = range::list(&asked.state.store.snapshot(), &asked.state.settings)?;
    let all: Vec<Value> = all.iter().map(view).collect();
    Ok(json(object!({ "mac_ranges": all }).to_string()))
}

/// `GET /project/{project}/macs/ranges/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_mac_range")?;
    let read = asked.state.store.snapshot();
    Ok(one(&range::get(&read, id(&asked), &asked.state.settings)?))
}

/// `POST /project/{project}/macs/ranges`.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_mac_range")?;
    let wish = wish(&mut asked).await?;
    let named = member::<String>(&wish, "range_id")?;
    let range = MacRange {
        id: named.unwrap_or_else(|| Uuid::new_v4().to_string()),
        first: required(&wish, "from")?,
        last: required(&wish, "to")?,
        active: state(&wish)?.unwrap_or(true),
    };
    let store = &asked.store;
    let made = store.transact(move |txn| range::create(txn, &range));
    Ok((StatusCode::CREATED, one(&made.await?.value)).into_response())
}

/// `PUT /project/{project}/macs/ranges/{id}`.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_mac_range")?;
    let id = id(&asked).to_owned();
    let wish = wish(&mut asked).await?;
    if member::<String>(&wish, "range_id")?.is_some_and(|named| named != id) {
        return Err(RequestError::invalid(
            "range_id",
            "it is not the id in the path",
        ));
    }
    let request = UpdateMacRange {
        first: member(&wish, "from")?,
        last: member(&wish, "to")?,
        active: state(&wish)?,
    };
    let settings = Arc::clone(&asked.state.settings);
    let store = &asked.store;
    let changed = store.transact(move |txn| range::update(txn, &id, &request, &settings));
    Ok(one(&changed.await?.value))
}

/// `DELETE /project/{project}/macs/ranges/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_mac_range")?;
    let id = id(&asked).to_owned();
    let answer = object!({ "id": id }).to_string();
    let settings = Arc::clone(&asked.state.settings);
    let store = &asked.store;
    store
        .transact(move |txn| range::delete(txn, &id, &settings))
        .await?;
    Ok(json(answer))
}

async fn wish(asked: &mut Asked) -> Result<Members, RequestError> {
    let mut body = read(asked).await?;
    let wish = envelope(&mut body, "mac_range")?;
    refuse_unknown(&wish, &KEYS)?;
    Ok(wish)
}

fn id(asked: &Asked) -> &str {
    asked.path.get("id").map(String::as_str).unwrap_or_default()
}

fn view(range: &MacRange) -> Value {
    object!({
        "range_id": range.id, "from": range.first, "to": range.last,
        "state": state_text(range.active),
    })
}

fn one(range: &MacRange) -> Response {
    json(object!({ "mac_range": view(range) }).to_string())
}
