//! `/openapi.json`: the whole API as an OpenAPI 3.1 document, made from the routes and the
//! attribute tables that serve it, so that it cannot say anything else than what is served.

mod operation;
mod schema;

pub(crate) use operation::{About, Operation, of_resource};
pub(crate) use schema::object;

use crate::list::json;
use crate::route;
use axum::response::Response;
use serde_json::{Map, Value, json as value};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// The document as text, indented; ends with a line end.
pub fn document() -> String {
    let (operations, schemas) = route::all().into_description();
    let mut paths = Map::new();
    for operation in &operations {
        let path = paths
            .entry(operation.path.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.to_owned(), operation.describe());
        }
    }
    let document = value!({
        "openapi": "3.1.0",
        "info": {
            "title": "Alcor",
            "summary": "The OpenStack Networking API v2.0, and Alcor's own paths.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "token": [] }, {}],
        "paths": paths,
        "components": {
            "schemas": with_error(schemas.into_iter().collect()),
            "securitySchemes": {
                "token": { "type": "apiKey", "in": "header", "name": "X-Auth-Token" },
            },
        },
    });
    format!("{document:#}\n")
}

/// `GET /openapi.json`; needs no token, because it holds nothing of anybody's.
pub(crate) async fn serve() -> Response {
    json(DOCUMENT.as_str())
}

fn with_error(mut schemas: Map<String, Value>) -> Map<String, Value> {
    let text = || value!({ "type": "string" });
    let members = [("type", text()), ("message", text()), ("detail", text())];
    let error = object(members, &["type", "message", "detail"]);
    let envelope = object([("NeutronError", error)], &["NeutronError"]);
    schemas.insert("Error".to_owned(), envelope);
    schemas
}
