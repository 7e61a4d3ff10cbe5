//! Reads the bodies of the paths that are Alcor's alone, which no attribute table describes.

use super::{Asked, Members};
use crate::body;
use crate::error::RequestError;
use crate::value::FromJson;
use axum::body::Body;
use serde_json::Value;

/// Things that one call may ask for.
const MAX_BULK: usize = 1_000;

/// Refuses a change of what never changes.
pub(super) fn same<T: FromJson + PartialEq>(
    wish: &Members,
    name: &'static str,
    present: &T,
) -> Result<(), RequestError> {
    match member::<T>(wish, name)? {
        Some(asked) if asked != *present => {
            let reason = "it is not what the path names, and it never changes";
            Err(RequestError::invalid(name, reason))
        }
        _ => Ok(()),
    }
}

/// Whether the wish says Active or Inactive, in the words of either of the first Alcor's papers.
pub(super) fn state(wish: &Members) -> Result<Option<bool>, RequestError> {
    let Some(text) = member::<String>(wish, "state")? else {
        return Ok(None);
    };
    match text.to_ascii_lowercase().as_str() {
        "active" | "activated" => Ok(Some(true)),
        "inactive" | "deactivated" => Ok(Some(false)),
        _ => {
            let text: String = text.chars().take(80).collect();
            let reason = format!("'{text}' is not one of Active, Inactive");
            Err(RequestError::invalid("state", reason))
        }
    }
}

/// A member that may be missing or null.
pub(super) fn member<T: FromJson>(
    wish: &Members,
    name: &'static str,
) -> Result<Option<T>, RequestError> {
    let value = wish.get(name).map(Option::<T>::from_json).transpose();
    Ok(value
        .map_err(|why| RequestError::invalid(name, why))?
        .flatten())
}

/// Refuses members that nothing reads.
pub(super) fn refuse_unknown(wish: &Members, known: &[&str]) -> Result<(), RequestError> {
    match wish.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let name: String = name.chars().take(80).collect();
            let message = format!("Unrecognized attribute(s) '{name}'");
            Err(RequestError::BadRequest(message))
        }
        None => Ok(()),
    }
}

/// The whole body as a JSON object.
pub(super) async fn read(asked: &mut Asked) -> Result<Members, RequestError> {
    let limit = asked.state.limits.body_bytes;
    let body: Body = std::mem::take(&mut asked.body);
    body::object(body, limit).await
}

/// The object in the envelope.
pub(super) fn envelope(body: &mut Members, name: &str) -> Result<Members, RequestError> {
    if let Some(Value::Object(wish)) = body.remove(name) {
        return Ok(wish);
    }
    let message = format!("Unable to find '{name}' in request body");
    Err(RequestError::BadRequest(message))
}

/// The objects of the list, not empty and not too many.
pub(super) fn list(body: &mut Members, name: &'static str) -> Result<Vec<Members>, RequestError> {
    let Some(Value::Array(items)) = body.remove(name) else {
        let message = format!("Unable to find the list '{name}' in request body");
        return Err(RequestError::BadRequest(message));
    };
    if items.is_empty() || items.len() > MAX_BULK {
        let reason = format!("it has {} items, give 1 to {MAX_BULK}", items.len());
        return Err(RequestError::invalid(name, reason));
    }
    let items = items.into_iter().map(|item| match item {
        Value::Object(item) => Ok(item),
        _ => Err(RequestError::invalid(name, "an item is no object")),
    });
    items.collect()
}

/// A member that must be there.
pub(super) fn required<T: FromJson>(wish: &Members, name: &'static str) -> Result<T, RequestError> {
    member(wish, name)?.ok_or_else(|| RequestError::invalid(name, "it is required"))
}
