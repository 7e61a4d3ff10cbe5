//! Reads request bodies: bounded, JSON, and in Neutron's envelope.

use crate::attribute::{Attributes, Verb};
use crate::error::RequestError;
use crate::resource::Resource;
use axum::body::Body;
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

/// One call creates no more resources than this.
const MAX_BULK: usize = 10_000;

/// A body of so many bytes is read as quickly as any other.
const SHORT: usize = 64 * 1024;

/// What a create asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// `{"network": {...}}`.
    One(Attributes),
    /// `{"networks": [...]}`.
    Many(Vec<Attributes>),
}

/// Reads the whole body as a JSON object.
pub(crate) async fn object(body: Body, limit: usize) -> Result<Map<String, Value>, RequestError> {
    let bytes = axum::body::to_bytes(body, limit)
        .await
        .map_err(|error| body_error(&error, limit))?;
    if bytes.len() <= SHORT {
        return parse(&bytes);
    }
    // Reading a long text is work without a pause, for which others must not wait.
    let parsed = tokio::task::spawn_blocking(move || parse(&bytes));
    parsed.await.map_err(|_| RequestError::Busy)?
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, RequestError> {
    serde_json::from_slice(bytes).map_err(|error| {
        RequestError::BadRequest(format!(
            "Malformed request body: it must be a JSON object ({error})"
        ))
    })
}

fn body_error(error: &axum::Error, limit: usize) -> RequestError {
    let source = std::error::Error::source(error);
    if source.is_some_and(<dyn std::error::Error>::is::<LengthLimitError>) {
        RequestError::TooLarge { limit }
    } else {
        RequestError::BadRequest("the request body could not be read to its end".to_owned())
    }
}

/// The checked content of a create.
pub(crate) fn create<R: Resource>(body: Map<String, Value>) -> Result<Wanted, RequestError> {
    match envelope::<R>(body)? {
        (true, value) => single::<R>(value, Verb::Create).map(Wanted::One),
        (false, Value::Array(items)) => many::<R>(items).map(Wanted::Many),
        (false, _) => Err(RequestError::invalid(R::PLURAL, "it is not a list")),
    }
}

/// The checked content of an update.
pub(crate) fn update<R: Resource>(body: Map<String, Value>) -> Result<Attributes, RequestError> {
    match envelope::<R>(body)? {
        (true, value) => single::<R>(value, Verb::Update),
        (false, _) => Err(missing::<R>()),
    }
}

/// The checked content of a list of resources.
pub(crate) fn many<R: Resource>(items: Vec<Value>) -> Result<Vec<Attributes>, RequestError> {
    if items.is_empty() {
        return Err(RequestError::BadRequest(format!(
            "Resources required: '{}' is empty",
            R::PLURAL
        )));
    }
    if items.len() > MAX_BULK {
        return Err(RequestError::BadRequest(format!(
            "'{}' has more than {MAX_BULK} items: split the request",
            R::PLURAL
        )));
    }
    items
        .into_iter()
        .map(|item| single::<R>(item, Verb::Create))
        .collect()
}

fn single<R: Resource>(value: Value, verb: Verb) -> Result<Attributes, RequestError> {
    match value {
        Value::Object(map) => Attributes::check::<R>(map, verb),
        _ => Err(RequestError::invalid(R::SINGULAR, "it is not an object")),
    }
}

/// What the body holds, and whether it is one resource.
fn envelope<R: Resource>(mut body: Map<String, Value>) -> Result<(bool, Value), RequestError> {
    let one = body.remove(R::SINGULAR);
    let many = body.remove(R::PLURAL);
    if let Some(name) = body.keys().next() {
        let name: String = name.chars().take(80).collect();
        return Err(RequestError::BadRequest(format!(
            "Unrecognized attribute(s) '{name}' beside '{}'",
            R::SINGULAR
        )));
    }
    match (one, many) {
        (Some(value), None) => Ok((true, value)),
        (None, Some(value)) => Ok((false, value)),
        _ => Err(missing::<R>()),
    }
}

fn missing<R: Resource>() -> RequestError {
    RequestError::BadRequest(format!("Unable to find '{}' in request body", R::SINGULAR))
}
