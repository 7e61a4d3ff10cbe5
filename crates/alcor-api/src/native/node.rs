//! What the first Alcor's tools do with `/nodes` beyond the usual: a change without an id in the
//! path, and a file of nodes.

use crate::auth::Who;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::operator;
use crate::state::ApiState;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::{Map, Value};

/// `PUT /nodes`: the id is in the body.
pub(crate) async fn update(
    state: State<ApiState>,
    who: Who,
    body: Body,
) -> Result<Response, RequestError> {
    let body = crate::body::object(body, state.limits.body_bytes).await?;
    let id = node_id(&body).ok_or_else(|| {
        let reason = "PUT /nodes finds the node by it, so give it, or use PUT /nodes/{id}";
        RequestError::invalid("node_id", reason)
    })?;
    let body = Body::from(Value::Object(body).to_string());
    operator::update_node(state, who, Path(id), body).await
}

/// `POST /segments/createDefaultTable`: the first Alcor had to be told to make room for tunnel
/// ids. Here there is nothing to make, and the scripts that ask find it done.
pub(crate) async fn default_table(Who(caller): Who) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_segment")?;
    Ok(json("{}"))
}

fn node_id(body: &Map<String, Value>) -> Option<String> {
    let node = body.get("host_info")?;
    let id = node.get("node_id").or(node.get("id"))?;
    id.as_str().map(str::to_owned)
}

/// `POST /nodes/upload`: a form with one file, which holds what `POST /nodes/bulk` takes.
pub(crate) async fn upload(
    state: State<ApiState>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let limit = state.limits.body_bytes;
    let form = axum::body::to_bytes(body, limit)
        .await
        .map_err(|_| RequestError::TooLarge { limit })?;
    let file = file(&headers, &form).ok_or_else(|| {
        let message = "The request must be multipart/form-data with one JSON file in it";
        RequestError::BadRequest(message.to_owned())
    })?;
    operator::create_nodes(state, who, Body::from(file)).await
}

/// The content of the form's first part (RFC 7578; the delimiters are those of RFC 2046).
fn file(headers: &HeaderMap, form: &Bytes) -> Option<Bytes> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let (_, boundary) = kind.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    let opening = format!("--{boundary}\r\n");
    let closing = format!("\r\n--{boundary}");
    let after_opening = find(form, opening.as_bytes())? + opening.len();
    let start = after_opening + find(&form[after_opening..], b"\r\n\r\n")? + 4;
    let length = find(&form[start..], closing.as_bytes())?;
    Some(form.slice(start..start + length))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
