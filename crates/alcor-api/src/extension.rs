//! `/v2.0/extensions`: what of Neutron's extensions works here, and nothing else, because
//! clients and Tempest act on it.

mod addressing;
mod layer2;
mod native;
mod operator;
mod ports;
mod routing;
mod security;
mod service;
mod whole;

use crate::auth::Who;
use crate::error::RequestError;
use crate::list::json;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json as object};

/// An extension: alias, name, and what it means here.
type Extension = (&'static str, &'static str, &'static str);

/// When this list last changed.
const UPDATED: &str = "2026-11-22T00:00:00-00:00";

/// Each part of the API lists what it serves.
const EXTENSIONS: [&[Extension]; 9] = [
    whole::EXTENSIONS,
    layer2::EXTENSIONS,
    addressing::EXTENSIONS,
    ports::EXTENSIONS,
    security::EXTENSIONS,
    routing::EXTENSIONS,
    service::EXTENSIONS,
    operator::EXTENSIONS,
    native::EXTENSIONS,
];

fn all() -> impl Iterator<Item = Extension> {
    EXTENSIONS.into_iter().flatten().copied()
}

fn view((alias, name, description): Extension) -> Value {
    object!({
        "alias": alias,
        "name": name,
        "description": description,
        "updated": UPDATED,
        "links": [],
    })
}

/// `GET /v2.0/extensions`.
pub(crate) async fn list(Who(_): Who) -> Result<Response, RequestError> {
    let all: Vec<Value> = all().map(view).collect();
    Ok(json(object!({ "extensions": all }).to_string()))
}

/// `GET /v2.0/extensions/{alias}`.
pub(crate) async fn show(Who(_): Who, Path(alias): Path<String>) -> Result<Response, RequestError> {
    all()
        .find(|extension| extension.0 == alias)
        .map(|extension| json(object!({ "extension": view(extension) }).to_string()))
        .ok_or_else(|| RequestError::NotFound {
            kind: "ExtensionNotFound",
            what: "Extension",
            id: alias.chars().take(80).collect(),
        })
}
