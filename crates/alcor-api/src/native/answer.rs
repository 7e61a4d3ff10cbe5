//! What Neutron's routes answered, in Alcor's words.

use super::Members;
use super::kind::Kind;
use crate::error::RequestError;
use crate::list::json;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// The answer as Alcor gives it: refusals as they are, a deletion with the id of what went, and
/// resources that are called otherwise under those names.
pub(super) async fn translate(
    kind: &Kind,
    method: &Method,
    id: Option<&String>,
    answer: Response,
    limit: usize,
) -> Result<Response, RequestError> {
    if *method == Method::DELETE && answer.status() == StatusCode::NO_CONTENT {
        return Ok(json(object!({ "id": id }).to_string()));
    }
    if !kind.answers_alias || !answer.status().is_success() {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, limit)
        .await
        .map_err(|_| RequestError::TooLarge { limit })?;
    let body: Members = serde_json::from_slice(&bytes).map_err(|_| RequestError::Damaged)?;
    let body = body.into_iter().map(|(name, value)| {
        let name = envelope(kind, name);
        (name, each(kind, value))
    });
    let body = Value::Object(body.collect());
    Ok((parts.status, json(body.to_string())).into_response())
}

fn envelope(kind: &Kind, name: String) -> String {
    let alias = kind.aliases.first();
    match alias {
        Some((one, _)) if name == kind.envelopes.0 => (*one).to_owned(),
        Some((_, many)) if name == kind.envelopes.1 => (*many).to_owned(),
        _ => name,
    }
}

fn each(kind: &Kind, value: Value) -> Value {
    match value {
        Value::Object(one) => Value::Object(resource(kind, one)),
        Value::Array(many) => many.into_iter().map(|one| each(kind, one)).collect(),
        other => other,
    }
}

fn resource(kind: &Kind, mut members: Members) -> Members {
    for (alcor, neutron) in kind.renamed {
        if let Some(value) = members.remove(*neutron) {
            members.insert((*alcor).to_owned(), value);
        }
    }
    if kind.neutron == "floatingips" {
        elastic(&mut members);
    }
    members
}

/// An elastic IP's version, and its state by whether it leads anywhere.
fn elastic(members: &mut Members) {
    let address = members.get("elastic_ip").and_then(Value::as_str);
    let version = address.map(|address| if address.contains(':') { 6 } else { 4 });
    if let Some(version) = version {
        members.insert("elastic_ip_version".to_owned(), version.into());
    }
    if let Some(status) = members.remove("status") {
        let active = status.as_str() == Some("ACTIVE");
        let state = if active { "activated" } else { "deactivated" };
        members.insert("state".to_owned(), state.into());
    }
}
